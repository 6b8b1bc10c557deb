"""Streams whose first item is asked for before the answer begins, so that an error can still be told by its status."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The items of a generator, the first of which is already on its way.

    `aclose` ends it however far it has come: a generator that only wraps another one is never entered, and so ends
    nothing, when it is closed before its first step.
    """

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._items = items
        self._first: asyncio.Task[T] = asyncio.ensure_future(anext(items))
        self._begun = False

    async def look(self, seconds: float | None) -> bool:
        """Wait for the first item, but not longer (None: as long as it takes); tell whether there is one.

        Raises what the generator raised instead.
        """
        try:
            await asyncio.wait({self._first}, timeout=seconds)
        except BaseException:
            await self.aclose()
            raise
        if not self._first.done():
            return False
        error = self._first.exception()
        if error is None:
            return True
        if isinstance(error, StopAsyncIteration):
            return False
        raise error

    @property
    def ended(self) -> bool:
        """Whether it is known that there is nothing."""
        return self._first.done() and isinstance(self._first.exception(), StopAsyncIteration)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._begun:
            return await anext(self._items)
        self._begun = True
        return await self._first

    async def aclose(self) -> None:
        """Let go of what the generator holds."""
        self._first.cancel()
        await asyncio.gather(self._first, return_exceptions=True)
        await self._items.aclose()
