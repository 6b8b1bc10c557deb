"""Task definitions: revisions out of the heads made with kubectl, and the end of deleted ones.

A head is an object without a revision, the latest wish of whoever applies it; each change of it registers a revision,
as RegisterTaskDefinition does. A deleted revision stays while something uses it. The highest of a family stays for
ever (DELETED, which no API shows), so that numbers never come again.
"""

from typing import Any, NamedTuple

import msgspec

from kecs.kube.controller import Controller
from kecs.model import marks, names, objects
from kecs.model import task_definition as model
from kecs.model.errors import AwsError
from kecs.model.objects import Service, TaskDefinition, TaskDefinitionStatus
from kecs.model.scope import Scope
from kecs.model.task_definition_checks import check
from kecs.reconcile import conditions
from kecs.reconcile.context import Context
from kecs.translate import facts as task_facts
from kecs.translate import views


def build(context: Context) -> Controller[str]:
    """Return the controller of task definitions."""
    definitions = _Definitions(context)
    controller = Controller("task definitions", definitions.reconcile, works=context.works)

    def on_definition(old: TaskDefinition | None, new: TaskDefinition | None) -> None:
        one = new or old
        if one is None:
            return
        if new is not None and definitions.is_due(new):
            controller.add(one.metadata.name)
        elif old is None or new is None:
            family = _family(one)
            for name, ending in definitions.ending.items():
                if ending.family == family:  # it may have been the highest, or be it now
                    controller.add(name)

    def on_pod(old: views.Pod | None, new: views.Pod | None) -> None:
        facts = task_facts.of(old) if new is None and old is not None and definitions.ending else None
        if facts:
            controller.add(names.task_definition(facts.family, facts.revision, facts.scope))

    def on_service(old: Service | None, new: Service | None) -> None:
        if old is None or not definitions.ending:
            return
        left = _used_by(old) - (_used_by(new) if new is not None else set())
        for name, ending in definitions.ending.items():
            if ending.arn in left:
                controller.add(name)

    context.world.task_definitions.subscribe(on_definition)
    context.world.pods.subscribe(on_pod)
    context.world.services.subscribe(on_service)
    return controller


class _Ending(NamedTuple):
    family: tuple[Scope, str]
    arn: str


