"""The ConfigMaps that others refer to: a watch on metadata for each namespace in which somebody does."""

import asyncio
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

Handler = Callable[[str, str], None]


class ConfigMaps:
    """Reads ConfigMaps, and tells whoever referred to one when it has changed. `run()` keeps the watches."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._caches: dict[str, Informer[_Named]] = {}
        self._new: asyncio.Queue[Informer[_Named]] = asyncio.Queue()
        self._content: dict[tuple[str, str], _Filled] = {}
        self._handler: Handler = lambda namespace, name: None

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` with namespace and name of each ConfigMap that comes, changes or goes, where any is read."""
        self._handler = handler

    async def run(self) -> None:
        """Keep the watches, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                cache = await self._new.get()
                group.create_task(cache.run(), name="informer configmaps")

    async def data(self, namespace: str, name: str) -> dict[str, str] | None:
        """Return what is in a ConfigMap; None where there is none. Raises ApiError."""
        cache = self._caches.get(namespace)
        if cache is None:
            cache = self._caches[namespace] = Informer(self._context.api, _NAMED, namespace)
            self._context.world.siblings.add(cache)
            cache.subscribe(self._on_change)
            self._new.put_nowait(cache)
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
        self._handler(meta.namespace, meta.name)


def _version(item: _Named | _Filled) -> tuple[str, str]:
    return item.metadata.uid, item.metadata.resourceVersion
