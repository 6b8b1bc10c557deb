"""An ECSDeployment: its definitions read, its objects written, and what has become of them told.

Kubernetes looks after the tasks, and removes everything when the object goes, by owner references: nothing waits for
kecs. What is wrong with a definition is a condition, and what ran before goes on.
"""

import asyncio
from typing import Any

import msgspec

from kecs.decide import ecs_deployment as rules
from kecs.decide.observed import whole_seconds
from kecs.decide.percent import Strategy, strategy
from kecs.kube.api import Json
from kecs.kube.controller import Controller
from kecs.kube.errors import Forbidden, Invalid
from kecs.kube.informer import Informer
from kecs.model import ecs_deployment_reading as reading
from kecs.model import marks
from kecs.model.ecs_deployment import EcsDeployment
from kecs.model.ecs_deployment_reading import Definitions, UnreadableError
from kecs.model.errors import AwsError
from kecs.model.generated import ecs
from kecs.model.objects import Meta
from kecs.model.service_checks import check_create
from kecs.model.task_definition_checks import check
from kecs.reconcile import ecs_deployment_status as statuses
from kecs.reconcile.config_maps import ConfigMaps
from kecs.reconcile.context import Context
from kecs.reconcile.drift import Patience
from kecs.reconcile.ecs_deployment_objects import NameTakenError, Objects
from kecs.reconcile.ecs_deployment_scaling import Autoscalers
from kecs.reconcile.ecs_deployment_template import Templates
from kecs.reconcile.refusals import Refusals, Trouble
from kecs.translate import ecs_deployment as make
from kecs.translate.dependencies import DependencyCycleError
from kecs.translate.unsupported import RefusedError
from kecs.world.resources import ECS_DEPLOYMENTS

Key = tuple[str, str]

_WORKERS = 16
_SETTLE = 0.02  # seconds in which the changes of one's objects gather
_PER_TASK = 100e-6  # and more of them where it has many tasks: a look goes through all
_MOST_WARNINGS = 64
_LONGEST = 4096  # characters of a condition's message
_LOOK_AGAIN = 5.0  # seconds between looks whether a right that is missing has come
_WAIT_FOR_NAME = 30.0  # seconds between looks whether a name that somebody else has is free
_WAIT_FOR_END = 1.0  # seconds between looks whether the objects of an earlier one of the same name have gone


