"""The life of a task's pod: its end is decided, noted, carried out, recorded, and then the pod is let go.

A task costs its record, the removal of its finalizer and its pod's deletion, and nothing else where its pod shows by
itself why it ended. A handler looks at each change of a pod and asks for a reconciliation only where there is something
to do, so that the many changes of a healthy task cost next to nothing.
"""

from collections.abc import Sequence

import msgspec

from kecs.decide import task as rules
from kecs.kube.controller import Controller
from kecs.kube.errors import AlreadyExists, Conflict, Forbidden, NotFound
from kecs.kube.time import epoch
from kecs.model import marks, stop
from kecs.model.cluster import is_deleted
from kecs.model.objects import StopNote
from kecs.reconcile.context import Context
from kecs.translate import facts as task_facts
from kecs.translate import views
from kecs.translate.facts import TaskFacts
from kecs.translate.observe import task as observe
from kecs.translate.observe.container import Seen, look
from kecs.translate.observe.ids import task_id

Key = tuple[str, str]

_ENDED = ("Succeeded", "Failed")
_WAITS = ("ContainerCreating", "PodInitializing", "")
_RECORDED_LABELS = (marks.CLUSTER, marks.SERVICE, marks.FAMILY, marks.ROLE, marks.REQUEST)
_REMEMBERED = 10_000  # deployments, and pods that have vanished
_WORKERS = 8
_LETTING_GO = 10.0  # seconds that a kubelet may take after the containers have ended


class Replacements:
    """Tells tasks that were replaced, as after a `kubectl delete pod`, from tasks that fewer of are wanted.

    Both are deleted without a note; but after the one a new task of the same deployment appears. What happened before
    this process began is not known, and then a deleted task counts as one too many.
    """

    def __init__(self) -> None:
        self._clock = 0
        self._began = False
        self._made: dict[str, tuple[int, str]] = {}  # by deployment: when its newest task was seen first
        self._deleted: dict[str, int] = {}  # by uid

    def begin(self) -> None:
        """Say that what comes from now on is new: the caches have had their first lists."""
        self._began = True

    def see(self, old: views.Pod | None, new: views.Pod | None) -> None:
        """Take note of a change of a service's pod."""
        self._clock += 1
        if new is None:
            if old is not None:
                self._deleted.pop(old.metadata.uid, None)
            return
        deployment = new.metadata.annotations.get(marks.DEPLOYMENT_ID)
        if not deployment:
            return
        if old is None and self._began:
            if deployment not in self._made and len(self._made) >= _REMEMBERED:
                del self._made[next(iter(self._made))]
            self._made[deployment] = (self._clock, new.metadata.creationTimestamp)
        if new.metadata.deletionTimestamp and new.metadata.uid not in self._deleted:
            self._deleted[new.metadata.uid] = self._clock

    def has(self, pod: views.Pod, deleted_at: float) -> bool:
        """Return whether a task of the pod's deployment appeared after the pod was deleted."""
        made = self._made.get(pod.metadata.annotations.get(marks.DEPLOYMENT_ID, ""))
        seen = self._deleted.get(pod.metadata.uid)
        return made is not None and seen is not None and made[0] > seen and epoch(made[1]) >= int(deleted_at)


def build(context: Context) -> "Tasks":
    """Return what looks after tasks. It has to be run once the caches have had their first lists."""
    return Tasks(context)


def needs_look(pod: views.Pod) -> bool:
    """Return whether a pod may need something; False is certain, True costs a closer look."""
    meta, status = pod.metadata, pod.status
    if marks.TASK_FINALIZER not in meta.finalizers:
        return status.phase in _ENDED and not meta.deletionTimestamp
    if meta.deletionTimestamp or marks.STOP in meta.annotations or status.phase in _ENDED:
        return True
    for container in status.containerStatuses:
        state = container.state
        if state.terminated or (state.waiting and state.waiting.reason not in _WAITS):
            return True
        if state.running and not container.ready:  # it may be unhealthy
            return True
    return any(one.state.terminated or one.state.waiting or one.restartCount for one in status.initContainerStatuses)


