"""What is known of a pod after a restart: its status, corrected by what the engine shows."""

import msgspec

from kecs.embedded.node.adopt import correct, recorded
from kecs.embedded.node.engine import Found
from kecs.embedded.node.record import PodRecord
from kecs.embedded.node.views import Pod

NOW = 1_700_000_100.0
STARTED = "2023-11-14T22:13:20Z"  # 1_700_000_000


def found(container: str, name: str, state: str = "running", attempt: int = 0, **members: object) -> Found:
    labels = {"io.kubernetes.container.name": name, "io.kubernetes.container.restartCount": str(attempt)}
    if name != "POD":
        labels["io.kubernetes.sandbox.id"] = "box"
    return msgspec.convert({"id": container, "labels": labels, "state": state, **members}, Found)


def adopted(statuses: list[dict[str, object]], *shown: Found) -> tuple[PodRecord, str]:
    pod = msgspec.convert(
        {
            "metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {"containers": [{"name": "a"}]},
            "status": {"containerStatuses": statuses},
        },
        Pod,
    )
    record = PodRecord("u", "n", "p", recorded(pod))
    return record, correct(record, shown, NOW)


RUNNING: dict[str, object] = {
    "name": "a",
    "ready": True,
    "started": True,
    "restartCount": 2,
    "containerID": "docker://one",
    "imageID": "sha256:1",
    "state": {"running": {"startedAt": STARTED}},
    "lastState": {"terminated": {"exitCode": 3, "containerID": "docker://zero"}},
}


def test_what_runs_goes_on() -> None:
    record, sandbox = adopted(
        [RUNNING], found("box", "POD"), found("one", "a", attempt=2), found("zero", "a", "exited", 1)
    )
    (container,) = record.containers
    run, last = container.run, container.last
    assert run is not None
    assert last is not None
    assert (run.id, run.state, run.started_at, run.ready, run.opened) == ("one", "running", 1_700_000_000.0, True, True)
    assert (last.id, last.exit_code) == ("zero", 3)
    assert (container.restarts, sandbox, record.remains) == (2, "box", ())


def test_what_ended_meanwhile_has() -> None:
    ended = found("one", "a", "exited", 2, exit_code=5, finished_at=1_700_000_050.0)
    record, _ = adopted([RUNNING], found("box", "POD"), ended)
    run = record.containers[0].run
    assert run is not None
    assert (run.state, run.exit_code, run.reason, run.finished_at) == ("exited", 5, "Error", 1_700_000_050.0)


def test_what_is_gone_is_lost() -> None:
    record, sandbox = adopted([RUNNING])
    run = record.containers[0].run
    assert run is not None
    assert (run.state, run.exit_code, run.reason, sandbox) == ("exited", 137, "ContainerStatusUnknown", "")


def test_what_was_started_and_never_written_is_found() -> None:
    record, sandbox = adopted([], found("box", "POD"), found("one", "a", started_at=1_700_000_000.0))
    run = record.containers[0].run
    assert run is not None
    assert (run.id, run.state, run.started_at, sandbox) == ("one", "running", 1_700_000_000.0, "box")


def test_what_was_made_and_not_started_is_to_be_started() -> None:
    record, _ = adopted([], found("box", "POD"), found("one", "a", "created"))
    run = record.containers[0].run
    assert run is not None
    assert (run.id, run.state, run.attempt) == ("one", "created", 0)


def test_a_start_that_failed_stays_failed() -> None:
    """The engine shows such a container as made; only the status knows that its start failed."""
    state = {
        "terminated": {"exitCode": 128, "reason": "StartError", "containerID": "docker://one", "finishedAt": STARTED}
    }
    record, _ = adopted([{**RUNNING, "state": state}], found("box", "POD"), found("one", "a", "created", 2))
    run = record.containers[0].run
    assert run is not None
    assert (run.state, run.exit_code, run.reason) == ("exited", 128, "StartError")


def test_a_restart_that_was_not_written_is_found() -> None:
    record, _ = adopted(
        [RUNNING], found("box", "POD"), found("one", "a", "exited", 2, exit_code=1), found("two", "a", attempt=3)
    )
    (container,) = record.containers
    assert container.run is not None
    assert container.last is not None
    assert (container.run.id, container.last.id, container.restarts) == ("two", "one", 3)
    assert container.last.state == "exited"


def test_a_container_that_backs_off_is_one_that_ended() -> None:
    waiting = {
        **RUNNING,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 4, "containerID": "docker://one", "finishedAt": STARTED}},
    }
    record, _ = adopted([waiting], found("box", "POD"), found("one", "a", "exited", 2))
    run = record.containers[0].run
    assert run is not None
    assert (run.state, run.exit_code, record.containers[0].step) == ("exited", 4, 2)


def test_old_sandboxes_and_runs_are_left_for_removal() -> None:
    shown = [found("dead", "POD", "exited"), found("box", "POD", attempt=1), found("old", "a", "exited", 0)]
    record, sandbox = adopted([RUNNING], *shown, found("zero", "a", "exited", 1), found("one", "a", attempt=2))
    assert (sandbox, record.sandbox_attempt, set(record.remains)) == ("box", 1, {"dead", "old"})


def test_a_sandbox_that_was_made_and_not_started_is_the_one_to_start() -> None:
    record, sandbox = adopted([], found("box", "POD", "created"))
    assert (sandbox, record.sandbox_attempt) == ("", 0)


def test_a_warm_sandbox_is_known_by_who_joined_it() -> None:
    _, sandbox = adopted([RUNNING], found("one", "a", attempt=2))
    assert sandbox == "box"
