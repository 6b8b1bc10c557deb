"""Times as Kubernetes writes them (RFC 3339 in UTC), from and to epoch seconds."""

import time
from datetime import datetime
from functools import lru_cache


@lru_cache(maxsize=64)  # thousands of objects share the second in which they were made
def _whole(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def rfc3339(epoch: float) -> str:
    """Return `2006-01-02T15:04:05Z`, the form of `metav1.Time`."""
    return _whole(int(epoch))


def rfc3339_micro(epoch: float) -> str:
    """Return `2006-01-02T15:04:05.000000Z`, the form of `metav1.MicroTime`."""
    micros = int(epoch * 1_000_000)
    return f"{_whole(micros // 1_000_000)[:-1]}.{micros % 1_000_000:06d}Z"


@lru_cache(maxsize=4096)
def epoch(text: str) -> float:
    """Return the epoch seconds of an RFC 3339 time. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return moment.timestamp()


def now() -> float:
    """Return the time as epoch seconds, to the millisecond: finer is not shown anywhere."""
    return round(time.time(), 3)
