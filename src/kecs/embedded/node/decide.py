"""What the node does next for a pod: a pure function of the pod, what is known of its containers, and the time.

It is asked whenever something changed, and answers with everything that can be done now; what depends on that comes
at the next asking. What is already under way (a start, a stop) is the worker's business: asking for it twice is
harmless.
"""

from dataclasses import dataclass, field

from kecs.embedded.node.container_views import Container, is_sidecar
from kecs.embedded.node.record import NEVER, ContainerRecord, PodRecord
from kecs.embedded.node.restarts import BackOff, due, restarts
from kecs.embedded.node.views import Pod


@dataclass(frozen=True, slots=True)
class Kill:
    """A container that has to end, why, and when what is left of it is killed."""

    container: str
    message: str
    grace: float | None = None  # seconds of its own; None: the pod's grace


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do for a pod now."""

    start: tuple[str, ...] = ()  # containers to start, in this order, the sandbox first if there is none
    kill: tuple[Kill, ...] = ()
    expire: bool = False  # its active deadline has passed
    tear_down: bool = False  # nothing will run any more: the sandbox can go
    finish: bool = False  # it is deleted and has ended: write its last status, and delete the object
    wake: float = NEVER  # when to look again though nothing has changed


@dataclass(slots=True)
class _Draft:
    start: list[str] = field(default_factory=list)
    kill: list[Kill] = field(default_factory=list)
    wake: float = NEVER

    def later(self, when: float) -> None:
        self.wake = min(self.wake, when)


def runs(record: ContainerRecord) -> bool:
    """Tell whether a container has a process."""
    return record.run is not None and record.run.state == "running"


def ended(record: ContainerRecord) -> bool:
    """Tell whether a container's last run is over."""
    return record.run is not None and record.run.state == "exited"


def init_done(pod: Pod, record: PodRecord) -> bool:
    """Tell whether the init part has done its work: all have succeeded, sidecars have opened."""
    return all(_init_passed(container, record.of(container.name)) for container in pod.spec.initContainers)


def _init_passed(container: Container, record: ContainerRecord) -> bool:
    run = record.run
    if run is None:
        return False
    if is_sidecar(container):
        return run.opened or (record.restarts > 0 and record.last is not None and record.last.opened)
    return run.state == "exited" and run.exit_code == 0


def over(pod: Pod, record: PodRecord) -> bool:
    """Tell whether the main part (or a failed init part) has ended for good."""
    for container in pod.spec.initContainers:
        run = record.of(container.name).run
        if run is not None and run.state == "exited" and not _init_passed(container, record.of(container.name)):
            return not restarts(pod, container, run, init=True)
    for container in pod.spec.containers:
        run = record.of(container.name).run
        if run is None or run.state != "exited" or restarts(pod, container, run, init=False):
            return False
    return True


def decide(pod: Pod, record: PodRecord, now: float, back_off: BackOff) -> Plan:
    """Return what to do for a pod now."""
    if record.finished or record.gone:
        return Plan()
    if record.deleting or record.failure:
        return _end(pod, record)
    limit = pod.spec.activeDeadlineSeconds
    expires = record.started_at + limit if limit is not None and record.started_at else NEVER
    if over(pod, record):
        return _end(pod, record)
    if now >= expires:
        return Plan(expire=True)
    draft = _Draft(wake=expires)
    _kill_unhealthy(record, draft)
    if not record.sandbox and any(map(runs, record.containers)):
        # The sandbox died under its containers: they have lost their network, and start anew in another one.
        draft.kill.extend(Kill(each.name, "Pod sandbox changed", 0.0) for each in record.containers if runs(each))
    elif record.retry_at > now:
        draft.later(record.retry_at)
    else:
        _start_init(pod, record, now, back_off, draft)
    return Plan(start=tuple(draft.start), kill=tuple(draft.kill), wake=draft.wake)


def _kill_unhealthy(record: PodRecord, draft: _Draft) -> None:
    for each in record.containers:
        if each.kill and runs(each):
            draft.kill.append(Kill(each.name, each.kill, each.kill_grace))


def _start_init(pod: Pod, record: PodRecord, now: float, back_off: BackOff, draft: _Draft) -> None:
    """Start the next of the init part, and sidecars that ended; the main part once the init part is done."""
    for container in pod.spec.initContainers:
        each = record.of(container.name)
        if _wants_start(pod, container, each, init=True):
            _start_when_due(each, now, back_off, draft)
        if not _init_passed(container, each):
            return
    for container in pod.spec.containers:
        each = record.of(container.name)
        if _wants_start(pod, container, each, init=False):
            _start_when_due(each, now, back_off, draft)


def _wants_start(pod: Pod, container: Container, record: ContainerRecord, *, init: bool) -> bool:
    run = record.run
    if run is None or run.state == "created":
        return True
    return run.state == "exited" and restarts(pod, container, run, init=init)


def _start_when_due(record: ContainerRecord, now: float, back_off: BackOff, draft: _Draft) -> None:
    when = max(record.retry_at, due(record, back_off) if ended(record) else 0.0)
    if when <= now:
        draft.start.append(record.name)
    else:
        draft.later(when)


def _end(pod: Pod, record: PodRecord) -> Plan:
    """End what runs: the main part first, then the sidecars, the last one first."""
    sidecars = [container.name for container in pod.spec.initContainers if is_sidecar(container)]
    running = [each.name for each in record.containers if runs(each)]
    main = [name for name in running if name not in sidecars]
    if main:
        return Plan(kill=tuple(Kill(name, f"Stopping container {name}") for name in main))
    last = [name for name in reversed(sidecars) if name in running][:1]
    if last:
        return Plan(kill=(Kill(last[0], f"Stopping container {last[0]}"),))
    return Plan(tear_down=bool(record.sandbox), finish=record.deleting)
