"""The verbs on resource paths: from a URL and a body to a call of the engine, and from its answer to bytes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.http import logs, paths, tables
from kecs.embedded.http.answers import JSON, Answer, Stream, json_answer
from kecs.embedded.http.negotiation import (
    Form,
    Shape,
    accepted,
    decode,
    encode_yaml,
    media_type,
    parse,
    parse_yaml,
)
from kecs.embedded.http.options import ListOptions, delete_options, list_options, write_options
from kecs.embedded.http.paths import Target
from kecs.embedded.http.request import Request
from kecs.embedded.http.syntax import UNDECODABLE, Unparsable, repeated_fields, syntax_error
from kecs.embedded.http.watch import watch
from kecs.embedded.problems import whole_number
from kecs.embedded.requests import Deletion, Query, Write
from kecs.embedded.schema import json_name
from kecs.kube.api import Json, PatchType
from kecs.kube.errors import BadRequest, MethodNotAllowed, Unnamed, UnsupportedMediaType

SHAPES: frozenset[Shape] = frozenset({"object", "table", "metadata"})

_APPLY = "application/apply-patch+yaml"
_PATCHES: dict[str, PatchType] = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
}
_SCHEME = "pkg/runtime/scheme.go:111"  # part of Kubernetes's message
_BATCH = 200  # objects that are rendered before others get their turn


class Resources:
    """Answers requests for objects out of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._verbs: dict[str, Callable[[Request, Kind, Target], Awaitable[Answer | Stream]]] = {
            "get": self._get,
            "list": self._list,
            "watch": self._list,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }

    async def __call__(self, request: Request) -> Answer | Stream:
        """Answer a request for a path under /api/v1 or /apis/<group>/<version>."""
        target = paths.parse(request.path)
        kind = self._engine.catalog.find(target.group, target.version, target.plural)
        if kind.namespaced and target.name and target.namespace is None:
            raise paths.not_found()
        if not kind.namespaced and target.namespace is not None:
            raise paths.not_found()
        verb = _verb(request, target)
        if verb not in _served(kind, target):
            raise _not_allowed()
        if kind.deprecation:
            request.warnings.append(kind.deprecation)
        if target.subresource in logs.STREAMED:
            return await logs.serve(self._engine, request, kind, target)
        return await self._verbs[verb](request, kind, target)

    async def _get(self, request: Request, kind: Kind, target: Target) -> Answer | Stream:
        form = accepted(request.headers.get("accept", ""), SHAPES)
        if version := request.one("resourceVersion"):
            _check_version(version)
        stored = self._engine.read(kind, target.namespace, target.name, target.subresource)
        return self._object(request, kind, target, stored.json(), form)

    async def _list(self, request: Request, kind: Kind, target: Target) -> Answer | Stream:
        options = list_options(request)
        form = accepted(request.headers.get("accept", ""), SHAPES)
        query = _query(options)
        if options.watch:
            shaper = tables.Shaper(kind, form, request)
            return await watch(self._engine, kind, target.namespace, query, options, shaper)
        listing = self._engine.select(kind, target.namespace, query)
        shaper = tables.Shaper(kind, form, request)
        items: list[bytes] = []
        for position, stored in enumerate(listing.items, 1):
            items.append(shaper.item(stored.json()))
            if position % _BATCH == 0:
                await asyncio.sleep(0)
        metadata: Json = {"resourceVersion": str(listing.revision)}
        if listing.continue_:
            metadata["continue"] = listing.continue_
        if listing.remaining is not None:
            metadata["remainingItemCount"] = listing.remaining
        return _finished(Answer(shaper.list(items, metadata)), form)

    async def _create(self, request: Request, kind: Kind, target: Target) -> Answer:
        if kind.namespaced and target.namespace is None:
            raise _not_allowed()
        return await self._store(request, kind, target, "create")

    async def _update(self, request: Request, kind: Kind, target: Target) -> Answer:
        return await self._store(request, kind, target, "replace")

    async def _store(self, request: Request, kind: Kind, target: Target, verb: Literal["create", "replace"]) -> Answer:
        form = accepted(request.headers.get("accept", ""), SHAPES)
        options = write_options(request, "CreateOptions" if verb == "create" else "UpdateOptions")
        speaks = kind.subresources[target.subresource] if target.subresource else kind
        content_type, raw = request.headers.get("content-type", ""), await request.body()
        body = decode(content_type, raw, speaks.kind)
        write = Write(
            verb=verb,
            namespace=target.namespace,
            name=target.name,
            body=body,
            manager=options.manager,
            subresource=target.subresource,
            dry_run=options.dry_run,
            validation=options.validation,
        )
        repeated: list[str] = []
        if options.validation != "Ignore" and media_type(content_type) in ("", JSON):
            repeated = [f'duplicate field "{path}"' for path in repeated_fields(raw)]
        if repeated and options.validation == "Strict":
            raise BadRequest(
                f'{speaks.kind} in version "{speaks.version}" cannot be handled as a {speaks.kind}: '
                f"strict decoding error: {', '.join(repeated)}"
            )
        answer = await self._written(request, kind, target, write, form)
        request.warnings += repeated
        return answer

    async def _patch(self, request: Request, kind: Kind, target: Target) -> Answer:
        form = accepted(request.headers.get("accept", ""), SHAPES)
        given = media_type(request.headers.get("content-type", ""))
        apply = given == _APPLY
        if not apply and given not in _PATCHES:
            raise UnsupportedMediaType("415: Unsupported Media Type", details={})
        options = write_options(request, "PatchOptions", apply=apply)
        raw = await request.body()
        body = _applied(raw) if apply else _patch_body(raw, _PATCHES[given])
        write = Write(
            verb="apply" if apply else "patch",
            namespace=target.namespace,
            name=target.name,
            body=body,
            manager=options.manager,
            subresource=target.subresource,
            patch_type=_PATCHES.get(given, "merge"),
            dry_run=options.dry_run,
            force=options.force,
            validation=options.validation,
        )
        return await self._written(request, kind, target, write, form)

    async def _written(self, request: Request, kind: Kind, target: Target, write: Write, form: Form) -> Answer:
        written = await self._engine.write(kind, write)
        if written.other is not None:
            answer = json_answer(written.other)
        elif written.stored is None:
            answer = json_answer(_success(), 201)
        else:
            answer = self._object(request, kind, target, written.stored.json(), form)
            answer.status = 201 if written.created else 200
        request.warnings += written.warnings
        return answer

    async def _delete(self, request: Request, kind: Kind, target: Target) -> Answer:
        form = accepted(request.headers.get("accept", ""), SHAPES)
        deletion = await self._deletion(request, target)
        removed = await self._engine.remove(kind, deletion)
        if removed.status:
            uid = removed.stored.decode(_Identified).metadata.uid
            return json_answer(_success({"name": target.name, **kind.details, "uid": uid}))
        return self._object(request, kind, target, removed.stored.json(), form)

    async def _delete_collection(self, request: Request, kind: Kind, target: Target) -> Answer:
        if kind.namespaced and target.namespace is None:
            raise _not_allowed()
        options = list_options(request)
        deletion = await self._deletion(request, target)
        listing = await self._engine.remove_all(kind, target.namespace, _query(options), deletion)
        shaper = tables.Shaper(kind, Form(), request)
        items = [shaper.item(stored.json()) for stored in listing.items]
        return Answer(shaper.list(items, {"resourceVersion": str(listing.revision)}))

    async def _deletion(self, request: Request, target: Target) -> Deletion:
        raw = await request.body()
        options = delete_options(request, _delete_body(request, raw) if raw else None)
        return Deletion(
            namespace=target.namespace,
            name=target.name,
            propagation=options.propagation,
            grace_seconds=options.grace_seconds,
            uid=options.uid,
            resource_version=options.resource_version,
            dry_run=options.dry_run,
        )

    def _object(self, request: Request, kind: Kind, target: Target, raw: bytes, form: Form) -> Answer:
        shaper = tables.Shaper(kind, form, request, subresource=target.subresource)
        return _finished(Answer(shaper.single(raw)), form)


