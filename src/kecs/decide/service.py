"""What to do with a service now: the other rules of this package put together into one plan."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from kecs.decide import circuit_breaker, events, percent, rollout, throttle
from kecs.decide.observed import End, Phase, Task
from kecs.model.generated import ecs
from kecs.model.service import MAXIMUM_PERCENT, MINIMUM_PERCENT


class Settings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How patient the rules are. `steadyAfter`: seconds after which a task that nothing checks counts as healthy."""

    steadyAfter: float = 40.0
    delays: throttle.Delays = throttle.Delays()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it is wanted.

    `deployment` is the PRIMARY one as it is shown at its beginning, `rollbackOf` the id of the one that it replaces
    because it was given up. `touched`: the service was changed since its status was written. `warnings` are the
    events that tell what is kept but not acted on.
    """

    name: str
    deployment: ecs.Deployment
    desired: int
    rollbackOf: str = ""
    minimumPercent: int = MINIMUM_PERCENT
    maximumPercent: int = MAXIMUM_PERCENT
    breaker: ecs.DeploymentCircuitBreaker | None = None
    touched: bool = False
    warnings: tuple[str, ...] = ()


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it is.

    `tasks` are those alive and those stopped of late; `told` the ids whose start, `toldStopped` those whose end is
    among the events already. `trouble` is why Kubernetes cannot make tasks, in its own words. `othersWanted` is how
    many tasks Kubernetes still keeps up for older deployments. `settled`: Kubernetes has seen what it was given last.
    """

    tasks: Sequence[Task] = ()
    deployments: Sequence[ecs.Deployment] = ()
    completed: ecs.Deployment | None = None
    events: Sequence[ecs.ServiceEvent] = ()
    told: frozenset[str] = frozenset()
    toldStopped: frozenset[str] = frozenset()
    definitions: Mapping[str, str] = {}
    trouble: str = ""
    othersWanted: int = 0
    settled: bool = True


