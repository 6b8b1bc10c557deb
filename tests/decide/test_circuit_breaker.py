import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.decide import circuit_breaker
from kecs.decide.observed import End, Phase, Task
from kecs.model.generated.ecs import DeploymentCircuitBreaker, ThresholdConfiguration


def breaker(
    type_: str | None = None, value: int | None = None, *, reset: bool | None = None
) -> DeploymentCircuitBreaker:
    return DeploymentCircuitBreaker(
        enable=True,
        rollback=True,
        resetOnHealthyTask=reset,
        thresholdConfiguration=ThresholdConfiguration(type=type_, value=value) if type_ else None,
    )


@pytest.mark.parametrize(
    ("desired", "config", "threshold"),
    [
        (1, None, 3),
        (6, None, 3),
        (7, None, 4),
        (25, None, 13),
        (400, None, 200),
        (800, None, 200),
        (5, breaker("COUNT", 7), 7),
        (5, breaker("COUNT", 0), 1),
        (20, breaker("BOUNDED_PERCENT", 75), 15),
        (1000, breaker("BOUNDED_PERCENT", 75), 200),
        (2, breaker("BOUNDED_PERCENT", 10), 3),
        (2, breaker("UNBOUNDED_PERCENT", 10), 1),
        (1000, breaker("UNBOUNDED_PERCENT", 75), 750),
    ],
)
def test_threshold(desired: int, config: DeploymentCircuitBreaker | None, threshold: int) -> None:
    assert circuit_breaker.threshold(desired, config) == threshold


def failed(at: float, *, ran: float | None = None, end: End = End.FAILED) -> Task:
    started = None if ran is None else at - ran
    return Task(
        id=str(at), deployment="d", phase=Phase.STOPPED, createdAt=at - 1, startedAt=started, stoppedAt=at, end=end
    )


def running(started: float, *, healthy: bool | None = None) -> Task:
    return Task(id="r", deployment="d", phase=Phase.RUNNING, createdAt=started, startedAt=started, healthy=healthy)


NOW = 100.0


@pytest.mark.parametrize(
    ("tasks", "reset", "count"),
    [
        ([], True, 0),
        ([failed(1), failed(2), failed(3)], True, 3),
        ([failed(1), failed(2, end=End.SCALED), failed(3, end=End.OTHER)], True, 1),
        ([failed(1, ran=0.2), failed(2, ran=0.2)], True, 2),  # too short to count as healthy
        ([failed(20, ran=15)], True, 0),  # it had counted as healthy before it ended
        ([failed(1), failed(60), running(30)], True, 1),  # proven at 40
        ([failed(1), failed(60), running(30)], False, 2),
        ([failed(1), failed(2), running(95)], True, 2),  # not proven yet
        ([failed(1), failed(2), running(30, healthy=False)], True, 2),
        ([failed(1), failed(2), running(99, healthy=True)], True, 0),  # a check needs no time
        ([failed(1, end=End.UNHEALTHY)], True, 1),
    ],
)
def test_failures(tasks: list[Task], reset: bool, count: int) -> None:
    assert circuit_breaker.failures(tasks, 9, reset=reset, now=NOW) == count


def test_it_trips_at_the_threshold_only_where_it_is_on() -> None:
    tasks = [failed(1), failed(2), failed(3)]
    assert circuit_breaker.tripped(tasks, 2, breaker(), 10, NOW)
    assert not circuit_breaker.tripped(tasks[:2], 2, breaker(), 10, NOW)
    assert not circuit_breaker.tripped(tasks, 2, None, 10, NOW)
    assert not circuit_breaker.tripped(tasks, 2, DeploymentCircuitBreaker(enable=False), 10, NOW)


@given(st.integers(0, 5000), st.integers(0, 500))
def test_more_wanted_tasks_never_trip_sooner(desired: int, more: int) -> None:
    assert circuit_breaker.threshold(desired) <= circuit_breaker.threshold(desired + more)
