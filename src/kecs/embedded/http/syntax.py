"""What is wrong with a body that does not parse, in the words of Go's JSON decoder."""

import json
from typing import Any

import msgspec

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a body that is no JSON."""


class Unparsable(Exception):
    """A body that cannot be read. The text says what is wrong with it."""


_PROBLEMS = {
    "Extra data": "after top-level value",
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}
_END = "unexpected end of JSON input"


def syntax_error(body: bytes) -> str:
    """Return what is wrong with a body that is no JSON."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return f"invalid character '\\x{body[error.start]:02x}' looking for beginning of value"
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            return _END
        problem = _PROBLEMS.get(error.msg, "")
        if error.msg == "Expecting ',' delimiter":
            problem = "after object key:value pair" if _in_object(text[: error.pos]) else "after array element"
        return f"invalid character {_quoted(text[error.pos])} {problem or error.msg}"
    except RecursionError:
        return "exceeded max depth"
    return "invalid number"  # JSON to Python, but a number that is out of every range


def _in_object(text: str) -> bool:
    """Tell whether the end of a text is in an object, rather than in an array."""
    depth = 0
    for character in reversed(text):
        if character in "]}":
            depth += 1
        elif character in "[{":
            if not depth:
                return character == "{"
            depth -= 1
    return False


def _quoted(character: str) -> str:
    return "'\\''" if character == "'" else f"'{character}'" if character.isprintable() else repr(character)


class _Noted(dict[str, Any]):
    """A JSON object that knows which members of it, at any depth, were given more than once."""

    repeated: list[str]


def repeated_fields(body: bytes) -> list[str]:
    """Return the paths of the members that a JSON body gives more than once; nothing for a body that is no JSON."""
    try:
        value = json.loads(body, object_pairs_hook=_noted)
    except (ValueError, RecursionError):
        return []
    return value.repeated if isinstance(value, _Noted) else []


def _noted(pairs: list[tuple[str, Any]]) -> _Noted:
    noted = _Noted()
    noted.repeated = []
    for name, value in pairs:
        if name in noted:
            noted.repeated.append(name)
        noted[name] = value
        noted.repeated += _below(name, value)
    return noted


def _below(path: str, value: Any) -> list[str]:
    if isinstance(value, _Noted):
        return [f"{path}.{inner}" for inner in value.repeated]
    if isinstance(value, list):
        return [inner for position, one in enumerate(value) for inner in _below(f"{path}[{position}]", one)]
    return []
