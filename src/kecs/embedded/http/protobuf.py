"""Bodies in Kubernetes's protobuf encoding, which kubectl (since 1.32) and Go clients send for built-in kinds.

Only reading: answers are JSON, which these clients accept as well. The messages are described by a table of field
numbers (`embedded/schemas/protobuf-*.json.gz`, written by `tools/generate_protobuf.py`). Go writes every field that is
no pointer, also when it is unset, so an empty one of those is left out here as Go's JSON encoding leaves it out.
"""

import base64
import gzip
import struct
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from kecs.embedded.http.syntax import Unparsable
from kecs.kube.api import Json
from kecs.kube.time import rfc3339, rfc3339_micro

PROTOBUF = "application/vnd.kubernetes.protobuf"

_MAGIC = b"k8s\x00"
_NO_PREFIX = f"provided data does not appear to be a protobuf message, expected prefix [{' '.join(map(str, _MAGIC))}]"
_TABLE = "protobuf-1.36.json.gz"
_MAX_DEPTH = 100

_UNSET: tuple[Any, ...] = ("", 0, False, None, {}, [], "0")

# Wire types of the protobuf encoding.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class _Field(msgspec.Struct, array_like=True, frozen=True):
    number: int
    name: str
    type: str
    flags: str


class _Table(msgspec.Struct):
    kinds: dict[str, str]
    messages: dict[str, list[_Field]]


class _Malformed(Exception):
    """Bytes that are no protobuf, or not of the message that they should be."""


def parse_protobuf(body: bytes) -> Json:
    """Return the object in a protobuf body as JSON values. Raises `Unparsable`."""
    try:
        if not body.startswith(_MAGIC):
            raise _Malformed(_NO_PREFIX)
        envelope = dict(_raw_fields(body[len(_MAGIC) :]))
        type_meta = dict(_raw_fields(_as_bytes(envelope.get(1, b""))))
        api_version, kind = _text(type_meta.get(1, b"")), _text(type_meta.get(2, b""))
        message = _table().kinds.get(f"{api_version}/{kind}")
        if message is None:
            raise _Malformed(f'no kind "{kind}" is registered for version "{api_version}"')
        value = _message(_as_bytes(envelope.get(2, b"")), message, 0)
    except (_Malformed, IndexError, struct.error, ValueError) as error:
        raise Unparsable(str(error) or "unexpected end of data") from None
    return {"apiVersion": api_version, "kind": kind, **value}


@cache
def _table() -> _Table:
    data = (files("kecs.embedded") / "schemas" / _TABLE).read_bytes()
    return msgspec.json.decode(gzip.decompress(data), type=_Table)


@cache
def _fields(message: str) -> dict[int, _Field]:
    return {field.number: field for field in _table().messages[message]}


def _raw_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and the raw value of each field of a message."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        wire = tag & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            size, position = _varint(data, position)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise _Malformed(f"unknown wire type {wire}")
        if position + size > end:
            raise _Malformed("unexpected end of data")
        yield tag >> 3, data[position : position + size]
        position += size


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
    raise _Malformed("a number is too long")


def _message(data: bytes, message: str, depth: int) -> Json:
    if depth > _MAX_DEPTH:
        raise _Malformed("the object is nested too deeply")
    fields = _fields(message)
    value: Json = {}
    for number, raw in _raw_fields(data):
        field = fields.get(number)
        if field is None:
            continue
        if "k" in field.flags:
            entry = dict(_raw_fields(_as_bytes(raw)))
            shown = _value(entry.get(2, b""), field.type, depth)
            value.setdefault(field.name, {})[_text(entry.get(1, b""))] = shown
        elif "r" in field.flags:
            value.setdefault(field.name, []).append(_value(raw, field.type, depth))
        elif "n" in field.flags:
            value.update(_value(raw, field.type, depth))
        else:
            shown = _value(raw, field.type, depth)
            if "p" in field.flags or shown not in _UNSET:
                value[field.name] = shown
    return value


def _value(raw: int | bytes, type_: str, depth: int) -> Any:
    convert = _CONVERTERS.get(type_)
    return _message(_as_bytes(raw), type_, depth + 1) if convert is None else convert(raw)


def _as_bytes(raw: int | bytes) -> bytes:
    if isinstance(raw, int):
        raise _Malformed("a number where there must be data")
    return raw


def _as_int(raw: int | bytes) -> int:
    if isinstance(raw, bytes):
        raise _Malformed("data where there must be a number")
    return raw - (1 << 64) if raw >= 1 << 63 else raw


def _text(raw: int | bytes) -> str:
    return _as_bytes(raw).decode()


def _members(raw: int | bytes) -> dict[int, int | bytes]:
    return dict(_raw_fields(_as_bytes(raw)))


def _moment(raw: int | bytes) -> tuple[int, int]:
    members = _members(raw)
    return _as_int(members.get(1, 0)), _as_int(members.get(2, 0))


def _time(raw: int | bytes) -> str | None:
    seconds, _ = _moment(raw)
    return rfc3339(seconds) if _as_bytes(raw) else None


def _micro_time(raw: int | bytes) -> str | None:
    seconds, nanos = _moment(raw)
    return rfc3339_micro(seconds + nanos / 1e9) if _as_bytes(raw) else None


def _int_or_string(raw: int | bytes) -> int | str:
    members = _members(raw)
    return _text(members.get(3, b"")) if members.get(1) else _as_int(members.get(2, 0))


def _embedded_json(raw: int | bytes) -> Any:
    text = _as_bytes(_members(raw).get(1, b""))
    return msgspec.json.decode(text) if text else None


def _duration(raw: int | bytes) -> str:
    return f"{_as_int(_members(raw).get(1, 0)) / 1e9:g}s"


def _double(raw: int | bytes) -> float:
    return float(struct.unpack("<d", _as_bytes(raw))[0])


def _strings(raw: int | bytes, wanted: int = 1) -> list[str]:
    return [_text(item) for number, item in _raw_fields(_as_bytes(raw)) if number == wanted]


_SCHEMA = "apiextensions/v1.JSONSchemaProps"


def _schema_or_bool(raw: int | bytes) -> Any:
    members = _members(raw)
    return _message(_as_bytes(members[2]), _SCHEMA, 1) if 2 in members else bool(members.get(1))


def _schema_or_array(raw: int | bytes) -> Any:
    members = list(_raw_fields(_as_bytes(raw)))
    single = [_message(_as_bytes(one), _SCHEMA, 1) for number, one in members if number == 1]
    return single[0] if single else [_message(_as_bytes(one), _SCHEMA, 1) for number, one in members if number == 2]


def _schema_or_strings(raw: int | bytes) -> Any:
    members = _members(raw)
    return _message(_as_bytes(members[1]), _SCHEMA, 1) if 1 in members else _strings(raw, 2)


_CONVERTERS: dict[str, Callable[[int | bytes], Any]] = {
    "string": _text,
    "bool": lambda raw: bool(_as_int(raw)),
    "int": _as_int,
    "double": _double,
    "bytes": lambda raw: base64.b64encode(_as_bytes(raw)).decode(),
    "time": _time,
    "microtime": _micro_time,
    "duration": _duration,
    "quantity": lambda raw: _text(_members(raw).get(1, b"")) or "0",
    "intorstring": _int_or_string,
    "raw": _embedded_json,
    "strings": _strings,
    "schemaorbool": _schema_or_bool,
    "schemaorarray": _schema_or_array,
    "schemaorstrings": _schema_or_strings,
}
