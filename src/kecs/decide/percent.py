"""How many tasks a rollout may stop and start: ECS's minimum and maximum percent as Kubernetes's whole numbers.

ECS rounds the minimum up and the maximum down; Kubernetes rounds a surge percentage up. So integers are written, and
written anew at each scale.
"""

import msgspec

from kecs.model.service import MAXIMUM_PERCENT, MINIMUM_PERCENT


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """At least `minimum` healthy tasks and at most `maximum` running or pending ones."""

    minimum: int
    maximum: int


class Strategy(msgspec.Struct, frozen=True, gc=False):
    """A rolling update of Kubernetes. `blocked`: neither stopping nor starting is allowed, so ECS does nothing."""

    maxUnavailable: int
    maxSurge: int
    blocked: bool


def bounds(desired: int, minimum: int = MINIMUM_PERCENT, maximum: int = MAXIMUM_PERCENT) -> Bounds:
    """Return the bounds of a rollout to `desired` tasks, given the percentages."""
    return Bounds(-(-desired * max(0, minimum) // 100), desired * max(0, maximum) // 100)


def strategy(desired: int, minimum: int = MINIMUM_PERCENT, maximum: int = MAXIMUM_PERCENT) -> Strategy:
    """Return the rolling update that keeps to the bounds; both figures 0 is what Kubernetes refuses, so it never is."""
    if not desired:
        return Strategy(1, 0, blocked=False)
    limit = bounds(desired, minimum, maximum)
    unavailable = max(0, desired - limit.minimum)
    surge = max(0, limit.maximum - desired)
    if unavailable or surge:
        return Strategy(unavailable, surge, blocked=False)
    return Strategy(0, 1, blocked=True)
