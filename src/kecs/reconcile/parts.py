"""The caches of what services have beside their workloads: only the metadata, enough to see that somebody was there."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.informer import Informer
from kecs.model import marks
from kecs.model.objects import Meta
from kecs.reconcile.context import Context
from kecs.reconcile.foreign import apply_new

ACCOUNTS = (resources.SERVICE_ACCOUNTS, resources.ROLES, resources.ROLE_BINDINGS)
OWNED = (resources.SERVICES, resources.POD_DISRUPTION_BUDGETS)
STORAGE = (resources.PERSISTENT_VOLUMES, resources.PERSISTENT_VOLUME_CLAIMS, resources.STORAGE_CLASSES)  # not cached


class Part(msgspec.Struct, omit_defaults=True):
    """What is read of such an object."""

    metadata: Meta

    @property
    def mark(self) -> str:
        """What stays the same while nobody writes it: where there are generations, a status does not count."""
        meta = self.metadata
        return f"{meta.uid} {meta.generation or meta.resourceVersion}"


class Parts:
    """One cache for each kind; `run()` keeps them current."""

    def __init__(self, context: Context) -> None:
        self._resources = {resource.kind: resource for resource in (*ACCOUNTS, *OWNED)}
        self._caches = {
            kind: Informer(context.api, resource.viewed(Part), labels=marks.CLUSTER)
            for kind, resource in self._resources.items()
        }
        context.world.siblings.add(*self._caches.values())

    async def run(self) -> None:
        """Keep the caches current, for ever."""
        async with asyncio.TaskGroup() as group:
            for cache in self._caches.values():
                group.create_task(cache.run(), name=f"informer {cache.resource.plural}")

    def subscribe(self, handler: Callable[[Resource[Json], Any, Any], None]) -> None:
        """Call `handler` for every change of any of them, with what it was and what it is."""
        for kind, cache in self._caches.items():
            cache.subscribe(partial(handler, self._resources[kind]))

    def knows(self, resource: Resource[Json]) -> bool:
        """Say whether a kind has a cache with its first list. It may never, where kecs may not list that kind."""
        cache = self._caches.get(resource.kind)
        return cache is not None and cache.is_synced

    def get(self, resource: Resource[Json], namespace: str, name: str) -> Part | None:
        """Return an object, or None."""
        return self._caches[resource.kind].get(namespace, name)

    async def apply(self, api: Any, resource: Resource[Json], body: Json, uid: str = "") -> Part:
        """Write an object; whoever reads the cache sees it at once. Raises NameTaken and ApiError.

        One with that `uid` is kecs's, whatever others have made of it.
        """
        cache, meta = self._caches.get(resource.kind), body["metadata"]
        viewed, namespace, name = resource.viewed(Part), meta.get("namespace"), meta["name"]
        stored: Part
        if cache is not None:
            await cache.answered()  # before, each object would look like one that is not known
        if cache is None or cache.get(namespace, name) is None:
            stored = await apply_new(api, viewed, namespace, name, body, uid)
        else:
            stored = await api.apply(viewed, namespace, name, body, manager=marks.MANAGER)
        if cache is not None:
            cache.observe(stored)
        return stored
