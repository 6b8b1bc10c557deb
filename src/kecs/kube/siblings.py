"""Caches of one cluster, which share what one of them finds out: that the cluster has gone back to an older state.

A restored etcd begins again at an older version. A cache sees it where its watch breaks and the cluster is behind what
the cache knows. By the time that another one looks the versions may have caught up, and then nothing tells it.
"""

import asyncio
import logging
from typing import Any
from weakref import WeakSet

from kecs.kube.errors import ApiError
from kecs.kube.informer import Informer

log = logging.getLogger(__name__)

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 10.0  # seconds between attempts when the server fails


class Siblings:
    """Has every cache list anew when one of them has seen the cluster go back. `run()` does it."""

    def __init__(self) -> None:
        self._caches: WeakSet[Informer[Any]] = WeakSet()
        self._told = asyncio.Event()

    def add(self, *caches: Informer[Any]) -> None:
        """Let caches take part, for as long as anybody else holds them."""
        for cache in caches:
            self._caches.add(cache)
            cache.on_gone_back(self._told.set)

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._told.wait()
                self._told.clear()
                for cache in list(self._caches):  # one that may not be listed keeps no other waiting
                    group.create_task(self._list(cache), name=f"list {cache.resource.plural} anew")

    async def _list(self, cache: Informer[Any]) -> None:
        delay = _FIRST_DELAY
        while cache.is_synced:
            try:
                await cache.look_again()
            except ApiError as error:
                log.debug("%s cannot be listed: %s", cache.resource.plural, error.message)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)
            else:
                return
