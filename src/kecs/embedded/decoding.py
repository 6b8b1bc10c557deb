"""Bodies to objects: types, unknown members, zero values and defaults, for a whole object."""

from typing import Any

from kecs.embedded import structural, validations
from kecs.embedded.catalog import Kind
from kecs.embedded.problems import Problems, refuse
from kecs.embedded.requests import Validation
from kecs.embedded.schema import DecodeError, Decoding, Object, unknown_fields
from kecs.kube.errors import BadRequest

Json = dict[str, Any]


class Undecodable(BadRequest):
    """A body that is no object of its kind. `why` is the reason alone."""

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


def decode_object(kind: Kind, body: Json, old: Json | None, validation: Validation) -> tuple[Json, list[str]]:
    """Return the object that a body stands for, and the warnings that it earns.

    Members that equal those of `old` are taken over unread: they were decoded when they were stored. Raises
    `BadRequest`.
    """
    if kind.custom:
        return _decode_custom(kind, body, old, validation)
    noticed = Decoding()
    found = _decode_builtin(kind, body, old, noticed)
    found["apiVersion"], found["kind"] = kind.api_version, kind.kind
    if noticed.unknown and validation != "Ignore":
        return found, _warnings(kind, unknown_fields(kind.node, body), validation)
    return found, []


def _warnings(kind: Kind, unknown: list[str], validation: Validation) -> list[str]:
    if unknown and validation == "Strict":
        texts = ", ".join(f'unknown field "{path}"' for path in unknown)
        raise _cannot_handle(kind, f"strict decoding error: {texts}")
    return [f'unknown field "{path}"' for path in unknown] if validation == "Warn" else []


def _decode_custom(kind: Kind, body: Json, old: Json | None, validation: Validation) -> tuple[Json, list[str]]:
    """Decode a custom resource: metadata as everywhere, the rest by its own schema, and check it.

    What has not changed is not checked again, so that an object outlives a stricter schema.
    """
    metadata_node = kind.node.child("metadata")
    unknown: list[str] = []
    found: Json = {"apiVersion": kind.api_version, "kind": kind.kind}
    try:
        found["metadata"] = metadata_node.decode(body.get("metadata") or {}, Decoding())
    except DecodeError as error:
        raise _cannot_handle(kind, str(error)) from None
    rest = {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")}
    if kind.fits(rest):
        found.update(rest)
        return found, []
    schema = kind.custom_schema
    changed = {key: value for key, value in rest.items() if old is None or key not in old or old[key] != value}
    kept = {key: value for key, value in rest.items() if key not in changed}
    fresh = structural.pruned(schema, changed, "", unknown)
    whole = {**kept, **fresh}
    structural.fill(schema, whole)
    looked_at = {key: inner for key, inner in schema.get("properties", {}).items() if key not in kept}
    rest_schema = {**schema, "properties": looked_at}
    problems: Problems = list(structural.check(rest_schema, whole, ""))
    problems += validations.check(rest_schema, whole, kind.rules, problems)
    found.update(whole)
    warnings = _warnings(kind, unknown, validation) if validation != "Ignore" else []
    refuse(kind, found["metadata"].get("name", ""), problems)
    return found, warnings


def decode_bare(kind: Kind, body: Json) -> Json:
    """Return a copy of a body with its values as they are stored, and nothing filled in. Raises `BadRequest`."""
    metadata = body.get("metadata") or {}
    if kind.custom:
        return {**body, "metadata": metadata}
    try:
        found: Json = kind.node.decode(body, Decoding(bare=True))
    except DecodeError as error:
        raise _cannot_handle(kind, str(error)) from None
    return {**found, "metadata": found.get("metadata", {})}


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


def _cannot_handle(kind: Kind, why: str) -> Undecodable:
    return Undecodable(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}', why)
