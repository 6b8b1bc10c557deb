"""Requests as an AWS SDK sends them, over open connections, as fast as the server answers or at a pace."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

TARGET = "AmazonEC2ContainerServiceV20141113"
# As long as the header that boto3 sends, so that parsing it is part of the cost.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/ecs/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64
)


def request(port: int, operation: str, body: dict[str, Any]) -> bytes:
    """Return the bytes of one ECS request."""
    payload = json.dumps(body).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        f"X-Amz-Target: {TARGET}.{operation}\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: {AUTHORIZATION}\r\n"
        f"User-Agent: Boto3/1.44.5\r\nAccept-Encoding: identity\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


class Failed(Exception):
    """The server did not answer with 200."""


class Connection(asyncio.Protocol):
    """One keep-alive connection; opened anew when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Give what a server that closes after each answer has sent, or fail."""
        if self._transport is None:
            return  # closed after its answer; a new connection may be on its way
        self._transport = None
        if self._answer is None or self._answer.done() or self._complete(closed=True) is not None:
            return
        self._answer.set_exception(exc or ConnectionError("closed before the answer was complete"))

    def data_received(self, data: bytes) -> None:
        """Collect one answer."""
        self._buffer += data
        self._complete(closed=False)

    def _complete(self, *, closed: bool) -> bytes | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return None
        head = bytes(self._buffer[:end]).lower()
        mark = head.find(b"content-length:")
        if mark >= 0:
            length = int(head[mark + 15 : (head.find(b"\r\n", mark) + 1 or len(head) + 1) - 1])
            if len(self._buffer) < end + 4 + length:
                return None
        elif not closed:
            return None
        body = bytes(self._buffer[end + 4 :])
        status = head[9:12]
        self._buffer.clear()
        if b"connection: close" in head and self._transport is not None:
            self._transport.close()
            self._transport = None
        if status == b"200":
            self._answer.set_result(body)
        else:
            self._answer.set_exception(Failed(f"{status.decode()}: {body[:300].decode(errors='replace')}"))
        return body

    async def send(self, message: bytes) -> bytes:
        """Send one request and return the body of its answer."""
        if self._transport is None or self._transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


async def call(connection: Connection, port: int, operation: str, body: dict[str, Any]) -> Any:
    """Send one operation and return what it answered."""
    return json.loads(await connection.send(request(port, operation, body)))


async def flood(port: int, messages: Iterable[bytes], *, connections: int = 16) -> int:
    """Send the messages over so many connections, each as soon as the one before is answered; return how many."""
    pending = iter(messages)

    async def drain() -> int:
        connection, sent = Connection(port), 0
        try:
            for message in pending:
                await connection.send(message)
                sent += 1
        finally:
            connection.close()
        return sent

    return sum(await asyncio.gather(*(drain() for _ in range(connections))))


async def pace(
    port: int, message: Callable[[int], bytes], *, rate: float, seconds: float, connections: int = 16
) -> list[float]:
    """Send `rate` requests a second for so many seconds; return how long each took from its due time, in seconds.

    Counting from the due time keeps a stall from hiding the requests that had to wait behind it.
    """
    began = time.perf_counter()
    numbers = itertools.count()
    took: list[float] = []

    async def send() -> None:
        connection = Connection(port)
        try:
            for number in numbers:
                due = began + number / rate
                if due > began + seconds:
                    return
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                await connection.send(message(number))
                took.append(time.perf_counter() - due)
        finally:
            connection.close()

    await asyncio.gather(*(send() for _ in range(connections)))
    return took
