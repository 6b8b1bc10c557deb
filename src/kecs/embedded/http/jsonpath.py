r"""The part of kubectl's JSONPath that printer columns use.

`.spec.name`, `.metadata.labels.app\.kubernetes\.io/name`, `['key']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `..name` and
filters such as `[?(@.type=="Ready")]`, with the dot at the beginning, braces and `$` optional.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

Path = Callable[[Any], list[Any]]
_Step = Callable[[Any], Iterator[Any]]

_TOKEN = re.compile(
    r"""(?P<descent>\.\.)
    | \.?\[\s*(?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\s*\]
    | \.?\[\s*(?P<index>-?\d+)\s*\]
    | \.?\[\s*(?P<start>-?\d*)\s*:\s*(?P<stop>-?\d*)\s*\]
    | \.?\[\s*(?P<every>\*)\s*\]
    | \.?\[\s*\?\(\s*@(?P<left>[^=!<>)]*?)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<right>.*?))?\s*\)\s*\]
    | \.?(?P<all>\*)
    | \.?(?P<name>(?:\\.|[^.\[\]\\{}*])+)""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def compile_path(text: str) -> Path:
    """Return a function that finds the values at a path, in order. Raises `ValueError` for what is no path."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    inner = inner.removeprefix("$").removeprefix("@")
    steps: list[_Step] = []
    position = 0
    while position < len(inner):
        match = _TOKEN.match(inner, position)
        if match is None:
            if inner[position:] == ".":
                break
            raise ValueError(f"no JSONPath: {text!r} at {inner[position:]!r}")
        steps.append(_step(match))
        position = match.end()

    def find(value: Any) -> list[Any]:
        found = [value]
        for step in steps:
            found = [result for one in found for result in step(one)]
        return found

    return find


def _step(match: re.Match[str]) -> _Step:
    if match["descent"]:
        return _descendants
    if match["name"] is not None:
        return _member(re.sub(r"\\(.)", r"\1", match["name"]))
    if match["quoted"] is not None:
        return _member(re.sub(r"\\(.)", r"\1", match["quoted"]))
    if match["index"] is not None:
        return _element(int(match["index"]))
    if match["every"] or match["all"]:
        return _children
    if match["left"] is not None:
        return _filter(match["left"], match["operator"], match["right"])
    return _slice(match["start"], match["stop"])


def _member(key: str) -> _Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and key in value:
            yield value[key]

    return step


def _element(index: int) -> _Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _slice(start: str, stop: str) -> _Step:
    bounds = slice(int(start) if start else None, int(stop) if stop else None)

    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            yield from value[bounds]

    return step


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _descendants(child)


def _filter(left: str, operator: str | None, right: str | None) -> _Step:
    path = compile_path(left)
    wanted = _literal(right or "")

    def holds(element: Any) -> bool:
        found = path(element)
        if operator is None or not found:
            return bool(found)
        try:
            return _COMPARISONS[operator](found[0], wanted)
        except TypeError:
            return False

    def step(value: Any) -> Iterator[Any]:
        yield from (element for element in _children(value) if holds(element))

    return step


def _literal(text: str) -> Any:
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
