"""The time of a door: what its connections may take, and the one timer that sees to it.

Time is kept in ticks of a second that one timer counts for all connections, so that a request costs no timer of its
own, and an idle server has none at all.
"""

import asyncio
import time
from email.utils import formatdate
from typing import Protocol

import msgspec

_TICK = 1.0  # seconds


class Limits(msgspec.Struct, frozen=True):
    """What the connections of a door may do. Times are seconds.

    `answer_seconds` None lets an answer take for ever (watches).
    """

    connections: int = 4096
    head_bytes: int = 64 * 1024
    arrival_seconds: int = 30
    answer_seconds: int | None = 120
    idle_seconds: int = 65


class Timed(Protocol):
    """What the clock sees to: an open connection."""

    def end_if_late(self, now: int) -> None:
        """End whatever takes longer than it may."""
        ...


class Clock:
    """Counts seconds while there are connections, ends those that are late, and keeps the `date` header line."""

    def __init__(self) -> None:
        self.now = 0
        self.date = b""
        self._connections: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: Timed) -> None:
        """See to a connection from now on."""
        self._connections.add(connection)
        if self._timer is None:
            self._wind()

    def forget(self, connection: Timed) -> None:
        """See to it no more: it is closed."""
        self._connections.discard(connection)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wind(self) -> None:
        self.date = b"date: " + formatdate(time.time(), usegmt=True).encode() + b"\r\n"
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.now += 1
        if self._connections:
            self._wind()
            for connection in tuple(self._connections):
                connection.end_if_late(self.now)
