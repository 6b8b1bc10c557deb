"""OpenAPI v3: a document per group version, with the schemas of its kinds and what kubectl reads of the operations.

kubectl looks for three things: the schema of a kind (`explain`, and merge keys for `apply`), whether patching it takes
the `fieldValidation` parameter (then the server validates), and which patch types it takes.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.http.answers import Answer, json_answer
from kecs.embedded.http.discovery import cached
from kecs.embedded.http.paths import not_found
from kecs.embedded.http.request import Request
from kecs.embedded.http.versions import KUBERNETES
from kecs.kube.api import Json

_REF = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_PATCH = _META + "Patch"
_STATUS = _META + "Status"
_DELETE_OPTIONS = _META + "DeleteOptions"
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
_LIST_PARAMETERS = (
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
)
_READ_PARAMETERS = ("allowWatchBookmarks", *_LIST_PARAMETERS, "watch")
_DELETE_PARAMETERS = ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")
_TYPES = {
    "allowWatchBookmarks": "boolean",
    "force": "boolean",
    "gracePeriodSeconds": "integer",
    "limit": "integer",
    "orphanDependents": "boolean",
    "sendInitialEvents": "boolean",
    "timeoutSeconds": "integer",
    "watch": "boolean",
}
_IMMUTABLE_SECONDS = 31_536_000


class OpenApi:
    """Answers `/openapi/v3` and the documents that it lists; each is made when first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._documents: dict[str, tuple[tuple[Kind, ...], bytes, str]] = {}

    async def index(self, request: Request) -> Answer:
        """Answer `/openapi/v3`: the address of each document, with the hash of its content."""
        paths: Json = {}
        for api_path in sorted({_api_path(kind) for kind in self._catalog.kinds()}):
            _, digest = self._document(api_path)
            paths[api_path] = {"serverRelativeURL": f"/openapi/v3/{api_path}?hash={digest}"}
        return cached(json_answer({"paths": paths}), request)

    async def document(self, request: Request, api_path: str) -> Answer:
        """Answer `/openapi/v3/apis/<group>/<version>`; one that is asked for by its hash may be kept for ever."""
        body, digest = self._document(api_path)
        asked = request.one("hash")
        if asked and asked != digest:
            moved = f"/openapi/v3/{api_path}?hash={digest}"
            return Answer(b"", 301, headers=[(b"location", moved.encode())])
        answer = cached(Answer(body), request)
        if asked:
            answer.headers.append((b"cache-control", b"public, max-age=%d, immutable" % _IMMUTABLE_SECONDS))
        return answer

    def _document(self, api_path: str) -> tuple[bytes, str]:
        kinds = tuple(kind for kind in self._catalog.kinds() if _api_path(kind) == api_path)
        if not kinds:
            raise not_found()
        known = self._documents.get(api_path)
        if known is None or known[0] != kinds:
            body = msgspec.json.encode(_make(kinds, self._catalog.schemas_json()))
            known = self._documents[api_path] = (kinds, body, hashlib.sha256(body).hexdigest().upper())
        return known[1], known[2]


def _api_path(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _make(kinds: Iterable[Kind], builtin: Mapping[str, Any]) -> Json:
    own: dict[str, Json] = {}
    names: dict[Kind, str] = {}
    for kind in kinds:
        names[kind] = _schema_name(kind)
        if kind.custom:
            own[names[kind]] = _custom_schema(kind)
            own[f"{names[kind]}List"] = _list_schema(kind, names[kind])
    paths: Json = {}
    for kind, name in names.items():
        paths.update(_paths(kind, name))
    schemas = _reachable([*names.values(), *(f"{name}List" for name in names.values())], own, builtin)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": ".".join(KUBERNETES.split(".")[:2])},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema_name(kind: Kind) -> str:
    if not kind.custom:
        return str(kind.schema["$ref"]).removeprefix(_REF)
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])


def _custom_schema(kind: Kind) -> Json:
    properties = {
        **kind.schema.get("properties", {}),
        "apiVersion": {"type": "string", "description": "The group and version of this representation of the object."},
        "kind": {"type": "string", "description": "The kind of the object, in CamelCase."},
        "metadata": {
            "allOf": [{"$ref": f"{_REF}{_META}ObjectMeta"}],
            "description": "Name, namespace, labels and what else every object has.",
        },
    }
    return {"type": "object", **kind.schema, "properties": properties, **_gvk(kind.group, kind.version, kind.kind)}