class EcsDeployments:
    """The controller. `cache` is that of the ECSDeployments, by namespace and label; somebody runs it."""

    def __init__(self, context: Context, cache: Informer[EcsDeployment]) -> None:
        self._context = context
        self.cache = cache
        self._objects = Objects(context)
        self._config_maps = ConfigMaps(context)
        self._templates = Templates(context)
        self._autoscalers = Autoscalers(context)
        self._patience: dict[Key, Patience] = {}
        self._refusals: dict[Key, Refusals] = {}
        self._controller = Controller("ecsdeployments", self.reconcile, workers=_WORKERS, works=context.works)
        self.cache.subscribe(self._on_own)
        self._objects.subscribe(self._on_object, self._on_account)
        self._config_maps.subscribe(self._controller.add)
        self._autoscalers.subscribe(self._controller.add)

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            for part in (self._objects, self._config_maps, self._autoscalers, self._controller):
                group.create_task(part.run(), name=type(part).__name__)

    def _on_own(self, old: EcsDeployment | None, new: EcsDeployment | None) -> None:
        one = new or old
        if one is not None and not (old and new and _asks_the_same(old, new)):
            self._controller.add((one.metadata.namespace, one.metadata.name))

    def _on_object(self, old: Any, new: Any) -> None:
        meta = (new or old).metadata
        label = meta.labels.get(marks.ECS_DEPLOYMENT, "")
        place = (meta.namespace, label)
        for one in self.cache.by("label", place):
            pause = max(_SETTLE, _PER_TASK * len(self._objects.pods.by("label", place)))
            self._controller.add_after((one.metadata.namespace, one.metadata.name), pause)

    def _on_account(self, account: Meta, owner: str) -> None:
        self._controller.add_after((account.namespace, owner), _SETTLE)

    async def reconcile(self, key: Key) -> float | None:
        """Make the objects of one what they shall be, and tell how it is."""
        refusal = await self._objects.refusal()
        one = self.cache.get(*key)
        if one is None or one.metadata.deletionTimestamp:
            self._config_maps.forget(key)
            self._objects.forget(key)
            self._templates.forget(key)
            self._patience.pop(key, None)
            self._refusals.pop(key, None)
            return None
        if refusal:  # what is not seen would look as if it were not there
            await self._refuse(one, "Forbidden", refusal)
            return _LOOK_AGAIN
        try:
            return await self._carry_out(key, one)
        except UnreadableError as error:
            await self._refuse(one, error.reason, error.message)
            return None
        except NameTakenError as error:
            await self._refuse(one, "NameTaken", str(error))
            return _WAIT_FOR_END if error.ends else _WAIT_FOR_NAME
        except (AwsError, RefusedError, DependencyCycleError) as error:
            await self._refuse(one, "Invalid", str(error))
            return None
        except (Invalid, Forbidden) as error:
            if isinstance(error, Forbidden) and error.namespace_ends:
                return None
            await self._refuse(one, "NotWritten", error.message)
            raise  # it is tried again, less and less often: what stands in the way may go

    async def _carry_out(self, key: Key, one: EcsDeployment) -> float | None:
        definitions = await self._read(key, one)
        desired = make.desired(one.metadata, definitions.task, definitions.service, one.spec.replicas)
        check_definitions(desired, definitions)
        if one.spec.replicas is None and not desired.is_daemon and self._autoscalers.scale(key):
            await self._give_replicas(one, desired.count)  # which asks for another look
            return None
        figures = _figures(desired)
        found = self._objects.deployment(one.metadata.namespace, desired.name)
        if found is not None and found.status.updatedReplicas < found.status.replicas:
            helped = statuses.ended_helpers(self._objects, desired)
            figures = msgspec.structs.replace(figures, maxUnavailable=figures.maxUnavailable + helped)
        paused = figures.blocked and found is not None and found.status.replicas > 0
        bodies = self._bodies(desired, figures, paused=paused)
        there = found or self._objects.daemon_set(one.metadata.namespace, desired.name)
        await self._templates.settle(key, desired, bodies[-1], there.metadata if there else None)
        patience = self._patience.setdefault(key, Patience())
        now = self._context.now()
        put_back = await self._objects.write(self._context.api, key, one.metadata, bodies, wait=patience.wait(now))
        if put_back.kinds:
            patience.put_back(now)
        for kind in put_back.kinds:
            self._tell(
                one, "PutBack", f"The {kind} {desired.name} was changed or deleted, and is as it shall be again."
            )
        told = make.warnings(desired, definitions.service, self._context.settings.options)
        told = _bounded(told + definitions.ignored)
        for sentence in told:
            if sentence not in one.status.warnings:
                self._tell(one, "NotActedOn", sentence)
        refusal = await self._refusal(key, desired)
        status = statuses.of(self._objects, desired, definitions, told, blocked=paused, refusal=refusal.message)
        await self._write_status(one, status, now)
        return min((again for again in (put_back.again, refusal.again) if again is not None), default=None)

    async def _refusal(self, key: Key, desired: make.Desired) -> Trouble:
        """Return why Kubernetes makes no pods for a daemon."""
        found = self._objects.daemon_set(key[0], desired.name)
        if not desired.is_daemon or found is None:
            self._refusals.pop(key, None)
            return Trouble()
        known = self._refusals.setdefault(key, Refusals())
        return await known.read(self._context.api, found, statuses.tasks(self._objects, desired), self._context.now())

    def _bodies(self, desired: make.Desired, figures: Strategy, *, paused: bool) -> list[Json]:
        settings = self._context.settings
        return list(
            make.make_objects(
                desired,
                settings.options,
                max_unavailable=figures.maxUnavailable,
                max_surge=figures.maxSurge,
                paused=paused,
                min_ready_seconds=whole_seconds(settings.rules.steadyAfter),
            )
        )

    async def _read(self, key: Key, one: EcsDeployment) -> Definitions:
        """Return the definitions, after noting which ConfigMaps they are in. Raises UnreadableError."""
        names = frozenset(reference.name for reference in reading.references(one.spec))
        return reading.read(one, await self._config_maps.read(key, names))

    async def _give_replicas(self, one: EcsDeployment, count: int) -> None:
        """Write down how many tasks there are, for an autoscaler to go on from."""
        meta = one.metadata
        patch: Json = {"metadata": {"resourceVersion": meta.resourceVersion}, "spec": {"replicas": count}}
        await self._context.api.patch(
            ECS_DEPLOYMENTS, meta.namespace, meta.name, patch, type="merge", manager=marks.MANAGER
        )

    async def _refuse(self, one: EcsDeployment, reason: str, message: str) -> None:
        status = statuses.of_refused(self._objects, one)
        message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        await self._write_status(one, statuses.Told(status, rules.refused(reason, message)), self._context.now())
        self._tell(one, reason, message)

    def _tell(self, one: EcsDeployment, reason: str, sentence: str) -> None:
        self._context.world.notices.tell(ECS_DEPLOYMENTS, one.metadata, reason, sentence)

    async def _write_status(self, one: EcsDeployment, told: statuses.Told, now: float) -> None:
        meta = one.metadata
        status = statuses.whole(told, one, now)
        if status == one.status:
            return
        body = dict.fromkeys(msgspec.to_builtins(one.status)) | msgspec.to_builtins(status)
        # The version: else one that was deleted and made again would be told to be as its predecessor was.
        stored = await self._context.api.patch(
            ECS_DEPLOYMENTS,
            meta.namespace,
            meta.name,
            {"metadata": {"resourceVersion": meta.resourceVersion}, "status": body},
            type="merge",
            manager=marks.MANAGER,
            subresource="status",
        )
        self.cache.observe(stored)


