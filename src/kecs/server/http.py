"""uvicorn's HTTP protocol with limits: on the size of a head, on how long a request takes to arrive and to be answered.

Time is kept in ticks of a second that one timer counts for all connections of a door, so that a request costs no
timer of its own, and an idle server has none at all.
"""

import asyncio
import time
from email.utils import formatdate
from typing import Any

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

_TICK = 1.0  # seconds
_IDLE, _ARRIVING, _ANSWERING = range(3)


class Limits(msgspec.Struct, frozen=True):
    """What one connection may do. Times are seconds; `answer_seconds` None lets an answer take for ever (watches)."""

    head_bytes: int = 64 * 1024
    arrival_seconds: int = 30
    answer_seconds: int | None = 120
    idle_seconds: int = 65


class Clock:
    """Counts seconds while there are connections, ends those that are late, and keeps the `Date` header."""

    def __init__(self, state: ServerState, limits: Limits) -> None:
        self.now = 0
        self._state = state
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick, if it does not yet: called for each new connection."""
        if self._timer is None:
            self._state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self.now += 1
        if self._state.connections:
            self.start()
            for connection in tuple(self._state.connections):
                if isinstance(connection, Protocol):
                    connection.end_if_late(self.now, self._limits)


class Protocol(HttpToolsProtocol):
    """One connection. The overridden methods are uvicorn's callbacks; what they add is the bookkeeping of its phase."""

    def __init__(self, config: Config, state: ServerState, clock: Clock, limits: Limits) -> None:
        super().__init__(config, state, {})
        self._clock = clock
        self._head_limit = limits.head_bytes
        self._head = 0
        self._phase = _IDLE
        self._since = clock.now
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Take note of a new connection."""
        super().connection_made(transport)
        self._clock.start()

    def on_message_begin(self) -> None:
        """Begin to count the head."""
        super().on_message_begin()
        self._phase = _ARRIVING
        self._since = self._clock.now
        self._head = 0

    def on_headers_complete(self) -> None:
        """Stop counting the head."""
        super().on_headers_complete()
        self._head = -1

    def on_message_complete(self) -> None:
        """Begin to wait for the answer."""
        super().on_message_complete()
        if self._phase == _ARRIVING:
            self._phase = _IDLE if self.cycle.response_complete else _ANSWERING
            self._since = self._clock.now

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and refuse a head that grows too large."""
        super().data_received(data)
        if self._head >= 0 and self._phase == _ARRIVING:
            self._head += len(data)
            if self._head > self._head_limit:
                self._refuse(b"431 Request Header Fields Too Large")
        elif len(data) > self._head_limit and sum(map(_length, self.headers)) > self._head_limit:
            self._refuse(b"431 Request Header Fields Too Large")  # the whole head came at once

    def on_response_complete(self) -> None:
        """Wait for the next request, without the timer that uvicorn would start for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._phase == _ANSWERING:
            self._phase = _IDLE
            self._since = self._clock.now

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self._task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def end_if_late(self, now: int, limits: Limits) -> None:
        """End what takes longer than it may: a silent connection, half a request, an operation that does not return."""
        age = now - self._since
        if self._phase == _IDLE and age > limits.idle_seconds:
            self.transport.close()
        elif self._phase == _ARRIVING and age > limits.arrival_seconds:
            self._refuse(b"408 Request Timeout")
        elif self._phase == _ANSWERING and limits.answer_seconds is not None and age > limits.answer_seconds:
            self._since = now
            if self._task is not None:
                self._task.cancel()

    def shutdown(self) -> None:
        """Let the request at work be the last one, and do not wait for one that has not arrived."""
        if self._phase == _ARRIVING:
            self._refuse(b"503 Service Unavailable")
        else:
            super().shutdown()

    def _refuse(self, status: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            started = self.cycle.response_started
        else:
            started = False
        if not started:
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


def _length(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])