class Scale(msgspec.Struct, frozen=True, gc=False):
    """What the workload is given. `newest`: what the PRIMARY ReplicaSet is set to while it is paused (None: left)."""

    replicas: int
    maxSurge: int
    maxUnavailable: int
    paused: bool = False
    newest: int | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to carry out. `again` is the number of seconds after which time alone may change the plan (None: never)."""

    scale: Scale
    deployments: list[ecs.Deployment]
    completed: ecs.Deployment | None
    messages: list[str]
    rollback: bool
    again: float | None


def counts(observed: Observed, settings: Settings, now: float) -> dict[str, rollout.Counts]:
    """Count the tasks of each deployment that are not recorded as stopped."""
    present: Counter[str] = Counter()
    running: Counter[str] = Counter()
    proven: Counter[str] = Counter()
    for task in observed.tasks:
        if task.phase is Phase.STOPPED:
            continue
        present[task.deployment] += 1
        if task.phase is Phase.RUNNING:
            running[task.deployment] += 1
            proven[task.deployment] += task.is_proven(now, settings.steadyAfter)
    return {
        id_: rollout.Counts(observed.definitions.get(id_, ""), present[id_], running[id_], proven[id_])
        for id_ in present
    }


def plan(wanted: Wanted, observed: Observed, settings: Settings, now: float) -> Plan:
    """Decide what a service needs."""
    primary = wanted.deployment.id or ""
    count = counts(observed, settings, now)
    own = [task for task in observed.tasks if task.deployment == primary]
    complete = observed.settled and not observed.othersWanted and rollout.is_complete(primary, count, wanted.desired)

    shown = next((deployment for deployment in observed.deployments if deployment.id == primary), None)
    begun = shown is None or shown.status != rollout.PRIMARY
    before = rollout.begin(wanted.deployment, wanted.rollbackOf, observed.completed) if shown is None else shown
    if begun or wanted.touched:
        before = msgspec.structs.replace(before, status=rollout.PRIMARY, updatedAt=now)
    tripped = circuit_breaker.tripped(own, wanted.desired, wanted.breaker, settings.steadyAfter, now)
    current = rollout.advance(before, complete=complete, tripped=tripped, now=now)

    hold = throttle.hold(own, wanted.desired, settings.delays, now)
    scale = _scale(wanted, observed, count, held=current.rolloutState == rollout.FAILED or now < hold.until)
    completed = current if before.rolloutState != current.rolloutState == rollout.COMPLETED else observed.completed
    messages = _transitions(wanted, observed, before, current, begun=shown is None)
    messages += task_messages(wanted.name, observed)
    messages += _complaints(wanted, observed, scale, hold, current, now)
    if complete:
        messages += _settlement(wanted.name, observed, messages, before, current, now)
    return Plan(
        scale=scale,
        deployments=[current, *rollout.retire(observed.deployments, primary, count, now)],
        completed=completed,
        messages=messages,
        rollback=_rolls_back(wanted, current, completed),
        again=_again(observed, settings, hold, complete=complete, now=now),
    )


def _rolls_back(wanted: Wanted, current: ecs.Deployment, completed: ecs.Deployment | None) -> bool:
    """Return whether to go back to the last COMPLETED deployment: once, and only where there is another one."""
    return bool(
        current.rolloutState == rollout.FAILED
        and wanted.breaker
        and wanted.breaker.rollback
        and not wanted.rollbackOf
        and completed
        and completed.id != current.id
    )


def _scale(wanted: Wanted, observed: Observed, count: Mapping[str, rollout.Counts], *, held: bool) -> Scale:
    strategy = percent.strategy(wanted.desired, wanted.minimumPercent, wanted.maximumPercent)
    others = observed.othersWanted
    if not held:
        return Scale(wanted.desired, strategy.maxSurge, strategy.maxUnavailable, paused=strategy.blocked and others > 0)
    keep = min(wanted.desired, count.get(wanted.deployment.id or "", rollout.NONE).proven)
    if not others:
        return Scale(keep, strategy.maxSurge, strategy.maxUnavailable)
    return Scale(wanted.desired, strategy.maxSurge, strategy.maxUnavailable, paused=True, newest=keep)


def _transitions(
    wanted: Wanted, observed: Observed, before: ecs.Deployment, current: ecs.Deployment, *, begun: bool
) -> list[str]:
    messages: list[str] = []
    if begun:
        if wanted.rollbackOf and observed.completed:
            messages.append(events.rolling_back(wanted.name, observed.completed.id or ""))
        messages += wanted.warnings
    if before.rolloutState != current.rolloutState == rollout.FAILED:
        messages.append(events.failed(wanted.name, current.id or ""))
    return messages


def task_messages(service: str, observed: Observed) -> list[str]:
    """Return the events of the tasks that were started and stopped, as far as none tells of them yet."""
    messages: list[str] = []
    started: list[str] = []
    running: list[str] = []
    pending = 0
    for task in observed.tasks:
        if task.id not in observed.told:
            started.append(task.id)
        if task.phase >= Phase.STOPPING and task.id not in observed.toldStopped:
            if task.end is End.UNHEALTHY:
                messages.append(events.unhealthy(service, task.id))
            if task.end in (End.SCALED, End.UNHEALTHY):
                if task.startedAt is None:
                    pending += 1
                else:
                    running.append(task.id)
    messages += events.stopped_pending(service, pending)
    messages += events.stopped_running(service, running)
    return [*events.started(service, started), *messages]


def _complaints(
    wanted: Wanted, observed: Observed, scale: Scale, hold: throttle.Hold, current: ecs.Deployment, now: float
) -> list[str]:
    created = current.createdAt or 0.0
    due: list[tuple[str, float]] = []
    if now < hold.until:
        due.append((events.inconsistent(wanted.name), max(hold.since, created)))
    if scale.paused and scale.newest is None:
        due.append((events.blocked(wanted.name), created))
    if observed.trouble:
        due.append((events.unable(wanted.name, observed.trouble), created))
    stuck = next((task for task in observed.tasks if task.stuck and task.phase is Phase.PENDING), None)
    if stuck:
        due.append((events.unplaceable(wanted.name, stuck.stuck), stuck.createdAt))
    # What began at a time that has not come yet was dated by another clock; then once is enough.
    return [
        message
        for message, since in due
        if events.is_complaint_due(observed.events, message, since if since <= now else 0.0)
    ]


def _settlement(
    service: str,
    observed: Observed,
    messages: Sequence[str],
    before: ecs.Deployment,
    current: ecs.Deployment,
    now: float,
) -> list[str]:
    settled = []
    if before.rolloutState != current.rolloutState == rollout.COMPLETED:
        settled.append(events.completed(service, current.id or ""))
    if settled or messages or events.is_steady_due(observed.events, now):
        settled.append(events.steady(service))
    return settled


def _again(observed: Observed, settings: Settings, hold: throttle.Hold, *, complete: bool, now: float) -> float | None:
    """Return when time alone may change the plan: a delay ends, a task comes to count, six hours of steadiness pass."""
    times: list[float] = []
    if now < hold.until:
        times.append(hold.until)
    if complete:
        times.append(now + events.STEADY_EVERY)
    for task in observed.tasks:
        if task.phase is Phase.RUNNING:
            at = task.proven_at(settings.steadyAfter)
            if at is not None and at > now:
                times.append(at)
    return max(0.001, min(times) - now) if times else None