def _asks_the_same(old: EcsDeployment, new: EcsDeployment) -> bool:
    """Return whether a change is one of the status alone, as we write it ourselves."""
    before, after = old.metadata, new.metadata
    return (
        before.uid == after.uid
        and before.generation == after.generation
        and before.deletionTimestamp == after.deletionTimestamp
        and before.labels == after.labels
    )


def _bounded(sentences: list[str]) -> list[str]:
    """Return as many of the sentences as a status may hold, and an event each."""
    if len(sentences) <= _MOST_WARNINGS:
        return sentences
    return [*sentences[:_MOST_WARNINGS], f"There are {len(sentences) - _MOST_WARNINGS} more of these."]


def check_definitions(desired: make.Desired, definitions: Definitions) -> None:
    """Refuse what ECS would refuse, in its words. Raises AwsError."""
    check(definitions.task)
    given = definitions.service
    if given is None:
        return
    if given.deploymentController and given.deploymentController.type == "EXTERNAL":
        raise RefusedError("deploymentController EXTERNAL cannot be carried out: nobody makes task sets here.")
    request = msgspec.structs.replace(
        given,
        serviceName=desired.name,
        taskDefinition=definitions.task.family,
        deploymentController=None,  # CODE_DEPLOY is told of, and what it demands is nothing without it
        clientToken=None,
        desiredCount=None if desired.is_daemon else desired.count,
    )
    providers = [item.capacityProvider or "" for item in given.capacityProviderStrategy or ()]
    check_create(request, definitions.task, providers)


def _figures(desired: make.Desired) -> Strategy:
    configuration = desired.service.deploymentConfiguration or ecs.DeploymentConfiguration()
    return strategy(desired.count, configuration.minimumHealthyPercent or 0, configuration.maximumPercent or 0)
