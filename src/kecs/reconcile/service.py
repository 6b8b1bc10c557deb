"""A service: its workload, its deployments, its status, and its end.

A look at a service reads its own objects and its own tasks only, so its cost does not grow with what else there is. The
caches may lag behind; then the plan is made again when they have caught up. What was carried out plans to nothing.
"""

from typing import Any

import msgspec

from kecs.decide import draining, events
from kecs.decide import service as rules
from kecs.kube.api import Json, Resource
from kecs.kube.controller import Controller
from kecs.kube.errors import Forbidden, Invalid
from kecs.model import marks, objects
from kecs.model import service as model
from kecs.model.generated import ecs
from kecs.reconcile import deployment as deployments
from kecs.reconcile import service_record as records
from kecs.reconcile import service_status as statuses
from kecs.reconcile.context import Context
from kecs.reconcile.deployment import RefusedServiceError
from kecs.reconcile.foreign import NameTaken
from kecs.reconcile.observed import Memory
from kecs.reconcile.parts import Part, Parts
from kecs.reconcile.service_objects import ServiceObjects
from kecs.reconcile.workload import Launched, Workload, workload_of
from kecs.translate.dependencies import DependencyCycleError
from kecs.translate.unsupported import RefusedError
from kecs.world.definitions import is_accepted

Key = tuple[str, str]

_WORKERS = 4
_SETTLE = 0.01  # seconds in which the changes of a service's tasks gather before it is looked at
_SETTLE_PER_TASK = 20e-6
_QUIET = 300.0  # seconds in which the same of one object is told once


def build(context: Context, parts: Parts) -> Controller[Key]:
    """Return the controller of services. `parts` are the caches of what they have, which somebody runs."""
    services = _Services(context, parts)
    controller = Controller("services", services.reconcile, workers=_WORKERS, works=context.works)
    world = context.world

    def on_service(old: objects.Service | None, new: objects.Service | None) -> None:
        one = new or old
        if one is not None and not (old and new and _asks_the_same(old, new)):
            controller.add((one.metadata.namespace, one.metadata.name))

    def on_part(old: Any, new: Any) -> None:
        meta = (new or old).metadata
        name = meta.labels.get(marks.SERVICE)
        if name:
            key = (meta.namespace, name)
            controller.add_after(key, _SETTLE + services.size(key) * _SETTLE_PER_TASK)

    world.services.subscribe(on_service)
    for cache in (world.pods, world.stopped_tasks, world.deployments, world.daemon_sets, world.replica_sets):
        cache.subscribe(on_part)
    _look_at_refused(context, services, controller)
    _look_at_owners(services, parts, controller)
    return controller


def _look_at_refused(context: Context, services: "_Services", controller: Controller[Key]) -> None:
    """Have services that were refused looked at when what they miss may have come."""

    def look() -> None:
        for key in services.refused:
            controller.add(key)

    def on_cluster(old: objects.Cluster | None, new: objects.Cluster | None) -> None:
        if new is not None and (old is None or old.metadata.generation != new.metadata.generation):
            look()

    def on_definition(old: objects.TaskDefinition | None, new: objects.TaskDefinition | None) -> None:
        if new is not None and is_accepted(new) and (old is None or not is_accepted(old)):
            look()

    context.world.clusters.subscribe(on_cluster)
    context.world.task_definitions.subscribe(on_definition)


def _look_at_owners(services: "_Services", parts: Parts, controller: Controller[Key]) -> None:
    """Have services looked at whose parts somebody has changed or deleted."""

    def on_part(resource: Resource[Json], old: Part | None, new: Part | None) -> None:
        part = new or old
        if part is None:
            return
        if new is None:
            services.objects.lose(resource, part)
        name = part.metadata.labels.get(marks.SERVICE)
        for key in [(part.metadata.namespace, name)] if name else services.objects.using(part):
            controller.add_after(key, _SETTLE)

    parts.subscribe(on_part)


def _asks_the_same(old: objects.Service, new: objects.Service) -> bool:
    """Return whether a change is one of the status alone, as we write it ourselves."""
    before, after = old.metadata, new.metadata
    return (
        before.generation == after.generation
        and before.deletionTimestamp == after.deletionTimestamp
        and before.annotations == after.annotations
        and before.finalizers == after.finalizers
    )


