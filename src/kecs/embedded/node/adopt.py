"""What is known of a pod after a restart of the node: its last status, corrected by what the engine shows. Pure."""

from collections.abc import Iterable

from kecs.embedded.node import engine
from kecs.embedded.node.engine import Found
from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.status_views import ContainerStatus, Terminated
from kecs.embedded.node.views import Pod
from kecs.kube.time import epoch

LOST = "ContainerStatusUnknown"
_LOST_MESSAGE = "The container could not be located when the pod was terminated"
_KILLED = 137


def recorded(pod: Pod) -> list[ContainerRecord]:
    """Return the records of a pod's containers as its status tells them."""
    told = {each.name: each for each in (*pod.status.initContainerStatuses, *pod.status.containerStatuses)}
    every = [*pod.spec.initContainers, *pod.spec.containers]
    return [_record(each.name, told.get(each.name)) for each in every]


def _record(name: str, status: ContainerStatus | None) -> ContainerRecord:
    record = ContainerRecord(name)
    if status is None:
        return record
    record.restarts = record.step = status.restartCount
    before = status.lastState.terminated
    state = status.state
    container = _bare(status.containerID) if isinstance(status.containerID, str) else ""
    if state.running is not None and container:
        started = epoch(state.running.startedAt) if state.running.startedAt else 0.0
        record.run = Run(container, status.restartCount, "running", started, image_id=status.imageID)
        record.run.opened, record.run.ready = status.started, status.ready
    elif state.terminated is not None and container:
        record.run = _ended(state.terminated, status.restartCount, status.imageID)
    elif state.waiting is not None and before is not None:
        record.run, before = _ended(before, status.restartCount, status.imageID), None
    if before is not None:
        record.last = _ended(before, max(0, status.restartCount - 1), status.imageID)
    return record


def _ended(state: Terminated, attempt: int, image_id: str) -> Run:
    return Run(
        _bare(state.containerID) if isinstance(state.containerID, str) else "",
        attempt,
        "exited",
        epoch(state.startedAt) if state.startedAt else 0.0,
        epoch(state.finishedAt) if state.finishedAt else 0.0,
        state.exitCode,
        state.reason if isinstance(state.reason, str) else "",
        state.message if isinstance(state.message, str) else "",
        image_id,
        opened=True,
        heard=True,
    )


def _bare(container: str) -> str:
    return container.partition("://")[2]


def correct(record: PodRecord, shown: Iterable[Found], now: float) -> str:
    """Bring a record up to what the engine shows; return the id of the sandbox that its containers share, if known."""
    shown = list(shown)
    by_name: dict[str, list[Found]] = {}
    for found in shown:
        by_name.setdefault(found.labels.get(engine.CONTAINER, ""), []).append(found)
    sandbox = ""
    for each in by_name.pop(engine.SANDBOX, []):
        attempt = int(each.labels.get(engine.ATTEMPT) or 0)
        record.sandbox_attempt = max(record.sandbox_attempt, attempt + (each.state == "exited"))
        if each.state == "running":
            sandbox = each.id
    for container in record.containers:
        attempts = sorted(by_name.get(container.name, []), key=lambda found: int(found.labels.get(engine.ATTEMPT) or 0))
        if attempts:
            joined = attempts[-1].labels.get(engine.SANDBOX_ID, "")
            sandbox = sandbox or joined
        _correct(container, attempts, now)
    in_use = {run.id for each in record.containers for run in (each.run, each.last) if run is not None} | {sandbox}
    record.remains = tuple(found.id for found in shown if found.id not in in_use)
    return sandbox


def _correct(record: ContainerRecord, attempts: list[Found], now: float) -> None:
    if not attempts:
        if record.run is not None and record.run.state != "exited":
            end(record.run, None, now)
        return
    newest = attempts[-1]
    told = next((run for run in (record.run, record.last) if run is not None and run.id == newest.id), None)
    attempt = int(newest.labels.get(engine.ATTEMPT) or 0)
    if told is None:
        told = Run(newest.id, attempt, started_at=newest.started_at)
        if record.run is not None and record.run.attempt < attempt:
            record.last = record.run
    record.run = told
    record.restarts = max(record.restarts, attempt)
    if newest.state == "running":
        told.state, told.started_at = "running", newest.started_at or told.started_at
    elif newest.state == "exited" and told.state != "exited":
        end(told, newest, now)
    if len(attempts) > 1 and (record.last is None or record.last.id == told.id):
        record.last = Run(attempts[-2].id, attempt - 1)
    if record.last is not None and record.last.state != "exited":
        before = next((found for found in attempts if found.id == record.last.id), None)
        end(record.last, before, now)


def end(run: Run, found: Found | None, now: float) -> None:
    """Note that a run is over; `found` is None when the engine knows nothing of it any more."""
    run.state, run.ready = "exited", False
    if found is None:
        run.exit_code, run.reason, run.message, run.finished_at = _KILLED, LOST, _LOST_MESSAGE, now
        return
    run.exit_code = found.exit_code
    run.reason = "OOMKilled" if found.oom_killed else ("Completed" if found.exit_code == 0 else "Error")
    run.started_at = found.started_at or run.started_at
    run.finished_at = max(found.finished_at or now, run.started_at)
