"""What controllers tell about objects: core/v1 Events, written in batches, equal ones counted, and never too many."""

import asyncio
import logging
import time
from collections import deque
from typing import Any, Literal

from kecs.embedded.controllers.views import Meta
from kecs.kube import resources
from kecs.kube.api import Api, Json, Resource
from kecs.kube.controller import forever
from kecs.kube.errors import ApiError
from kecs.kube.time import rfc3339

log = logging.getLogger(__name__)

EventKind = Literal["Normal", "Warning"]
_Key = tuple[str, str, str, str]

_PAUSE = 0.5  # seconds between batches
_BATCH = 10  # events per batch: a burst of thousands of pods must not cost more in events than in pods
_WAITING = 200  # events that wait; of more the oldest are dropped
_REMEMBERED = 2000  # events whose count can still rise


class _Told:
    """An event that waits to be written."""

    __slots__ = ("count", "first", "kind", "last", "message", "meta", "reason", "resource")

    def __init__(
        self, resource: Resource[Any], meta: Meta, kind: EventKind, reason: str, message: str, now: float
    ) -> None:
        self.resource, self.meta = resource, meta
        self.kind, self.reason, self.message = kind, reason, message
        self.count = 1
        self.first = self.last = now

    def body(self) -> Json:
        about = {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "name": self.meta.name,
            "uid": self.meta.uid,
            "resourceVersion": self.meta.resourceVersion,
        }
        if self.meta.namespace:
            about["namespace"] = self.meta.namespace
        return {
            "involvedObject": about,
            "type": self.kind,
            "reason": self.reason,
            "message": self.message,
            "count": self.count,
            "firstTimestamp": rfc3339(self.first),
            "lastTimestamp": rfc3339(self.last),
        }


class Recorder:
    """Takes events from one component and writes them in the background.

    The same event about the same object again only raises `count` and `lastTimestamp`, as with Kubernetes's own
    recorder. Events are a courtesy: when too many come at once, some are dropped, and a failure is only logged.
    """

    def __init__(self, api: Api, component: str, *, enabled: bool = True) -> None:
        self._api = api
        self._component = component
        self._enabled = enabled
        self._waiting: dict[_Key, _Told] = {}
        self._written: dict[_Key, tuple[str, int]] = {}  # name and count
        self._order: deque[_Key] = deque()
        self._something = asyncio.Event()
        self._number = time.time_ns()
        self.dropped = 0

    def event(self, resource: Resource[Any], item: Any, kind: EventKind, reason: str, message: str) -> None:
        """Tell about an object (a Struct with `metadata`)."""
        if not self._enabled:
            return
        meta: Meta = item.metadata
        key = (meta.uid, kind, reason, message)
        now = time.time()
        if (known := self._waiting.get(key)) is not None:
            known.count += 1
            known.last = now
            return
        if len(self._waiting) >= _WAITING:
            self._waiting.pop(next(iter(self._waiting)))
            self.dropped += 1
        self._waiting[key] = _Told(resource, meta, kind, reason, message, now)
        self._something.set()

    async def run(self) -> None:
        """Write what is told, for ever."""
        await forever(f"events of {self._component}", self._tell)

    async def _tell(self) -> None:
        await self._something.wait()
        await self._flush()
        await asyncio.sleep(_PAUSE)

    async def _flush(self) -> None:
        for key in list(self._waiting)[:_BATCH]:
            told = self._waiting.pop(key, None)
            if told is None:
                continue  # dropped while others were written
            try:
                await self._write(key, told.body())
            except ApiError as error:
                # The namespace may be on its way out; nobody waits for an event.
                log.debug("event %s of %s not written: %s", told.reason, key[0], error.message)
        if not self._waiting:
            self._something.clear()

    async def _write(self, key: _Key, body: Json) -> None:
        about = body["involvedObject"]
        namespace = about.get("namespace") or "default"
        if (written := self._written.get(key)) is not None:
            name, count = written[0], written[1] + body["count"]
            change = {"count": count, "lastTimestamp": body["lastTimestamp"]}
            try:
                await self._api.patch(resources.EVENTS, namespace, name, change, type="merge", manager=self._component)
            except ApiError:
                self._written.pop(key, None)  # expired meanwhile: the next one begins anew
            else:
                self._written[key] = (name, count)
            return
        self._number += 1
        name = f"{about['name'][:230]}.{self._number:x}"
        source = {"component": self._component}
        whole = {
            "metadata": {"name": name, "namespace": namespace},
            **body,
            "source": source,
            "reportingComponent": self._component,
            "reportingInstance": "",
        }
        await self._api.create(resources.EVENTS, namespace, whole, manager=self._component)
        self._written[key] = (name, body["count"])
        self._order.append(key)
        if len(self._order) > _REMEMBERED:
            self._written.pop(self._order.popleft(), None)
