"""Structural OpenAPI v3 schemas of Structs: the Struct is the only source of what an object may hold."""

import inspect
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from kecs.model.generated import ecs, ecs_limits

Json = dict[str, Any]

_SCALARS: dict[Any, Json] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
}
_INT32 = 2**31 - 1


def schema_of(type_: Any, *, strict: bool) -> Json:
    """Return the schema of a type. `strict` adds the enumerations and required members of the published ECS model."""
    origin = get_origin(type_)
    if type_ in _SCALARS:
        return dict(_SCALARS[type_])
    if type_ is Any:
        return {"x-kubernetes-preserve-unknown-fields": True}
    if origin is typing.Annotated:
        base, *notes = get_args(type_)
        schema = schema_of(base, strict=strict)
        if any(isinstance(note, msgspec.Meta) and note.le == _INT32 for note in notes):
            # The format alone binds nobody, and one number out of range would make the object unreadable.
            schema |= {"format": "int32", "minimum": -_INT32 - 1, "maximum": _INT32}
        return schema
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in get_args(type_) if arg is not types.NoneType)
        return schema_of(inner, strict=strict)
    if origin is list:
        return {"type": "array", "items": schema_of(get_args(type_)[0], strict=strict)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(get_args(type_)[1], strict=strict)}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(type_))}
    return _struct(type_, strict=strict)


def _struct(struct: type[msgspec.Struct], *, strict: bool) -> Json:
    # Annotations are types here, never texts, so nothing has to be evaluated (which takes longer than all the rest).
    hints = {name: hint for base in reversed(struct.__mro__) for name, hint in inspect.get_annotations(base).items()}
    properties = {name: schema_of(hint, strict=strict) for name, hint in hints.items() if not name.startswith("__")}
    schema: Json = {"type": "object", "properties": properties}
    if strict:
        for source in struct.__mro__:
            _constrain(schema, source.__name__)
    elif struct.__module__ != ecs.__name__:
        _complete(schema, struct)
    return schema


def _complete(schema: Json, struct: type[msgspec.Struct]) -> None:
    """Add what a Struct of kecs itself demands, and its counts that are 0 unless written, so that columns show them."""
    fields = msgspec.structs.fields(struct)
    required = [field.name for field in fields if field.required]
    if required:
        schema["required"] = required
    for field in fields:
        if field.name.endswith("Count") and field.default == 0:
            schema["properties"][field.name]["default"] = 0


def _constrain(schema: Json, name: str) -> None:
    for member, allowed in ecs_limits.BY_MEMBER.get(name, {}).items():
        target = schema["properties"][member]
        (target["items"] if target["type"] == "array" else target)["enum"] = list(allowed)
    required = [member for member in ecs_limits.REQUIRED.get(name, ()) if member in schema["properties"]]
    if required:
        schema["required"] = required
