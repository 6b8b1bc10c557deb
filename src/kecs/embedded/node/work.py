"""What goes on for one pod at this moment."""

import asyncio

from kecs.embedded.node.engine import Found
from kecs.embedded.node.prober import Prober
from kecs.embedded.node.record import NEVER, PodRecord
from kecs.embedded.node.starter import Starter


class Work:
    """What goes on for a pod: made when something does, dropped when nothing is left."""

    __slots__ = (
        *("began", "endings", "hurry", "looking", "prober", "retry_at", "shown", "starter", "starting", "stops"),
        "timer",
    )

    def __init__(self) -> None:
        self.looking: asyncio.Task[None] | None = None
        self.starting: asyncio.Task[None] | None = None
        self.starter: Starter | None = None
        self.began = 0.0  # when `starting` did, or the first of `stops`
        self.stops: dict[str, asyncio.Task[None]] = {}
        self.hurry = False  # the grace was shortened since the stops began
        self.timer: asyncio.TimerHandle | None = None
        self.retry_at = NEVER  # when to try again what failed during a look
        self.prober: Prober | None = None
        self.endings: set[str] = set()  # ids of containers that the engine says have ended
        self.shown: list[Found] | None = None  # what the engine shows, for a pod that is to be adopted

    @property
    def idle(self) -> bool:
        """Whether there is nothing to keep this for."""
        busy = self.looking or self.starting or self.stops or self.timer or self.endings or self.shown is not None
        return not busy and (self.prober is None or self.prober.idle)


def work_of(record: PodRecord) -> Work:
    """Return a pod's work, begun if need be."""
    work = record.at_work
    if work is None:
        work = record.at_work = Work()
    return work  # type: ignore[no-any-return]  # a record does not know the worker
