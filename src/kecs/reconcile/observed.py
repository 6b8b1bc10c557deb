"""What the rules see of a service, taken from its pods and from the records of its stopped tasks.

A pod's view is kept until the pod changes, so that looking at a service costs little for tasks that did not.

Nodes, API servers and replicas have clocks of their own. What is seen to have happened just now, and is told to have
happened at quite another time, has happened now by this process's clock; what happened before it looked is taken as it
is told, unless that time has not come yet. Else a rollout would wait for another clock, and failures of an hour ago by
the one clock would hold nothing up by the other.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence

from kecs.decide.observed import End, Phase, Task
from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.objects import StoppedTask
from kecs.model.stop import ESSENTIAL, HEALTH_REASON, NOT_STARTED, SCHEDULER
from kecs.reconcile.drift import Patience
from kecs.reconcile.refusals import Refusals
from kecs.reconcile.workload import Written
from kecs.translate import facts as task_facts
from kecs.translate import views
from kecs.translate.observe import task as observe
from kecs.translate.observe.container import Seen, look
from kecs.translate.observe.ids import task_id
from kecs.translate.observe.times import epoch

_TOLD = re.compile(r"\(task ([0-9a-f]{32})\)")
_PHASES = {"PROVISIONING": Phase.PENDING, "PENDING": Phase.PENDING, "RUNNING": Phase.RUNNING}
_REMEMBERED = 1000  # tasks beyond those in sight
_SLACK = 5.0  # seconds between a task's creation and the event that tells of it
_APART = 5.0  # seconds between what happens and our seeing it; clocks that agree tell no more


class Memory:
    """What this process remembers of one service: its tasks as last seen, what the events tell of, what was written.

    Losing it costs an event that is told twice or not at all, nothing else.
    """

    def __init__(self, ended_first: Callable[[views.Pod], bool]) -> None:
        self._ended_first = ended_first  # whether a pod that is being deleted had ended before
        self._pods: dict[str, tuple[views.Pod, Task]] = {}
        self._records: dict[str, Task] = {}
        self.definitions: dict[str, str] = {}
        self.written = Written()
        self.patience = Patience()
        self.refusals = Refusals()
        self.told: frozenset[str] | None = None
        self.told_stopped: frozenset[str] = frozenset()

    def tasks(self, pods: Iterable[views.Pod], records: Iterable[StoppedTask], now: float) -> list[Task]:
        """Return the service's tasks: each once, its record where there is one."""
        known = self._records
        live = self.told is not None
        stopped = {
            record.metadata.name: known.get(record.metadata.name) or of_record(record, now, live=live)
            for record in records
        }
        alive: dict[str, tuple[views.Pod, Task]] = {}
        self.definitions = {}
        for pod in pods:
            uid = pod.metadata.uid
            before = self._pods.get(uid)
            seen = before if before and before[0] is pod else (pod, self._look(pod, now, before))
            if seen[1].id in stopped or marks.TASK_FINALIZER not in pod.metadata.finalizers:
                continue
            alive[uid] = seen
            if seen[1].deployment not in self.definitions:
                facts = task_facts.of(pod)
                self.definitions[seen[1].deployment] = facts.definition_arn if facts else ""
        self._pods, self._records = alive, stopped
        return [*(task for _, task in alive.values()), *stopped.values()]

    def _look(self, pod: views.Pod, now: float, before: tuple[views.Pod, Task] | None) -> Task:
        return of_pod(pod, now, before[1] if before else None, ended_first=self._ended_first(pod))

    def begin(self, tasks: Iterable[Task], events: Iterable[ecs.ServiceEvent]) -> None:
        """Take what was told before this process began from the events, and from how old the tasks are."""
        if self.told is not None:
            return
        newest, said, ended = 0.0, set[str](), set[str]()
        for event in events:
            newest = max(newest, event.createdAt or 0.0)
            named = _TOLD.findall(event.message or "")
            said.update(named)
            if " has stopped " in (event.message or ""):
                ended.update(named)
        before = {task.id for task in tasks if task.createdAt < newest - _SLACK}
        self.told = frozenset(said | before)
        self.told_stopped = frozenset(
            task.id
            for task in tasks
            if task.id in ended or (task.phase is Phase.STOPPED and (task.stoppedAt or 0.0) < newest - _SLACK)
        )

    def tell(self, tasks: Iterable[Task]) -> None:
        """Remember that the events tell of all that has become of these tasks so far."""
        told, stopped = set[str](), set[str]()
        for task in tasks:
            told.add(task.id)
            if task.phase >= Phase.STOPPING:
                stopped.add(task.id)
        # Tasks of older deployments come and go from sight, so more is remembered than is in sight.
        self.told = self._merged(self.told or frozenset(), told)
        self.told_stopped = self._merged(self.told_stopped, stopped)

    def _merged(self, before: frozenset[str], now: set[str]) -> frozenset[str]:
        if now <= before:
            return before
        return frozenset(now) if len(before) > 4 * len(now) + _REMEMBERED else before | now


