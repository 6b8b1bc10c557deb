"""Values of Compose files: durations, sizes, and maps that may be lists."""

import re
from collections.abc import Mapping
from typing import Any

from kecs.export.problems import PathError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_MEBIBYTES = {"": 2**-20, "k": 2**-10, "m": 1, "g": 2**10, "t": 2**20}


def number(value: Any, path: str) -> float:
    """Return a number that may be a text. Raises PathError."""
    try:
        made = float(value)
    except (TypeError, ValueError):
        made = -1
    if not 0 <= made < 2**40:
        raise PathError(path, f"a number is due here, not {value!r}")
    return made


def seconds(duration: Any, path: str) -> float:
    """Return the seconds of a duration such as `1m30s`; a number alone is of seconds. Raises PathError."""
    found = _DURATION.findall(str(duration))
    return sum(float(one) * _SECONDS[unit] for one, unit in found) if found else number(duration, path)


def mebibytes(size: Any, path: str) -> int:
    """Return the MiB of a size such as `64m`; a number alone is of bytes. Raises PathError."""
    match = _SIZE.fullmatch(str(size).strip())
    if not match:
        raise PathError(path, f"a size is due here, not {size!r}")
    return max(1, round(float(match[1]) * _MEBIBYTES[match[2].lower()]))


def as_map(value: Any, separators: str = "=") -> dict[str, str]:
    """Return a map that may be a list of `name=value`."""
    if isinstance(value, Mapping):
        return {str(key): as_text(one) for key, one in value.items()}
    made = {}
    for one in value:
        separator = next((char for char in separators if char in str(one)), separators[0])
        key, _, rest = str(one).partition(separator)
        made[key] = rest
    return made


def as_texts(value: Any) -> list[str]:
    """Return texts that may be one alone."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def as_text(value: Any) -> str:
    """Return what a program is given for a value."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
