"""What AWS says about JSON whose types are not those of the shape, and what it lets pass.

ECS runs on the framework that DynamoDB runs on, and its texts show the same reader: "STRING_VALUE cannot be converted
to Integer" (aws-actions/amazon-ecs-deploy-task-definition#587, aws/aws-cdk-cli#973) and "Unrecognized collection type
class com.amazonaws.madison.frontend.RegisterTaskDefinitionRequest" (the same action, #610). The other texts are those
of that reader as DynamoDB's published conformance suites have recorded them.

That reader takes null for absent, drops nulls from lists, cuts decimals to integers, and ignores members that it does
not know. Integers beyond their width are held at the nearest one, so that validation refuses them in its own words.
"""

from typing import Any, get_args, get_origin

import msgspec

from kecs.model.annotation import bare
from kecs.model.errors import SerializationException

_PACKAGE = "com.amazonaws.madison.frontend"
_NAMES = {str: "String", int: "Integer", float: "Double", bool: "Boolean"}


def settle(value: Any, shape: type[msgspec.Struct]) -> Any:
    """Return parsed JSON as the shape wants it. Raises SerializationException where AWS does."""
    if isinstance(value, dict):
        return _structure(value, shape)
    if isinstance(value, list):
        raise SerializationException(_unrecognized(shape))
    raise SerializationException("")


def _settle(value: Any, kind: Any, *, element: bool) -> Any:
    """Return `value` for a member or, with `element`, for an item of a list or map. `kind` is the annotation."""
    kind, limits = bare(kind)
    if kind is Any:
        return value
    if get_origin(kind) is list:
        return _list(value, get_args(kind)[0], element=element)
    if get_origin(kind) is dict:
        return _map(value, kind, element=element)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if isinstance(value, dict):
            return _structure(value, kind)
        raise SerializationException(_unrecognized(kind) if isinstance(value, list) else _unexpected(element=element))
    return _scalar(value, kind, limits)


def _structure(value: dict[str, Any], shape: type[msgspec.Struct]) -> dict[str, Any]:
    members = {field.encode_name: field.type for field in msgspec.structs.fields(shape)}
    return {
        name: _settle(member, members[name], element=False)
        for name, member in value.items()
        if member is not None and name in members
    }


def _list(value: Any, kind: Any, *, element: bool) -> list[Any]:
    if isinstance(value, list):
        return [_settle(item, kind, element=True) for item in value if item is not None]
    raise SerializationException(
        "Start of structure or map found where not expected"
        if isinstance(value, dict)
        else _unexpected(element=element)
    )


def _map(value: Any, kind: Any, *, element: bool) -> dict[str, Any]:
    if isinstance(value, dict):
        item = get_args(kind)[1]
        return {key: _settle(each, item, element=True) for key, each in value.items() if each is not None}
    raise SerializationException(
        "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"
        if isinstance(value, list)
        else _unexpected(element=element)
    )


def _scalar(value: Any, kind: type, limits: tuple[int, int] | None) -> Any:
    if isinstance(value, list):
        raise SerializationException(f"Unrecognized collection type class java.lang.{_NAMES[kind]}")
    if isinstance(value, dict):
        raise SerializationException("Start of structure or map found where not expected")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and number:
        return max(limits[0], min(limits[1], int(value))) if limits else int(value)
    if (kind is float and number) or (kind in (str, bool) and isinstance(value, kind)):
        return value
    if kind is bool and isinstance(value, str):
        raise SerializationException("Unexpected token received from parser")
    raise SerializationException(f"{_token(value)} cannot be converted to {_NAMES[kind]}")


def _token(value: Any) -> str:
    """Return the name that the reader has for a scalar of the body."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"


def _unexpected(*, element: bool) -> str:
    return "Unexpected value type in payload" if element else "Unexpected field type"


def _unrecognized(shape: type[msgspec.Struct]) -> str:
    return f"Unrecognized collection type class {_PACKAGE}.{shape.__name__}"
