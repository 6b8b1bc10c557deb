"""The workload of a service, as Kubernetes runs it: a Deployment, or a DaemonSet where every node gets a task.

Its pod template is written only for a new deployment of ECS, or where somebody else has changed it; whatever else
changes is a small patch, and only where the cached object says otherwise.
"""

from typing import Generic, Protocol, TypeVar

import msgspec

from kecs.decide.observed import whole_seconds
from kecs.decide.service import Scale
from kecs.kube.api import Json
from kecs.kube.informer import Informer
from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.objects import Service, TaskDefinition
from kecs.reconcile.context import Context
from kecs.reconcile.drift import Drift
from kecs.reconcile.foreign import apply_new
from kecs.reconcile.refusals import Refusals, Trouble, without_pod
from kecs.translate import views
from kecs.translate import workload as make
from kecs.translate.launch import Launch
from kecs.translate.observe.counts import unready_but_running


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """A service's tasks as they are launched: the effective spec, the definition, and the launch made of both."""

    service: Service
    spec: ecs.CreateServiceRequest
    definition: TaskDefinition
    launch: Launch


class Written(msgspec.Struct):
    """What this process remembers of what it wrote last: the object's uid, and what of it nobody else may change."""

    uid: str = ""
    mark: object = None


class Workload(Protocol):
    """What a service's reconciler needs of either kind."""

    @property
    def kind(self) -> str:
        """The kind of the object."""
        ...

    @property
    def exists(self) -> bool:
        """Whether the object is there."""
        ...

    @property
    def replicas(self) -> int:
        """How many tasks it still asks for, as far as that can be changed."""
        ...

    def desired(self, spec: ecs.CreateServiceRequest) -> int:
        """Return how many tasks the service wants."""
        ...

    def others_wanted(self, primary: str) -> int:
        """Return how many tasks are kept up for other deployments than `primary`."""
        ...

    async def trouble(self, primary: str, now: float) -> Trouble:
        """Return why Kubernetes cannot make tasks."""
        ...

    def is_settled(self, primary: str) -> bool:
        """Return whether Kubernetes works on `primary`, and has seen what was written last."""
        ...

    def drift(self, primary: str) -> Drift:
        """Return what somebody else has done to the object since kecs wrote it last, as far as kecs remembers."""
        ...

    async def carry_out(self, launched: Launched, scale: Scale) -> None:
        """Make the object what it shall be."""
        ...

    async def scale_to_zero(self) -> None:
        """End every task."""
        ...

    async def remove(self) -> None:
        """Delete the object."""
        ...


# A paused Deployment of rolling updates still shares replicas plus surge among its ReplicaSets; of this type it does
# not.
_PAUSED = {"type": "Recreate"}
_HELD = "OnDelete"  # the update strategy of a DaemonSet whose template is not that of its tasks

W = TypeVar("W", views.Deployment, views.DaemonSet)


def workload_of(
    context: Context, key: tuple[str, str], written: Written, refusals: Refusals, *, daemon: bool
) -> Workload:
    """Return the workload of the service with that namespace and object name.

    `written` and `refusals` are kept for the next look.
    """
    world = context.world
    if daemon:
        return _Daemon(context, key, world.daemon_sets, written, refusals)
    return _Replicated(context, key, world.deployments, written)


def _deployment_id(template: views.Template) -> str:
    return template.metadata.annotations.get(marks.DEPLOYMENT_ID, "")


