"""What the rules see of a service: its tasks, alive and recently stopped."""

import math
from enum import IntEnum

import msgspec


class Phase(IntEnum):
    """How far a task has come; it only ever grows."""

    PENDING = 0  # no essential container has started yet
    RUNNING = 1
    STOPPING = 2  # its end is decided, or its containers have ended
    STOPPED = 3  # recorded


def whole_seconds(steady_after: float) -> int:
    """Return how long a task that nothing checks has to run to count, where ECS says `steady_after` (40 s).

    Kubernetes writes starts in whole seconds, rounded down, so it takes one more to be sure. Its own rollouts count
    with the same figure (`minReadySeconds`), so that they and ECS's states agree.
    """
    return math.ceil(steady_after) + 1 if steady_after > 0 else 0


class End(IntEnum):
    """Why a task ends, as far as the rules care."""

    NONE = 0  # it does not
    FAILED = 1  # of itself: an essential container ended, or it never started
    UNHEALTHY = 2  # its health check failed
    SCALED = 3  # the scheduler wants fewer, or newer ones
    OTHER = 4  # somebody stopped it, its node went away


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One task of a service.

    `deployment` is the id of its ECS deployment. `healthy` is None where neither a load balancer nor a health check
    judges the task. `stuck` is why no node takes it, in ECS's words.
    """

    id: str
    deployment: str
    phase: Phase
    createdAt: float
    startedAt: float | None = None
    stoppedAt: float | None = None
    healthy: bool | None = None
    end: End = End.NONE
    stuck: str = ""

    @property
    def failed(self) -> bool:
        """Whether the task ended of itself or for its health, rather than because somebody stopped it."""
        return self.end is End.FAILED or self.end is End.UNHEALTHY

    def proven_at(self, steady_after: float) -> float | None:
        """Return when the task counts, or will count, as a healthy one; None when that cannot be said yet.

        A task that nothing checks has to keep running for a while (`whole_seconds`).
        """
        if self.startedAt is None or self.healthy is False:
            return None
        at = self.startedAt + (whole_seconds(steady_after) if self.healthy is None else 0)
        return None if self.stoppedAt is not None and self.stoppedAt < at else at

    def is_proven(self, now: float, steady_after: float) -> bool:
        """Return whether the task runs and counts as healthy at `now`."""
        at = self.proven_at(steady_after)
        return self.phase is Phase.RUNNING and at is not None and at <= now