class Tasks:
    """Carries out what `decide.task` says of each pod that needs something."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._replacements = Replacements()
        self._released: set[str] = set()  # uids of pods that kecs has let go, and that are not gone yet
        self._vanished: dict[str, views.Pod] = {}  # by uid: pods that went without kecs letting them go
        self._controller = Controller("tasks", self._reconcile, workers=_WORKERS, works=context.works)
        context.world.pods.subscribe(self._on_pod)

    def _on_pod(self, old: views.Pod | None, new: views.Pod | None) -> None:
        pod = new or old
        if pod is not None and marks.SERVICE in pod.metadata.labels:
            self._replacements.see(old, new)
        if new is not None and needs_look(new):
            self._controller.add((new.metadata.namespace, new.metadata.name))
        elif new is None and old is not None and self._has_vanished(old):
            self._vanished[old.metadata.uid] = old
            self._controller.add((old.metadata.namespace, old.metadata.uid))

    def _has_vanished(self, pod: views.Pod) -> bool:
        """Return whether a pod is gone that kecs has not let go."""
        meta = pod.metadata
        if meta.uid in self._released:
            self._released.discard(meta.uid)
            return False
        recorded = self._context.world.stopped_tasks.get(meta.namespace, task_id(meta.uid)) is not None
        return not recorded and len(self._vanished) < _REMEMBERED

    async def run(self) -> None:
        """Work for ever."""
        self._replacements.begin()
        await self._controller.run()

    async def _reconcile(self, key: Key) -> float | None:
        world = self._context.world
        pod = world.pods.get(*key)
        if pod is None:
            await self._record_vanished(*key)
            return None
        facts = task_facts.of(pod)
        if facts is None:
            await self._disown(pod)
            return None
        now = self._context.now()
        seen = look(pod, facts)
        step = rules.next_step(self._state(pod, facts, seen, now), now)
        if step.action == "note" and step.note:
            text = msgspec.json.encode(step.note).decode()
            note = {"metadata": {"uid": pod.metadata.uid, "annotations": {marks.STOP: text}}}
            await self._delete(await world.patch(world.pods, pod.metadata.namespace, pod.metadata.name, note))
        elif step.action == "delete":
            await self._delete(pod)
        elif step.action == "record" and step.note:
            await self._record(pod, step.note, now)
            await self._let_go(pod)
        elif facts.service:
            due = [at for one in seen if (at := one.unhealthyAt) is not None and at > now]
            return min(due) - now if due else None
        return None

    async def _record_vanished(self, namespace: str, uid: str) -> None:
        """Write down the end of a task whose pod somebody has torn away, as far as it was seen."""
        pod = self._vanished.get(uid)
        if pod is None:
            return
        facts, now = task_facts.of(pod), self._context.now()
        is_back = self._context.world.task_pod(namespace, task_id(uid)) is not None  # as the cluster is restored
        if facts is not None and not is_back:
            state = self._state(pod, facts, look(pod, facts), now)
            gone = msgspec.structs.replace(state, held=True, ended=True, deleting=True, replaced=True)
            step = rules.next_step(gone, now)
            if step.note:
                await self._record(pod, step.note, now)
        del self._vanished[uid]

    async def _disown(self, pod: views.Pod) -> None:
        """Let go of a pod that has our finalizer and is no task: somebody has removed what told us of it."""
        if marks.TASK_FINALIZER in pod.metadata.finalizers and pod.metadata.deletionTimestamp:
            await self._let_go(pod)

    async def _record(self, pod: views.Pod, note: StopNote, now: float) -> None:
        """Write down how the task ended. Somebody may have done so before: the first record stands."""
        world, meta = self._context.world, pod.metadata
        if world.stopped_tasks.get(meta.namespace, task_id(meta.uid)) is not None:
            return
        task = observe.stopped(pod, note, round(now, 3), world.nodes.get(None, pod.spec.nodeName))
        labels = {name: meta.labels[name] for name in _RECORDED_LABELS if name in meta.labels}
        body = {
            "apiVersion": world.stopped_tasks.resource.api_version,
            "kind": world.stopped_tasks.resource.kind,
            "metadata": {"name": task_id(meta.uid), "namespace": meta.namespace, "labels": labels},
            "spec": msgspec.to_builtins(task),
        }
        try:
            await world.create(world.stopped_tasks, meta.namespace, body)
        except AlreadyExists:
            return
        except Forbidden as error:
            if not error.namespace_ends:
                raise  # else there is nowhere to keep a record, and nobody to ask for it
        except NotFound:
            if not self._ends(meta.namespace):
                raise  # somebody took the resource away, and may bring it back

    def _ends(self, namespace: str) -> bool:
        """Return whether a cluster goes, or is gone."""
        cluster = self._context.world.clusters.get(None, namespace)
        return cluster is None or is_deleted(cluster)

    async def _let_go(self, pod: views.Pod) -> None:
        meta, world = pod.metadata, self._context.world
        self._released.add(meta.uid)
        rest = [finalizer for finalizer in meta.finalizers if finalizer != marks.TASK_FINALIZER]
        change: dict[str, object] = {"uid": meta.uid, "finalizers": rest or None}
        if rest:
            change["resourceVersion"] = meta.resourceVersion  # whoever added one meanwhile must not lose it
        try:
            left = await self._context.api.patch(
                world.pods.resource,
                meta.namespace,
                meta.name,
                {"metadata": change},
                type="merge",
                manager=marks.MANAGER,
            )
        except NotFound:
            world.pods.forget(pod)
            return
        if meta.deletionTimestamp is None:
            await self._delete(left, grace=0)
        elif not rest and left.metadata.deletionGracePeriodSeconds == 0:
            world.pods.forget(left)
        else:
            world.pods.observe(left)  # or the next event of it would have us let go once more

    async def _delete(self, pod: views.Pod, grace: int | None = None) -> None:
        meta, world = pod.metadata, self._context.world
        if meta.deletionTimestamp:
            return
        try:
            await self._context.api.delete(
                world.pods.resource, meta.namespace, meta.name, uid=meta.uid, grace_seconds=grace
            )
        except (NotFound, Conflict):
            world.pods.forget(pod)  # gone, or another one of that name
            return
        if grace == 0 and not meta.finalizers:
            world.pods.forget(pod)

    def _state(self, pod: views.Pod, facts: TaskFacts, seen: Sequence[Seen], now: float) -> rules.Pod:
        meta, status = pod.metadata, pod.status
        deleted_at = observe.deleted_at(pod)
        disruption = pod.condition("DisruptionTarget")
        return rules.Pod(
            held=marks.TASK_FINALIZER in meta.finalizers,
            phase=status.phase,
            ended=observe.has_ended(pod, seen),
            deleting=deleted_at is not None,
            node=pod.spec.nodeName,
            spot=facts.capacityProviderName == "FARGATE_SPOT",
            service=bool(facts.service),
            deployment=facts.startedBy,
            replaced=deleted_at is not None and self._replacements.has(pod, deleted_at),
            endedFirst=deleted_at is not None
            and (self._context.world.tasks.ended_first(pod) or _ended_before(seen, deleted_at - _slack(pod))),
            disruption=disruption.reason if disruption and disruption.status == "True" else "",
            failure=status.reason,
            message=status.message,
            note=_note_of(pod),
            containers=[
                rules.Container(
                    name=one.name,
                    essential=one.essential,
                    ended=one.ended is not None,
                    error=one.error,
                    unhealthy=bool(one.facts.health) and one.is_unhealthy(now),
                )
                for one in seen
            ],
        )


def _note_of(pod: views.Pod) -> StopNote | None:
    note = observe.stop_note(pod)
    if note is None and marks.STOP in pod.metadata.annotations:
        return StopNote(stop.USER, stop.USER_REASON, 0.0)  # written by hand, but the wish is clear
    return note


def _slack(pod: views.Pod) -> float:
    """Return for how many seconds before the time of its deletion a pod may have been deleted already.

    The last deletion, by which a kubelet lets go of what has ended, takes the place of the one that was asked for.
    """
    return 0.0 if pod.metadata.deletionGracePeriodSeconds else _LETTING_GO


def _ended_before(seen: Sequence[Seen], at: float) -> bool:
    """Return whether an essential container had ended before `at`."""
    ends = [epoch(one.ended.finishedAt) for one in seen if one.essential and one.ended and one.ended.finishedAt]
    return any(end < at for end in ends)
