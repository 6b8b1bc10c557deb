"""The embedded Kubernetes API: `kecs.kube.api.Api` in one process, and the request layer that its HTTP door calls."""

import asyncio
import builtins
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast, get_origin

import msgspec

from kecs.embedded import subresources
from kecs.embedded.catalog import Catalog, Kind, Rules
from kecs.embedded.custom import Definitions
from kecs.embedded.database import Database
from kecs.embedded.entry import shared_decoded
from kecs.embedded.expiry import Expiry
from kecs.embedded.listing import list_page
from kecs.embedded.problems import whole_number
from kecs.embedded.requests import Deletion, Listing, Query, Removed, Stored, Write, Written
from kecs.embedded.selection import Selection
from kecs.embedded.store import Store
from kecs.embedded.subresources import Subresources
from kecs.embedded.watching import Hub, Seen, Watcher, seen
from kecs.embedded.writing import SYSTEM_NAMESPACES, Done, Writer
from kecs.kube.api import Event, ExecResult, Json, LogOptions, Page, PatchType, Propagation, Resource
from kecs.kube.errors import ApiError, BadRequest, InternalError, Unavailable, Unnamed

T = TypeVar("T")

log = logging.getLogger(__name__)

_AT_ONCE = 100  # deletions of a collection that are staged together
_SUCCESS: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


