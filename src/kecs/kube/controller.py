"""The loop of a controller: keys in, reconciliations out, failures tried again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar

from kecs.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from kecs.kube.figures import Durations, Family
from kecs.kube.queue import WorkQueue

K = TypeVar("K", bound=Hashable)

log = logging.getLogger(__name__)

_FEW = 20  # objects that a look may always go through
_PER_OBJECT = 100e-6  # seconds between looks for each object of a key that has more; a look takes a few µs for each

_PAUSE = 1.0  # seconds that a loop rests after it broke, so that what always breaks costs little

# A cache that lags behind: the next look will see it, nobody has to be told.
_STALE = (AlreadyExists, Conflict, NotFound)


class Runnable(Protocol):
    """Something that works until it is cancelled: a controller, an informer, a node."""

    async def run(self) -> None:
        """Work for ever."""
        ...


def is_end(error: BaseException) -> bool:
    """Tell whether an exception ends the task that runs now: it was cancelled, or the process ends.

    A cancellation that was meant for something else, which the task only waited for, is a failure like any other.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


async def forever(name: str, step: Callable[[], Awaitable[None]]) -> NoReturn:
    """Call `step` again and again until the task is cancelled, whatever it raises: the others go on meanwhile."""
    while True:
        try:
            await step()
        except BaseException as error:
            if is_end(error):
                raise
            log.error("%s: %s; again in %.3g s (%s)", name, type(error).__name__, _PAUSE, _place(error))
            await asyncio.sleep(_PAUSE)


class Work:
    """The figures of one controller: what it did, and its queue. They outlive it where another one takes its place."""

    def __init__(self) -> None:
        self.durations = Durations()
        self.retries = 0
        self.queue: WorkQueue[Any] | None = None


Works: TypeAlias = dict[str, Work]  # by the controller's name


def families(works: Works) -> Sequence[Family]:
    """Return the figures of controllers."""
    return (
        Family(
            "kecs_reconcile_duration_seconds",
            "histogram",
            "How long a look of a controller at one object took, whatever came of it.",
            ("controller",),
            (((name,), work.durations) for name, work in works.items()),
        ),
        Family(
            "kecs_reconcile_retries_total",
            "counter",
            "Looks that failed and are tried again.",
            ("controller",),
            (((name,), work.retries) for name, work in works.items()),
        ),
        Family(
            "kecs_work_queue_depth",
            "gauge",
            "Objects that wait for a look; those that wait for their time are not counted.",
            ("controller",),
            (((name,), len(work.queue) if work.queue else 0) for name, work in works.items()),
        ),
    )


class Controller(Generic[K]):
    """Calls `reconcile` for each key that is added, one call a key at a time, at most `workers` at once.

    `reconcile` looks at the state of the world, not at what happened; it returns None, or the seconds after which to
    look again. When it raises, whatever that is, the key is tried again with a growing delay (`first` … `longest`
    seconds). What it does is noted in `works`, under its name.
    """

    def __init__(
        self,
        name: str,
        reconcile: Callable[[K], Awaitable[float | None]],
        *,
        workers: int = 1,
        first: float = 0.005,
        longest: float = 60.0,
        works: Works | None = None,
    ) -> None:
        self.name = name
        self._reconcile = reconcile
        self._workers = workers
        self._queue: WorkQueue[K] = WorkQueue(first=first, longest=longest)
        self._noted = Work() if works is None else works.setdefault(name, Work())
        self._noted.queue = self._queue

    def add(self, key: K) -> None:
        """Ask for a look at `key`."""
        self._queue.add(key)

    def add_among(self, key: K, count: int) -> None:
        """Ask for a look at `key` because one of its `count` objects changed.

        A look goes through all of them, so where there are many it waits for further changes: the cost of a change
        does not grow with the number of objects beside it.
        """
        if count <= _FEW:
            self._queue.add(key)
        else:
            self._queue.add_after(key, count * _PER_OBJECT)

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for a look at `key` in some seconds."""
        self._queue.add_after(key, seconds)

    @property
    def idle(self) -> bool:
        """Whether nothing is ready or in work."""
        return self._queue.idle

    async def run(self) -> None:
        """Work for ever. Cancelling it cancels the reconciliations in progress and waits for them to end."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._workers):
                    worker = f"{self.name}-{number}"
                    group.create_task(forever(worker, self._work), name=worker)
        finally:
            self._queue.close()

    async def _work(self) -> None:
        queue = self._queue
        key = await queue.get()
        began = time.perf_counter()
        try:
            again = await self._reconcile(key)
            queue.succeeded(key)
            if again is not None:
                queue.add_after(key, again)
        except BaseException as error:
            if is_end(error):
                raise
            self._failed(key, error)
        finally:
            self._noted.durations.add(time.perf_counter() - began)
            queue.done(key)

    def _failed(self, key: K, error: BaseException) -> None:
        delay = self._queue.retry(key)
        self._noted.retries += 1
        if isinstance(error, _STALE):
            log.debug("%s: %s: %s; again in %.3g s", self.name, key, error, delay)
        elif isinstance(error, ApiError):
            log.warning("%s: %s: %s; again in %.3g s", self.name, key, error, delay)
        else:  # its message is left out: it may quote what it fell over, a secret for example
            kind = type(error).__name__
            log.error("%s: %s: %s; again in %.3g s (%s)", self.name, key, kind, delay, _place(error))


def _place(error: BaseException) -> str:
    """Return where an error was raised, for a log of one line."""
    trace = error.__traceback__
    if trace is None:
        return "unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', 'unknown module')}:{trace.tb_lineno}"
