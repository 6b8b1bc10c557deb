"""Bodies to objects: types, unknown members, zero values and defaults, for a whole object."""

from typing import Any

from kecs.embedded.catalog import Kind
from kecs.embedded.requests import Validation
from kecs.embedded.schema import DecodeError, Decoding, Object, unknown_fields
from kecs.kube.errors import BadRequest

Json = dict[str, Any]


def decode_object(kind: Kind, body: Json, old: Json | None, validation: Validation) -> tuple[Json, list[str]]:
    """Return the object that a body stands for, and the warnings that it earns.

    Members that equal those of `old` are taken over unread: they were decoded when they were stored. Raises `BadRequest`.
    """
    noticed = Decoding()
    found = _decode_builtin(kind, body, old, noticed)
    found["apiVersion"], found["kind"] = kind.api_version, kind.kind
    warnings: list[str] = []
    if noticed.unknown and validation != "Ignore":
        paths = unknown_fields(kind.node, body)
        if paths and validation == "Strict":
            texts = ", ".join(f'unknown field "{path}"' for path in paths)
            raise _cannot_handle(kind, f"strict decoding error: {texts}")
        warnings = [f'unknown field "{path}"' for path in paths]
    return found, warnings


def _decode_builtin(kind: Kind, body: Json, old: Json | None, noticed: Decoding) -> Json:
    node = kind.node
    assert isinstance(node, Object)  # noqa: S101  # every kind is an object
    kept: Json = {}
    if old is not None:
        kept = {key: value for key, value in body.items() if key != "metadata" and key in old and value == old[key]}
    try:
        if kept:
            return node.complete({key: value for key, value in body.items() if key not in kept}, kept, noticed)
        return node.complete(body, {}, noticed)
    except DecodeError as error:
        raise _cannot_handle(kind, str(error)) from None


def _cannot_handle(kind: Kind, why: str) -> BadRequest:
    return BadRequest(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}')
