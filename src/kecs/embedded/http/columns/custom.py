"""The columns of a custom resource, from its definition's `additionalPrinterColumns`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from kecs.embedded.http.columns.base import NAME, Column, Printer, name, since
from kecs.embedded.http.jsonpath import Path, compile_path
from kecs.kube.api import Json

_AGE: Json = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def printer(definitions: Sequence[Json]) -> Printer:
    """Return the columns that a definition lists, or name and age when it lists none."""
    definitions = definitions or [_AGE]
    columns = [NAME]
    paths: list[tuple[Path, str]] = []
    for one in definitions:
        path = one["jsonPath"]
        description = one.get("description") or f"Custom resource definition column (in JSONPath format): {path}"
        columns.append(Column(one["name"], one.get("priority") or 0, one["type"], one.get("format") or "", description))
        paths.append((compile_path(path), one["type"]))

    def cells(value: Json, now: float) -> list[Any]:
        return [name(value), *(_cell(path(value), kind, now) for path, kind in paths)]

    return Printer(tuple(columns), cells)


def _cell(found: list[Any], kind: str, now: float) -> Any:
    """Return the cell for the first value found, None when it is not of the column's type."""
    value = found[0] if found else None
    if value is None:
        return None
    if kind == "string":
        return text(value)
    if kind == "date":
        return since(value, now) if isinstance(value, str) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if kind == "integer" else float(value)


def text(value: Any) -> str:
    """Return a JSON value as text: objects and arrays as compact JSON, the rest as Go prints it."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