def of_record(record: StoppedTask, now: float, *, live: bool) -> Task:
    """Return a stopped task as the rules see it. `live`: its record has come while this process looked."""
    task = record.spec
    stored = (epoch(record.metadata.creationTimestamp) or math.inf) + 1  # it is written in whole seconds
    told = min(task.executionStoppedAt or task.stoppedAt or 0.0, stored)
    stopped = _by_our_clock(told, now, live=live)
    return Task(
        id=record.metadata.name,
        deployment=task.startedBy or "",
        phase=Phase.STOPPED,
        createdAt=task.createdAt or 0.0,
        startedAt=None if task.startedAt is None else min(task.startedAt, stored) + stopped - told,
        stoppedAt=stopped,
        healthy=_judged(task.healthStatus),
        end=_end(task.stopCode or "", task.stoppedReason or ""),
    )


def _by_our_clock(at: float, now: float, *, live: bool) -> float:
    """Return when something has happened that is told to have happened `at`; `live`: it has happened just now."""
    return now if at > now or (live and at < now - _APART) else at


def _start_by_our_clock(at: float, now: float, before: Task | None) -> float:
    """Return when a task has started that is told to have started `at`; it may start anew, never earlier."""
    if before is None or before.startedAt is None:
        return _by_our_clock(at, now, live=before is not None)
    return max(at, before.startedAt) if now - _APART <= at <= now else before.startedAt


def _judged(health: str | None) -> bool | None:
    """Return what a health status says of a task that has ended; UNKNOWN may be unchecked, or not healthy yet."""
    return {"HEALTHY": True, "UNHEALTHY": False}.get(health or "")


def _end(code: str, reason: str) -> End:
    if code in (ESSENTIAL, NOT_STARTED):
        return End.FAILED
    if code == SCHEDULER:
        return End.UNHEALTHY if reason == HEALTH_REASON else End.SCALED
    return End.OTHER


def of_pod(pod: views.Pod, now: float, before: Task | None, *, ended_first: bool) -> Task:
    """Return a task that is not recorded yet, as the rules see it; `before` is what was seen of it last.

    `ended_first`: its pod had ended before somebody deleted it, as the controller of DaemonSets does.
    """
    facts = task_facts.of(pod)
    meta = pod.metadata
    id_ = task_id(meta.uid)
    deployment = meta.annotations.get(marks.DEPLOYMENT_ID, "")
    created = observe.created_at(pod)
    if facts is None:
        return Task(id=id_, deployment=deployment, phase=Phase.STOPPING, createdAt=created, end=End.OTHER)
    seen = look(pod, facts)
    status = observe.last_status(pod, seen)
    checked = [one for one in seen if one.essential and one.facts.health]
    scheduled = pod.condition("PodScheduled")
    started = _started_at(pod, seen)
    if started is not None:
        started = _start_by_our_clock(started, now, before)
    return Task(
        id=id_,
        deployment=deployment,
        phase=_PHASES.get(status, Phase.STOPPING),
        createdAt=created,
        startedAt=started,
        healthy=all(one.healthy for one in checked) if checked else None,
        end=_end_of(pod, seen, ended_first=ended_first) if status not in _PHASES else End.NONE,
        stuck=unplaceable(scheduled.message) if scheduled and scheduled.reason == "Unschedulable" else "",
    )


def unplaceable(message: str) -> str:
    """Return why no node takes a pod, in ECS's words where it has any. `message` is the scheduler's."""
    if "no nodes available" in message or message.startswith("0/0 nodes"):
        return "No Container Instances were found in your cluster."
    for sign, resource in (("Insufficient cpu", "CPU units"), ("Insufficient memory", "memory")):
        if sign in message:
            return f"No container instance has sufficient {resource} available."
    # What the scheduler tried beside, and how often, is no matter of the user's.
    return message.partition(" preemption: ")[0].partition(" no new claims ")[0]


def _started_at(pod: views.Pod, seen: Sequence[Seen]) -> float | None:
    """Return when the last of the containers that have to run has started; None while one has not.

    A pod that is Ready counts from when it became so, as it does for Kubernetes.
    """
    ready = pod.condition("Ready")
    starts = [epoch(ready.lastTransitionTime) or 0.0 if ready and ready.status == "True" else 0.0]
    for one in seen:
        if one.facts.kind == "init":
            continue
        if not one.started or one.status is None:
            return None
        run = one.status.state.running or one.ended
        starts.append(epoch(run.startedAt if run else pod.status.startTime) or 0.0)
    return max(starts)


def _end_of(pod: views.Pod, seen: Sequence[Seen], *, ended_first: bool) -> End:
    """Return why a task is about to end. A deletion without a note was the scheduler's, for all that is known here."""
    note = observe.stop_note(pod)
    if note:
        return _end(note.code, note.reason)
    if pod.metadata.deletionTimestamp is None or ended_first or any(one.error for one in seen):
        return End.FAILED
    return End.SCALED