class _Services:
    """Carries out what `decide.service` and `decide.draining` say of each service."""

    def __init__(self, context: Context, parts: Parts) -> None:
        self._context = context
        self.objects = ServiceObjects(context, parts)
        self._memory: dict[Key, Memory] = {}
        self.refused: set[Key] = set()  # what they miss may come, as a task definition applied after its service

    def size(self, key: Key) -> int:
        """Return how many tasks a service has."""
        return len(self._context.world.pods.by("service", key))

    async def reconcile(self, key: Key) -> float | None:
        service = self._context.world.services.get(*key)
        self.refused.discard(key)
        if service is None:
            self._memory.pop(key, None)
            self.objects.forget(key)
            return None
        if model.is_record(service):
            return await records.rest(self._context, service)
        if statuses.is_deleted(service):
            await self._drain(key, service)
            return None
        if marks.SERVICE_FINALIZER not in service.metadata.finalizers:
            service = await self._hold(service)
        if (service.spec.deploymentController or ecs.DeploymentController()).type not in (None, "", "ECS"):
            await statuses.show_external(self._context, service, self._context.now())
            return None
        try:
            return await self._serve(key, service)
        except (RefusedServiceError, RefusedError, DependencyCycleError) as error:
            self.refused.add(key)
            await statuses.refuse(self._context, service, str(error), self._context.now())
            return None
        except (Invalid, Forbidden, NameTaken) as error:
            if isinstance(error, Forbidden) and error.namespace_ends:
                return None  # the service goes with it
            await statuses.refuse(self._context, service, error.message, self._context.now())
            raise  # it is tried again, less and less often: what stands in the way may go

    async def _hold(self, service: objects.Service) -> objects.Service:
        """Put our finalizer on a service, so that its tasks end in order when somebody deletes it with kubectl."""
        meta, world = service.metadata, self._context.world
        change = {"resourceVersion": meta.resourceVersion, "finalizers": [*meta.finalizers, marks.SERVICE_FINALIZER]}
        return await world.patch(world.services, meta.namespace, meta.name, {"metadata": change})

    async def _serve(self, key: Key, service: objects.Service) -> float | None:
        context, now = self._context, round(self._context.now(), 3)
        spec = model.effective(service.spec)
        service, asked = await deployments.ensure(context, service, now)
        launched = deployments.launched(context, service, spec, asked)
        memory = self._remember(key)
        daemon = spec.schedulingStrategy == "DAEMON"
        workload = workload_of(context, key, memory.written, memory.refusals, daemon=daemon)
        trouble = await workload.trouble(asked.id, now)
        observed = self._observe(key, service, workload, memory, now, primary=asked.id, trouble=trouble.message)
        wanted = deployments.wanted(context, launched, asked, workload)
        plan = rules.plan(wanted, observed, context.settings.rules, now)
        plan = await self._carry_out(key, launched, workload, memory, plan, now)
        service = await statuses.show(context, service, wanted, observed, plan, now)
        memory.tell(observed.tasks)
        if plan.rollback and plan.completed:
            launched = msgspec.structs.replace(launched, service=service)
            await deployments.roll_back(context, launched, plan.deployments[0], plan.completed, now)
        return min((at for at in (plan.again, trouble.again) if at is not None), default=None)

    async def _carry_out(
        self, key: Key, launched: Launched, workload: Workload, memory: Memory, plan: rules.Plan, now: float
    ) -> rules.Plan:
        """Make the objects what they shall be; return the plan with what had to be put back, and when to look again."""
        outcome = await self.objects.apply(key, launched, now)
        drift = workload.drift(launched.launch.startedBy)
        wait = memory.patience.wait(now) if drift else 0.0
        if not wait:
            await workload.carry_out(launched, plan.scale)
            if drift:
                memory.patience.put_back(now)
                outcome.drifted.append((workload.kind, key[1], drift))
        told = launched.service.status.events
        name = launched.spec.serviceName
        due = [events.put_back(name, *one) for one in outcome.drifted]
        due += [events.unwritten(name, *one) for one in outcome.refused]
        times = [at for at in (plan.again, outcome.again, wait or None) if at is not None]
        return msgspec.structs.replace(
            plan,
            messages=[*plan.messages, *(one for one in due if events.is_complaint_due(told, one, now - _QUIET))],
            again=min(times, default=None),
        )

    def _remember(self, key: Key) -> Memory:
        found = self._memory.get(key)
        if found is None:
            found = self._memory[key] = Memory(self._context.world.tasks.ended_first)
        return found

    def _observe(
        self,
        key: Key,
        service: objects.Service,
        workload: Workload,
        memory: Memory,
        now: float,
        *,
        primary: str = "",
        trouble: str = "",
    ) -> rules.Observed:
        world = self._context.world
        status = service.status
        pods = list(world.pods.by("service", key))
        ids = {primary, *(deployment.id or "" for deployment in status.deployments)}
        records = [record for id_ in ids for record in world.stopped_tasks.by("startedBy", id_)]
        tasks = memory.tasks(pods, records, now)
        memory.begin(tasks, status.events)
        return rules.Observed(
            tasks=tasks,
            deployments=status.deployments,
            completed=status.completed,
            events=status.events,
            told=memory.told or frozenset(),
            toldStopped=memory.told_stopped,
            definitions=memory.definitions,
            trouble=trouble,
            othersWanted=workload.others_wanted(primary),
            settled=workload.is_settled(primary),
        )

    async def _drain(self, key: Key, service: objects.Service) -> None:
        """Take a deleted service one step further."""
        context, now = self._context, self._context.now()
        memory = self._remember(key)
        daemon = service.spec.schedulingStrategy == "DAEMON"
        workload = workload_of(context, key, memory.written, memory.refusals, daemon=daemon)
        pods = context.world.pods.by("service", key)
        tasks = sum(marks.TASK_FINALIZER in pod.metadata.finalizers for pod in pods)
        step = draining.next_step(tasks=tasks, workload=workload.exists, replicas=workload.replicas)
        if step == "record":
            await self.objects.remove(key, service)
        observed = self._observe(key, service, workload, memory, now)
        service = await statuses.show_draining(context, service, observed, now=now)
        memory.tell(observed.tasks)
        match step:
            case "scale_to_zero":
                await workload.scale_to_zero()
            case "remove_workload":
                await workload.remove()
            case "record":
                await records.keep(context, service, now)
                await self._release(service)
                await context.world.delete(context.world.services, *key, uid=service.metadata.uid)
            case "wait":
                pass

    async def _release(self, service: objects.Service) -> None:
        meta, world = service.metadata, self._context.world
        if marks.SERVICE_FINALIZER not in meta.finalizers:
            return
        rest = [finalizer for finalizer in meta.finalizers if finalizer != marks.SERVICE_FINALIZER]
        change = {"resourceVersion": meta.resourceVersion, "finalizers": rest or None}
        left = await world.patch(world.services, meta.namespace, meta.name, {"metadata": change})
        if meta.deletionTimestamp and not rest:
            world.services.forget(left)
