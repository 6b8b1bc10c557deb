"""The ConfigMaps that others refer to: a watch on metadata for each namespace in which somebody does."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import msgspec

from kecs.kube import resources
from kecs.kube.errors import NotFound
from kecs.kube.informer import Informer
from kecs.model.objects import Meta
from kecs.reconcile.context import Context


class _Named(msgspec.Struct, omit_defaults=True):
    metadata: Meta


class _Filled(msgspec.Struct, omit_defaults=True):
    metadata: Meta
    data: dict[str, str] = {}


_NAMED = resources.CONFIG_MAPS.viewed(_Named)
_FILLED = resources.CONFIG_MAPS.viewed(_Filled)
_KEPT = 64  # ConfigMaps whose content is kept, so that many references to one of them cost one request

Key = tuple[str, str]  # namespace and name
Handler = Callable[[Key], None]


class ConfigMaps:
    """Reads ConfigMaps for whoever refers to them, and tells them of changes. `run()` keeps the watches.

    A reader, by its namespace and name, refers to ConfigMaps of its own namespace.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._caches: dict[str, Informer[_Named]] = {}  # of namespaces in which somebody reads
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._new: asyncio.Queue[tuple[str, Informer[_Named]]] = asyncio.Queue()
        self._names: dict[Key, frozenset[str]] = {}  # what each reader refers to
        self._readers: defaultdict[Key, set[Key]] = defaultdict(set)  # of each ConfigMap
        self._count: Counter[str] = Counter()  # of the readers in a namespace
        self._content: dict[Key, _Filled] = {}
        self._handler: Handler = lambda reader: None

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` with each reader of a ConfigMap that comes, changes or goes."""
        self._handler = handler

    async def run(self) -> None:
        """Keep the watches, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                namespace, cache = await self._new.get()
                if self._caches.get(namespace) is cache:
                    self._tasks[namespace] = group.create_task(cache.run(), name=f"informer configmaps of {namespace}")

    async def read(self, reader: Key, names: frozenset[str]) -> dict[str, dict[str, str] | None]:
        """Return what is in each of the ConfigMaps that a reader refers to from now on; None where there is none.

        Raises ApiError.
        """
        self._refer(reader, names)
        return {name: await self._data(reader[0], name) for name in names}

    def forget(self, reader: Key) -> None:
        """Note that a reader is gone."""
        self._refer(reader, frozenset())

    def _refer(self, reader: Key, names: frozenset[str]) -> None:
        namespace, before = reader[0], self._names.pop(reader, frozenset())
        if names:
            self._names[reader] = names
        for name in before - names:
            readers = self._readers[namespace, name]
            readers.discard(reader)
            if not readers:
                del self._readers[namespace, name]
                self._content.pop((namespace, name), None)
        for name in names - before:
            self._readers[namespace, name].add(reader)
        self._count[namespace] += bool(names) - bool(before)
        if not self._count[namespace]:
            del self._count[namespace]
            self._end(namespace)

    def _end(self, namespace: str) -> None:
        """End the watch on a namespace in which nobody reads any more."""
        self._caches.pop(namespace, None)
        task = self._tasks.pop(namespace, None)
        if task is not None:
            task.cancel()

    async def _data(self, namespace: str, name: str) -> dict[str, str] | None:
        cache = self._caches.get(namespace)
        if cache is None:
            cache = self._caches[namespace] = Informer(self._context.api, _NAMED, namespace)
            self._context.world.siblings.add(cache)
            cache.subscribe(self._on_change)
            self._new.put_nowait((namespace, cache))
        await cache.answered()
        found = cache.get(namespace, name)
        kept = self._content.get((namespace, name))
        if found and kept and _version(found) == _version(kept):
            return kept.data
        if found is None and cache.is_synced:
            return None
        try:
            read = await self._context.api.get(_FILLED, namespace, name)
        except NotFound:
            return None
        if len(self._content) >= _KEPT:
            del self._content[next(iter(self._content))]
        self._content[namespace, name] = read
        return read.data

    def _on_change(self, old: Any, new: Any) -> None:
        meta = (new or old).metadata
        if new is None:
            self._content.pop((meta.namespace, meta.name), None)
        for reader in list(self._readers.get((meta.namespace, meta.name), ())):
            self._handler(reader)


def _version(item: _Named | _Filled) -> tuple[str, str]:
    return item.metadata.uid, item.metadata.resourceVersion
