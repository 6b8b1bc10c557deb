from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.decide import percent
from kecs.decide.percent import Bounds, Strategy


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "bounds", "strategy"),
    [
        (4, 100, 200, Bounds(4, 8), Strategy(0, 4, blocked=False)),
        (4, 50, 200, Bounds(2, 8), Strategy(2, 4, blocked=False)),
        (3, 50, 150, Bounds(2, 4), Strategy(1, 1, blocked=False)),  # up and down, where Kubernetes would surge by 2
        (1, 100, 150, Bounds(1, 1), Strategy(0, 1, blocked=True)),
        (1, 100, 100, Bounds(1, 1), Strategy(0, 1, blocked=True)),
        (1, 0, 100, Bounds(0, 1), Strategy(1, 0, blocked=False)),
        (0, 100, 100, Bounds(0, 0), Strategy(1, 0, blocked=False)),
        (10, 95, 105, Bounds(10, 10), Strategy(0, 1, blocked=True)),
    ],
)
def test_bounds_and_strategy(desired: int, minimum: int, maximum: int, bounds: Bounds, strategy: Strategy) -> None:
    assert percent.bounds(desired, minimum, maximum) == bounds
    assert percent.strategy(desired, minimum, maximum) == strategy


@given(st.integers(0, 2000), st.integers(0, 100), st.integers(100, 400))
def test_a_rollout_never_leaves_the_bounds(desired: int, minimum: int, maximum: int) -> None:
    strategy = percent.strategy(desired, minimum, maximum)
    assert strategy.maxSurge or strategy.maxUnavailable, "Kubernetes refuses both to be 0"
    if not strategy.blocked and desired:
        assert desired - strategy.maxUnavailable >= ceil(Fraction(desired * minimum, 100))
        assert desired + strategy.maxSurge <= floor(Fraction(desired * maximum, 100))
