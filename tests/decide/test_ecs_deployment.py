"""The conditions of ECSDeployments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.decide.ecs_deployment import Seen, refused, verdicts

SEEN = [
    (Seen(fresh=True, desired=2, total=2, updated=2, available=2), "Ready Available|-Complete|-AsExpected"),
    (Seen(fresh=False, desired=2, total=2, updated=2, available=2), "-RollingOut|Progressing RollingOut|-AsExpected"),
    (Seen(fresh=True, desired=2, total=3, updated=1, available=2), "-RollingOut|Progressing RollingOut|-AsExpected"),
    (Seen(fresh=True), "Ready Available|-Complete|-AsExpected"),  # none wanted, none there
    (
        Seen(fresh=True, desired=1, total=1, updated=1, trouble=("ErrImagePull", "no such image")),
        "-RollingOut|Progressing RollingOut|Degraded ErrImagePull",
    ),
    (
        Seen(fresh=True, desired=1, total=1, updated=1, available=1, trouble=("CrashLoopBackOff", "of an old one")),
        "Ready Available|-Complete|-AsExpected",
    ),
    (
        Seen(fresh=True, desired=1, total=1, updated=1, stalled=True),
        "-RollingOut|-DeadlineExceeded|Degraded DeadlineExceeded",
    ),
    (
        Seen(fresh=True, desired=1, total=1, available=1, blocked=True),
        "-RolloutBlocked|-RolloutBlocked|Degraded RolloutBlocked",
    ),
    (
        Seen(fresh=True, desired=1, total=1, updated=1, available=1, blocked=True),
        "Ready Available|-Complete|-AsExpected",
    ),
]


@pytest.mark.parametrize(("seen", "told"), SEEN)
def test_what_is_seen_is_told(seen: Seen, told: str) -> None:
    found = [f"{one.type} {one.reason}" if one.holds else f"-{one.reason}" for one in verdicts(seen)]
    assert "|".join(found) == told


def test_what_is_refused_is_told_with_its_reason() -> None:
    found = refused("Invalid", "spec.Task: is missing")
    assert [(one.type, one.holds) for one in found] == [("Ready", False), ("Progressing", False), ("Degraded", True)]
    assert {(one.reason, one.message) for one in found} == {("Invalid", "spec.Task: is missing")}


@given(
    st.builds(
        Seen,
        fresh=st.booleans(),
        desired=st.integers(0, 3),
        total=st.integers(0, 3),
        updated=st.integers(0, 3),
        available=st.integers(0, 3),
        stalled=st.booleans(),
        blocked=st.booleans(),
        trouble=st.sampled_from([("", ""), ("CrashLoopBackOff", "it ends")]),
    )
)
def test_ready_is_never_told_of_less_than_is_wanted(seen: Seen) -> None:
    ready, progressing, degraded = verdicts(seen)
    assert [ready.type, progressing.type, degraded.type] == ["Ready", "Progressing", "Degraded"]
    if ready.holds:
        assert seen.fresh and seen.available == seen.updated == seen.desired
        assert not progressing.holds
        assert not degraded.holds
    assert all(one.reason for one in (ready, progressing, degraded))
