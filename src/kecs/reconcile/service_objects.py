"""What a service has beside its workload: its volumes, the account of its role, its Service, its disruption budget.

They follow from the spec and the definition alone, so they are written when one of those changes, when somebody else
has changed or deleted them, and once when kecs starts, in case that has happened meanwhile.
"""

from collections.abc import Iterator

import msgspec

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.errors import Forbidden, Invalid, NotFound
from kecs.model import marks
from kecs.model.objects import Service
from kecs.reconcile.context import Context
from kecs.reconcile.drift import Drift, Patience
from kecs.reconcile.foreign import NameTaken
from kecs.reconcile.parts import ACCOUNTS, OWNED, STORAGE, Part, Parts
from kecs.reconcile.workload import Launched
from kecs.translate.account import make_account
from kecs.translate.disruption import make_disruption_budget
from kecs.translate.network import make_service
from kecs.translate.storage import make_storage_classes, make_volumes

Key = tuple[str, str]
Place = tuple[Resource[Json], str, str]  # namespace and name

_ACCOUNTS = {resource.kind: resource for resource in ACCOUNTS}
_STORAGE = {resource.kind: resource for resource in STORAGE}


class _Applied(msgspec.Struct):
    """What one service wanted of one kind when it was looked at last; `patience` is for what others will not have.

    `uid` is that of the object that was written last.
    """

    name: str = ""
    uid: str = ""
    text: bytes = b""
    patience: Patience = msgspec.field(default_factory=Patience)


class Outcome(msgspec.Struct):
    """What was put back (kind, name, what had become of it), what could not be written, and when to look again."""

    drifted: list[tuple[str, str, Drift]] = []
    refused: list[tuple[str, str, str]] = []
    again: float | None = None

    def look_in(self, seconds: float) -> None:
        """Ask for another look, for something that has to wait."""
        self.again = min(seconds, self.again or seconds)