class _Object(Generic[W]):
    """What the two kinds have in common."""

    def __init__(self, context: Context, key: tuple[str, str], cache: Informer[W], written: Written) -> None:
        self._context = context
        self._key = key
        self._cache: Informer[W] = cache
        self._written = written
        self._found: W | None = cache.get(*key)

    @property
    def kind(self) -> str:
        return self._cache.resource.kind

    @property
    def exists(self) -> bool:
        return self._found is not None

    def is_settled(self, primary: str) -> bool:
        found = self._found
        return (
            found is not None
            and _deployment_id(found.spec.template) == primary
            and found.status.observedGeneration >= found.metadata.generation
        )

    def drift(self, primary: str) -> Drift:
        written, found = self._written, self._found
        if found is None:
            return Drift.DELETED if written.uid else Drift.NONE
        if written.uid == found.metadata.uid and written.mark != self._mark(found):
            return Drift.CHANGED
        return Drift.CHANGED if self._is_tampered(primary) else Drift.NONE

    def _mark(self, item: W) -> object:
        """Return what of an object only kecs writes, as far as it is read."""
        raise NotImplementedError

    def _is_tampered(self, primary: str) -> bool:
        """Return whether the pods are made otherwise than kecs wanted, whoever remembers what it wrote."""
        return False

    def _remember(self, item: W | None) -> None:
        """Remember what is there after everything has been put right."""
        if item is not None:
            self._written.uid, self._written.mark = item.metadata.uid, self._mark(item)

    async def _apply(self, body: Json, *, put_right: bool) -> None:
        """Write the object; with `put_right`, also take out of its template what others put in beside ours."""
        api, resource = self._context.api, self._cache.resource
        if self._found is None:
            stored = await apply_new(api, resource, *self._key, body, self._written.uid)
        else:
            stored = await api.apply(resource, *self._key, body, manager=marks.MANAGER)
        if put_right:
            # Applied first, what ours replaces is owned as applied, so that a later revision can leave it out again.
            change = [{"op": "replace", "path": "/spec/template", "value": body["spec"]["template"]}]
            stored = await api.patch(resource, *self._key, change, type="json", manager=marks.MANAGER)
        self._cache.observe(stored)
        self._remember(stored)

    async def remove(self) -> None:
        self._written.uid = ""
        await self._context.world.delete(self._cache, *self._key, propagation="Background")


class _Replicated(_Object[views.Deployment]):
    """A Deployment; each deployment of ECS is one of its ReplicaSets."""

    @property
    def replicas(self) -> int:
        return self._found.spec.replicas if self._found else 0

    def desired(self, spec: ecs.CreateServiceRequest) -> int:
        return spec.desiredCount or 0

    def others_wanted(self, primary: str) -> int:
        sets = self._context.world.replica_sets.by("service", self._key)
        return sum(one.spec.replicas for one in sets if _deployment_id(one.spec.template) != primary)

    async def trouble(self, primary: str, now: float) -> Trouble:
        for one in self._context.world.replica_sets.by("service", self._key):
            if _deployment_id(one.spec.template) == primary:
                for condition in one.status.conditions:
                    if condition.type == "ReplicaFailure" and condition.status == "True":
                        return Trouble(without_pod(condition.message))
        return Trouble()

    def _mark(self, item: views.Deployment) -> object:
        return item.spec

    async def carry_out(self, launched: Launched, scale: Scale) -> None:
        found, world = self._found, self._context.world
        primary = launched.launch.startedBy
        is_new = found is None or _deployment_id(found.spec.template) != primary
        if is_new or self._is_other_template(primary):
            if found is None or found.metadata.deletionTimestamp is None:
                await self._apply(self._body(launched, scale), put_right=not is_new)
            return
        assert found is not None  # noqa: S101 # else it were new
        change = _difference(found.spec, self._allowing_for_ended_helpers(primary, scale))
        if change:
            found = await world.patch(world.deployments, *self._key, {"spec": change})
        elif scale.newest is not None and self.is_settled(primary):
            await self._set_newest(primary, scale.newest)
        self._remember(found)

    def _is_other_template(self, primary: str) -> bool:
        """Return whether the template of a deployment that goes on is not the one that was written."""
        found, before = self._found, self._written.mark
        if found is not None and self._written.uid == found.metadata.uid and isinstance(before, views.DeploymentSpec):
            return before.template != found.spec.template or self._is_tampered(primary)
        return self._is_tampered(primary)

    def _is_tampered(self, primary: str) -> bool:
        """Return whether the deployment that goes on has a second ReplicaSet: its template was changed.

        Its tasks would not be what their definition says.
        """
        sets = self._context.world.replica_sets.by("service", self._key)
        made = [one for one in sets if _deployment_id(one.spec.template) == primary]
        first = min((one.metadata.creationTimestamp for one in made), default="")
        return any(one.spec.replicas and one.metadata.creationTimestamp > first for one in made)

    def _allowing_for_ended_helpers(self, primary: str, scale: Scale) -> Scale:
        """Return the scale for a rollout whose new tasks run without a container that may end, and has.

        Such a pod is NotReady for good, and Kubernetes would wait for it for ever.
        """
        if scale.paused or not self.others_wanted(primary):
            return scale
        pods = self._context.world.pods.by("service", self._key)
        ended = unready_but_running(pod for pod in pods if pod.metadata.annotations.get(marks.DEPLOYMENT_ID) == primary)
        return msgspec.structs.replace(scale, maxUnavailable=scale.maxUnavailable + ended) if ended else scale

    def _body(self, launched: Launched, scale: Scale) -> Json:
        body = make.make_deployment(
            launched.service,
            launched.definition.spec,
            launched.launch,
            self._context.settings.options,
            replicas=scale.replicas,
            max_surge=scale.maxSurge,
            max_unavailable=scale.maxUnavailable,
            paused=scale.paused,
            min_ready_seconds=whole_seconds(self._context.settings.rules.steadyAfter),
        )
        if scale.paused:
            body["spec"]["strategy"] = _PAUSED
        return body

    async def _set_newest(self, primary: str, replicas: int) -> None:
        """Scale the PRIMARY's ReplicaSet by itself: its Deployment is paused, and leaves it so."""
        world = self._context.world
        for one in list(world.replica_sets.by("service", self._key)):
            if _deployment_id(one.spec.template) == primary and one.spec.replicas != replicas:
                meta = one.metadata
                await world.patch(world.replica_sets, meta.namespace, meta.name, {"spec": {"replicas": replicas}})

    async def scale_to_zero(self) -> None:
        world = self._context.world
        # A paused Deployment would leave the shares of its ReplicaSets as they are.
        await world.patch(world.deployments, *self._key, {"spec": {"replicas": 0, "paused": False}})


