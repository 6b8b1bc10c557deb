"""OpenAPI v2, as little of it as kubectl asks for, in the protobuf encoding that it insists on.

Before it sends a `List`, kubectl looks here (and only here) whether the server validates fields: it wants to see the
`fieldValidation` parameter on the patch operation of a kind. Schemas are in OpenAPI v3 alone.
"""

from collections.abc import Iterable

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.http.answers import Answer
from kecs.embedded.http.versions import KUBERNETES

ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
"""What kubectl accepts; as @ has no place in a media type, it is answered with another name."""

_CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

# Field numbers of the messages in OpenAPIv2.proto (gnostic), by message.
_DOCUMENT_SWAGGER, _DOCUMENT_INFO, _DOCUMENT_PATHS = 1, 2, 8
_INFO_TITLE, _INFO_VERSION = 1, 2
_PATHS_PATH = 2
_NAMED_NAME, _NAMED_VALUE = 1, 2
_PATH_ITEM_PATCH = 8
_OPERATION_PARAMETERS, _OPERATION_EXTENSION = 8, 13
_PARAMETERS_ITEM_PARAMETER, _PARAMETER_NON_BODY, _NON_BODY_QUERY = 1, 2, 3
_QUERY_IN, _QUERY_NAME, _QUERY_TYPE = 2, 4, 6
_ANY_YAML = 2


def document(kinds: Iterable[Kind]) -> Answer:
    """Answer `/openapi/v2` for a client that reads its protobuf encoding."""
    paths = b"".join(_field(_PATHS_PATH, _path(kind)) for kind in kinds)
    info = _field(_INFO_TITLE, "Kubernetes") + _field(_INFO_VERSION, f"v{KUBERNETES}")
    body = _field(_DOCUMENT_SWAGGER, "2.0") + _field(_DOCUMENT_INFO, info) + _field(_DOCUMENT_PATHS, paths)
    return Answer(body, content_type=_CONTENT_TYPE)


def _path(kind: Kind) -> bytes:
    prefix = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    namespace = "/namespaces/{namespace}" if kind.namespaced else ""
    means = msgspec.json.encode({"group": kind.group, "kind": kind.kind, "version": kind.version})
    extension = _named("x-kubernetes-group-version-kind", _field(_ANY_YAML, means))
    operation = _field(_OPERATION_PARAMETERS, _PARAMETER) + _field(_OPERATION_EXTENSION, extension)
    return _named(f"{prefix}{namespace}/{kind.plural}/{{name}}", _field(_PATH_ITEM_PATCH, operation))


def _named(name: str, value: bytes) -> bytes:
    return _field(_NAMED_NAME, name) + _field(_NAMED_VALUE, value)


def _field(number: int, value: str | bytes) -> bytes:
    """Return one field of a message, of the wire type that texts and messages have."""
    data = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


_QUERY = _field(_QUERY_IN, "query") + _field(_QUERY_NAME, "fieldValidation") + _field(_QUERY_TYPE, "string")
_PARAMETER = _field(_PARAMETERS_ITEM_PARAMETER, _field(_PARAMETER_NON_BODY, _field(_NON_BODY_QUERY, _QUERY)))
