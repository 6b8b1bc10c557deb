"""A budget, its pods and what their controllers want → how many may go."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.controllers.disruption import observed
from kecs.embedded.controllers.kinds import DisruptionBudget
from kecs.embedded.controllers.views import Pod
from kecs.kube.time import epoch
from tests.embedded.controllers.make import meta, pod

NOW = epoch("2026-01-01T12:00:00Z")


def budget(status: dict[str, Any] | None = None, **spec: Any) -> DisruptionBudget:
    return msgspec.convert(
        {"metadata": meta("web", generation=2), "spec": spec, "status": status or {}}, DisruptionBudget
    )


def pods(ready: int, unready: int = 0) -> list[Pod]:
    return [pod(f"p{number}", ready=number < ready) for number in range(ready + unready)]


@pytest.mark.parametrize(
    ("spec", "ready", "unready", "scale", "expected", "desired", "allowed"),
    [
        ({"minAvailable": 2}, 3, 0, 3, 3, 2, 1),
        ({"minAvailable": 2}, 2, 1, 3, 3, 2, 0),
        ({"minAvailable": "50%"}, 3, 0, 3, 3, 2, 1),
        ({"maxUnavailable": 1}, 3, 0, 3, 3, 2, 1),
        ({"maxUnavailable": 1}, 3, 0, 5, 5, 4, 0),  # two are on their way
        ({"maxUnavailable": "34%"}, 3, 0, 3, 3, 1, 2),
        ({"maxUnavailable": 5}, 3, 0, 3, 3, 0, 3),
        ({"minAvailable": 0}, 0, 0, 0, 0, 0, 0),
        ({}, 2, 0, 2, 2, 1, 1),
    ],
)
def test_budgets(
    spec: dict[str, Any], ready: int, unready: int, scale: int, expected: int, desired: int, allowed: int
) -> None:
    result, _ = observed(budget(**spec), pods(ready, unready), scale, NOW)
    assert (result.expectedPods, result.desiredHealthy, result.disruptionsAllowed) == (expected, desired, allowed)
    assert result.currentHealthy == ready
    assert [(one.type, one.status) for one in result.conditions] == [
        ("DisruptionAllowed", "True" if allowed else "False")
    ]


def test_an_eviction_counts_until_its_pod_goes_or_two_minutes_are_over() -> None:
    evicted = {"p0": "2026-01-01T11:59:00Z", "p1": "2026-01-01T11:50:00Z", "gone": "2026-01-01T11:59:00Z"}
    result, again = observed(budget({"disruptedPods": evicted}, minAvailable=1), pods(3), 3, NOW)
    assert result.disruptedPods == {"p0": "2026-01-01T11:59:00Z"}
    assert (result.currentHealthy, result.disruptionsAllowed) == (2, 1)
    assert again == 60
