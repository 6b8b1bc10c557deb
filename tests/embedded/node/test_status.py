"""What a pod's status says, as tables."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.restarts import BackOff
from kecs.embedded.node.status import phase_of, pod_status, status_patch
from kecs.embedded.node.status_views import Condition, PodStatus
from kecs.embedded.node.views import Pod
from tests.embedded.node.test_decide import NEVER, SIDECAR, B, created, exited, pod, record, running

NOW = 1_700_000_000.0
BACK_OFF = BackOff(10.0, 300.0)
INIT = {"name": "i"}


def status(given: Pod, known: PodRecord) -> PodStatus:
    return pod_status(given, known, NOW, "docker", "192.0.2.1", BACK_OFF)


def states(found: PodStatus) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(each.state) for each in (*found.initContainerStatuses, *found.containerStatuses)]


@pytest.mark.parametrize(
    ("what", "given", "known", "phase"),
    [
        ("new", pod(), record(sandbox=""), "Pending"),
        ("runs", pod(), record(running("a")), "Running"),
        ("half of it", pod(B), record(running("a")), "Pending"),
        ("init part", pod(inits=(INIT,)), record(running("i")), "Pending"),
        ("backs off", pod(), record(exited("a", 1)), "Running"),
        ("succeeded", pod(**NEVER), record(exited("a")), "Succeeded"),
        ("failed", pod(B, **NEVER), record(exited("a"), exited("b", 1)), "Failed"),
        ("one of two ended", pod(B, **NEVER), record(exited("a"), running("b")), "Running"),
        ("init part failed", pod(inits=(INIT,), **NEVER), record(exited("i", 1)), "Failed"),
        ("done, its sidecar not yet", pod(inits=(SIDECAR,), **NEVER), record(running("s"), exited("a")), "Running"),
        ("done, with its sidecar", pod(inits=(SIDECAR,), **NEVER), record(exited("s", 137), exited("a")), "Succeeded"),
        ("deleted, still runs", pod(), record(running("a"), deleting=True), "Running"),
        ("deleted, ended by a signal", pod(), record(exited("a", 143), deleting=True), "Failed"),
        ("deleted, ended well", pod(), record(exited("a"), deleting=True), "Succeeded"),
        ("deleted before it ran", pod(), record(sandbox="", deleting=True), "Failed"),
        ("past its deadline", pod(), record(exited("a"), failure="DeadlineExceeded"), "Failed"),
    ],
)
def test_phases(what: str, given: Pod, known: PodRecord, phase: str) -> None:
    assert phase_of(given, known) == phase, what


@pytest.mark.parametrize(
    ("what", "given", "known", "expected"),
    [
        ("nothing yet", pod(), record(sandbox=""), [{"waiting": {"reason": "ContainerCreating"}}]),
        ("made, not started", pod(), record(created("a")), [{"waiting": {"reason": "ContainerCreating"}}]),
        (
            "behind an init part",
            pod(inits=(INIT,)),
            record(),
            [{"waiting": {"reason": "PodInitializing"}}, {"waiting": {"reason": "PodInitializing"}}],
        ),
        (
            "an image",
            pod(),
            record(ContainerRecord("a", waiting="ErrImagePull", message="no such host")),
            [{"waiting": {"reason": "ErrImagePull", "message": "no such host"}}],
        ),
        (
            "a volume",
            pod(),
            record(sandbox="", trouble="no such volume"),
            [{"waiting": {"reason": "ContainerCreating", "message": "no such volume"}}],
        ),
        (
            "the back-off",
            pod(),
            record(exited("a", 1, at=NOW - 1, step=4)),
            [
                {
                    "waiting": {
                        "reason": "CrashLoopBackOff",
                        "message": "back-off 1m20s restarting failed container=a pod=p_n(u)",
                    }
                }
            ],
        ),
    ],
)
def test_waiting(what: str, given: Pod, known: PodRecord, expected: list[dict[str, Any]]) -> None:
    assert states(status(given, known)) == expected, what


def test_a_run_and_the_one_before_it() -> None:
    record_ = ContainerRecord(
        "a", Run("new", 1, "running", NOW, opened=True, ready=True, image_id="sha256:1"), restarts=1
    )
    record_.last = Run("old", 0, "exited", NOW - 20, NOW - 10, 3, "OOMKilled")
    (found,) = status(pod(), record(record_)).containerStatuses
    assert msgspec.to_builtins(found) == {
        "name": "a",
        "state": {"running": {"startedAt": "2023-11-14T22:13:20Z"}},
        "lastState": {
            "terminated": {
                "exitCode": 3,
                "reason": "OOMKilled",
                "startedAt": "2023-11-14T22:13:00Z",
                "finishedAt": "2023-11-14T22:13:10Z",
                "containerID": "docker://old",
            }
        },
        "ready": True,
        "restartCount": 1,
        "image": "",
        "imageID": "sha256:1",
        "containerID": "docker://new",
        "started": True,
    }


def test_what_never_ran_of_a_deleted_pod_is_told_as_lost() -> None:
    found = status(pod(), record(sandbox="", deleting=True)).containerStatuses[0].state.terminated
    assert found is not None
    assert (found.exitCode, found.reason) == (137, "ContainerStatusUnknown")


def conditions(found: PodStatus) -> dict[str, tuple[str, str, str]]:
    return {each.type: (each.status, each.reason, each.message) for each in found.conditions}


TRUE = ("True", "", "")


@pytest.mark.parametrize(
    ("what", "given", "known", "sandbox", "initialized", "ready"),
    [
        ("new", pod(), record(sandbox=""), ("False", "", ""), TRUE,
         ("False", "ContainersNotReady", "containers with unready status: [a]")),
        ("init part", pod(B, inits=(INIT,)), record(running("i")), TRUE,
         ("False", "ContainersNotInitialized", "containers with incomplete status: [i]"),
         ("False", "ContainersNotReady", "containers with unready status: [a b]")),
        ("runs", pod(inits=(INIT,)), record(exited("i"), running("a")), TRUE, TRUE, TRUE),
        ("a sidecar is not ready", pod(inits=(SIDECAR,)),
         record(ContainerRecord("s", Run("s", 0, "running", 1.0, opened=True)), running("a")), TRUE, TRUE,
         ("False", "ContainersNotReady", "containers with unready status: [s]")),
        ("succeeded", pod(**NEVER), record(exited("a"), sandbox=""), ("False", "", ""),
         ("True", "PodCompleted", ""), ("False", "PodCompleted", "")),
        ("failed", pod(**NEVER), record(exited("a", 1), sandbox=""), ("False", "", ""), TRUE,
         ("False", "PodFailed", "")),
    ],
)  # fmt: skip
def test_conditions(
    what: str, given: Pod, known: PodRecord, sandbox: tuple[str, str, str], initialized: tuple[str, str, str],
    ready: tuple[str, str, str],
) -> None:  # fmt: skip
    assert conditions(status(given, known)) == {
        "PodReadyToStartContainers": sandbox,
        "Initialized": initialized,
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": TRUE,
    }, what


def test_conditions_keep_their_time_and_others_are_kept() -> None:
    given = pod()
    old = "2023-01-01T00:00:00Z"
    given.status.conditions = [
        Condition("Ready", "True", old),
        Condition("Initialized", "False", old),
        Condition("example.com/extra", "True", old),
    ]
    found = {each.type: each.lastTransitionTime for each in status(given, record(running("a"))).conditions}
    assert found["Ready"] == old
    assert found["Initialized"] == "2023-11-14T22:13:20Z"
    assert found["example.com/extra"] == old


def test_a_status_that_was_written_is_not_written_again() -> None:
    given, known = pod(), record(running("a"))
    first = status(given, known)
    given.status = msgspec.json.decode(msgspec.json.encode(first), type=PodStatus)
    assert pod_status(given, known, NOW + 60, "docker", "192.0.2.1", BACK_OFF) == given.status


def test_the_patch_takes_away_what_no_longer_holds() -> None:
    given = pod()
    given.metadata.resourceVersion = "7"
    given.status = PodStatus(phase="Pending", reason="Old", message="old")
    patch = status_patch(given, status(given, record(running("a"))))
    assert patch["metadata"] == {"resourceVersion": "7"}
    body = patch["status"]
    assert isinstance(body, dict)
    assert (body["phase"], body["reason"], body["message"]) == ("Running", None, None)


def test_host_network_has_the_address_of_the_node() -> None:
    assert status(pod(hostNetwork=True), record(running("a"), ip="192.0.2.9")).podIP == "192.0.2.1"
    assert status(pod(), record(running("a"), ip="10.0.0.9")).podIP == "10.0.0.9"
