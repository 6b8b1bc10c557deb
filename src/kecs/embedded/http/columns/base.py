"""What the columns of every kind are written with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from kecs.kube.api import Json
from kecs.kube.time import epoch

NONE = "<none>"
UNSET = "<unset>"
UNKNOWN = "<unknown>"

Cells = Callable[[Json, float], list[Any]]


class Column(NamedTuple):
    """One column. `priority` 1 is shown by `-o wide` alone; `type` and `format` are OpenAPI's."""

    name: str
    priority: int = 0
    type: str = "string"
    format: str = ""
    description: str = ""


NAME = Column("Name", 0, "string", "name", "The name of the object, unique within its namespace.")
AGE = Column("Age", 0, "string", "", "The time since the object was created.")


@dataclass(eq=False)
class Printer:
    """The columns of a kind, its cells for an object at a time (epoch seconds), and a row's conditions if any."""

    columns: tuple[Column, ...]
    cells: Cells
    conditions: Callable[[Json], list[Json]] | None = None

    def __post_init__(self) -> None:
        self.definitions: bytes = msgspec.json.encode(
            [
                {
                    "name": column.name,
                    "type": column.type,
                    "format": column.format,
                    "description": column.description,
                    "priority": column.priority,
                }
                for column in self.columns
            ]
        )


def wide(*names: str) -> tuple[Column, ...]:
    """Return text columns that `-o wide` adds."""
    return tuple(Column(name, 1) for name in names)


def plain(*names: str) -> tuple[Column, ...]:
    """Return text columns that are always shown."""
    return tuple(Column(name) for name in names)


def at(value: Any, *path: str) -> Any:
    """Return what is at `path` in nested objects, None where a part of it is missing."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def name(value: Json) -> str:
    """Return an object's name."""
    return str(at(value, "metadata", "name") or "")


def age(value: Json, now: float) -> str:
    """Return the age of an object."""
    return since(at(value, "metadata", "creationTimestamp"), now)


def since(text: str | None, now: float) -> str:
    """Return the time that has passed since an RFC 3339 time."""
    if not text:
        return UNKNOWN
    try:
        return duration(now - epoch(text))
    except ValueError:
        return "<invalid>"


def duration(seconds: float) -> str:
    """Write a duration as kubectl does: two units while they are telling, one when the smaller no longer matters."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 120:
        return f"{max(whole, 0)}s"
    minutes, hours = whole // 60, whole // 3600
    days, years = hours // 24, hours // 24 // 365
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if years < 2:
        return f"{days}d"
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def pairs(labels: Mapping[str, Any] | None) -> str:
    """Return labels as `a=b,c=d`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) if labels else NONE


def selector(value: Json | None) -> str:
    """Return a label selector with its expressions as one line."""
    if value is None:
        return NONE
    parts = [f"{key}={wanted}" for key, wanted in (value.get("matchLabels") or {}).items()]
    parts += [_requirement(one) for one in value.get("matchExpressions") or ()]
    return ",".join(sorted(parts, key=_sorting)) or NONE


def _sorting(part: str) -> str:
    return part.lstrip("!").partition("=")[0].partition(" ")[0]


def _requirement(one: Json) -> str:
    key, operator = one.get("key", ""), one.get("operator", "")
    values = ",".join(sorted(one.get("values") or ()))
    if operator == "Exists":
        return str(key)
    return f"!{key}" if operator == "DoesNotExist" else f"{key} {operator.lower()} ({values})"


def containers(template: Any) -> tuple[str, str]:
    """Return the names and the images of a pod template's containers, each joined by commas."""
    found = at(template, "spec", "containers") or ()
    return ",".join(one.get("name", "") for one in found), ",".join(one.get("image", "") for one in found)


def shortened(items: Iterable[str], limit: int) -> str:
    """Return the first items joined by commas, with how many more there are."""
    shown = list(items)
    if len(shown) <= limit:
        return ",".join(shown)
    return f"{','.join(shown[:limit])} + {len(shown) - limit} more..."
