"""What server-side apply makes of a body before it is merged: the part that its manager can own."""

from typing import Any

import msgspec

from kecs.embedded import fieldsets, ownership
from kecs.embedded.catalog import Kind
from kecs.embedded.decoding import Undecodable, decode_bare
from kecs.embedded.metadata import require_object
from kecs.embedded.requests import Write
from kecs.embedded.schema import unknown_fields
from kecs.kube.errors import BadRequest, Unnamed

Json = dict[str, Any]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def config_of(kind: Kind, write: Write) -> Json:
    """Return the part of an applied body that its manager can own. Raises `Unnamed` for what has no type."""
    body = require_object(kind, write.body)
    meta = body.get("metadata") or {}
    given = f"{group_version(str(body.get('apiVersion') or ''))}, Kind={body.get('kind') or ''}"
    wanted = f"{group_version(kind.api_version)}, Kind={kind.kind}"
    if given != wanted:
        raise BadRequest(f"invalid object type: {given}")
    if "managedFields" in meta:
        raise BadRequest("metadata.managedFields must be nil")
    shown = f"({meta.get('namespace', '')}/{meta.get('name', '')}; {wanted})"
    try:
        unknown = unknown_fields(kind.node, body)
        if unknown:
            raise Unnamed(f"failed to create typed patch object {shown}: .{unknown[0]}: field not declared in schema")
        config = ownership.owned_part(kind, decode_bare(kind, body), write.subresource)
        if repeated := fieldsets.duplicate_key(kind.node, config):
            raise Unnamed(f"failed to create typed patch object {shown}: {repeated}")
    except Undecodable as error:
        raise Unnamed(f"failed to create typed patch object {shown}: {error.why}") from None
    except KeyError as error:
        detail = f"associative list with keys has an element that omits key field {error.args[0]!r}".replace("'", '"')
        raise Unnamed(
            f"failed to create typed patch object {shown}: {detail} (and doesn't have default value)"
        ) from None
    if write.subresource == "status":
        return {"status": config["status"]} if "status" in config else {}
    return config


def keep_last_applied(write: Write, metadata: Json) -> None:
    """Bring up to date what `kubectl apply` goes by on the client's side, where an object has it, as kubectl applies.

    So both ways of applying can take turns.
    """
    annotations = metadata.get("annotations") or {}
    if write.manager != "kubectl" or write.subresource or _LAST_APPLIED not in annotations:
        return
    meta = dict(write.body.get("metadata") or {})
    if "annotations" in meta:
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != _LAST_APPLIED}
    config = msgspec.json.encode({**write.body, "metadata": meta}, order="sorted").decode()
    for character in "<>&":
        config = config.replace(character, f"\\u{ord(character):04x}")
    metadata["annotations"] = {**annotations, _LAST_APPLIED: config + "\n"}


def group_version(api_version: str) -> str:
    """Return an apiVersion with the slash that Kubernetes's messages have also where there is no group."""
    return api_version if "/" in api_version else f"/{api_version}" if api_version else "/"
