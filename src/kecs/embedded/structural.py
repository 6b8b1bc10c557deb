"""Custom resources by the schema of their definition: pruning, defaults, and validation.

The schema is a structural one (OpenAPI v3 with Kubernetes's `x-kubernetes-` members); its rules are for `validations`.
Texts: kube-openapi's `validation/errors`.
"""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from kecs.embedded.problems import Problem, Problems, duplicate, invalid, quoted, required, too_long, unsupported

Json = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_NAMES: dict[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
    type(None): "null",
}
_EMBEDDED = ("apiVersion", "kind", "metadata")


def pruned(schema: Json, value: Any, path: str, unknown: list[str]) -> Any:
    """Return a copy of `value` without what the schema does not know; the paths of that are added to `unknown`."""
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, dict):
            return value
        return [pruned(items, item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    preserve = schema.get("x-kubernetes-preserve-unknown-fields") or additional is True
    found: Json = {}
    for key, item in value.items():
        below = f"{path}.{key}" if path else key
        if key in properties:
            found[key] = pruned(properties[key], item, below, unknown)
        elif isinstance(additional, dict):
            found[key] = pruned(additional, item, below, unknown)
        elif preserve or (key in _EMBEDDED and schema.get("x-kubernetes-embedded-resource")):
            found[key] = item
        else:
            unknown.append(below)
    return found


def fill(schema: Json, value: Any) -> None:
    """Fill defaults into `value`; nulls where null is not allowed become the default, or go."""
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for item in value:
                fill(items, item)
        return
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for key, inner in properties.items():
        if key in value and value[key] is None and not inner.get("nullable"):
            del value[key]
        if key not in value and "default" in inner:
            value[key] = copy.deepcopy(inner["default"])
        if key in value:
            fill(inner, value[key])
    if isinstance(additional, dict):
        for key in [key for key in value if key not in properties]:
            if value[key] is None and not additional.get("nullable"):
                del value[key]
            else:
                fill(additional, value[key])


def check(schema: Json, value: Any, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a value."""
    if value is None and schema.get("nullable"):
        return
    if not _is_typed(schema, value):
        wanted, name = schema.get("type", ""), _NAMES[type(value)]
        if schema.get("x-kubernetes-int-or-string"):
            wanted = "integer,string"
        problem = invalid(path, name, f'{path} in body must be of type {wanted}: "{name}"')
        yield problem._replace(reason="FieldValueTypeInvalid")
        return
    if "enum" in schema and value not in schema["enum"]:
        yield unsupported(path, value, schema["enum"])
    if isinstance(value, str):
        yield from _check_text(schema, value, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(schema, value, path)
    elif isinstance(value, list):
        yield from _check_list(schema, value, path)
    elif isinstance(value, dict):
        yield from _check_object(schema, value, path)
    yield from _check_combined(schema, value, path)


def _is_typed(schema: Json, value: Any) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return type(value) in (int, str)
    wanted = schema.get("type")
    if not wanted:
        return True
    if wanted == "integer" and type(value) is float:
        return value.is_integer()
    return type(value) in _TYPES[wanted]


def _check_text(schema: Json, value: str, path: str) -> Problems:
    found: Problems = []
    longest = schema.get("maxLength")
    if longest is not None and len(value) > longest:
        found.append(too_long(path, longest))
    shortest = schema.get("minLength", 0)
    if len(value) < shortest:
        found.append(invalid(path, value, f"{path} in body should be at least {shortest} chars long"))
    if schema.get("format") == "date-time" and not _is_time(value):
        found.append(
            Problem(
                path,
                "FieldValueTypeInvalid",
                f"Invalid value: {quoted(value)}: {path} in body must be of type date-time: {quoted(value)}",
            )
        )
    pattern = schema.get("pattern")
    if pattern and not _searcher(pattern)(value):
        found.append(invalid(path, value, f"{path} in body should match '{pattern}'"))
    return found


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@lru_cache(maxsize=512)
def _searcher(pattern: str) -> Callable[[str], Any]:
    try:
        return re.compile(pattern).search
    except re.error:  # Go knows some that Python does not; a pattern that cannot be read refuses nothing
        return lambda _: True


def _check_number(schema: Json, value: float, path: str) -> Problems:
    found: Problems = []
    low, high, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if low is not None and (value <= low if schema.get("exclusiveMinimum") else value < low):
        words = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        found.append(invalid(path, value, f"{path} in body should be {words} {low:g}"))
    if high is not None and (value >= high if schema.get("exclusiveMaximum") else value > high):
        words = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        found.append(invalid(path, value, f"{path} in body should be {words} {high:g}"))
    if step and value % step:
        found.append(invalid(path, value, f"{path} in body should be a multiple of {step:g}"))
    return found


def _check_list(schema: Json, value: list[Any], path: str) -> Iterator[Problem]:
    most, least = schema.get("maxItems"), schema.get("minItems", 0)
    if most is not None and len(value) > most:
        yield Problem(path, "FieldValueTooMany", f"Too many: {len(value)}: must have at most {most} items")
    if len(value) < least:
        yield invalid(path, len(value), f"{path} in body should have at least {least} items")
    items = schema.get("items")
    if isinstance(items, dict):
        for index, item in enumerate(value):
            yield from check(items, item, f"{path}[{index}]")
    yield from _check_unique(schema, value, path)


def _check_unique(schema: Json, value: list[Any], path: str) -> Iterator[Problem]:
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("set", "map"):
        return
    seen: list[Any] = []
    for index, item in enumerate(value):
        key = item
        if kind == "map" and isinstance(item, dict):
            key = {name: item[name] for name in schema.get("x-kubernetes-list-map-keys", ()) if name in item}
        if key in seen:
            yield duplicate(f"{path}[{index}]", key)
        seen.append(key)


def _check_object(schema: Json, value: Json, path: str) -> Iterator[Problem]:
    def at(key: str) -> str:
        return f"{path}.{key}" if path else key

    for key in schema.get("required", ()):
        if key not in value:
            yield required(at(key))
    most, least = schema.get("maxProperties"), schema.get("minProperties", 0)
    if most is not None and len(value) > most:
        yield Problem(path, "FieldValueTooMany", f"Too many: {len(value)}: must have at most {most} items")
    if len(value) < least:
        yield invalid(path, len(value), f"{path} in body should have at least {least} properties")
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for key, item in value.items():
        if key in properties:
            yield from check(properties[key], item, at(key))
        elif isinstance(additional, dict):
            yield from check(additional, item, at(key))


def _check_combined(schema: Json, value: Any, path: str) -> Iterator[Problem]:
    whole = True
    for inner in schema.get("allOf", ()):
        for problem in check(inner, value, path):
            whole = False
            yield problem
    if not whole:
        yield invalid("<nil>", "", f"{quoted(path)} must validate all the schemas (allOf)")
    if "anyOf" in schema and not any(_holds(inner, value) for inner in schema["anyOf"]):
        yield invalid("<nil>", "", f"{quoted(path)} must validate at least one schema (anyOf)")
        yield from check(schema["anyOf"][0], value, path)
    if "oneOf" in schema and sum(_holds(inner, value) for inner in schema["oneOf"]) != 1:
        yield invalid(path, _shown(value), f"{path} in body must validate one and only one schema (oneOf)")
    if "not" in schema and _holds(schema["not"], value):
        yield invalid("<nil>", "", f"{quoted(path)} must not validate the schema (not)")


def _holds(schema: Json, value: Any) -> bool:
    return next(check(schema, value, ""), None) is None


def _shown(value: Any) -> Any:
    return _NAMES[type(value)] if isinstance(value, (dict, list)) else value
