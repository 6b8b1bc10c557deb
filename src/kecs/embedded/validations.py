"""Rules of custom resources (`x-kubernetes-validations`). There is no CEL here: a rule is known by its text, or kept.

Who opens the cluster says what holds for the rules that matter to it. Texts and order are `apiextensions-apiserver`'s.
"""

from collections.abc import Iterator
from typing import Any

from kecs.embedded.catalog import Rules
from kecs.embedded.problems import Problem, Problems

Json = dict[str, Any]

_MEMBER = "x-kubernetes-validations"
# Errors after which no rule is evaluated: it might fail over what they are about.
_BLOCKING = frozenset(
    f"FieldValue{reason}" for reason in ("NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid")
)
_NOT_CHECKED = Problem(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation",
)


def check(schema: Json, value: Any, rules: Rules, found: Problems) -> Problems:
    """Return which rules a value breaks; `found` is what its schema says of it."""
    if not any(rule in rules for rule in _all(schema)):
        return []
    if any(problem.reason in _BLOCKING for problem in found):
        return [_NOT_CHECKED]
    return list(_check(schema, value, "", rules))


def has_unknown(schema: Json, rules: Rules) -> bool:
    """Say whether a schema has rules that are not evaluated."""
    return any(rule not in rules for rule in _all(schema))


def _all(schema: Json) -> Iterator[str]:
    yield from (one.get("rule", "") for one in schema.get(_MEMBER) or ())
    inner = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for one in inner:
        if isinstance(one, dict):
            yield from _all(one)


def _check(schema: Json, value: Any, path: str, rules: Rules) -> Iterator[Problem]:
    if value is None:
        return
    for one in schema.get(_MEMBER) or ():
        holds = rules.get(one["rule"])
        if holds is not None and not holds(value):
            message = one.get("message") or f"failed rule: {one['rule']}"
            yield Problem(path, "FieldValueInvalid", f"Invalid value: {message}")
    if isinstance(value, list):
        if isinstance(items := schema.get("items"), dict):
            for index, item in enumerate(value):
                yield from _check(items, item, f"{path}[{index}]", rules)
    elif isinstance(value, dict):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for key, item in value.items():
            inner = properties.get(key, additional)
            if isinstance(inner, dict):
                yield from _check(inner, item, f"{path}.{key}" if path else key, rules)
