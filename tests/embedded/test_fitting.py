"""The quick way must agree with the thorough one: what fits is neither changed nor refused by it."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded import structural
from kecs.embedded.fitting import fitting

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"},
        "count": {"type": "integer", "minimum": 0},
        "share": {"type": "number", "nullable": True},
        "kind": {"type": "string", "enum": ["one", "two"]},
        "port": {"x-kubernetes-int-or-string": True},
        "list": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "object", "properties": {"on": {"type": "boolean"}}},
        },
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
WITH_DEFAULT: dict[str, Any] = {
    "type": "object",
    "properties": {"size": {"type": "integer", "default": 3}, "name": {"type": "string"}},
}

leaves = st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from(["a", "one", "toolong", "UP", 1.5, 2.0])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SCHEMA["properties"], "on", "else"]), inner, max_size=4)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from([*SCHEMA["properties"], "else"]), values, max_size=5)


def _thorough(schema: dict[str, Any], value: dict[str, Any]) -> bool:
    """Whether the thorough way leaves the value as it is and finds nothing wrong with it."""
    unknown: list[str] = []
    found = structural.pruned(schema, copy.deepcopy(value), "", unknown)
    structural.fill(schema, found)
    return not unknown and found == value and not list(structural.check(schema, found, ""))


@given(objects)
def test_what_fits_is_neither_changed_nor_refused(value: dict[str, Any]) -> None:
    if fitting(SCHEMA)(value):
        assert _thorough(SCHEMA, value)


@pytest.mark.parametrize(
    ("schema", "value", "wanted"),
    [
        (SCHEMA, {"name": "abc"}, True),
        (SCHEMA, {"name": "abc", "count": 3, "share": None, "kind": "two", "port": "http"}, True),
        (SCHEMA, {"name": "abc", "list": [{"on": True}], "map": {"a": "b"}, "free": {"x": [1]}}, True),
        (SCHEMA, {}, False),
        (SCHEMA, {"name": "ABC"}, False),
        (SCHEMA, {"name": "abcdef"}, False),
        (SCHEMA, {"name": "abc", "count": -1}, False),
        (SCHEMA, {"name": "abc", "count": None}, False),
        (SCHEMA, {"name": "abc", "else": 1}, False),
        (SCHEMA, {"name": "abc", "list": [{"off": True}]}, False),
        (SCHEMA, {"name": "abc", "list": [{}, {}, {}]}, False),
        (WITH_DEFAULT, {"size": 1}, True),
        (WITH_DEFAULT, {}, False),
        ({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}}, {}, False),
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}, {}, False),
    ],
)
def test_fits(schema: dict[str, Any], value: dict[str, Any], wanted: bool) -> None:
    assert fitting(schema)(value) is wanted
