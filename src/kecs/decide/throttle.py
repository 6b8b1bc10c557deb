"""Tasks that fail again and again are started again with a growing delay.

ECS delays tasks that never reach RUNNING (up to 27 minutes) and needs half a minute to provision any. An engine that
starts in 0.2 s would make a hot loop of a task that lives only briefly, so those are delayed as well. The delay is a
function of the tasks' ends and the time alone, so a restart neither forgets nor prolongs it.
"""

from collections.abc import Iterable

import msgspec

from kecs.decide.observed import Task


class Delays(msgspec.Struct, frozen=True, gc=False):
    """The settings of the throttle.

    After `free` rounds of failures (a round: as many as are desired) the first delay is `base`, each further round
    doubles it up to `cap`. A task that ran for `brief` seconds did not fail; where the last one ran, if only briefly,
    the delay is `briefCap` at most: about what ECS needs to provision a task.
    """

    base: float = 1.0
    cap: float = 300.0
    brief: float = 10.0
    briefCap: float = 30.0
    free: int = 2


class Hold(msgspec.Struct, frozen=True, gc=False):
    """No replacement may be started before `until` (0: at once).

    `failures` in a row led to it; `since` is when a task last proved to last (minus infinity: never).
    """

    until: float
    failures: int
    since: float


def hold(tasks: Iterable[Task], desired: int, delays: Delays, now: float) -> Hold:
    """Return until when new tasks of one deployment have to wait, given its tasks, alive and stopped."""
    failed: list[tuple[float, bool]] = []  # when, and whether it ran at all
    lasted = float("-inf")
    for task in tasks:
        end = now if task.stoppedAt is None else task.stoppedAt
        if task.startedAt is not None and end - task.startedAt >= delays.brief:
            lasted = max(lasted, task.startedAt + delays.brief)
        elif task.failed and task.stoppedAt is not None:
            failed.append((task.stoppedAt, task.startedAt is not None))
    streak = [one for one in failed if one[0] > lasted]
    rounds = len(streak) // max(1, desired)
    if rounds < delays.free:
        return Hold(0.0, len(streak), lasted)
    last, ran = max(streak)
    longest = min(delays.cap, delays.briefCap) if ran else delays.cap
    return Hold(last + min(longest, delays.base * 2.0 ** min(rounds - delays.free, 64)), len(streak), lasted)