class _Identity(msgspec.Struct):
    uid: str = ""


class _Identified(msgspec.Struct):
    metadata: _Identity


def _verb(request: Request, target: Target) -> str:
    """Return the Kubernetes verb of a request, "" when the path has none for its method."""
    if request.method in ("GET", "HEAD"):
        if target.name:
            return "get"
        return "watch" if request.flag("watch") else "list"
    if request.method == "POST":
        return "create" if not target.name or target.subresource else ""
    if request.method == "DELETE":
        return "delete" if target.name else "deletecollection"
    return {"PUT": "update", "PATCH": "patch"}.get(request.method, "") if target.name else ""


def _served(kind: Kind, target: Target) -> tuple[str, ...]:
    if not target.subresource:
        return kind.verbs
    subresource = kind.subresources.get(target.subresource)
    if subresource is None:
        raise kind.missing(target.name) if kind.custom else paths.not_found()
    return subresource.verbs


def _check_version(version: str) -> None:
    """Refuse a version that is none; which one it is means nothing where all is read from one place."""
    try:
        whole_number(version)
    except ValueError as error:
        raise Unnamed(f'resourceVersion: Invalid value: "{version}": {error}') from None


def _not_allowed() -> MethodNotAllowed:
    return MethodNotAllowed("the server does not allow this method on the requested resource", details={})


def _query(options: ListOptions) -> Query:
    return Query(
        labels=options.labels,
        fields=options.fields,
        limit=options.limit,
        continue_=options.continue_,
        resource_version=options.resource_version,
        match=options.match,
    )


def _applied(raw: bytes) -> Json:
    try:
        found = parse_yaml(raw)
    except Unparsable as error:
        raise BadRequest(f"error decoding YAML: error converting YAML to JSON: {error}") from None
    if not isinstance(found, dict | None):
        raise BadRequest(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{json_name(found)} into Go value of type map[string]interface {{}}"
        )
    return found or {}


def _patch_body(raw: bytes, patch_type: PatchType) -> Any:
    try:
        patch = msgspec.json.decode(raw)
    except UNDECODABLE:
        text = syntax_error(raw)
        raise BadRequest(text if patch_type == "strategic" else f"error decoding patch: {text}") from None
    wanted = list if patch_type == "json" else dict
    if not isinstance(patch, wanted):
        go_type = "[]handlers.jsonPatchOp" if patch_type == "json" else "map[string]interface {}"
        text = f"json: cannot unmarshal {json_name(patch)} into Go value of type {go_type}"
        raise BadRequest(text if patch_type == "strategic" else f"error decoding patch: {text}")
    return patch


def _delete_body(request: Request, raw: bytes) -> Json:
    try:
        body = parse(request.headers.get("content-type", ""), raw)
    except Unparsable as error:
        raise BadRequest(str(error)) from None
    kind, version = body.get("kind", "DeleteOptions"), body.get("apiVersion", "v1")
    if kind != "DeleteOptions":
        raise BadRequest(f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"')
    return body


def _success(details: Json | None = None) -> Json:
    status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return {**status, "details": details} if details else {**status, "code": 201}


def _finished(answer: Answer, form: Form) -> Answer:
    return encode_yaml(answer) if form.yaml else answer
