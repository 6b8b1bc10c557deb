"""Services as ECS shows them, in JSON, kept until something that they show changes."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from kecs.model import objects, service, task_definition
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.model.service import Counts
from kecs.world.definitions import Definitions
from kecs.world.tasks import Tasks

_KEPT = 2048  # services whose JSON is kept


class _Shown(NamedTuple):
    version: str
    counts: Mapping[str, Counts]
    definition: str
    body: bytes


class ServiceViews:
    """What every service looks like now."""

    def __init__(self, tasks: Tasks, definitions: Definitions) -> None:
        self._tasks = tasks
        self._definitions = definitions
        self._json: dict[tuple[str, bool], _Shown] = {}

    def definition_of(self, scope: Scope, spec: ecs.CreateServiceRequest) -> str:
        """Return the ARN of a service's task definition; kubectl may have named it otherwise."""
        text = spec.taskDefinition or ""
        if text.startswith("arn:"):
            return text
        found = self._definitions.find(scope, text)
        return task_definition.arn_of(found, scope) if found else text

    def describe(self, item: objects.Service, scope: Scope, cluster: str) -> ecs.Service:
        """Return a service; `cluster` is the cluster's ECS name."""
        counts = self._tasks.by_deployment(item.metadata.namespace, item.metadata.name)
        return service.described(item, scope, cluster, counts, self.definition_of(scope, item.spec))

    def json(self, item: objects.Service, scope: Scope, cluster: str, *, tags: bool) -> bytes:
        """Return a service in JSON, with its tags or with none."""
        meta = item.metadata
        counts = self._tasks.by_deployment(meta.namespace, meta.name)
        definition = self.definition_of(scope, item.spec)
        found = self._json.get((meta.uid, tags))
        if (
            found is not None
            and found.version == meta.resourceVersion
            and found.counts == counts
            and found.definition == definition
        ):
            return found.body
        shown = service.described(item, scope, cluster, counts, definition)
        if not tags:
            shown.tags = None
        body = msgspec.json.encode(shown)
        if len(self._json) >= _KEPT:
            del self._json[next(iter(self._json))]
        self._json[(meta.uid, tags)] = _Shown(meta.resourceVersion, counts, definition, body)
        return body
