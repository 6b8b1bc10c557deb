"""What stands in the columns; the rows are those of a real API server for the same objects."""

from typing import Any

import pytest

from kecs.embedded.catalog import Catalog
from kecs.embedded.http.columns.base import duration, since
from kecs.embedded.http.columns.custom import printer
from kecs.embedded.http.columns.named import PLAIN, PRINTERS
from kecs.embedded.http.tables import printer_of
from tests.embedded.http.rows import AGE, AGO, MADE, NOW, OTHERS, PODS, Json


def _cells(kind: tuple[str, str], obj: Json) -> list[Any]:
    metadata = {"name": "it", "creationTimestamp": MADE, **obj.get("metadata", {})}
    return PRINTERS.get(kind, PLAIN).cells({**obj, "metadata": metadata}, NOW)


@pytest.mark.parametrize("case", PODS)
def test_pod(case: str) -> None:
    pod, wanted = PODS[case]
    assert _cells(("", "Pod"), pod) == ["it", *wanted]


@pytest.mark.parametrize("case", OTHERS)
def test_row(case: str) -> None:
    kind, obj, wanted = OTHERS[case]
    assert _cells(kind, obj) == ([*wanted, "it"] if kind == ("", "Event") else ["it", *wanted])


@pytest.mark.parametrize("kind", PRINTERS)
def test_an_object_without_anything_has_a_row(kind: tuple[str, str]) -> None:
    printer = PRINTERS[kind]
    assert len(printer.cells({}, NOW)) == len(printer.columns)


def test_ended_pods_are_marked_as_completed() -> None:
    conditions = PRINTERS["", "Pod"].conditions
    assert conditions is not None
    assert [one["reason"] for one in conditions({"status": {"phase": "Failed"}})] == ["Failed"]
    assert conditions({"status": {"phase": "Running"}}) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (10799, "179m"),
        (10800, "3h"),
        (3 * 3600 + 120, "3h2m"),
        (8 * 3600 + 60, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (50 * 3600, "2d2h"),
        (8 * 86400 + 7200, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (800 * 86400, "2y70d"),
        (8 * 365 * 86400, "8y"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_time_since() -> None:
    assert since(AGO, NOW) == "5s"
    assert since(None, NOW) == "<unknown>"
    assert since("yesterday", NOW) == "<invalid>"


_COLUMNS = {
    "text": ("string", ".spec.text", "a"),
    "number as text": ("string", ".spec.count", "3"),
    "object as text": ("string", ".spec.map", '{"a":1}'),
    "list as text": ("string", ".spec.list", "[1,2]"),
    "first of many": ("string", ".spec.list[*]", "1"),
    "text as number": ("integer", ".spec.text", None),
    "count": ("integer", ".spec.count", 3),
    "share": ("number", ".spec.share", 0.5),
    "whole share": ("number", ".spec.count", 3.0),
    "fraction as integer": ("integer", ".spec.share", 0),
    "flag": ("boolean", ".spec.flag", True),
    "text as flag": ("boolean", ".spec.text", None),
    "date": ("date", ".spec.date", AGE),
    "no date": ("date", ".spec.text", "<invalid>"),
    "missing": ("string", ".spec.missing.deeper", None),
    "condition": ("string", '.status.conditions[?(@.type=="Ready")].status', "True"),
    "no such condition": ("string", '.status.conditions[?(@.type=="Other")].status', None),
    "annotation": ("string", r".metadata.annotations.example\.com/note", "n"),
    "annotation in brackets": ("string", ".metadata.annotations['example.com/note']", "n"),
}
_CUSTOM: Json = {
    "metadata": {"name": "it", "creationTimestamp": MADE, "annotations": {"example.com/note": "n"}},
    "spec": {"text": "a", "count": 3, "share": 0.5, "flag": True, "date": MADE, "map": {"a": 1}, "list": [1, 2]},
    "status": {"conditions": [{"type": "Old", "status": "False"}, {"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize("case", _COLUMNS)
def test_column_of_a_custom_resource(case: str) -> None:
    kind, path, wanted = _COLUMNS[case]
    made = printer([{"name": "Column", "type": kind, "jsonPath": path, "priority": 1}])
    assert made.cells(_CUSTOM, NOW) == ["it", wanted]
    assert (made.columns[1].name, made.columns[1].priority, made.columns[1].type) == ("Column", 1, kind)


def test_custom_resource_without_columns_shows_its_age() -> None:
    assert printer([]).cells(_CUSTOM, NOW) == ["it", AGE]


def test_every_kind_that_has_columns_on_a_cluster_has_them_here() -> None:
    bare = {kind.plural for kind in Catalog().kinds() if printer_of(kind) is PLAIN}
    assert bare <= {"clusterroles", "customresourcedefinitions", "limitranges", "roles"}
