"""Resident memory of ten thousand pods that are watched, in a process of its own."""

import subprocess
import sys

from bench import process
from bench.table import Row, median, spread

PODS = 10_000
ROUNDS = 3
LIMIT_MB = 60


def measure() -> list[Row]:
    """Measure the memory that a process takes for pods, their indexes and counts."""
    found = []
    with process.pods(PODS, PODS) as server:
        for _ in range(ROUNDS):
            command = [sys.executable, "-m", "bench.watcher", str(server.port), str(PODS)]
            found.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    return [
        Row(
            f"resident memory for {PODS:,} pods watched",
            f"{median(found):.0f} MB",
            spread=spread(found, "{:.0f}") + " MB",
            wanted=f"≤ {LIMIT_MB} MB",
            reached=median(found) <= LIMIT_MB,
        )
    ]