class NodeDoor(Protocol):
    """What only the node knows of a pod: what its containers wrote, and how to run a command in one."""

    def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote, as it arrives."""
        ...

    async def exec(self, namespace: str, pod: str, command: list[str], *, container: str = "") -> ExecResult:
        """Run a command in a container and return when it has ended."""
        ...


class Engine:
    """One Kubernetes API. Make it with `open`, use it from one event loop, end it with `close`.

    The methods of the Protocol decode; `read`, `select`, `follow`, `write` and `remove` give stored bytes and have
    every option of the HTTP API. `node` is set by the node that runs the pods.
    """

    def __init__(self, store: Store, rules: Rules | None = None) -> None:
        self.catalog = Catalog(rules)
        self.store = store
        self.node: NodeDoor | None = None
        self._hub = Hub(self.catalog)
        self._writer = Writer(store, self.catalog)
        store.on_commit(self._hub.publish)
        self._subresources = Subresources(store, self.catalog, self._writer)
        self._events = Expiry(store, self._writer, self.catalog)
        self._definitions = Definitions(store, self.catalog, self._writer)

    @classmethod
    def open(cls, directory: Path | None = None, *, durable: bool = False, rules: Rules | None = None) -> "Engine":
        """Open a data directory (None: memory only). `durable` waits for the disk at each commit.

        `rules` are those of custom resources that are evaluated (`validations`). Needs a running event loop. Raises
        `database.DatabaseError`.
        """
        engine = cls(Store(Database(directory, durable=durable) if directory else None), rules)
        engine._bootstrap()
        return engine

    async def close(self) -> None:
        """Commit what is under way and let the data directory go. Later writes are `Unavailable`."""
        self.store.close()

    def _bootstrap(self) -> None:
        namespaces = self.catalog.find("", "v1", "namespaces")
        for name in SYSTEM_NAMESPACES:
            if self.store.get(namespaces.table, "", name) is None:
                self._writer.create(
                    namespaces, Write("create", None, name, {"metadata": {"name": name}}, "kube-apiserver")
                )
        classes = self.catalog.find("scheduling.k8s.io", "v1", "priorityclasses")
        for name, value in (("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)):
            if self.store.get(classes.table, "", name) is None:
                body = {"metadata": {"name": name}, "value": value}
                self._writer.create(classes, Write("create", None, name, body, "kube-apiserver"))
        self.store.flush()

    # The request layer.

    def kind(self, resource: Resource[Any]) -> Kind:
        """Return the served kind that a `Resource` names. Raises `NotFound`."""
        return self.catalog.find(resource.group, resource.version, resource.plural)

    def read(self, kind: Kind, namespace: str | None, name: str, subresource: str = "") -> Stored:
        """Return one object. Raises `NotFound`."""
        entry = self.store.get(kind.table, namespace or "", name)
        if entry is None:
            raise kind.missing(name)
        subresources.require(kind, subresource)
        if subresource == "scale":
            return self._subresources.read_scale(kind, entry)
        return Stored(kind, entry)

    def select(self, kind: Kind, namespace: str | None, query: Query) -> Listing:
        """Return a page of objects."""
        return list_page(self.store, kind, namespace, query)

    async def follow(
        self,
        kind: Kind,
        namespace: str | None,
        query: Query,
        since: str = "",
        *,
        bookmarks: bool = False,
        initial: bool = False,
    ) -> AsyncGenerator[builtins.list[Seen], None]:
        """Yield what happens to the selected objects after a version; "" and "0" begin with what is there.

        `initial` also begins so (and a bookmark marks the end, `sendInitialEvents`). Raises `Gone`.
        """
        selection = Selection(kind, namespace, query.labels, query.fields)
        try:
            after = whole_number(since or "0")
        except ValueError as error:
            raise Unnamed(f'resourceVersion: Invalid value: "{since}": {error}') from None
        first: list[Seen] = []
        revision = self.store.revision
        if initial or not after:
            found = self.select(kind, namespace, Query(labels=query.labels, fields=query.fields))
            first = [Seen("ADDED", one.entry, one.revision) for one in found.items]
            if initial and bookmarks:
                first.append(Seen("BOOKMARK", None, revision, initial_end=True))
        elif after <= revision:
            changes = (one for one in self.store.since(after) if one.table == kind.table)
            first = [event for one in changes if (event := seen(selection, one))]
        else:
            revision = after
        watcher = Watcher(selection, revision, bookmarks, first)
        self._hub.add(watcher)
        try:
            while True:
                yield await watcher.take()
        finally:
            self._hub.remove(watcher)

    async def write(self, kind: Kind, write: Write) -> Written:
        """Do one write and return when it is stored."""
        if kind.namespaced and not write.namespace:
            raise BadRequest("an empty namespace may not be set during creation")
        return await self._stored(lambda: self._staged(kind, write))

    async def _stored(self, stage: Callable[[], tuple[T, Done]]) -> T:
        """Return what a write comes to once it is stored.

        A refusal, or that there is nothing to change, may rest on what other writers have staged. It is told after
        their commit: whoever reads the object then, perhaps to try again, must find it as it was judged.
        """
        try:
            result, done = stage()
        except ApiError:
            await self.store.committed()
            raise
        await (done or self.store.committed())
        return result

    def _staged(self, kind: Kind, write: Write) -> tuple[Written, Done]:
        subresources.require(kind, write.subresource)
        match write.verb, write.subresource:
            case _, "scale":
                return self._subresources.write_scale(kind, write)
            case "create", "binding":
                return self._subresources.bind(kind, write)
            case "create", "eviction":
                return self._subresources.evict(kind, write)
            case "create", _:
                return self._writer.create(kind, write)
            case "apply", _:
                return self._writer.apply(kind, write)
            case _:
                return self._writer.update(kind, write)

    async def remove(self, kind: Kind, request: Deletion) -> Removed:
        """Delete one object, or mark it."""
        return await self._stored(lambda: self._writer.remove(kind, request))

    async def remove_all(self, kind: Kind, namespace: str | None, query: Query, how: Deletion) -> Listing:
        """Delete every object that is selected; return them as they were.

        A few at a time, so that others get their turn. Whoever has come by the same name meanwhile is left alone.
        Raises `Conflict` at the first object that does not meet the preconditions.
        """
        listing = self.select(kind, namespace, query)
        for start in range(0, len(listing.items), _AT_ONCE):
            waiting = []
            for one in listing.items[start : start + _AT_ONCE]:
                now = self.store.latest(kind.table, one.namespace, one.name)
                if now is not None and now.number == one.entry.number:
                    request = replace(how, namespace=one.namespace or None, name=one.name)
                    waiting.append(self._writer.remove(kind, request)[1])
            for done in waiting:
                if done:
                    await done
            await asyncio.sleep(0)
        return listing

    # The Protocol.

    async def get(self, resource: Resource[T], namespace: str | None, name: str, *, subresource: str = "") -> T:
        """See `Api.get`."""
        return _decoded(self.read(self.kind(resource), namespace, name, subresource), resource.type)

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
        query = Query(labels, fields, limit, continue_, resource_version)
        found = self.select(self.kind(resource), namespace, query)
        return Page(
            builtins.list(_readable(found.items, resource.type)), str(found.revision), found.continue_, found.remaining
        )

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
        """See `Api.watch`. Objects are shared between watchers: do not change them."""
        kind = self.kind(resource)
        async with aclosing(self.follow(kind, namespace, Query(labels, fields), since, bookmarks=bookmarks)) as batches:
            async for batch in batches:
                if events := builtins.list(_events(kind, resource.type, batch)):
                    yield events

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
        write = Write("create", namespace, name, body, manager, subresource, dry_run=dry_run)
        return await self._written(resource, write)

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
        return await self._written(
            resource, Write("replace", namespace, name, body, manager, subresource, dry_run=dry_run)
        )

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
        return await self._written(
            resource, Write("patch", namespace, name, patch, manager, subresource, type, dry_run)
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
        write = Write("apply", namespace, name, body, manager, subresource, dry_run=dry_run, force=force)
        return await self._written(resource, write)

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
        request = Deletion(namespace, name, propagation, grace_seconds, uid, resource_version, dry_run)
        await self.remove(self.kind(resource), request)

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
        how = Deletion(namespace, "", propagation, grace_seconds)
        await self.remove_all(self.kind(resource), namespace, Query(labels, fields), how)

    def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """See `Api.log`."""
        return self._require_node().log(namespace, pod, options)

    async def exec(self, namespace: str, pod: str, command: builtins.list[str], *, container: str = "") -> ExecResult:
        """See `Api.exec`."""
        return await self._require_node().exec(namespace, pod, command, container=container)

    def _require_node(self) -> NodeDoor:
        if self.node is None:
            raise Unavailable("no node is running")
        return self.node

    async def _written(self, resource: Resource[T], write: Write) -> T:
        written = await self.write(self.kind(resource), write)
        if written.stored is None:
            return msgspec.convert(_SUCCESS, resource.type, strict=False)
        return _decoded(written.stored, resource.type)


def _decoded(stored: Stored, type_: type[T]) -> T:
    """Return an object as a type. Structs are shared, dicts are the caller's own. Raises `InternalError`."""
    kind = stored.kind
    try:
        if issubclass(get_origin(type_) or type_, msgspec.Struct):
            return cast("T", shared_decoded(kind.prefix, stored.entry, cast("Any", type_)))
        return cast("T", stored.decode(type_))
    except msgspec.ValidationError as error:
        raise InternalError(f'{kind.table} "{stored.name}" cannot be read as {type_.__name__}: {error}') from error


def _readable(found: Iterable[Stored], type_: type[T]) -> Iterator[T]:
    """Yield the objects that can be read as a type. One that cannot must not keep a client from all others."""
    for stored in found:
        try:
            yield _decoded(stored, type_)
        except InternalError as error:
            log.warning("%s", error.message)


def _events(kind: Kind, type_: type[T], batch: Iterable[Seen]) -> Iterator[Event[T]]:
    for one in batch:
        if one.entry is None:
            yield Event("BOOKMARK", None, str(one.revision))
            continue
        try:
            yield Event(one.type, shared_decoded(kind.prefix, one.entry, cast("Any", type_)), str(one.revision))
        except msgspec.ValidationError as error:
            log.warning('%s "%s" cannot be read as %s: %s', kind.table, one.entry.name, type_.__name__, error)
