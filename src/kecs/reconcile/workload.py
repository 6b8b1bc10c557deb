"""The workload of a service, as Kubernetes runs it: a Deployment, or a DaemonSet where every node gets a task.

Its pod template is written only for a new deployment of ECS; whatever else changes is a small patch, and only where the
cached object says otherwise.
"""

from typing import Protocol

import msgspec

from kecs.decide.observed import whole_seconds
from kecs.decide.service import Scale
from kecs.kube.api import Json
from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.objects import Service, TaskDefinition
from kecs.reconcile.context import Context
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


class Workload(Protocol):
    """What a service's reconciler needs of either kind."""

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

    def trouble(self, primary: str) -> str:
        """Return why Kubernetes cannot make tasks; empty when it can."""
        ...

    def is_settled(self, primary: str) -> bool:
        """Return whether Kubernetes works on `primary`, and has seen what was written last."""
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


def workload_of(context: Context, key: tuple[str, str], *, daemon: bool) -> Workload:
    """Return the workload of the service with that namespace and object name."""
    return _Daemon(context, key) if daemon else _Replicated(context, key)


def _deployment_id(template: views.Template) -> str:
    return template.metadata.annotations.get(marks.DEPLOYMENT_ID, "")


class _Replicated:
    """A Deployment; each deployment of ECS is one of its ReplicaSets."""

    def __init__(self, context: Context, key: tuple[str, str]) -> None:
        self._context = context
        self._key = key
        self._found = context.world.deployments.get(*key)

    @property
    def exists(self) -> bool:
        return self._found is not None

    @property
    def replicas(self) -> int:
        return self._found.spec.replicas if self._found else 0

    def desired(self, spec: ecs.CreateServiceRequest) -> int:
        return spec.desiredCount or 0

    def others_wanted(self, primary: str) -> int:
        sets = self._context.world.replica_sets.by("service", self._key)
        return sum(one.spec.replicas for one in sets if _deployment_id(one.spec.template) != primary)

    def trouble(self, primary: str) -> str:
        for one in self._context.world.replica_sets.by("service", self._key):
            if _deployment_id(one.spec.template) == primary:
                for condition in one.status.conditions:
                    if condition.type == "ReplicaFailure" and condition.status == "True":
                        # What comes before that names a pod, another one at each attempt.
                        return condition.message.rpartition(" is forbidden: ")[2]
        return ""

    def is_settled(self, primary: str) -> bool:
        found = self._found
        return (
            found is not None
            and _deployment_id(found.spec.template) == primary
            and found.status.observedGeneration >= found.metadata.generation
        )

    async def carry_out(self, launched: Launched, scale: Scale) -> None:
        found, world = self._found, self._context.world
        primary = launched.launch.startedBy
        if found is None or _deployment_id(found.spec.template) != primary or self._is_tampered(primary):
            if found is None or found.metadata.deletionTimestamp is None:
                await self._apply(launched, scale)
            return
        change = _difference(found.spec, self._allowing_for_ended_helpers(launched.launch.startedBy, scale))
        if change:
            await world.patch(world.deployments, *self._key, {"spec": change})
        elif scale.newest is not None and self.is_settled(launched.launch.startedBy):
            await self._set_newest(launched.launch.startedBy, scale.newest)

    def _is_tampered(self, primary: str) -> bool:
        """Return whether somebody changed the template of a deployment that goes on: it has a second ReplicaSet then.

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

    async def _apply(self, launched: Launched, scale: Scale) -> None:
        world = self._context.world
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
        stored = await self._context.api.apply(world.deployments.resource, *self._key, body, manager=marks.MANAGER)
        world.deployments.observe(stored)

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

    async def remove(self) -> None:
        world = self._context.world
        await world.delete(world.deployments, *self._key, propagation="Background")


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


class _Daemon:
    """A DaemonSet. It decides by itself how many tasks there are, and delays those that fail."""

    def __init__(self, context: Context, key: tuple[str, str]) -> None:
        self._context = context
        self._key = key
        self._found = context.world.daemon_sets.get(*key)

    @property
    def exists(self) -> bool:
        return self._found is not None

    @property
    def replicas(self) -> int:
        # It has no figure to set to 0: it is deleted for its tasks to end.
        return 1 if self._found and self._found.metadata.deletionTimestamp is None else 0

    def desired(self, spec: ecs.CreateServiceRequest) -> int:
        return self._found.status.desiredNumberScheduled if self._found else 0

    def others_wanted(self, primary: str) -> int:
        return 0

    def trouble(self, primary: str) -> str:
        return ""

    def is_settled(self, primary: str) -> bool:
        found = self._found
        return (
            found is not None
            and _deployment_id(found.spec.template) == primary
            and found.status.observedGeneration >= found.metadata.generation
        )

    async def carry_out(self, launched: Launched, scale: Scale) -> None:
        found, world = self._found, self._context.world
        if found and (found.metadata.deletionTimestamp or self.is_written(launched.launch.startedBy)):
            return
        body = make.make_daemon_set(
            launched.service,
            launched.definition.spec,
            launched.launch,
            self._context.settings.options,
            min_ready_seconds=whole_seconds(self._context.settings.rules.steadyAfter),
        )
        stored = await self._context.api.apply(world.daemon_sets.resource, *self._key, body, manager=marks.MANAGER)
        world.daemon_sets.observe(stored)

    def is_written(self, primary: str) -> bool:
        """Return whether the object is of that deployment already."""
        return self._found is not None and _deployment_id(self._found.spec.template) == primary

    async def scale_to_zero(self) -> None:
        await self.remove()

    async def remove(self) -> None:
        world = self._context.world
        await world.delete(world.daemon_sets, *self._key, propagation="Background")
