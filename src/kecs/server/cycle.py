"""One request and its answer on a connection: the two sides that an ASGI application talks to."""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from kecs.server.exchange import Message

if TYPE_CHECKING:
    from kecs.server.connection import Connection

_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_BODILESS = (204, 304)


class Cycle:
    """What has arrived of a request, and how far its answer is."""

    __slots__ = (
        "_awaiting_continue",
        "_body",
        "_chunked",
        "_connection",
        "_delivered",
        "_head",
        "_unread",
        "_waiter",
        "answered",
        "arrived",
        "gone",
        "http",
        "keep_alive",
        "started",
        "task",
    )

    def __init__(self, connection: "Connection", http: Message, *, keep_alive: bool, awaiting_continue: bool) -> None:
        self.http = http
        self.keep_alive = keep_alive
        self.task: asyncio.Task[None] | None = None
        self.arrived = False  # the request, whole
        self.started = False  # something of the answer is on its way
        self.answered = False
        self.gone = False  # the client
        self._connection = connection
        self._awaiting_continue = awaiting_continue
        self._body: list[bytes] = []
        self._unread = 0  # bytes in it
        self._delivered = False  # the application has had the last of the body
        self._waiter: asyncio.Future[None] | None = None
        self._head = b""  # the head of an answer whose body is yet to come
        self._chunked = False

    def feed(self, part: bytes) -> int:
        """Take a part of the body, and return how much waits to be read."""
        self._body.append(part)
        self._unread += len(part)
        self.wake()
        return self._unread

    def end(self) -> None:
        """Take note that the request has arrived."""
        self.arrived = True
        self.wake()

    def leave(self) -> None:
        """Take note that the client is gone."""
        self.gone = True
        self.wake()

    def wake(self) -> None:
        """Let `receive` look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> Message:
        """Return what there is of the body; after its end, that the client left, once it has or has its answer."""
        while not self.gone and not (self.answered and self._delivered):
            if not self._delivered and (self.arrived or self._body):
                body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
                self._body.clear()
                self._unread = 0
                self._delivered = self.arrived
                return {"type": "http.request", "body": body, "more_body": not self.arrived}
            if self._awaiting_continue:
                self._awaiting_continue = False
                self._connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._connection.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Send the head or a part of the body. What comes after the client has left is dropped."""
        if message["type"] == "http.response.start":
            self._begin(message)
            return
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if self.gone:
            return
        self.started = True
        self._connection.write(self._head + self._framed(body, more=more))
        self._head = b""
        if not more:
            self.answered = True
            self.wake()
            self._connection.on_answered(self)
        elif self._connection.writing_paused:
            await self._connection.drained()

    def _begin(self, message: Message) -> None:
        """Make the head. One whose body follows at once, as its length tells, is sent together with it."""
        status = message["status"]
        lines = [_STATUS_LINES[status], self._connection.date]
        sized = status in _BODILESS
        for name, value in message["headers"]:
            if b"\n" in value or b"\r" in value:
                raise ValueError("a header with a line break")
            if name == b"content-length":
                sized = True
            elif name == b"connection" and value == b"close":
                self.keep_alive = False
                continue
            lines += (name, b": ", value, b"\r\n")
        if not sized:
            if self.http["http_version"] == "1.1":
                self._chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self.keep_alive = False  # the end of the connection is the end of the body
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        self._head = b"".join(lines)
        if not sized and not self.gone:
            self.started = True
            self._connection.write(self._head)
            self._head = b""

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        if self.http["method"] == "HEAD":
            return b""
        if not self._chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"
