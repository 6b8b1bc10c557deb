"""The table that `make bench` prints."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, kecs's figure, the peer's or floor's, their ratio and its spread, what is wanted."""

    what: str
    kecs: str
    peer: str = ""
    ratio: str = ""
    spread: str = ""
    wanted: str = ""
    reached: bool = True


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Return the range of the values as text."""
    return f"{form.format(min(values))} to {form.format(max(values))}"


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which so many percent of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, its columns aligned."""
    head = ("what", "kecs", "peer or floor", "ratio", "spread", "wanted", "")
    lines = [
        head,
        *((r.what, r.kecs, r.peer, r.ratio, r.spread, r.wanted, "" if r.reached else "missed") for r in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