class _Definitions:
    def __init__(self, context: Context) -> None:
        self._context = context
        self.ending: dict[str, _Ending] = {}  # by name: those that were deleted and are still there

    def is_due(self, definition: TaskDefinition) -> bool:
        """Return whether a definition may need something."""
        if model.status_of(definition) in (model.DELETING, model.DELETED):
            arn = model.arn_of(definition, objects.scope_of(definition.metadata))
            self.ending[definition.metadata.name] = _Ending(_family(definition), arn)
            return True
        if definition.spec.revision is not None:
            return definition.metadata.name != _name(definition) or not model.is_judged(definition)
        return definition.status.observedGeneration != definition.metadata.generation

    async def reconcile(self, name: str) -> float | None:
        definition = self._context.world.task_definitions.get(None, name)
        if definition is None:
            self.ending.pop(name, None)
        elif definition.metadata.deletionTimestamp is None:
            if definition.spec.revision is None:
                await self._register(definition)
            elif definition.metadata.name != _name(definition):
                message = f"The object of this revision has to be named {_name(definition)}."
                await self._refuse(definition, message)
            else:
                if not model.is_judged(definition):
                    await self._judge(definition)
                if name in self.ending:
                    await self._end(definition)
        return None

    async def _register(self, head: TaskDefinition) -> None:
        """Make a revision of what the head has become, unless that was done before a crash."""
        context, now = self._context, self._context.now()
        meta, world = head.metadata, context.world
        if head.status.observedGeneration == meta.generation:
            return
        spec, scope = head.spec, objects.scope_of(meta)
        try:
            check(spec)
        except AwsError as error:
            await self._refuse(head, error.message)
            return
        origin = f"{meta.uid}/{meta.generation}"
        # Others may have registered revisions since, so the whole family is looked through.
        latest = world.definitions.made_from(origin)
        if latest is None:
            revision = world.definitions.highest(scope, spec.family) + 1
            labels = {marks.FAMILY: names.label(spec.family), **objects.scope_labels(scope)}
            body = TaskDefinition(
                metadata=objects.Meta(
                    name=names.task_definition(spec.family, revision, scope),
                    labels=labels,
                    annotations={marks.CREATED_AT: f"{now:.3f}", marks.HEAD: origin},
                ),
                spec=msgspec.structs.replace(spec, revision=revision),
            )
            # Where somebody registered one meanwhile, the next look finds the number behind it.
            latest = await world.create(world.task_definitions, None, _body(body))
        status = msgspec.structs.replace(
            head.status,
            observedGeneration=meta.generation,
            taskDefinitionArn=model.arn_of(latest, scope),
            conditions=conditions.accepted(head.status.conditions, meta.generation, now),
        )
        await self._show(head, status)

    async def _judge(self, definition: TaskDefinition) -> None:
        """Check a revision that kubectl made or edited as the registration does."""
        try:
            check(definition.spec)
        except AwsError as error:
            await self._refuse(definition, error.message)
            return
        generation = definition.metadata.generation
        conds = conditions.accepted(definition.status.conditions, generation, self._context.now())
        await self._show(definition, msgspec.structs.replace(definition.status, conditions=conds))

    async def _refuse(self, definition: TaskDefinition, message: str) -> None:
        generation = definition.metadata.generation
        conds = conditions.refused(definition.status.conditions, generation, self._context.now(), message)
        status = msgspec.structs.replace(definition.status, observedGeneration=generation, conditions=conds)
        await self._show(definition, status)

    async def _end(self, definition: TaskDefinition) -> None:
        """Remove a deleted revision once nothing uses it; the highest of its family is kept."""
        world = self._context.world
        is_highest = world.definitions.highest(*_family(definition)) == definition.spec.revision
        if is_highest and model.status_of(definition) == model.DELETED:
            return
        if self._is_used(definition):
            return
        if is_highest:
            await self._show(definition, msgspec.structs.replace(definition.status, status=model.DELETED))
            return
        name, uid = definition.metadata.name, definition.metadata.uid
        await world.delete(world.task_definitions, None, name, uid=uid)
        self.ending.pop(name, None)

    def _is_used(self, definition: TaskDefinition) -> bool:
        world, (scope, family) = self._context.world, _family(definition)
        arn = model.arn_of(definition, scope)
        if any(arn in _used_by(service) for service in world.services.values()):
            return True
        return any(
            (facts := task_facts.of(pod)) and facts.definition_arn == arn
            for cluster in world.clusters.values()
            for pod in world.pods.by("family", (cluster.metadata.name, family))
        )

    async def _show(self, definition: TaskDefinition, status: TaskDefinitionStatus) -> None:
        if status == definition.status:
            return
        world = self._context.world
        body = {"status": msgspec.to_builtins(status)}
        await world.patch(world.task_definitions, None, definition.metadata.name, body, subresource="status")


def _family(definition: TaskDefinition) -> tuple[Scope, str]:
    return objects.scope_of(definition.metadata), definition.spec.family


def _used_by(service: Service) -> set[str | None]:
    """Return the task definitions that a service's deployments show, and the one that it asks for."""
    return {service.spec.taskDefinition, *(deployment.taskDefinition for deployment in service.status.deployments)}


def _name(definition: TaskDefinition) -> str:
    spec = definition.spec
    return names.task_definition(spec.family, spec.revision or 0, objects.scope_of(definition.metadata))


def _body(definition: TaskDefinition) -> dict[str, Any]:
    return {"apiVersion": definition.apiVersion, "kind": definition.kind, **msgspec.to_builtins(definition)}
