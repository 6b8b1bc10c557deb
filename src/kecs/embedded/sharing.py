"""Decoding objects so that what many of them have in common is held once.

The pods of one template have the same spec, labels, annotations and owners, and conditions of the same second. Decoded
objects are never changed, so equal parts can be one object: ten thousand pods of a hundred services then cost what is
their own, and decoding a spec that was seen before costs a look into a table.
"""

from collections.abc import Callable
from functools import lru_cache
from sys import intern
from typing import Any

import msgspec

Decode = Callable[[bytes], Any]

_OWN = ("metadata", "status")  # members whose parts are shared one by one, because as a whole they never repeat
_SCALARS = (str, int, float, bool, type(None))
_NEVER_ALIKE = ("containerStatuses", "initContainerStatuses")  # they hold ids
_REMEMBERED = 512  # parts, the most recently used


def decoder(type_: Any) -> Decode:
    """Return a decoder of JSON to `type_`, which shares parts if that is a Struct."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _struct_decoder(type_)
    return msgspec.json.Decoder(type_).decode


@lru_cache(maxsize=_REMEMBERED)
def _shared(decode: Decode, text: bytes) -> Any:
    return decode(text)


def _struct_decoder(type_: type[msgspec.Struct]) -> Decode:
    fields = msgspec.structs.fields(type_)
    parts = {field.name: _part_decoder(field) for field in fields if not _is_scalar(field.type)}
    if not parts:
        return msgspec.json.Decoder(type_).decode
    outline = msgspec.json.Decoder(_outline(type_, fields, parts)).decode
    scalars = tuple(field.name for field in fields if field.name not in parts)
    absent = msgspec.UNSET

    def decode(text: bytes) -> Any:
        found = outline(text)
        values: dict[str, Any] = {}
        for name in scalars:
            value = getattr(found, name)
            if value is not absent:
                values[name] = intern(value) if type(value) is str else value
        for name, part in parts.items():
            raw = getattr(found, name)
            if raw is not absent:
                values[name] = part(bytes(raw))
        return type_(**values)

    return decode


def _part_decoder(field: msgspec.structs.FieldInfo) -> Decode:
    own = isinstance(field.type, type) and issubclass(field.type, msgspec.Struct) and field.name in _OWN
    if own:
        return _struct_decoder(field.type)
    whole = msgspec.json.Decoder(field.type).decode
    if field.name in _NEVER_ALIKE:
        return whole
    return lambda text: _shared(whole, text)


def _outline(
    type_: type[msgspec.Struct], fields: tuple[msgspec.structs.FieldInfo, ...], parts: dict[str, Decode]
) -> Any:
    """Return `type_` with every part left as bytes, and nothing required but what `type_` requires."""
    shape = [
        (field.name, (msgspec.Raw if field.name in parts else field.type) | msgspec.UnsetType, msgspec.UNSET)
        if not field.required
        else (field.name, msgspec.Raw if field.name in parts else field.type)
        for field in fields
    ]
    names = {field.name: field.encode_name for field in fields}
    return msgspec.defstruct(f"{type_.__name__}Outline", shape, rename=names, kw_only=True, gc=False)


def _is_scalar(type_: Any) -> bool:
    options = getattr(type_, "__args__", None) if not isinstance(type_, type) else None
    return type_ in _SCALARS or (options is not None and all(option in _SCALARS for option in options))
