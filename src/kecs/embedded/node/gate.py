"""How many pods an engine is asked to start at once.

An engine that is asked for everything at once finishes everything late. What is nearly done goes first: containers
before the sandboxes of further pods.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Lets `width` at a time through; 0 lets everyone."""

    def __init__(self, width: int) -> None:
        self._free = width
        self._open = width == 0
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def through(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for one's turn, and hold it."""
        if self._open:
            yield
            return
        await self._enter(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, line: deque[asyncio.Future[None]]) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # it was let through, and went away
            raise

    def _leave(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                turn = line.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
