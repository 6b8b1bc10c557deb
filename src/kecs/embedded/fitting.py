"""The quick way through a structural schema: whether a value fits as it is.

Nearly every custom resource that is written does: nothing in it is unknown, mistyped or null, no default is missing.
A schema is made into a type that msgspec checks in C, at about a tenth of the cost of pruning, filling in and checking
member by member (`structural`), which is left to what does not fit, and finds the words for what is wrong.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

Json = dict[str, Any]
Fits = Callable[[Any], bool]

_SCALARS: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}
_LIMITS = {
    "maxLength": "max_length",
    "minLength": "min_length",
    "pattern": "pattern",
    "minimum": "ge",
    "maximum": "le",
    "maxItems": "max_length",
    "minItems": "min_length",
}
# What a type cannot say, or says in another way than Kubernetes does.
_BEYOND = frozenset(("allOf", "anyOf", "oneOf", "not", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")) | {
    "maxProperties",
    "minProperties",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-validations",
}


class _BeyondError(Exception):
    """The schema asks for more than a type can say."""


def fitting(schema: Json) -> Fits:
    """Return whether a value fits the schema as it is; never true for one that `structural` would change or refuse."""
    try:
        wanted = _type(schema)
    except (_BeyondError, re.error):
        return lambda _: False

    def fits(value: Any) -> bool:
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError:
            return False
        return True

    return fits


def _type(schema: Json) -> Any:
    if schema.get("format") == "date-time":
        raise _BeyondError
    if not _BEYOND.isdisjoint(schema) or schema.get("x-kubernetes-list-type") in ("set", "map"):
        raise _BeyondError
    if schema.get("x-kubernetes-int-or-string"):
        wanted: Any = int | str
    elif "enum" in schema:
        wanted = _literal(schema["enum"])
    elif schema.get("type") == "array":
        wanted = list[_type(schema["items"])]  # type: ignore[misc] # a type made at run time
    elif schema.get("type") == "object":
        wanted = _object(schema)
    elif schema.get("x-kubernetes-preserve-unknown-fields"):
        return Any
    else:
        wanted = _SCALARS[schema["type"]]
    limits = {_LIMITS[key]: value for key, value in schema.items() if key in _LIMITS}
    if limits:
        wanted = Annotated[wanted, msgspec.Meta(**limits)]
    return wanted | None if schema.get("nullable") else wanted


def _literal(values: list[Any]) -> Any:
    if not all(isinstance(value, str) for value in values):
        raise _BeyondError
    return Literal[tuple(values)]


def _object(schema: Json) -> Any:
    properties, additional = schema.get("properties"), schema.get("additionalProperties")
    preserve = schema.get("x-kubernetes-preserve-unknown-fields")
    if not properties:
        if isinstance(additional, dict):
            return dict[str, _type(additional)]  # type: ignore[misc] # a type made at run time
        return dict[str, Any] if preserve or additional is True else dict[str, msgspec.UnsetType]
    if additional is not None:
        raise _BeyondError
    required = schema.get("required", ())
    fields: list[Any] = []
    for number, (key, inner) in enumerate(properties.items()):
        # A member with a default must be there already, else it has to be filled in.
        must = key in required or "default" in inner
        wanted = _type(inner)
        fields.append((f"m{number}", wanted) if must else (f"m{number}", wanted | msgspec.UnsetType, msgspec.UNSET))
    names = {f"m{number}": key for number, key in enumerate(properties)}
    return msgspec.defstruct(
        "Members", fields, rename=names, kw_only=True, forbid_unknown_fields=not preserve, gc=False
    )
