"""What the conditions of an ECSDeployment say: a pure function of what is wanted and what is seen."""

import msgspec


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The workload as Kubernetes tells it.

    `fresh`: what was written last has been looked at by its controller. `desired` is how many tasks there shall be,
    `total` how many there are, `updated` and `available` those that are of the newest template, or serve. `stalled`:
    the deadline for progress has passed. `trouble` is why tasks cannot be made or do not start, a reason and a
    sentence; both are empty where there is none. `blocked`: the percentages allow neither stopping nor starting a task.
    """

    fresh: bool = False
    desired: int = 0
    total: int = 0
    updated: int = 0
    available: int = 0
    stalled: bool = False
    blocked: bool = False
    trouble: tuple[str, str] = ("", "")


class Verdict(msgspec.Struct, frozen=True):
    """One condition, apart from its times."""

    type: str
    holds: bool
    reason: str
    message: str = ""


READY, PROGRESSING, DEGRADED = "Ready", "Progressing", "Degraded"

_BLOCKED = "minimumHealthyPercent and maximumPercent allow neither stopping nor starting a task"
_STALLED = "no task has become available for as long as the Deployment waits for progress"


def verdicts(seen: Seen) -> list[Verdict]:
    """Return the conditions of one whose objects are written."""
    done = seen.fresh and seen.updated == seen.available == seen.total == seen.desired
    told = f"{seen.available} of {seen.desired} tasks are available, {seen.updated} of them up to date"
    blocked = seen.blocked and not done
    if done:
        ready = Verdict(READY, True, "Available", told)
        progressing = Verdict(PROGRESSING, False, "Complete")
    else:
        ready = Verdict(READY, False, "RolloutBlocked" if blocked else "RollingOut", told)
        goes_on = not (blocked or seen.stalled)
        progressing = Verdict(PROGRESSING, goes_on, ready.reason if goes_on or blocked else "DeadlineExceeded", told)
    return [ready, progressing, _degraded(seen, done=done, blocked=blocked)]


def _degraded(seen: Seen, *, done: bool, blocked: bool) -> Verdict:
    reason, message = seen.trouble
    if reason and not done:
        return Verdict(DEGRADED, True, reason, message)
    if blocked:
        return Verdict(DEGRADED, True, "RolloutBlocked", _BLOCKED)
    if seen.stalled and not done:
        return Verdict(DEGRADED, True, "DeadlineExceeded", _STALLED)
    return Verdict(DEGRADED, False, "AsExpected")


def refused(reason: str, message: str) -> list[Verdict]:
    """Return the conditions of one that is not carried out as it is; what runs is left as it was."""
    return [
        Verdict(READY, False, reason, message),
        Verdict(PROGRESSING, False, reason, message),
        Verdict(DEGRADED, True, reason, message),
    ]
