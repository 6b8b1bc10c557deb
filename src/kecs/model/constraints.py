"""The checks that ECS makes of any request, in its words: names, allowed values, ranges, and identifiers.

Which exception carries the words differs by operation (ClientException for task definitions, InvalidParameterException
for most others), so every check is given it. What is allowed comes from the published model (`generated.ecs_limits`).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from kecs.model import arns
from kecs.model.errors import AwsError, InvalidParameterException
from kecs.model.generated import ecs_limits
from kecs.model.scope import Scope

NAME_PATTERN = r"^[a-zA-Z0-9\-_]{1,255}$"
_NAME = re.compile(r"[a-zA-Z0-9\-_]{1,255}")

Error = type[AwsError]


def is_name(text: str) -> bool:
    """Say whether `text` can name a cluster, a service, a family, a container or a volume."""
    return _NAME.fullmatch(text) is not None


def check_name(what: str, text: str, error: Error = InvalidParameterException) -> None:
    """Refuse a name with other characters than ECS allows, or of more than 255."""
    if not _NAME.fullmatch(text):
        raise error(f"{what} must match {NAME_PATTERN}, but was {text}")


def check_count(what: str, items: Sequence[Any] | None, most: int, error: Error = InvalidParameterException) -> None:
    """Refuse a list with more than `most` items."""
    if items is not None and len(items) > most:
        raise error(f"{what} can have at most {most} items.")


def check_length(what: str, text: str | None, most: int, error: Error = InvalidParameterException) -> None:
    """Refuse a text of more than `most` characters."""
    if text is not None and len(text) > most:
        raise error(f"{what} can be at most {most} characters.")


def check_range(
    what: str, number: float | None, least: float | None, most: float | None, error: Error = InvalidParameterException
) -> None:
    """Refuse a number outside of [least, most]; None is no bound."""
    if number is None:
        return
    if least is not None and number < least:
        raise error(f"{what} must be at least {least}")
    if most is not None and number > most:
        raise error(f"{what} must be at most {most}")


def check_allowed(what: str, value: str | None, allowed: Sequence[str], error: Error) -> None:
    """Refuse a value that an enumeration does not have."""
    if value is not None and value not in allowed:
        raise error(f"{what} should be one of [{','.join(allowed)}]")


def check_model(request: msgspec.Struct, error: Error = InvalidParameterException) -> None:
    """Refuse what the published model does not allow, anywhere in a request: values of enumerations, and ranges.

    Also refused are members that are missing in the structures within; the request's own have words by operation. An
    empty string where an enumeration is due counts as absent, and is made so: clients send it for "not set". Tags have
    rules and words of their own (`model.tags`).
    """
    allowed, ranges, parts = _plan(type(request))
    for member, values in allowed:
        given = getattr(request, member)
        if given == "":
            setattr(request, member, None)
        for value in given if isinstance(given, list) else (given or None,):
            check_allowed(member, value, values, error)
    for member, least, most in ranges:
        _check_member(member, getattr(request, member), least, most, error)
    for member in parts:
        value = getattr(request, member)
        if isinstance(value, list):
            for item in value:
                _check_part(item, error)
        elif value is not None:
            _check_part(value, error)


class _Plan(NamedTuple):
    """What is looked at in a structure: members with allowed values, with bounds, and those that are structures."""

    allowed: tuple[tuple[str, tuple[str, ...]], ...]
    ranges: tuple[tuple[str, float | None, float | None], ...]
    parts: tuple[str, ...]


@cache  # made for the structures that requests have had in them
def _plan(struct: type[msgspec.Struct]) -> _Plan:
    ranges = ecs_limits.RANGES.get(struct.__name__, {})
    return _Plan(
        tuple(ecs_limits.BY_MEMBER.get(struct.__name__, {}).items()),
        tuple((member, *bounds) for member, bounds in ranges.items() if member != "tags"),
        tuple(
            field.name
            for field in msgspec.structs.fields(struct)
            if field.name != "tags" and any(issubclass(part, msgspec.Struct) for part in _classes(field.type))
        ),
    )


def _classes(hint: Any) -> Iterator[type]:
    """Yield the classes in a type, but for those in maps."""
    if isinstance(hint, type) and not get_args(hint):
        yield hint
    elif get_origin(hint) is not dict:
        for inner in get_args(hint):
            yield from _classes(inner)


def _check_part(part: msgspec.Struct, error: Error) -> None:
    name = type(part).__name__
    for member in ecs_limits.REQUIRED.get(name, ()):
        if getattr(part, member) is None:
            raise error(f"{name}.{member} should not be null or empty.")
    check_model(part, error)


def _check_member(member: str, value: Any, least: float | None, most: float | None, error: Error) -> None:
    if value is None:
        return
    if isinstance(value, list):
        check_count(member, value, int(most) if most is not None else len(value), error)
    elif not isinstance(value, str):
        check_range(member, value, least, most, error)


def own_arn(text: str, scope: Scope, *kinds: str) -> arns.Arn:
    """Take apart an ARN of one's own account and region that names one of `kinds`.

    Raises InvalidParameterException in ECS's words otherwise.
    """
    arn = arns.parse(text)
    if arn is None or not arn.path or not all(arn.path):
        raise InvalidParameterException("Invalid arn syntax.")
    if arn.service != "ecs":
        raise InvalidParameterException("Invalid Service in ARN")
    if arn.scope.region != scope.region:
        raise InvalidParameterException("Invalid Region in ARN")
    if arn.scope.account != scope.account:
        raise InvalidParameterException("Invalid Account ID in ARN")
    if arn.kind not in kinds:
        raise InvalidParameterException(f"Unsupported resource type: {arn.kind}")
    return arn
