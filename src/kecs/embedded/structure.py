"""The rules for the schemas of custom resources: what makes one structural.

A schema that is stored holds to them, so that whoever reads it (`structural`, `fitting`) can rely on its shape. Source:
`apiextensions-apiserver`'s validation. Rules in CEL are not looked at.
"""

import re
from collections.abc import Iterator
from typing import Any

from kecs.embedded.problems import Problem, forbidden, invalid, required, unsupported
from kecs.embedded.structural import check as check_value

Json = dict[str, Any]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("$ref", "definitions", "dependencies", "id", "patternProperties", "additionalItems")
_UNTYPED = {
    "root": "must not be empty at the root",
    "field": "must not be empty for specified object fields",
    "item": "must not be empty for specified array items",
    "value": "must not be empty for specified object values",
}


def check(schema: Json, path: str) -> list[Problem]:
    """Return what is wrong with the schema of a version."""
    found = list(_check_node(schema, path))
    found += _check_metadata(schema, path)
    return found or list(_check_types(schema, path, "root"))


def _check_metadata(schema: Json, path: str) -> Iterator[Problem]:
    metadata = _members(schema.get("properties")).get("metadata", {})
    if "default" in metadata:
        yield forbidden(f"{path}.properties[metadata].default", "must not be set in top-level metadata")


def _members(value: Any) -> dict[str, Json]:
    return {key: inner for key, inner in value.items() if isinstance(inner, dict)} if isinstance(value, dict) else {}


def _below(schema: Json, path: str) -> Iterator[tuple[Json, str, str]]:
    """Yield the schemas of what an object of this one holds, with their paths and what they are there."""
    if isinstance(items := schema.get("items"), dict):
        yield items, f"{path}.items", "item"
    for key, inner in _members(schema.get("properties")).items():
        yield inner, f"{path}.properties[{key}]", "field"
    if isinstance(additional := schema.get("additionalProperties"), dict):
        yield additional, f"{path}.additionalProperties", "value"


def _check_node(schema: Json, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a schema by itself, and with what is in it."""
    if schema.get("additionalProperties") and schema.get("properties"):
        yield forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    for key in _UNSUPPORTED:
        if schema.get(key):
            yield forbidden(f"{path}.{key}", f"{key} is not supported")
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", why)
    kind = schema.get("type", "")
    if kind and kind not in _TYPES:
        yield unsupported(f"{path}.type", kind, _TYPES)
    if kind == "array" and not isinstance(schema.get("items"), dict):
        yield required(f"{path}.items", "must be specified")
    if pattern := schema.get("pattern"):
        yield from _check_pattern(pattern, path)
    yield from _check_list(schema, path)
    broken = False
    for inner, where, _ in _below(schema, path):
        for problem in _check_node(inner, where):
            broken = True
            yield problem
    if "default" in schema and not broken and (not kind or kind in _TYPES):
        yield from _check_default(schema, path)


def _check_pattern(pattern: str, path: str) -> Iterator[Problem]:
    try:
        re.compile(pattern)
    except re.error as error:
        if error.msg.startswith(("missing )", "unterminated", "unbalanced", "nothing to repeat", "multiple repeat")):
            why = f"must be a valid regular expression, but isn't: error parsing regexp: {error.msg}"
            yield invalid(f"{path}.pattern", pattern, why)  # what else Python does not know, Go may


def _check_list(schema: Json, path: str) -> Iterator[Problem]:
    items, kind = schema.get("items"), schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys") or []
    if kind == "map" and not keys:
        yield required(f"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
    if not isinstance(items, dict):
        return
    if kind == "set" and items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        why = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield invalid(f"{path}.items.x-kubernetes-map-type", items.get("x-kubernetes-map-type"), why)
    for key in keys if kind == "map" else ():
        inner = _members(items.get("properties")).get(key)
        if inner is None:
            why = "entries must all be names of item properties"
            yield invalid(f"{path}.x-kubernetes-list-map-keys", key, why)
        elif "default" not in inner and key not in items.get("required", ()):
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            yield required(f"{path}.items.properties[{key}].default", why)


def _check_default(schema: Json, path: str) -> Iterator[Problem]:
    for problem in check_value(schema, schema["default"], ""):
        yield Problem(f"{path}.default{'.' if problem.field else ''}{problem.field}", *problem[1:])


def _check_types(schema: Json, path: str, place: str) -> Iterator[Problem]:
    for inner, where, what in _below(schema, path):
        yield from _check_types(inner, where, what)
    kind = schema.get("type")
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not kind and (place == "root" or not free):
        yield required(f"{path}.type", _UNTYPED[place])
    elif place == "root" and kind != "object":
        yield invalid(f"{path}.type", kind, "must be object at the root")