def _difference(spec: views.DeploymentSpec, scale: Scale) -> Json:
    """Return the patch that makes the spec what it shall be; empty when it is."""
    change: Json = {}
    if spec.replicas != scale.replicas:
        change["replicas"] = scale.replicas
    if spec.paused != scale.paused:
        change["paused"] = scale.paused
    rolling = spec.strategy.rollingUpdate
    if scale.paused:
        if spec.strategy.type != "Recreate":
            change["strategy"] = {**_PAUSED, "rollingUpdate": None}
    elif rolling is None or (rolling.maxSurge, rolling.maxUnavailable) != (scale.maxSurge, scale.maxUnavailable):
        update = {"maxSurge": scale.maxSurge, "maxUnavailable": scale.maxUnavailable}
        change["strategy"] = {"type": "RollingUpdate", "rollingUpdate": update}
    return change


class _Daemon(_Object[views.DaemonSet]):
    """A DaemonSet. It decides by itself how many tasks there are.

    It has no number that could be lowered while tasks that fail have to wait, and Kubernetes's own delay is for pods
    that failed alone, not for those that ended well or were deleted: so its template is another one meanwhile, and
    applies to nothing that runs.
    """

    def __init__(
        self,
        context: Context,
        key: tuple[str, str],
        cache: Informer[views.DaemonSet],
        written: Written,
        refusals: Refusals,
    ) -> None:
        super().__init__(context, key, cache, written)
        self._refusals = refusals

    @property
    def replicas(self) -> int:
        # It has no figure to set to 0: it is deleted for its tasks to end.
        return 1 if self._found and self._found.metadata.deletionTimestamp is None else 0

    def desired(self, spec: ecs.CreateServiceRequest) -> int:
        return self._found.status.desiredNumberScheduled if self._found else 0

    def others_wanted(self, primary: str) -> int:
        return 0

    async def trouble(self, primary: str, now: float) -> Trouble:
        found, world = self._found, self._context.world
        if found is None or found.metadata.deletionTimestamp or not self.is_settled(primary):
            return Trouble()
        return await self._refusals.read(self._context.api, found, world.pods.by("service", self._key), now)

    def _mark(self, item: views.DaemonSet) -> object:
        return item.metadata.generation  # it grows with the spec alone, which only kecs writes

    async def carry_out(self, launched: Launched, scale: Scale) -> None:
        found, primary = self._found, launched.launch.startedBy
        if found and found.metadata.deletionTimestamp:
            return
        is_new = found is None or _deployment_id(found.spec.template) != primary
        drifted = not is_new and self.drift(primary) is not Drift.NONE
        held = found is not None and not is_new and scale.replicas < found.status.desiredNumberScheduled
        if not is_new and not drifted and held == self._is_held:
            self._remember(found)
            return
        body = make.make_daemon_set(
            launched.service,
            launched.definition.spec,
            launched.launch,
            self._context.settings.options,
            min_ready_seconds=whole_seconds(self._context.settings.rules.steadyAfter),
            held=held,
        )
        await self._apply(body, put_right=drifted)

    @property
    def _is_held(self) -> bool:
        """Whether nodes without a task get none for now."""
        return self._found is not None and self._found.spec.updateStrategy.type == _HELD

    async def scale_to_zero(self) -> None:
        await self.remove()
