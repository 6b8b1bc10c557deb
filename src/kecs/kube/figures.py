"""What is counted and timed while the program works: plain structs, so that noting something costs next to nothing.

Whoever works keeps figures of its own and gives them as families when it is asked (`Source`). What a scrape can read
from the caches is not kept here at all.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeAlias

# Upper bounds of the buckets, seconds: from one answer out of a cache to a request that takes as long as one may.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Durations:
    """How long something took, each time: a histogram over `BOUNDS`."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Note one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)


class Family(NamedTuple):
    """One metric: its samples are values by label values, Durations where the kind is a histogram.

    The name of a counter ends in `_total`, that of a duration in `_seconds`.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...]
    samples: Iterable[tuple[tuple[str, ...], float | Durations]]


Source: TypeAlias = Callable[[], Iterable[Family]]
