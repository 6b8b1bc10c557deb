"""Status conditions of the custom resources: set by verbs, unchanged where they say the same already."""

from collections.abc import Sequence
from typing import Literal

from kecs.kube.time import rfc3339
from kecs.model.objects import Condition


def marked(
    conditions: Sequence[Condition],
    type: str,
    status: Literal["True", "False", "Unknown"],
    *,
    reason: str,
    message: str = "",
    generation: int = 0,
    now: float,
) -> list[Condition]:
    """Return the conditions with one set. Its transition time moves only when its status does."""
    before = next((condition for condition in conditions if condition.type == type), None)
    since = before.lastTransitionTime if before and before.status == status else rfc3339(now)
    new = Condition(type, status, reason, message, since, generation)
    return [*(condition for condition in conditions if condition.type != type), new]


def accepted(conditions: Sequence[Condition], generation: int, now: float) -> list[Condition]:
    """Return the conditions of an object that stands for an ECS one."""
    return marked(conditions, "Accepted", "True", reason="Accepted", generation=generation, now=now)


def is_accepted(conditions: Sequence[Condition], generation: int) -> bool:
    """Return whether an object has been found to stand for an ECS one, as it is now."""
    return any(
        one.type == "Accepted" and one.status == "True" and one.observedGeneration == generation for one in conditions
    )


def refused(conditions: Sequence[Condition], generation: int, now: float, message: str) -> list[Condition]:
    """Return the conditions of an object that ECS would refuse: it is left alone until it is changed."""
    return marked(conditions, "Accepted", "False", reason="Invalid", message=message, generation=generation, now=now)
