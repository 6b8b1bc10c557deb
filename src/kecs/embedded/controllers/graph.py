"""Every object of every kind, as far as owners and namespaces go, and who depends on whom."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.views import Meta, OwnerReference, Plain
from kecs.kube.api import Api, Resource
from kecs.kube.controller import forever
from kecs.kube.informer import Informer

# Events own nothing and nobody owns them; there are many.
_LEFT_OUT = frozenset({"events"})
_FIRST_LIST = 5.0  # seconds to wait for the first lists


class Served(Protocol):
    """A kind as the catalog has it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    preferred: bool
    verbs: tuple[str, ...]


class Place(NamedTuple):
    """Where an object is: `plural.group`, namespace ("" for cluster-scoped ones) and name."""

    table: str
    namespace: str
    name: str


Handler = Callable[[Place, Meta | None, Meta | None], None]


def table_of(group: str, plural: str) -> str:
    """Return `pods`, `deployments.apps`."""
    return f"{plural}.{group}" if group else plural


class Graph:
    """Caches of all kinds, those that the controllers have anyway and one with bare metadata for each other kind.

    `served` gives the kinds that there are now. Handlers get (place, old, new) for every change of every object.
    """

    def __init__(self, api: Api, informers: Informers, served: Callable[[], Iterable[Served]]) -> None:
        self._api = api
        self._shared = informers
        self._served = served
        self._informers: dict[str, Informer[Any]] = {}
        self._by_kind: dict[tuple[str, str], str] = {}  # group and kind → table
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unheard: set[str] = set()  # tables whose changes are not yet handed on
        self._handlers: list[Handler] = []
        self._dependents: dict[str, set[Place]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._changed = asyncio.Event()
        self._ready = asyncio.Event()

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` for all changes; to be called before `run`."""
        self._handlers.append(handler)

    async def run(self) -> None:
        """Follow all kinds, for ever."""
        await self._shared.synced()
        self._shared.definitions.subscribe(lambda _old, _new: self._changed.set())
        self._changed.set()
        try:
            await forever("graph", self._follow_changes)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _follow_changes(self) -> None:
        await self._changed.wait()
        self._changed.clear()
        try:
            await self._follow_kinds()
        except BaseException:
            self._changed.set()  # what is left to do is still to be done
            raise
        self._ready.set()

    async def synced(self) -> None:
        """Return once all kinds have been listed."""
        await self._ready.wait()

    def tables(self, *, namespaced: bool) -> list[Resource[Any]]:
        """Return the kinds that have namespaces, or those that have none."""
        return [one.resource for one in self._informers.values() if one.resource.namespaced is namespaced]

    def informer(self, table: str) -> Informer[Any] | None:
        """Return the cache of a kind."""
        return self._informers.get(table)

    def get(self, place: Place) -> Meta | None:
        """Return an object's metadata."""
        informer = self._informers.get(place.table)
        item = informer.get(place.namespace or None, place.name) if informer is not None else None
        return item.metadata if item is not None else None

    def count(self, table: str, namespace: str) -> int:
        """Return how many objects of a kind a namespace has."""
        return self._counts[(table, namespace)]

    def dependents(self, uid: str) -> list[Place]:
        """Return the objects that name an owner."""
        return list(self._dependents.get(uid, ()))

    def owner(self, dependent: Place, reference: OwnerReference) -> Place | None:
        """Return where an owner would be, or None when its kind is not known or cannot own this object."""
        group = reference.apiVersion.rpartition("/")[0]
        table = self._by_kind.get((group, reference.kind))
        if table is None:
            return None
        namespaced = self._informers[table].resource.namespaced
        if namespaced and not dependent.namespace:
            return None
        return Place(table, dependent.namespace if namespaced else "", reference.name)

    async def _follow_kinds(self) -> None:
        """Follow the kinds that are served now. What stops it half-way is done when it is called again."""
        wanted = dict(self._wanted())
        for table, informer in list(self._informers.items()):
            if table not in wanted or informer.resource.version != wanted[table].version:
                self._drop(table)
        for table, resource in wanted.items():
            if table not in self._informers:
                self._informers[table] = self._shared_one(table) or self._own_one(table, resource)
                self._by_kind[(resource.group, resource.kind)] = table
                self._unheard.add(table)
        with suppress(TimeoutError):  # a custom resource may be gone again before it was ever listed
            async with asyncio.timeout(_FIRST_LIST):
                for table in self._unheard:
                    await self._informers[table].synced()
        while self._unheard:
            table = self._unheard.pop()
            self._informers[table].subscribe(self._handler(table))

    def _own_one(self, table: str, resource: Resource[Any]) -> Informer[Any]:
        informer = Informer(self._api, resource.viewed(Plain))
        self._tasks[table] = asyncio.create_task(informer.run(), name=f"metadata-{table}")
        return informer

    def _wanted(self) -> Iterator[tuple[str, Resource[Any]]]:
        for one in sorted(self._served(), key=lambda one: one.preferred):
            if "list" in one.verbs and "watch" in one.verbs and one.plural not in _LEFT_OUT:
                resource: Resource[Any] = Resource(
                    one.group, one.version, one.kind, one.plural, one.namespaced, dict[str, Any]
                )
                yield table_of(one.group, one.plural), resource

    def _shared_one(self, table: str) -> Informer[Any] | None:
        for informer in self._shared.all():
            if table_of(informer.resource.group, informer.resource.plural) == table:
                return informer
        return None

    def _drop(self, table: str) -> None:
        """Forget a kind that is not served any more, as if all its objects had been deleted."""
        informer = self._informers.pop(table)
        self._unheard.discard(table)
        self._by_kind.pop((informer.resource.group, informer.resource.kind), None)
        task = self._tasks.pop(table, None)
        if task is not None:
            task.cancel()
        on_change = self._handler(table)
        for item in list(informer.values()):
            on_change(item, None)

    def _handler(self, table: str) -> Callable[[Any, Any], None]:
        handlers = self._handlers
        dependents = self._dependents
        counts = self._counts

        def on_change(old: Any, new: Any) -> None:
            before: Meta | None = old.metadata if old is not None else None
            after: Meta | None = new.metadata if new is not None else None
            known: Meta = after or before  # type: ignore[assignment]  # one of the two is there
            place = Place(table, known.namespace, known.name)
            if before is None or after is None:
                where = (table, known.namespace)
                counts[where] += 1 if before is None else -1
                if not counts[where]:
                    del counts[where]
            owners = after.ownerReferences if after is not None else ()
            if before is not None and before.ownerReferences and before.ownerReferences != owners:
                for one in before.ownerReferences:
                    _discard(dependents, one.uid, place)
            if owners and (before is None or before.ownerReferences != owners):
                for one in owners:
                    dependents.setdefault(one.uid, set()).add(place)
            for handler in handlers:
                handler(place, before, after)

        return on_change


def _discard(dependents: dict[str, set[Place]], uid: str, place: Place) -> None:
    places = dependents.get(uid)
    if places is not None:
        places.discard(place)
        if not places:
            del dependents[uid]
