"""Any JSON value as a Struct of the ECS model wants it: members in either case, scalars as CloudFormation lets them be.

CloudFormation takes numbers and booleans as strings, and strings as numbers; hand-written YAML gives a number where a
string is due. Nothing that a value says is guessed at, and nothing is dropped in silence: what cannot be read raises
`ShapeError` with its path, and what a Struct has no member for is noted.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_origin

import msgspec

from kecs.model.annotation import bare

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_ECHO = 60  # characters of a wrong value that a message repeats

# Members that CloudFormation names otherwise than the API does, beside their case.
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "CreateServiceRequest": {"placementstrategies": "placementStrategy", "clusterarn": "cluster"},
    "ProxyConfiguration": {"proxyconfigurationproperties": "properties"},
}


class ShapeError(ValueError):
    """A value is not what its place demands. `path` is spelt as its user spelt it: `Properties.Volumes[0].Name`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Ignored(msgspec.Struct, frozen=True):
    """Something that was given and is not in the result, and why not."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


NO_MEMBER = "Amazon ECS has no such member here"


def below(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def coerce(value: Any, shape: type[msgspec.Struct], path: str, ignored: list[Ignored]) -> dict[str, Any]:
    """Return JSON that `shape` can be made of, its members in the API's case; `ignored` grows. Raises ShapeError."""
    _refuse_intrinsic(value, path)
    if not isinstance(value, dict):
        raise ShapeError(path, f"an object is due here, not {_named(value)}")
    members = _members(shape)
    made: dict[str, Any] = {}
    spelt: dict[str, str] = {}
    for given, content in value.items():
        where = below(path, str(given))
        name = members.get(str(given).casefold())
        if is_absent(content):
            continue
        if name is None:
            ignored.append(Ignored(where, NO_MEMBER))
            continue
        if name in spelt:
            raise ShapeError(where, f"is given twice, also as {spelt[name]}")
        spelt[name] = str(given)
        made[name] = _value(content, _kinds(shape)[name], where, ignored)
    return made


def coerce_all(value: Any, shape: type[msgspec.Struct], path: str, ignored: list[Ignored]) -> list[Any]:
    """Return a list of JSON that `shape` can be made of, as `coerce` does. Raises ShapeError."""
    return _list(value, shape, path, ignored)


def is_absent(value: Any) -> bool:
    """Say whether a value is none: null, or CloudFormation's word for it."""
    return value is None or value == {"Ref": "AWS::NoValue"}


@cache
def _members(shape: type[msgspec.Struct]) -> dict[str, str]:
    """Return the members of a Struct by their names in lower case."""
    found = {field.encode_name.casefold(): field.encode_name for field in msgspec.structs.fields(shape)}
    return {**_RENAMED.get(shape.__name__, {}), **found}


@cache
def _kinds(shape: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(shape)}


def _value(value: Any, kind: Any, path: str, ignored: list[Ignored]) -> Any:
    kind, limits = bare(kind)
    if kind is Any:
        return value
    if get_origin(kind) is list:
        return _list(value, get_args(kind)[0], path, ignored)
    if get_origin(kind) is dict:
        return _map(value, get_args(kind)[1], path, ignored)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return coerce(value, kind, path, ignored)
    _refuse_intrinsic(value, path)
    if isinstance(value, dict | list):
        raise ShapeError(path, f"{_WORDS[kind]} is due here, not {_named(value)}")
    return _SCALARS[kind](value, path, limits)


def _list(value: Any, kind: Any, path: str, ignored: list[Ignored]) -> list[Any]:
    _refuse_intrinsic(value, path)
    if not isinstance(value, list):
        raise ShapeError(path, f"a list is due here, not {_named(value)}")
    made = []
    for at, item in enumerate(value):
        if is_absent(item):
            ignored.append(Ignored(f"{path}[{at}]", "null says nothing"))
        else:
            made.append(_value(item, kind, f"{path}[{at}]", ignored))
    return made


def _map(value: Any, kind: Any, path: str, ignored: list[Ignored]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(path, f"an object is due here, not {_named(value)}")
    if len(value) == 1 and str(next(iter(value))).startswith("Fn::"):
        _refuse_intrinsic(value, path)
    made = {}
    for key, item in value.items():
        if is_absent(item):
            ignored.append(Ignored(below(path, str(key)), "null says nothing"))
        else:
            made[str(key)] = _value(item, kind, below(path, str(key)), ignored)
    return made


def _text(value: Any, path: str, limits: tuple[int, int] | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    raise ShapeError(path, f"a string is due here, not {_named(value)}")


def _integer(value: Any, path: str, limits: tuple[int, int] | None) -> int:
    is_written = isinstance(value, str) and _INTEGER.fullmatch(value.strip())
    if is_written or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ShapeError(path, f"a whole number is due here, not {_named(value)}")
    if limits and not limits[0] <= value <= limits[1]:
        raise ShapeError(path, f"{value} is out of range")
    return value


def _number(value: Any, path: str, limits: tuple[int, int] | None) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ShapeError(path, f"a number is due here, not {_named(value)}") from None


def _boolean(value: Any, path: str, limits: tuple[int, int] | None) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise ShapeError(path, f"true or false is due here, not {_named(value)}")


_SCALARS = {str: _text, int: _integer, float: _number, bool: _boolean}
_WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _refuse_intrinsic(value: Any, path: str) -> None:
    """Refuse a function of CloudFormation that nobody has resolved."""
    if isinstance(value, dict) and len(value) == 1:
        (name,) = value
        if name == "Ref" or str(name).startswith("Fn::"):
            raise ShapeError(path, f"{name} is for CloudFormation to resolve: the value itself is due here")


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = f'"{value}"' if isinstance(value, str) else "null" if value is None else str(value)
    return text if len(text) <= _ECHO else f"{text[:_ECHO]}…"
