"""Events are forgotten: an hour after they were told last, and the oldest when there are too many."""

import asyncio
import time

from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import Event
from kecs.kube.api import Api
from kecs.kube.errors import ApiError, NotFound
from kecs.kube.time import epoch

LIFETIME = 3600.0  # seconds, as with a real API server
MOST = 5000
_PAUSE = 1.0  # seconds between rounds, so that a burst of events is not followed by one of deletions


def moment(event: Event) -> float:
    """Return when an event was told last (epoch seconds)."""
    return epoch(event.lastTimestamp or event.eventTime or event.metadata.creationTimestamp)


class EventExpiry:
    """The controller."""

    def __init__(self, api: Api, informers: Informers, *, lifetime: float = LIFETIME, most: int = MOST) -> None:
        self._api = api
        self._events = informers.events
        self._informers = informers
        self._lifetime = lifetime
        self._most = most
        self._order: dict[tuple[str, str], None] = {}  # by last change, the oldest first
        self._something = asyncio.Event()

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        for event in sorted(self._events.values(), key=moment):
            self._order[event.metadata.key] = None
        self._events.subscribe(self._on_event)
        while True:
            wait = await self._round()
            self._something.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._something.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_PAUSE)

    def _on_event(self, old: Event | None, new: Event | None) -> None:
        if new is None:
            if old is not None:
                self._order.pop(old.metadata.key, None)
            return
        key = new.metadata.key
        if old is not None:
            self._order.pop(key, None)
        first = not self._order
        self._order[key] = None
        if first or len(self._order) > self._most:
            self._something.set()

    async def _round(self) -> float | None:
        """Delete what is due; return the seconds until the next is, None when there is none."""
        while self._order:
            key = next(iter(self._order))
            event = self._events.get(*key)
            left = moment(event) + self._lifetime - time.time() if event is not None else 0.0
            if left > 0 and len(self._order) <= self._most:
                return left
            self._order.pop(key, None)
            if event is not None:
                await self._delete(event)
        return None

    async def _delete(self, event: Event) -> None:
        meta = event.metadata
        try:
            await self._api.delete(self._events.resource, meta.namespace, meta.name, uid=meta.uid)
        except NotFound:
            return
        except ApiError:
            self._order[meta.key] = None  # try again with the next round
