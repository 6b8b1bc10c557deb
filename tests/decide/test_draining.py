from typing import Any

import pytest

from kecs.decide.draining import Step, next_step


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ({"tasks": 2, "workload": True, "replicas": 2}, "scale_to_zero"),
        ({"tasks": 2, "workload": True}, "wait"),
        ({"tasks": 1}, "wait"),
        ({"workload": True}, "remove_workload"),
        ({}, "record"),
    ],
)
def test_next_step(state: dict[str, Any], step: Step) -> None:
    defaults: dict[str, Any] = {"tasks": 0, "workload": False, "replicas": 0}
    assert next_step(**{**defaults, **state}) == step
