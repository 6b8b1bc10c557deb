"""HTTP itself: uvicorn over httptools, with the limits that it lacks.

uvicorn bounds how long a connection may be idle, and nothing else. Here a head has a size, a request a time to arrive,
an answer a time to be made and to be read, a door a number of connections. One clock of the server counts all of them,
so that a request costs no timer for it. And a head goes out together with its body.

The limits have to sit where bytes come in, so this file, and no other, knows more of uvicorn than is documented. Of
0.54: the callbacks of `HttpToolsProtocol` that are overridden below, its `parser`, `headers`, `scope`, `cycle`
(`disconnected`, `keep_alive`, `message_event`, `response_complete`, `response_started`), `flow` and `pipeline`; of
`Server`, its `main_loop`, `capture_signals` and `server_state`. `tests/server` sees whether they hold.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from kecs.server.exchange import Message, Receive, Send

App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

_TICK = 1.0  # seconds
_CANCELLED_WITHIN = 1.0  # seconds in which what was cancelled still says so to its client


class Limits(msgspec.Struct, frozen=True):
    """What the connections of a door may do. Times are seconds, kept to the second.

    `arrival_seconds` are for a whole request, `answer_seconds` for its answer (None lets it take for ever: watches).
    """

    connections: int = 4096
    head_bytes: int = 64 * 1024
    arrival_seconds: float = 30
    answer_seconds: float | None = 120
    idle_seconds: int = 65


class Config(uvicorn.Config):
    """uvicorn's settings for one application, and the limits. With a certificate and a key (PEM files): TLS.

    At the end, requests at work get `grace` seconds to finish; what then still runs is cancelled.
    """

    def __init__(self, app: App, limits: Limits, grace: int, certificate: Path | None, key: Path | None) -> None:
        super().__init__(
            app,
            interface="asgi3",
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,  # its warnings tell of malformed requests, with no word about whose they were
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=grace,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        self.limits = limits


class Protocol(HttpToolsProtocol):
    """One connection. What the overridden callbacks add is what is known of the request that is arriving."""

    config: Config

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_limit = config.limits.head_bytes
        self.headers = []  # of the latest head, where uvicorn has none before the first
        self._head = -1  # bytes of a head that is arriving
        self._silent = True  # nothing has ever come
        self._arriving = True  # a request is on its way, or the first one awaited
        self._since = self.loop.time()
        self._closing: float | None = None  # since when

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Refuse one connection too many."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        self.transport = _Joining(transport, self.loop)
        if len(self.connections) > self.config.limits.connections:
            self._refuse(b"503 Service Unavailable")

    def data_received(self, data: bytes) -> None:
        """Refuse a head that grows too large: by its headers once they are known, else by the bytes that came for it.

        A head that begins among these bytes is counted from the next ones on: what precedes it may be a body.
        """
        size = len(data)
        arriving = self._head >= 0
        if arriving:
            self._head += size
        super().data_received(data)
        limit = self._head_limit
        if self._head > limit or ((arriving or size > limit) and sum(map(_size, self.headers)) > limit):
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin to count the head, and the time."""
        super().on_message_begin()
        self._head = 0
        self._silent = False
        self._arriving = True
        self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        """Count the head no more. One that asks for an upgrade is answered as if it had not, and is the last.

        The parser reads nothing behind it, so with a body it cannot be answered at all.
        """
        self._head = -1
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False
            if any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in self.headers):
                self._refuse(b"501 Not Implemented")

    def on_message_complete(self) -> None:
        """Count the time no more."""
        super().on_message_complete()
        self._arriving = False

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, without spoiling an answer that has begun."""
        self._refuse(b"400 Bad Request")

    def shutdown(self) -> None:
        """Let the request at work be the last one, and do not wait for the body of one that has not arrived."""
        if self._arriving and self.cycle is not None and not self.cycle.response_complete and not self.pipeline:
            self._refuse(b"503 Service Unavailable")
        else:
            super().shutdown()

    def end_if_late(self, now: float) -> None:
        """End half a request, a silent connection, and one whose client does not read the answer."""
        limits = self.config.limits
        if self.transport.is_closing():
            self._closing = self._closing or now
            if now - self._closing > limits.idle_seconds:
                self.transport.abort()
        elif not self._arriving or self.flow.read_paused:
            self._since = now  # the application is awaited, not the client
        elif now - self._since > limits.arrival_seconds:
            if self._silent:
                self.transport.close()
            else:
                self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        """Answer with a bare status, unless another answer may have begun, and close."""
        if self.transport.is_closing():
            return
        begun = bool(self.pipeline)
        if self.cycle is not None and not self.cycle.response_complete:
            begun = begun or self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not begun:
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


class _Flow(FlowControl):
    """Reads nothing more of a client while requests of it wait: else each answer would make room for many of them."""

    def __init__(self, transport: asyncio.Transport, waiting: Collection[object]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class _Joining(asyncio.Transport):
    """Sends two writes as one: uvicorn's head and body, where the kernel's work for each is most of what they cost."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hold what comes first, at most until the next turn of the loop."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            self._held = bytes(data)
            self._loop.call_soon(self._flush)

    def is_closing(self) -> bool:
        """Tell whether it is closed, or will be."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close once everything is sent."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)


class Server(uvicorn.Server):
    """One door. Its sockets are given to `serve`, which returns some time after `end`."""

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()
        self._answering: dict[asyncio.Task[None], float] = {}  # since when; those that took longer than a tick

    def end(self) -> None:
        """Take no more connections, let requests finish, and return from `serve`."""
        self.should_exit = True
        self._ending.set()

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override] # a generator there
        """Leave signals to the process, which has more to end than a door."""
        return contextlib.nullcontext()

    async def main_loop(self) -> None:
        """Once a second keep the `date` header, and end what is late."""
        while not await self.on_tick(0):
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Protocol):
                    connection.end_if_late(now)
            self._cancel_late_answers(now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._ending.wait()

    def _cancel_late_answers(self, now: float) -> None:
        limit = self.config.limits.answer_seconds
        if limit is None:
            return
        self._answering = {task: self._answering.get(task, now) for task in self.server_state.tasks}
        for task, since in self._answering.items():
            if now - since > limit:
                self._answering[task] = now
                task.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Do not return before what was cancelled has said so to its client."""
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(tuple(self.server_state.tasks), timeout=_CANCELLED_WITHIN)
        for connection in tuple(self.server_state.connections):
            connection.transport.close()


def _size(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])
