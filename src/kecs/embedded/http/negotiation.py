"""Media types: which form of an object a client accepts, and how a body that it sent is decoded.

Answers are JSON, or YAML for people: clients that like protobuf best take JSON as well. Bodies may be any of the three.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from kecs.embedded.http.answers import JSON, Answer
from kecs.embedded.http.protobuf import PROTOBUF, parse_protobuf
from kecs.embedded.http.syntax import UNDECODABLE, Unparsable, syntax_error
from kecs.embedded.schema import json_name
from kecs.kube.api import Json
from kecs.kube.errors import BadRequest, NotAcceptable, UnsupportedMediaType

YAML = "application/yaml"
Shape = Literal["object", "table", "metadata", "discovery"]

_SHOWN_BYTES = 30
_TYPE_META = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
_JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})
_YAML_PROBLEMS = {  # of PyYAML, in Go's words
    "mapping values are not allowed here": "mapping values are not allowed in this context",
    "expected the node content, but found '<stream end>'": "did not find expected node content",
    "expected <block end>, but found '?'": "did not find expected '-' indicator",
    "expected ',' or '}', but got '<stream end>'": "did not find expected ',' or '}'",
}
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
    raise NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {JSON}, {YAML}", details={})


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


def decode(content_type: str, body: bytes, kind: str) -> Json:
    """Decode a body that is an object of `kind`. Raises as `parse` does, and `BadRequest` for a body that is none."""
    try:
        return parse(content_type, body)
    except Unparsable as error:
        raise BadRequest(
            f"the object provided is unrecognized (must be of type {kind}): {error} ({_shown(body)})"
        ) from None


def parse(content_type: str, body: bytes) -> Json:
    """Return the object in a body: JSON (also when no type is given), YAML or protobuf.

    Raises `UnsupportedMediaType` for other media types and `Unparsable`.
    """
    given = media_type(content_type)
    if given in ("", JSON):
        return as_object(parse_json(body))
    if given == YAML:
        return as_object(parse_yaml(body))
    if given == PROTOBUF:
        return parse_protobuf(body)
    raise unknown_format(JSON, YAML, PROTOBUF)


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body. Raises `Unparsable`."""
    try:
        return msgspec.json.decode(body)
    except UNDECODABLE:
        raise Unparsable(f"couldn't get version/kind; json parse error: {syntax_error(body)}") from None


def parse_yaml(body: bytes) -> Any:
    """Return the value of a YAML body as JSON has it. Raises `Unparsable`."""
    try:
        return msgspec.json.decode(body)  # most of what is called YAML is JSON
    except UNDECODABLE:
        pass
    import yaml

    try:
        return yaml.load(body, Loader=_json_loader())  # noqa: S506 - a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        number = error.problem_mark.line + 1 if error.problem_mark else 0
        line = f"line {number}: " if number > 1 or isinstance(error, yaml.parser.ParserError) else ""
        raise Unparsable(f"yaml: {line}{_YAML_PROBLEMS.get(str(error.problem), error.problem)}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unparsable(f"yaml: {' '.join(str(error).split())}") from None


def as_object(value: Any) -> Json:
    """Return a decoded body if it is an object; null is an empty one. Raises `Unparsable`."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise Unparsable(
        f"couldn't get version/kind; json parse error: json: cannot unmarshal {json_name(value).partition(' ')[0]} "
        f"into Go value of type {_TYPE_META}"
    )


@cache
def _json_loader() -> Any:
    """Return PyYAML's safe loader without what JSON lacks: dates stay the text that was written, aliases are refused.

    It is the one written in Python: libyaml overflows its stack on deeply nested input, and takes the process with it.
    """
    import yaml

    class JsonLoader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise ValueError("aliases are not supported")  # a few of them can grow to gigabytes
            return super().compose_node(parent, index)

    JsonLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return JsonLoader


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


def _shown(body: bytes) -> str:
    """Return the beginning of a body as errors quote it: as text when it looks like JSON, else in hexadecimal."""
    if not body:
        return "<empty>"
    start = body[:_SHOWN_BYTES]
    text = start.decode(errors="replace") if body.lstrip().startswith(b"{") else start.hex()
    return text + (" ..." if len(body) > _SHOWN_BYTES else "")
