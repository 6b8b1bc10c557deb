"""A backend of lists and queues: tests say what it lists, what its watches tell and when they fail."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

from kecs.kube.api import Api, Event, Json, Page


def made(name: str, version: int, *, uid: str = "", namespace: str = "ns", **labels: str) -> Json:
    meta = {"name": name, "namespace": namespace, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": {**meta, "labels": labels}}


def added(item: Json) -> Event[Json]:
    return Event("ADDED", item, item["metadata"]["resourceVersion"])


def modified(item: Json) -> Event[Json]:
    return Event("MODIFIED", item, item["metadata"]["resourceVersion"])


def deleted(item: Json) -> Event[Json]:
    return Event("DELETED", item, item["metadata"]["resourceVersion"])


class FakeApi:
    """`pages` are answered one after the other (the last one for ever); `tell` feeds the open watch.

    A list of one does not count; it is answered with `version` or, unless that is set, the newest there is. `absent`
    fails every call.
    """

    def __init__(self, *pages: Page[Json]) -> None:
        self.pages = list(pages) or [Page([], "1")]
        self.version: int | None = None
        self._newest = 0
        self.lists = 0
        self.absent: Exception | None = None
        self.watched_since: list[str] = []
        self._told: asyncio.Queue[list[Event[Json]] | Exception | None] = asyncio.Queue()

    @property
    def api(self) -> Api:
        return cast("Api", self)

    async def list(self, resource: Any, namespace: str | None = None, *, limit: int = 0, **_options: Any) -> Page[Json]:
        if self.absent:
            raise self.absent
        if limit == 1:
            return Page([], str(self.version or max(self._newest, int(self.pages[0].resource_version))))
        self.lists += 1
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]

    async def watch(
        self, resource: Any, namespace: str | None = None, *, since: str, **_options: Any
    ) -> AsyncGenerator[Any, None]:
        if self.absent:
            raise self.absent
        self.watched_since.append(since)
        while (told := await self._told.get()) is not None:
            if isinstance(told, Exception):
                raise told
            yield told

    def tell(self, *events: Event[Json]) -> None:
        self._newest = max(self._newest, 0, *(int(one.resource_version) for one in events))
        self._told.put_nowait(list(events))

    def fail(self, error: Exception) -> None:
        self._told.put_nowait(error)

    def close(self) -> None:
        self._told.put_nowait(None)
