"""The body of an answer that goes on for long, as it arrives.

aiohttp opens the connection and reads the answer's head. Then the bytes go straight into a buffer of ours: on their way
through aiohttp they are copied several times, into memory that is new each time, which costs as much as decoding them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

import aiohttp
from aiohttp.client_proto import ResponseHandler

from kecs.kube.lines import Lines

T = TypeVar("T")

_AHEAD = 4  # pieces that wait to be taken before the server has to


async def pieces(response: aiohttp.ClientResponse, lines: Lines[T], silence: float | None) -> AsyncGenerator[T, None]:
    """Yield what the lines of an answer say, bit by bit, until it ends.

    `silence` is how long it may say nothing, in seconds. Raises TimeoutError, `InternalError` for an endless line, and
    OSError or aiohttp's errors when the connection breaks.
    """
    held = response.connection
    transport, before = (held.transport, held.protocol) if held else (None, None)
    if transport is None or before is None or "Transfer-Encoding" in response.headers:
        while data := await response.content.readany():
            for piece in lines.feed(data):
                yield piece
        return
    body = _Body(transport, before, lines)
    for piece in body.take_over(response.content, silence):
        yield piece
    while (one := await body.piece()) is not None:
        yield one


class _Body(asyncio.BufferedProtocol, Generic[T]):
    """Receives what is left of an answer that ends with its connection."""

    def __init__(self, transport: asyncio.Transport, before: ResponseHandler, lines: Lines[T]) -> None:
        self._transport = transport
        self._before = before
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._pieces: deque[T] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._has_ended = False
        self._error: BaseException | None = None

    def take_over(self, content: aiohttp.StreamReader, silence: float | None) -> list[T]:
        """Receive from now on what comes; return what the bytes say that have come already."""
        said: list[T] = []
        while data := content.read_nowait():
            said += self._lines.feed(data)
        self._before.pause_reading()  # nor does it look at the time any more
        self._transport.set_protocol(self)
        self._transport.resume_reading()
        if silence:
            self._looking = self._loop.call_later(silence, self._look, silence)
        return said

    async def piece(self) -> T | None:
        """Return what the next lines say, None at the end."""
        while not self._pieces:
            if self._has_ended:
                if self._error is not None:
                    raise self._error
                return None
            self._waiting = self._loop.create_future()
            await self._waiting
        if self._is_paused and len(self._pieces) < _AHEAD:
            self._is_paused = False
            self._heard_at = self._loop.time()
            self._transport.resume_reading()
        return self._pieces.popleft()

    def get_buffer(self, sizehint: int) -> memoryview:
        """See asyncio.BufferedProtocol."""
        return self._lines.room()

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio.BufferedProtocol."""
        self._heard_at = self._loop.time()
        try:
            said = self._lines.received(nbytes)
        except Exception as error:  # for whoever reads: the loop would log what it may quote
            self._end(error)
            return
        if said is None:
            return
        self._pieces.append(said)
        if len(self._pieces) >= _AHEAD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.BufferedProtocol."""
        self._before.connection_lost(exc)  # whoever closes the session waits for it
        self._end(exc)

    def _look(self, silence: float) -> None:
        """End it when nothing has come for too long; it is not asked for more while enough waits to be taken."""
        left = self._heard_at + silence - self._loop.time()
        if left <= 0 and not self._is_paused:
            self._end(TimeoutError())
        else:
            self._looking = self._loop.call_later(left if left > 0 else silence, self._look, silence)

    def _end(self, error: BaseException | None) -> None:
        if not self._has_ended:
            self._has_ended, self._error = True, error
            if self._looking is not None:
                self._looking.cancel()
            self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
