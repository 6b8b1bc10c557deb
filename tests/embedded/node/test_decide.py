"""What the node does next, as tables: pod and what is known of its containers in, plan out."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.node.decide import Plan, decide
from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.restarts import BackOff
from kecs.embedded.node.views import Pod

NOW = 1000.0
BACK_OFF = BackOff(10.0, 300.0)


def pod(*containers: dict[str, Any], inits: tuple[dict[str, Any], ...] = (), **spec: Any) -> Pod:
    return msgspec.convert(
        {
            "metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {"containers": [{"name": "a"}, *containers], "initContainers": list(inits), **spec},
        },
        Pod,
    )


def record(*containers: ContainerRecord, sandbox: str = "sandbox", **members: Any) -> PodRecord:
    return PodRecord("u", "n", "p", list(containers), sandbox=sandbox, started_at=900.0, **members)


def running(name: str, **members: Any) -> ContainerRecord:
    return ContainerRecord(name, Run(name, 0, "running", 990.0, opened=True, ready=True), **members)


def exited(name: str, code: int = 0, at: float = 995.0, **members: Any) -> ContainerRecord:
    return ContainerRecord(name, Run(name, 0, "exited", 990.0, at, code, opened=True), **members)


def created(name: str) -> ContainerRecord:
    return ContainerRecord(name, Run(name, 0, "created"))


INIT, SIDECAR, B = {"name": "i"}, {"name": "s", "restartPolicy": "Always"}, {"name": "b"}
NEVER: dict[str, Any] = {"restartPolicy": "Never"}
ON_FAILURE: dict[str, Any] = {"restartPolicy": "OnFailure"}


@pytest.mark.parametrize(
    ("what", "given", "known", "starts"),
    [
        ("a new pod", pod(B), record(sandbox=""), ("a", "b")),
        ("one that runs", pod(), record(running("a")), ()),
        ("half of it", pod(B), record(running("a")), ("b",)),
        ("made, never started", pod(), record(created("a")), ("a",)),
        ("the first init container", pod(inits=(INIT, {"name": "j"})), record(), ("i",)),
        ("the next one", pod(inits=(INIT, {"name": "j"})), record(exited("i")), ("j",)),
        ("the main part after it", pod(inits=(INIT,)), record(exited("i")), ("a",)),
        ("an init container under way", pod(inits=(INIT,)), record(running("i")), ()),
        ("a failed init container again", pod(inits=(INIT,)), record(exited("i", 1)), ("i",)),
        ("a sidecar first", pod(inits=(SIDECAR,)), record(), ("s",)),
        ("the main part once it is open", pod(inits=(SIDECAR,)), record(running("s")), ("a",)),
        (
            "a sidecar that ended",
            pod(inits=(SIDECAR,), **NEVER),
            record(exited("s"), running("a")),
            ("s",),
        ),
        ("again at once the first time", pod(), record(exited("a", 1)), ("a",)),
        ("again after its delay", pod(), record(exited("a", 1, at=989.0, step=1)), ("a",)),
        ("not before", pod(), record(exited("a", 1, at=991.0, step=1)), ()),
        ("on failure only", pod(**ON_FAILURE), record(exited("a", 1)), ("a",)),
        ("not after success", pod(B, **ON_FAILURE), record(exited("a", 0), running("b")), ()),
        ("a policy of its own", pod({"name": "b", "restartPolicy": "Never"}), record(running("a"), exited("b", 1)), ()),
        ("while another waits for its image", pod(B), record(running("a"), ContainerRecord("b", retry_at=1001.0)), ()),
        ("when that wait is over", pod(B), record(running("a"), ContainerRecord("b", retry_at=999.0)), ("b",)),
        ("while the sandbox failed", pod(), record(sandbox="", retry_at=1001.0), ()),
    ],
)
def test_starts(what: str, given: Pod, known: PodRecord, starts: tuple[str, ...]) -> None:
    plan = decide(given, known, NOW, BACK_OFF)
    assert plan.start == starts, what
    assert not plan.kill
    assert not plan.finish


def test_a_sidecar_holds_the_main_part_until_it_is_open() -> None:
    starting = ContainerRecord("s", Run("s", 0, "running", 990.0))
    assert decide(pod(inits=(SIDECAR,)), record(starting), NOW, BACK_OFF) == Plan()


def test_a_sidecar_that_was_open_once_does_not_hold_it_again() -> None:
    again = ContainerRecord("s", Run("s2", 1, "running", 990.0), Run("s", 0, "exited", opened=True), restarts=1)
    assert decide(pod(inits=(SIDECAR,)), record(again), NOW, BACK_OFF).start == ("a",)


@pytest.mark.parametrize(
    ("what", "known", "wake"),
    [
        ("a restart that is due later", record(exited("a", 1, at=995.0, step=2)), 1015.0),
        ("a pull that backs off", record(ContainerRecord("a", retry_at=1007.0)), 1007.0),
        ("a sandbox that failed", record(sandbox="", retry_at=1003.0), 1003.0),
        ("nothing at all", record(running("a")), float("inf")),
    ],
)
def test_wakes(what: str, known: PodRecord, wake: float) -> None:
    assert decide(pod(), known, NOW, BACK_OFF).wake == wake, what


@pytest.mark.parametrize(
    ("what", "given", "known", "kills"),
    [
        ("a deleted pod", pod(B), record(running("a"), running("b"), deleting=True), ["a", "b"]),
        ("what still runs", pod(B), record(exited("a"), running("b"), deleting=True), ["b"]),
        ("the main part before sidecars", pod(inits=(SIDECAR,)),
         record(running("s"), running("a"), deleting=True), ["a"]),
        ("sidecars, the last one first", pod(inits=(SIDECAR, {**SIDECAR, "name": "t"})),
         record(running("s"), running("t"), exited("a"), deleting=True), ["t"]),
        ("then the one before", pod(inits=(SIDECAR, {**SIDECAR, "name": "t"})),
         record(running("s"), exited("t"), exited("a"), deleting=True), ["s"]),
        ("sidecars of a pod that is done", pod(inits=(SIDECAR,), **NEVER), record(running("s"), exited("a")), ["s"]),
        ("the init part of a deleted pod", pod(inits=(INIT,)), record(running("i"), deleting=True), ["i"]),
        ("one whose probe failed", pod(), record(running("a", kill="failed liveness probe")), ["a"]),
        ("all without a sandbox", pod(B), record(running("a"), running("b"), sandbox=""), ["a", "b"]),
        ("a pod past its deadline", pod(), record(running("a"), failure="DeadlineExceeded"), ["a"]),
    ],
)  # fmt: skip
def test_kills(what: str, given: Pod, known: PodRecord, kills: list[str]) -> None:
    plan = decide(given, known, NOW, BACK_OFF)
    assert [kill.container for kill in plan.kill] == kills, what
    assert not plan.start
    assert not plan.finish


@pytest.mark.parametrize(
    ("what", "given", "known", "tears_down", "finishes"),
    [
        ("a deleted pod that never ran", pod(), record(sandbox="", deleting=True), False, True),
        ("a deleted pod that has ended", pod(), record(exited("a"), deleting=True), True, True),
        ("a pod that is done", pod(**NEVER), record(exited("a")), True, False),
        ("a pod whose init part failed", pod(inits=(INIT,), **NEVER), record(exited("i", 1)), True, False),
        ("a pod past its deadline", pod(), record(exited("a"), failure="DeadlineExceeded"), True, False),
    ],
)
def test_ends(what: str, given: Pod, known: PodRecord, tears_down: bool, finishes: bool) -> None:
    plan = decide(given, known, NOW, BACK_OFF)
    assert (plan.tear_down, plan.finish) == (tears_down, finishes), what
    assert not plan.start
    assert not plan.kill


def test_a_deadline_passes() -> None:
    limited = pod(activeDeadlineSeconds=50)
    assert decide(limited, record(running("a")), NOW, BACK_OFF).expire
    assert decide(limited, record(running("a")), 949.0, BACK_OFF) == Plan(wake=950.0)


def test_nothing_is_done_for_what_is_finished() -> None:
    assert decide(pod(), record(running("a"), finished=True), NOW, BACK_OFF) == Plan()
    assert decide(pod(), record(running("a"), gone=True), NOW, BACK_OFF) == Plan()
