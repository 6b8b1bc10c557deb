"""What a service has beside its workload: the ServiceAccount of its task role, the Service, the disruption budget.

They follow from the spec and the definition alone, so they are written when one of those changes, and once when kecs
starts, in case somebody has changed them meanwhile.
"""

import msgspec

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.errors import NotFound
from kecs.model import marks
from kecs.model.objects import Service
from kecs.reconcile.context import Context
from kecs.reconcile.workload import Launched
from kecs.translate.account import make_account
from kecs.translate.disruption import make_disruption_budget
from kecs.translate.network import make_service

Key = tuple[str, str]

_ACCOUNTS = {
    resource.kind: resource for resource in (resources.SERVICE_ACCOUNTS, resources.ROLES, resources.ROLE_BINDINGS)
}
_OWNED = (resources.SERVICES, resources.POD_DISRUPTION_BUDGETS)


class ServiceObjects:
    """Applies the objects of services, each when it has become another one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._applied: dict[Key, dict[str, bytes]] = {}

    def forget(self, key: Key) -> None:
        """Forget a service that is gone."""
        self._applied.pop(key, None)

    async def apply(self, key: Key, launched: Launched) -> None:
        """Write what is new or has changed, and remove what is wanted no more."""
        applied = self._applied.setdefault(key, {})
        service, definition, launch = launched.service, launched.definition.spec, launched.launch
        accounts = make_account(definition, launch.scope, service.metadata.namespace)
        wanted: list[tuple[Resource[Json], Json | None]] = [(_ACCOUNTS[body["kind"]], body) for body in accounts]
        configuration = launched.spec.deploymentConfiguration
        minimum = (configuration.minimumHealthyPercent if configuration else None) or 0
        bodies = (make_service(service, definition), make_disruption_budget(service, minimum))
        wanted += zip(_OWNED, bodies, strict=True)
        for resource, body in wanted:
            text = msgspec.json.encode(body)
            if applied.get(resource.kind) == text:
                continue
            if body is None:
                await self._delete(resource, service)
            else:
                meta = body["metadata"]
                await self._context.api.apply(resource, meta["namespace"], meta["name"], body, manager=marks.MANAGER)
            applied[resource.kind] = text

    async def remove(self, key: Key, service: Service) -> None:
        """Remove what belongs to the service alone; a task role's account may serve other tasks."""
        for resource in _OWNED:
            await self._delete(resource, service)
        self.forget(key)

    async def _delete(self, resource: Resource[Json], service: Service) -> None:
        meta = service.metadata
        try:
            found = await self._context.api.get(resource, meta.namespace, meta.name)
            if found["metadata"].get("labels", {}).get(marks.SERVICE) == meta.name:
                await self._context.api.delete(resource, meta.namespace, meta.name, uid=found["metadata"]["uid"])
        except NotFound:
            return
