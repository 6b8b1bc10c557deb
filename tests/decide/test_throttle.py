import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.decide.observed import End, Phase, Task
from kecs.decide.throttle import Delays, hold

DELAYS = Delays(base=1, cap=60, brief=10, free=2)


def ended(at: float, ran: float | None = None, end: End = End.FAILED) -> Task:
    started = None if ran is None else at - ran
    return Task(id="t", deployment="d", phase=Phase.STOPPED, createdAt=0, startedAt=started, stoppedAt=at, end=end)


@pytest.mark.parametrize(
    ("ends", "desired", "until"),
    [
        ([], 1, 0),
        ([ended(5)], 1, 0),
        ([ended(5), ended(6)], 1, 7),
        ([ended(5), ended(6), ended(7)], 1, 9),
        ([ended(at) for at in range(1, 40)], 1, 99),  # the cap
        ([ended(at, ran=0.5) for at in range(1, 40)], 1, 69),  # the cap of those that ran
        ([ended(5), ended(6, ran=0.5), ended(7, ran=9)], 1, 9),  # brief lives count as failures
        ([ended(5), ended(6), ended(17, ran=11)], 1, 0),  # one that lasted ends the spell
        ([ended(5), ended(6, end=End.SCALED), ended(7, end=End.OTHER)], 1, 0),
        ([ended(5)] * 7, 4, 0),  # one round and a bit
        ([ended(5)] * 8, 4, 6),
    ],
)
def test_until(ends: list[Task], desired: int, until: float) -> None:
    assert hold(ends, desired, DELAYS, 100.0).until == until


def test_a_task_that_keeps_running_ends_the_spell() -> None:
    spell = [ended(5), ended(6), ended(7)]
    alive = Task(id="a", deployment="d", phase=Phase.RUNNING, createdAt=7, startedAt=7)
    assert hold([*spell, alive], 1, DELAYS, 16.0).until == 9
    assert hold([*spell, alive], 1, DELAYS, 17.0).until == 0


@given(st.lists(st.floats(0, 1e6), max_size=300), st.integers(0, 50), st.floats(0, 2e6))
def test_the_delay_is_bounded_and_a_function_of_the_ends_alone(ends: list[float], desired: int, now: float) -> None:
    tasks = [ended(at) for at in ends]
    first = hold(tasks, desired, DELAYS, now)
    assert first.until <= max(ends, default=0) + DELAYS.cap
    assert first == hold(list(reversed(tasks)), desired, DELAYS, now + 1)
