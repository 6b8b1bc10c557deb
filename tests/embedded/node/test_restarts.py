"""Restart policies, rules and delays."""

import pytest

from kecs.embedded.node.container_views import Container, ExitCodes, RestartRule
from kecs.embedded.node.record import ContainerRecord, Run
from kecs.embedded.node.restarts import BackOff, due, next_step, restarts, rule_says
from kecs.embedded.node.views import Meta, Pod, PodSpec

BACK_OFF = BackOff(10.0, 300.0)


def test_delays_double_up_to_the_longest() -> None:
    assert [BACK_OFF.delay(step) for step in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert BACK_OFF.delay(10_000) == 300


@pytest.mark.parametrize(
    ("policy", "own", "code", "init", "again"),
    [
        ("Always", "", 0, False, True),
        ("Always", "", 1, False, True),
        ("OnFailure", "", 0, False, False),
        ("OnFailure", "", 1, False, True),
        ("Never", "", 1, False, False),
        ("Always", "Never", 1, False, False),
        ("Never", "Always", 0, False, True),
        ("Never", "OnFailure", 1, False, True),
        ("Always", "", 0, True, False),
        ("Always", "", 1, True, True),
        ("Never", "", 1, True, False),
        ("Never", "Always", 0, True, True),  # a sidecar
    ],
)
def test_policies(policy: str, own: str, code: int, init: bool, again: bool) -> None:
    pod = Pod(Meta(name="p", namespace="n", uid="u"), PodSpec(restartPolicy=policy))
    run = Run("x", 0, "exited", exit_code=code)
    assert restarts(pod, Container("a", restartPolicy=own), run, init=init) is again


@pytest.mark.parametrize(
    ("operator", "values", "code", "says"),
    [("In", [1, 2], 2, True), ("In", [1, 2], 3, False), ("NotIn", [1, 2], 3, True), ("NotIn", [1, 2], 1, False)],
)
def test_rules(operator: str, values: list[int], code: int, says: bool) -> None:
    container = Container("a", restartPolicyRules=[RestartRule("Restart", ExitCodes(operator, values))])
    assert rule_says(container, code) is says


def test_a_long_run_is_forgiven() -> None:
    record = ContainerRecord("a", Run("x", 0, "exited", 100.0, 110.0), step=4)
    assert next_step(record, BACK_OFF, 200.0) == 5
    assert next_step(record, BACK_OFF, 100.0 + 601) == 1
    assert due(record, BACK_OFF) == 110.0 + 80
