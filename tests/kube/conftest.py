import time
from collections.abc import Callable

import pytest


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], object]], float]:
    """CPU seconds of the quickest of five runs."""

    def measure(work: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            work()
            best = min(best, time.process_time() - began)
        return best

    return measure
