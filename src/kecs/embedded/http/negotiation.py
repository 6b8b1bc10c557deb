"""Media types: which form of an object a client accepts, and how a body that it sent is decoded.

Answers are JSON, or YAML for people: clients that like protobuf best take JSON as well. Bodies may be any of the three.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from kecs.embedded.http.answers import JSON, Answer
from kecs.embedded.http.protobuf import PROTOBUF, decode_protobuf
from kecs.kube.errors import BadRequest, NotAcceptable, UnsupportedMediaType

YAML = "application/yaml"
Shape = Literal["object", "table", "metadata", "discovery"]

_JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})
_SHAPES: dict[tuple[str, str], Shape] = {
    ("meta.k8s.io", "Table"): "table",
    ("meta.k8s.io", "PartialObjectMetadata"): "metadata",
    ("meta.k8s.io", "PartialObjectMetadataList"): "metadata",
    ("apidiscovery.k8s.io", "APIGroupDiscoveryList"): "discovery",
}
_VERSIONS = {"meta.k8s.io": ("v1", "v1beta1"), "apidiscovery.k8s.io": ("v2", "v2beta1")}


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer: the shape, the version of the shape's own group, and whether it is written as YAML."""

    shape: Shape = "object"
    version: str = "v1"
    kind: str = ""
    yaml: bool = False


PLAIN = Form()


def accepted(header: str, shapes: frozenset[Shape] = frozenset({"object"})) -> Form:
    """Return the form that the client likes best among `shapes`; without a header it is plain JSON.

    Raises `NotAcceptable` when the header allows nothing that is served.
    """
    if not header or header in ("application/json", "*/*"):
        return PLAIN
    for media_type, parameters in _clauses(header):
        yaml = media_type == YAML
        if media_type not in _JSON_RANGES and not yaml:
            continue
        kind = parameters.get("as", "")
        if not kind:
            return Form(yaml=yaml)
        group, version = parameters.get("g", ""), parameters.get("v", "")
        shape = _SHAPES.get((group, kind))
        if shape in shapes and version in _VERSIONS[group]:
            return Form(shape, version, kind, yaml)
    raise NotAcceptable(f"only the following media types are accepted: {JSON}, {YAML}")


def _clauses(header: str) -> list[tuple[str, dict[str, str]]]:
    """Split an Accept header into its media ranges with their parameters, the most wanted first."""
    clauses: list[tuple[float, str, dict[str, str]]] = []
    for clause in header.split(","):
        media_type, *rest = (part.strip() for part in clause.split(";"))
        parameters = dict(pair.split("=", 1) for pair in rest if "=" in pair)
        try:
            weight = float(parameters.get("q", "1"))
        except ValueError:
            weight = 0.0
        clauses.append((weight, media_type.lower(), parameters))
    clauses.sort(key=lambda clause: -clause[0])
    return [(media_type, parameters) for _, media_type, parameters in clauses]


def media_type(header: str) -> str:
    """Return the bare media type of a Content-Type header."""
    return header.partition(";")[0].strip().lower()


def decode(content_type: str, body: bytes, kind: str) -> Any:
    """Decode a body that is an object of `kind`, from JSON (also when no type is given), YAML or protobuf.

    Raises `UnsupportedMediaType` for other media types and `BadRequest` for a body that does not parse.
    """
    given = media_type(content_type)
    if given in ("", JSON):
        return decode_json(body, kind)
    if given == YAML:
        return decode_yaml(body, kind)
    if given == PROTOBUF:
        return decode_protobuf(body)
    raise unknown_format(JSON, YAML, PROTOBUF)


def decode_json(body: bytes, kind: str) -> Any:
    """Decode JSON, or raise `BadRequest` in the words of an API server."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unparsable(body, kind, f"json parse error: {error}") from None


def decode_yaml(body: bytes, kind: str) -> Any:
    """Decode YAML into plain JSON values, or raise `BadRequest`."""
    try:
        return msgspec.json.decode(body)  # most of what is called YAML is JSON
    except (msgspec.DecodeError, RecursionError):
        pass
    import yaml

    try:
        value = yaml.load(body, Loader=_json_loader())  # noqa: S506 - a SafeLoader with fewer types
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        detail = " ".join(str(error).split())
        raise _unparsable(body, kind, f"yaml: {detail}") from None
    return value


def _json_loader() -> Any:
    """Return PyYAML's safe loader without the types that JSON lacks: a date stays the text that was written."""
    global _loader
    if _loader is None:
        import yaml

        base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        _loader = type("JsonLoader", (base,), {})
        _loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }
    return _loader


_loader: Any = None


def encode_yaml(answer: Answer) -> Answer:
    """Return a JSON answer with its body written as YAML."""
    import yaml

    text = yaml.safe_dump(msgspec.json.decode(answer.body), sort_keys=False, allow_unicode=True)
    return Answer(text.encode(), answer.status, YAML, answer.headers)


def unknown_format(*accepted_types: str) -> UnsupportedMediaType:
    """Return the error for a body in a media type that is not read."""
    return UnsupportedMediaType(
        f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted_types)}"
    )


def _unparsable(body: bytes, kind: str, problem: str) -> BadRequest:
    shown = body[:16].hex() + (" ..." if len(body) > 16 else "")
    return BadRequest(
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; {problem} ({shown})"
    )
