"""The work queue of a controller: keys, each at most once in it and at most once in work."""

import asyncio
import heapq
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_SUPERSEDED = 256  # delays that an earlier one took the place of, which may lie about until their time


class WorkQueue(Generic[K]):
    """Keys to be looked at.

    A key that is added while it is in work comes back when that work is done. `retry` brings a key back after a delay
    that doubles with each failure up to `longest` seconds, `add_after` after a given one; one timer serves all delays,
    and there is none while nothing waits.
    """

    def __init__(self, *, first: float = 0.005, longest: float = 60.0) -> None:
        self._first, self._longest = first, longest
        self._ready: deque[K] = deque()
        self._wanted: set[K] = set()  # in `_ready`, or to come back after the work in progress
        self._working: set[K] = set()
        self._failures: dict[K, int] = {}
        self._due: dict[K, float] = {}  # the earliest delayed add of each key
        self._heap: list[tuple[float, int, K]] = []
        self._pushed = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0  # uvloop's handle of a timer that is due at once does not know when
        self._waiters: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def idle(self) -> bool:
        """Whether nothing is ready or in work (delayed keys may wait)."""
        return not self._ready and not self._working

    def add(self, key: K) -> None:
        """Ask for a look at `key`."""
        if key in self._wanted:
            return
        self._wanted.add(key)
        if key not in self._working:
            self._push(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for a look at `key` in some seconds; the earliest of several counts."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if self._due.get(key, due + 1) <= due:
            return
        self._due[key] = due
        self._pushed += 1  # keys need not be comparable
        heapq.heappush(self._heap, (due, self._pushed, key))
        if len(self._heap) > 2 * len(self._due) + _SUPERSEDED:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)
        self._set_timer(loop)

    def retry(self, key: K) -> float:
        """Ask for another look after a failure; return the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(self._first * 2.0 ** min(failures, 60), self._longest)
        self.add_after(key, delay)
        return delay

    def succeeded(self, key: K) -> None:
        """Let the next failure of `key` begin with the shortest delay again."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Return the next key, which is in work until `done`."""
        while not self._ready:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake()  # woken and cancelled at once: hand the call on
                raise
        key = self._ready.popleft()
        self._wanted.discard(key)
        self._working.add(key)
        return key

    def done(self, key: K) -> None:
        """Say that the work on `key` is over."""
        self._working.discard(key)
        if key in self._wanted:
            self._push(key)

    def close(self) -> None:
        """Drop the timer; what waits is lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._heap.clear()
        self._due.clear()

    def _push(self, key: K) -> None:
        self._ready.append(key)
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # superseded by an earlier one
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer is not None:
            if self._timer_due <= due:
                return
            self._timer.cancel()
        self._timer = loop.call_at(due, self._on_timer, loop)
        self._timer_due = due

    def _on_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time() + 0.001  # timers of one millisecond fire together
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key)
        self._set_timer(loop)