def _list_schema(kind: Kind, name: str) -> Json:
    return {
        "type": "object",
        "description": f"{kind.list_kind} is a list of {kind.kind}",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": f"{_REF}{_META}ListMeta"}]},
            "items": {"type": "array", "items": {"allOf": [{"$ref": _REF + name}]}},
        },
        **_gvk(kind.group, kind.version, kind.list_kind),
    }


def _gvk(group: str, version: str, kind: str) -> Json:
    return {"x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}


def _reachable(roots: Iterable[str], own: Mapping[str, Json], builtin: Mapping[str, Any]) -> dict[str, Json]:
    """Return the schemas that the roots lead to, themselves included, by name."""
    found: dict[str, Json] = {}
    waiting = [*roots, _PATCH, _DELETE_OPTIONS, _STATUS]
    while waiting:
        name = waiting.pop()
        schema = own.get(name) or builtin.get(name)
        if name in found or schema is None:
            continue
        found[name] = schema
        waiting += _references(schema)
    return dict(sorted(found.items()))


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        found = [name for value in schema.values() for name in _references(value)]
        reference = schema.get("$ref")
        return [*found, reference.removeprefix(_REF)] if isinstance(reference, str) else found
    return [name for value in schema for name in _references(value)] if isinstance(schema, list) else []


def _paths(kind: Kind, name: str) -> Json:
    prefix = f"/{_api_path(kind)}"
    base = f"{prefix}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"{prefix}/{kind.plural}"
    collection: Json = {
        "get": _operation(kind, "list", f"{name}List", _READ_PARAMETERS),
        "post": _operation(kind, "post", name, _WRITE_PARAMETERS, body=name),
        "delete": _operation(kind, "deletecollection", _STATUS, (*_LIST_PARAMETERS, *_DELETE_PARAMETERS)),
    }
    if "deletecollection" not in kind.verbs:
        del collection["delete"]
    item: Json = {
        "get": _operation(kind, "get", name, ()),
        "put": _operation(kind, "put", name, _WRITE_PARAMETERS, body=name),
        "delete": _operation(kind, "delete", _STATUS, _DELETE_PARAMETERS, body=_DELETE_OPTIONS),
        "patch": _patch(kind, name),
    }
    paths: Json = {
        base: _located(collection, kind.namespaced),
        f"{base}/{{name}}": _located(item, kind.namespaced, named=True),
    }
    if kind.namespaced:
        paths[f"{prefix}/{kind.plural}"] = {"get": _operation(kind, "list", f"{name}List", _READ_PARAMETERS)}
    for subresource in ("status", "scale"):
        if subresource in kind.subresources:
            methods = {"get": item["get"], "put": item["put"], "patch": item["patch"]}
            paths[f"{base}/{{name}}/{subresource}"] = _located(methods, kind.namespaced, named=True)
    return paths


def _located(item: Json, namespaced: bool, *, named: bool = False) -> Json:
    names = [*(["name"] if named else []), *(["namespace"] if namespaced else [])]
    return {**item, "parameters": [*(_parameter(name, "path") for name in names), _parameter("pretty")]}


def _parameter(name: str, place: str = "query") -> Json:
    parameter: Json = {"name": name, "in": place, "schema": {"type": _TYPES.get(name, "string"), "uniqueItems": True}}
    return {**parameter, "required": True} if place == "path" else parameter


def _operation(kind: Kind, action: str, answer: str, parameters: Iterable[str], body: str = "") -> Json:
    content = {"application/json": {"schema": {"$ref": _REF + answer}}}
    operation: Json = {
        "parameters": [_parameter(name) for name in parameters],
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
    }
    if body:
        operation["requestBody"] = {"content": {"*/*": {"schema": {"$ref": _REF + body}}}}
    return operation


def _patch(kind: Kind, name: str) -> Json:
    types = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
    if not kind.custom:
        types.append("application/strategic-merge-patch+json")
    operation = _operation(kind, "patch", name, (*_WRITE_PARAMETERS, "force"))
    content = {one: {"schema": {"$ref": _REF + _PATCH}} for one in types}
    return {**operation, "requestBody": {"content": content, "required": True}}
