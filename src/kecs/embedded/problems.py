"""What is wrong with an object, in Kubernetes's words: field errors, and the `Invalid` that carries them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from kecs.embedded.catalog import Kind
from kecs.kube.errors import Invalid

_DIGITS = 20  # of the largest number of 64 bits


class Problem(NamedTuple):
    """One field error: where, of which kind (`FieldValueRequired`, …) and why."""

    field: str
    reason: str
    message: str


Problems = list[Problem]
Json = dict[str, Any]


def quoted(value: Any) -> str:
    """Return a value as Kubernetes shows it in messages: JSON, so that texts are quoted."""
    return msgspec.json.encode(value).decode()


def whole_number(text: str) -> int:
    """Return an unsigned number of 64 bits. Raises `ValueError` with what Go says of a text that is none."""
    if not text.isdecimal():
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if len(text) > _DIGITS or int(text) >= 1 << 64:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def required(field: str, detail: str = "") -> Problem:
    """Return the error of a member that must be there."""
    return Problem(field, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def invalid(field: str, value: Any, detail: str) -> Problem:
    """Return the error of a value that is refused."""
    return Problem(field, "FieldValueInvalid", f"Invalid value: {quoted(value)}: {detail}")


def unsupported(field: str, value: Any, supported: Iterable[str]) -> Problem:
    """Return the error of a value that is none of a few."""
    values = ", ".join(quoted(one) for one in supported)
    return Problem(field, "FieldValueNotSupported", f"Unsupported value: {quoted(value)}: supported values: {values}")


def forbidden(field: str, detail: str) -> Problem:
    """Return the error of a member that may not be set, or not be changed."""
    return Problem(field, "FieldValueForbidden", f"Forbidden: {detail}")


def duplicate(field: str, value: Any) -> Problem:
    """Return the error of a value that must be there once."""
    return Problem(field, "FieldValueDuplicate", f"Duplicate value: {quoted(value)}")


def too_long(field: str, most: int) -> Problem:
    """Return the error of a text of more than `most` bytes."""
    return Problem(field, "FieldValueTooLong", f"Too long: may not be more than {most} bytes")


def not_found(field: str, value: Any) -> Problem:
    """Return the error of a reference to something that does not exist."""
    return Problem(field, "FieldValueNotFound", f"Not found: {quoted(value)}")


def refuse(kind: Kind, name: str, problems: Sequence[Problem]) -> None:
    """Raise `Invalid` if there are problems."""
    if problems:
        group = {"group": kind.group} if kind.group else {}
        named = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        raise refusal(named, {"name": name, **group, "kind": kind.kind}, problems)


def refusal(named: str, details: Json, problems: Sequence[Problem]) -> Invalid:
    """Return the error for problems of an object; `details` say which it is, `named` how its kind is called."""
    texts = list(dict.fromkeys(f"{one.field}: {one.message}" for one in problems))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": one.reason, "message": one.message, "field": one.field} for one in problems]
    return Invalid(f'{named} "{details["name"]}" is invalid: {text}', details={**details, "causes": causes})
