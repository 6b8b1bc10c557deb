"""An HTTP connection: httptools parses what arrives, an ASGI application answers, one request after the other.

It is a protocol of its own because a request of an AWS client costs less than what a general server does around it, and
because the limits (size of a head, time to arrive and to be answered) have to sit where the bytes come in.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import unquote

import httptools

from kecs.server import log as logs
from kecs.server.clock import Clock, Limits
from kecs.server.cycle import Cycle
from kecs.server.exchange import Message, Receive, Send

log = logging.getLogger(__name__)

App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

_READ_AHEAD = 64 * 1024  # bytes of a body that nobody has asked for yet
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_IDLE, _ARRIVING, _ANSWERING = range(3)


class Connection(asyncio.Protocol):
    """One connection of a client. `open_` holds all connections of the door, this one while it is open."""

    def __init__(self, app: App, clock: Clock, limits: Limits, open_: "set[Connection]") -> None:
        self._app = app
        self._clock = clock
        self._limits = limits
        self._open = open_
        self._parser = httptools.HttpRequestParser(self)
        # Else bytes behind a request that asks to close would spoil the answer to it.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._transport: asyncio.Transport = None  # type: ignore[assignment] # set when the connection is made
        self._loop = asyncio.get_running_loop()
        self._server: tuple[str, int] | None = None
        self._client: tuple[str, int] | None = None
        self._scheme = "http"
        self._phase = _IDLE
        self._since = clock.now
        self._head = -1  # bytes of a head that is arriving
        self._head_began = False  # among the bytes that are parsed now
        self._arriving: Cycle | None = None  # the request that arrives, or arrived last
        self._at_work: Cycle | None = None  # the request that is being answered
        self._waiting: deque[Cycle] = deque()  # requests that came before the answer to the one before them
        self._deaf = False  # nothing more is parsed
        self._body_left = 0  # bytes of a body behind a head that asked for an upgrade
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._awaiting_continue = False
        self._reading_paused = False
        self.writing_paused = False
        self._drain: asyncio.Future[None] | None = None

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment] # a stream, as the server makes no others
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))
        if transport.get_extra_info("sslcontext"):
            self._scheme = "https"
        self._clock.watch(self)
        if len(self._open) >= self._limits.connections:
            self._refuse(b"503 Service Unavailable")
        else:
            self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the applications that nobody listens any more."""
        self._open.discard(self)
        self._clock.forget(self)
        self._leave()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse, and refuse a head that grows too large."""
        if self._deaf:
            self._feed_body(data)
            return
        arriving = self._head >= 0
        self._head_began = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Answered as if it had not asked. The parser stops here, and whatever follows may be of another protocol.
            self._deaf = True
            self._body_left = int(dict(self._headers).get(b"content-length", b"0"))
            self._feed_body(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(b"400 Bad Request")
        else:
            self._limit_head(len(data), arriving=arriving)

    def _limit_head(self, size: int, *, arriving: bool) -> None:
        """Refuse a head that is too large: by its headers once they are known, else by the bytes that came for it.

        `size` bytes have just been parsed, and a head was `arriving` before them. One that began among them is counted
        from the next ones on.
        """
        if self._head >= 0 and not self._head_began:
            self._head += size
        limit = self._limits.head_bytes
        if self._head > limit or ((arriving or size > limit) and sum(map(_size, self._headers)) > limit):
            self._refuse(b"431 Request Header Fields Too Large")

    def pause_writing(self) -> None:
        """Let streams wait: the client reads slower than they write."""
        self.writing_paused = True

    def resume_writing(self) -> None:
        """Let streams go on."""
        self.writing_paused = False
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin to count the head."""
        self._url = b""
        self._headers = []
        self._awaiting_continue = False
        self._head = 0
        self._head_began = True
        self._phase = _ARRIVING
        self._since = self._clock.now

    def on_url(self, url: bytes) -> None:
        """Collect the target; it may come in parts."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        name = name.lower()
        self._headers.append((name, value))
        if name == b"expect" and value.lower() == b"100-continue":
            self._awaiting_continue = True

    def on_headers_complete(self) -> None:
        """Start the application, or queue the request behind the one at work."""
        self._head = -1
        version = self._parser.get_http_version()
        path, _, query = self._url.partition(b"?")
        if not path.startswith(b"/"):  # a proxy's form, with the host in it
            parsed = httptools.parse_url(self._url)
            path, query = parsed.path or b"/", parsed.query or b""
        text = path.decode("latin-1")
        http = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": self._parser.get_method().decode("latin-1"),
            "scheme": self._scheme,
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
        }
        cycle = self._arriving = Cycle(
            self,
            http,
            keep_alive=version == "1.1" and self._parser.should_keep_alive(),
            awaiting_continue=self._awaiting_continue and version == "1.1",
        )
        if self._at_work is None:
            self._start(cycle)
        else:
            self._waiting.append(cycle)
            self._pause_reading()

    def on_body(self, part: bytes) -> None:
        """Hand a part of the body over, and read no further when nobody takes it."""
        cycle = self._arriving
        if cycle is not None and not cycle.answered and cycle.feed(part) > _READ_AHEAD:
            self._pause_reading()

    def on_message_complete(self) -> None:
        """Begin to wait for the answer. Where an upgrade is asked for the parser says so before the body."""
        if self._parser.should_upgrade():
            return
        self._arrived()

    def _feed_body(self, data: bytes) -> None:
        if self._arriving is None or self._arriving.arrived:
            return
        self._arriving.keep_alive = False
        if part := data[: self._body_left]:
            self._body_left -= len(part)
            self.on_body(part)
        if not self._body_left:
            self._arrived()

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.end()
        self._phase = _IDLE if self._at_work is None else _ANSWERING
        self._since = self._clock.now

    # What a cycle calls.

    @property
    def date(self) -> bytes:
        """The line of the `date` header."""
        return self._clock.date

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    async def drained(self) -> None:
        """Return when the client has read enough for more to be written."""
        self._drain = self._loop.create_future()
        await self._drain

    def resume_reading(self) -> None:
        """Take more of what the client sends."""
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def on_answered(self, cycle: Cycle) -> None:
        """Go on with the next request, or wait for it, or close."""
        self._at_work = None
        if not cycle.keep_alive:
            self._waiting.clear()
            self._transport.close()
        elif self._waiting:
            self._since = self._clock.now
            self._start(self._waiting.popleft())
        else:
            self.resume_reading()
            if self._phase == _ANSWERING:
                self._phase = _IDLE
                self._since = self._clock.now

    # The life of a connection.

    def _start(self, cycle: Cycle) -> None:
        self._at_work = cycle
        cycle.task = self._loop.create_task(self._run(cycle))

    async def _run(self, cycle: Cycle) -> None:
        """Run the application for one request; one that fails or says nothing ends the connection."""
        try:
            await self._app(cycle.http, cycle.receive, cycle.send)
        except (Exception, asyncio.CancelledError) as error:
            log.error("an application failed", extra={"fields": logs.described(error)})
        if not cycle.answered and not cycle.gone:
            if not cycle.started:
                self.write(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self._transport.close()

    def task(self) -> asyncio.Task[None] | None:
        """Return the task of the request at work, if there is one."""
        cycle = self._at_work
        return None if cycle is None or cycle.task is None or cycle.task.done() else cycle.task

    def end_if_late(self, now: int) -> None:
        """End what takes longer than it may: a silent connection, half a request, an operation that does not return."""
        age = now - self._since
        limits = self._limits
        if self._phase == _IDLE and age > limits.idle_seconds:
            if self._transport.get_write_buffer_size():
                self._transport.abort()  # closing would wait for a client that does not read
            else:
                self._transport.close()
        elif self._phase == _ARRIVING and age > limits.arrival_seconds:
            self._refuse(b"408 Request Timeout")
        elif self._phase == _ANSWERING and limits.answer_seconds is not None and age > limits.answer_seconds:
            self._since = now
            task = self.task()
            if task is not None:
                task.cancel()

    def shut(self) -> None:
        """Let the request at work be the last one, and do not wait for one that has not arrived."""
        self._waiting.clear()
        if self._phase == _ARRIVING and self._at_work in (None, self._arriving):
            self._refuse(b"503 Service Unavailable")
        elif self._at_work is not None:
            self._at_work.keep_alive = False
        else:
            self._transport.close()

    def close(self) -> None:
        """Close at once."""
        self._transport.close()

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _refuse(self, status: bytes) -> None:
        """Answer with a bare status, unless another answer has begun, and close."""
        if self._at_work is None or not self._at_work.started:
            self.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self._deaf = True
        self._leave()
        self._transport.close()

    def _leave(self) -> None:
        self._waiting.clear()
        for cycle in (self._at_work, self._arriving):
            if cycle is not None:
                cycle.leave()


def _size(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])


def _address(info: Any) -> tuple[str, int] | None:
    return (str(info[0]), int(info[1])) if isinstance(info, tuple) else None
