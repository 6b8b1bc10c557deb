"""The client for any cluster: `kecs.kube.api.Api` over HTTP.

How requests travel is `transport`, how answers are read is `decoding`; here is what each call says to the server.
"""

import builtins
import random
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec
from aiohttp.abc import AbstractResolver

from kecs.kube import remote
from kecs.kube.access import Access
from kecs.kube.api import Event, ExecResult, Json, LogOptions, Page, PatchType, Propagation, Resource
from kecs.kube.body import pieces
from kecs.kube.calls import Calls
from kecs.kube.decoding import Objects
from kecs.kube.errors import InternalError, Unavailable
from kecs.kube.lines import Lines
from kecs.kube.transport import Request, Timings, Transport

T = TypeVar("T")

_WATCH_SECONDS = (240, 360)  # that a server lets a watch live: at random, so that not all are opened anew at once
_SILENCE = 150.0  # seconds without a word after which a watch counts as dead; bookmarks come every minute
_PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_APPLY = "application/apply-patch+yaml"  # JSON is YAML
_KINDS = {  # what is sent to a subresource that speaks a kind of its own
    "scale": {"apiVersion": "autoscaling/v1", "kind": "Scale"},
    "eviction": {"apiVersion": "policy/v1", "kind": "Eviction"},
    "binding": {"apiVersion": "v1", "kind": "Binding"},
    "token": {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"},
}


class HttpApi:
    """One cluster, by its API servers. `connect` makes it, `close` ends its connections. See `Api` for each call."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    async def connect(
        cls, access: Access, *, timings: Timings | None = None, resolver: AbstractResolver | None = None
    ) -> Self:
        """Return a client; nothing is sent before the first call. Raises AccessError for certificates of no use."""
        return cls(Transport(access, timings or Timings(), resolver))

    @property
    def calls(self) -> Calls:
        """The figures of its requests."""
        return self._transport.calls

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close()

    async def release(self) -> tuple[int, int]:
        """Return which Kubernetes the server is, major and minor: (1, 36). Raises ApiError."""
        answer = await self._transport.call(Request("GET", "/version", {}, repeatable=True))
        try:
            told: dict[str, str] = msgspec.json.decode(answer, type=dict[str, Any])
            return int(told["major"]), int(told["minor"].rstrip("+"))
        except (msgspec.DecodeError, KeyError, ValueError):
            raise InternalError("the server does not say which Kubernetes it is") from None

    async def get(self, resource: Resource[T], namespace: str | None, name: str, *, subresource: str = "") -> T:
        """See `Api.get`."""
        request = Request("GET", _path(resource, namespace, name, subresource), {}, repeatable=True)
        return Objects(resource).one(await self._transport.call(request))

    async def list(
        self,
        resource: Resource[T],
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 0,
        continue_: str = "",
        resource_version: str = "",
    ) -> Page[T]:
        """See `Api.list`."""
        query = {**_selectors(labels, fields), "limit": str(limit or ""), "continue": continue_}
        query["resourceVersion"] = resource_version
        request = Request("GET", _path(resource, namespace), _given(query), repeatable=True)
        return Objects(resource).page(await self._transport.call(request))

    async def watch(
        self,
        resource: Resource[T],
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        since: str,
        bookmarks: bool = True,
    ) -> AsyncGenerator[builtins.list[Event[T]], None]:
        """See `Api.watch`. The first batch is empty: the server has accepted the watch."""
        seconds = random.randint(*_WATCH_SECONDS)  # noqa: S311  # spreads load, keeps no secret
        query = {
            **_selectors(labels, fields),
            "watch": "1",
            "resourceVersion": since,
            "allowWatchBookmarks": "true" if bookmarks else "",
            "timeoutSeconds": str(seconds),
        }
        request = Request("GET", _path(resource, namespace), _given(query), repeatable=True, watch=True)
        silence = _SILENCE if bookmarks else seconds + _SILENCE
        lines = Lines(Objects(resource).events)
        async with self._transport.stream(request, silence) as response:
            yield []
            async for events, error in pieces(response, lines, silence):
                if events:
                    yield events
                if error is not None:
                    raise error
            if lines.is_torn:  # nothing else tells a connection that breaks from one that the server ends
                raise Unavailable(f"the watch of {resource.plural} broke off within an event")

    async def create(
        self,
        resource: Resource[T],
        namespace: str | None,
        body: Json,
        *,
        manager: str,
        name: str = "",
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """See `Api.create`."""
        path = _path(resource, namespace, name if subresource else "", subresource)
        whole = _whole(resource, body, subresource)
        if name:
            whole["metadata"] = {**(whole.get("metadata") or {}), "name": name}
        return await self._write(resource, Request("POST", path, _writer(manager, dry_run), _encode(whole)))

    async def replace(
        self,
        resource: Resource[T],
        namespace: str | None,
        name: str,
        body: Json,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """See `Api.replace`."""
        path = _path(resource, namespace, name, subresource)
        content = _encode(_whole(resource, body, subresource))
        return await self._write(resource, Request("PUT", path, _writer(manager, dry_run), content, harmless=True))

    async def patch(
        self,
        resource: Resource[T],
        namespace: str | None,
        name: str,
        patch: Json | builtins.list[Json],
        *,
        type: PatchType,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """See `Api.patch`."""
        path = _path(resource, namespace, name, subresource)
        return await self._write(
            resource,
            Request("PATCH", path, _writer(manager, dry_run), _encode(patch), _PATCHES[type], harmless=type == "merge"),
        )

    async def apply(
        self,
        resource: Resource[T],
        namespace: str | None,
        name: str,
        body: Json,
        *,
        manager: str,
        force: bool = True,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """See `Api.apply`."""
        path = _path(resource, namespace, name, subresource)
        query = {**_writer(manager, dry_run), "force": "true" if force else "false"}
        content = _encode(_whole(resource, body, subresource))
        return await self._write(resource, Request("PATCH", path, query, content, _APPLY, repeatable=True))

    async def delete(
        self,
        resource: Resource[T],
        namespace: str | None,
        name: str,
        *,
        propagation: Propagation | None = None,
        grace_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """See `Api.delete`."""
        body = _deletion(propagation, grace_seconds, uid=uid, resource_version=resource_version, dry_run=dry_run)
        await self._transport.call(Request("DELETE", _path(resource, namespace, name), {}, body, harmless=True))

    async def delete_collection(
        self,
        resource: Resource[T],
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        propagation: Propagation | None = None,
        grace_seconds: int | None = None,
    ) -> None:
        """See `Api.delete_collection`."""
        query = _given(_selectors(labels, fields))
        body = _deletion(propagation, grace_seconds)
        await self._transport.call(Request("DELETE", _path(resource, namespace), query, body, harmless=True))

    async def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """See `Api.log`."""
        request = Request("GET", f"{_pod(namespace, pod)}/log", remote.log_query(options), repeatable=True)
        async with self._transport.stream(request, None if options.follow else _SILENCE) as response:
            while data := await response.content.readany():
                yield data

    async def exec(self, namespace: str, pod: str, command: builtins.list[str], *, container: str = "") -> ExecResult:
        """See `Api.exec`."""
        request = Request("GET", f"{_pod(namespace, pod)}/exec", remote.exec_query(command, container))
        async with self._transport.websocket(request, remote.PROTOCOLS) as socket:
            return await remote.collect(socket)

    async def _write(self, resource: Resource[T], request: Request) -> T:
        return Objects(resource).one(await self._transport.call(request))


_encode = msgspec.json.Encoder().encode


def _path(resource: Resource[Any], namespace: str | None, name: str = "", subresource: str = "") -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    space = f"/namespaces/{quote(namespace, safe='')}" if resource.namespaced and namespace else ""
    parts = "".join(f"/{quote(part, safe='')}" for part in (name, subresource) if part)
    return f"{root}{space}/{resource.plural}{parts}"


def _pod(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}"


def _given(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {"labelSelector": labels, "fieldSelector": fields}


def _writer(manager: str, dry_run: bool) -> dict[str, str]:
    return _given({"fieldManager": manager, "dryRun": "All" if dry_run else ""})


def _whole(resource: Resource[Any], body: Json, subresource: str) -> Json:
    """Return a body that says what it is, as the API wants it for custom resources and apply."""
    kind = _KINDS.get(subresource) or {"apiVersion": resource.api_version, "kind": resource.kind}
    return {**kind, **body}


def _deletion(
    propagation: Propagation | None,
    grace_seconds: int | None,
    *,
    uid: str | None = None,
    resource_version: str | None = None,
    dry_run: bool = False,
) -> bytes:
    conditions = {"uid": uid, "resourceVersion": resource_version}
    options: Json = {
        "propagationPolicy": propagation,
        "gracePeriodSeconds": grace_seconds,
        "preconditions": {name: value for name, value in conditions.items() if value is not None} or None,
        "dryRun": ["All"] if dry_run else None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    return _encode({"apiVersion": "v1", "kind": "DeleteOptions", **given})
