"""Kubernetes's times as epoch seconds."""

from datetime import datetime
from functools import lru_cache


@lru_cache(maxsize=4096)
def epoch(text: str | None) -> float | None:
    """Return the epoch seconds of an RFC 3339 time; None for none."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
