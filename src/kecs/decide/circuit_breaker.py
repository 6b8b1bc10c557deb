"""The deployment circuit breaker: when ECS gives a deployment up."""

from collections.abc import Iterable

from kecs.decide.observed import Task
from kecs.model.generated import ecs

_DEFAULT_PERCENT = 50
_FEWEST, _MOST = 3, 200


def threshold(desired: int, breaker: ecs.DeploymentCircuitBreaker | None = None) -> int:
    """Return how many failed tasks give a deployment up: half of the desired count, in 3 … 200, or as configured."""
    configured = breaker.thresholdConfiguration if breaker else None
    kind = (configured.type if configured else None) or "BOUNDED_PERCENT"
    value = configured.value if configured and configured.value is not None else _DEFAULT_PERCENT
    if kind == "COUNT":
        return max(1, value)
    share = -(-desired * value // 100)
    if kind == "UNBOUNDED_PERCENT":
        return max(1, share)
    return min(max(_FEWEST, share), _MOST)


def failures(tasks: Iterable[Task], steady_after: float, *, reset: bool, now: float) -> int:
    """Count the tasks of one deployment that ended of themselves before they counted as healthy.

    With `reset` the count begins anew whenever a task came to count as healthy, be it alive or gone by now.
    """
    failed: list[float] = []
    last_proven = float("-inf")
    for task in tasks:
        proven = task.proven_at(steady_after)
        if proven is not None and proven <= now:
            last_proven = max(last_proven, proven)
        elif task.failed and task.stoppedAt is not None:
            failed.append(task.stoppedAt)
    return sum(at > last_proven for at in failed) if reset else len(failed)


def tripped(
    tasks: Iterable[Task], desired: int, breaker: ecs.DeploymentCircuitBreaker | None, steady_after: float, now: float
) -> bool:
    """Return whether the breaker, where it is on, gives up the deployment whose tasks these are."""
    if breaker is None or not breaker.enable:
        return False
    count = failures(tasks, steady_after, reset=breaker.resetOnHealthyTask is not False, now=now)
    return count >= threshold(desired, breaker)