class ServiceObjects:
    """Applies the objects of services, each when it has become another one."""

    def __init__(self, context: Context, parts: Parts) -> None:
        self._context = context
        self._parts = parts
        self._applied: dict[Key, dict[str, _Applied]] = {}
        self._marks: dict[Place, str] = {}  # of what was stored last

    def forget(self, key: Key) -> None:
        """Forget a service that is gone."""
        self._applied.pop(key, None)
        for resource in OWNED:
            self._marks.pop((resource, *key), None)

    def lose(self, resource: Resource[Json], part: Part) -> None:
        """Forget what was written of an object that is gone: its service, or its whole cluster, may be gone as well."""
        self._marks.pop((resource, part.metadata.namespace, part.metadata.name), None)

    def using(self, part: Part) -> Iterator[Key]:
        """Yield the services whose account, role or binding has that name."""
        meta = part.metadata
        for key, applied in self._applied.items():
            account = applied.get(resources.SERVICE_ACCOUNTS.kind)
            if key[0] == meta.namespace and account and account.name == meta.name:
                yield key

    async def apply(self, key: Key, launched: Launched, now: float) -> Outcome:
        """Write what is new, has changed or was changed, and remove what is wanted no more.

        What kecs may not write, or others do not take, keeps nothing else from being written.
        """
        outcome = Outcome()
        for resource, body in self._wanted(launched):
            slot = f"{resource.kind}/{_name(body)}" if resource.kind in _STORAGE else resource.kind
            applied = self._applied.setdefault(key, {}).setdefault(slot, _Applied())
            text = msgspec.json.encode(body)
            if applied.text == text and (body is None or self._is_as_written(resource, body)):
                continue
            wait = applied.patience.wait(now)
            if wait:
                outcome.look_in(wait)
                continue
            try:
                if applied.text != text:
                    await self._make(resource, body, launched.service, applied)
                    applied.name, applied.text = _name(body), text
                elif body is not None and (drift := await self._put_back(resource, body, applied)):
                    applied.patience.put_back(now)
                    outcome.drifted.append((resource.kind, _name(body), drift))
            except (Invalid, Forbidden, NameTaken) as error:
                if isinstance(error, Forbidden) and error.namespace_ends:
                    raise
                applied.patience.put_back(now)
                outcome.look_in(applied.patience.wait(now))
                outcome.refused.append((resource.kind, _name(body) or key[1], error.message))
        return outcome

    def _is_as_written(self, resource: Resource[Json], body: Json) -> bool:
        """Say whether an object is as this service, or another one with the same role, has written it."""
        if not self._parts.knows(resource):
            return True
        place = _place(resource, body)
        found = self._parts.get(*place)
        return (found.mark if found else "") == self._marks.get(place)

    async def _make(self, resource: Resource[Json], body: Json | None, service: Service, applied: _Applied) -> None:
        if body is None:
            await self._delete(resource, service)
            return
        place = _place(resource, body)
        found = self._parts.get(*place) if self._parts.knows(resource) else None
        self._marks[place] = (await self._write_over(resource, body, found, applied)).mark

    async def _put_back(self, resource: Resource[Json], body: Json, applied: _Applied) -> Drift:
        """Write an object again that somebody else has written or deleted; return whether that made a difference."""
        place = _place(resource, body)
        found, written = self._parts.get(*place), self._marks.get(place)
        self._marks[place] = found.mark if found else ""  # another service with the same role shall not do it as well
        try:
            stored = await self._write_over(resource, body, found, applied)
        except BaseException:
            self._marks.pop(place, None)
            if written is not None:
                self._marks[place] = written
            raise
        self._marks[place] = stored.mark
        if found is None:
            return Drift.DELETED
        return Drift.NONE if stored.mark == found.mark else Drift.CHANGED

    async def _write_over(self, resource: Resource[Json], body: Json, found: Part | None, applied: _Applied) -> Part:
        try:
            stored = await self._write(resource, body, applied.uid)
        except Invalid:
            if found is None:
                raise
            # What others have made of it does not go with what is ours, as with a binding to another role.
            _, namespace, name = _place(resource, body)
            await self._context.api.delete(resource, namespace, name, uid=found.metadata.uid)
            stored = await self._write(resource, body)
        applied.uid = stored.metadata.uid
        return stored

    async def _write(self, resource: Resource[Json], body: Json, uid: str = "") -> Part:
        return await self._parts.apply(self._context.api, resource, body, uid)

    def _wanted(self, launched: Launched) -> Iterator[tuple[Resource[Json], Json | None]]:
        service, definition = launched.service, launched.definition.spec
        options = self._context.settings.options
        storage = make_volumes(definition, service.metadata.namespace, options)
        for body in storage + make_storage_classes(launched.launch, options):
            yield _STORAGE[body["kind"]], body
        for body in make_account(definition, launched.launch.scope, service.metadata.namespace):
            yield _ACCOUNTS[body["kind"]], body
        configuration = launched.spec.deploymentConfiguration
        minimum = (configuration.minimumHealthyPercent if configuration else None) or 0
        bodies = (make_service(service, definition), make_disruption_budget(service, minimum))
        yield from zip(OWNED, bodies, strict=True)

    async def remove(self, key: Key, service: Service) -> None:
        """Remove what belongs to the service alone; a task role's account may serve other tasks."""
        self.forget(key)
        for resource in OWNED:
            await self._delete(resource, service)

    async def _delete(self, resource: Resource[Json], service: Service) -> None:
        meta = service.metadata
        try:
            found = await self._context.api.get(resource, meta.namespace, meta.name)
            if found["metadata"].get("labels", {}).get(marks.SERVICE) == meta.name:
                await self._context.api.delete(resource, meta.namespace, meta.name, uid=found["metadata"]["uid"])
        except NotFound:
            return


def _name(body: Json | None) -> str:
    return body["metadata"]["name"] if body else ""


def _place(resource: Resource[Json], body: Json) -> Place:
    return resource, body["metadata"].get("namespace", ""), body["metadata"]["name"]
