"""From the start of the process to its first answer, on data that exists already."""

import tempfile
from pathlib import Path

from bench import process
from bench.table import Row, median, spread

ROUNDS = 7
LIMIT_SECONDS = 0.45
LIMIT_RATIO = 0.3


def measure() -> list[Row]:
    """Start both servers in turn and compare."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        process.kecs(data).stop()
        ours, theirs = [], []
        for _ in range(ROUNDS):
            with process.kecs(data) as server:
                ours.append(server.first_answer())
            with process.moto() as server:
                theirs.append(server.first_answer())
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return [
        Row(
            "process start to first answer, existing data",
            f"{median(ours):.2f} s",
            f"moto {median(theirs):.2f} s",
            f"{median(ratios):.2f}",
            spread(ours),
            f"≤ {LIMIT_SECONDS} s, ratio ≤ {LIMIT_RATIO}",
            median(ours) <= LIMIT_SECONDS and median(ratios) <= LIMIT_RATIO,
        )
    ]
