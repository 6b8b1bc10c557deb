"""The Kubernetes API on one page: what a backend must answer, and the shapes that go in and come out.

Two backends implement `Api`: `kecs.kube.http.HttpApi` (any cluster) and `kecs.embedded` (one process). One contract
suite runs over both, and what a real API server answers is the expectation.

A `Resource` names a kind and the type that its objects are decoded to, so the caller chooses how much of an object is
read: `PODS` gives dicts, `PODS.viewed(PodView)` gives Structs with the fields that the caller uses and nothing else.
Bodies that are written are always plain JSON values (`Json`).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

import msgspec

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")
U = TypeVar("U")

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
PatchType = Literal["json", "merge", "strategic"]
Propagation = Literal["Background", "Foreground", "Orphan"]

# Inside the classes below `list` and `type` are members, so these name the builtin ones.
TypeOf: TypeAlias = type[U]
JsonList: TypeAlias = list[Json]
Command: TypeAlias = list[str]


@dataclass(frozen=True, slots=True)
class Resource(Generic[T]):
    """One served resource, and the type to which its objects are decoded.

    `group` is empty for the core group; `plural` is the path segment, `kind` the object's `kind`.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    type: type[T]

    @property
    def api_version(self) -> str:
        """The `apiVersion` of the objects: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def viewed(self, view: TypeOf[U]) -> "Resource[U]":
        """Return the same resource, its objects decoded to `view`."""
        return replace(self, type=view)  # type: ignore[return-value,arg-type]  # replace() keeps the static type parameter


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    `continue_` is the token for the next page, empty on the last; `remaining` counts the objects behind it (None when
    the server does not say, as with selectors).
    """

    items: list[T]
    resource_version: str
    continue_: str = ""
    remaining: int | None = None


class Event(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One watch event. `object` is None for a BOOKMARK; `resource_version` is where a new watch goes on from."""

    type: EventType
    object: T | None
    resource_version: str


Events: TypeAlias = list[Event[T]]


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command that ran in a container left: its exit code and what it wrote."""

    exit_code: int
    output: bytes


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The query of `pods/log`, with Kubernetes's meaning of each field. Times are RFC 3339."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    since_seconds: int | None = None
    since_time: str = ""


class Api(Protocol):
    """A Kubernetes API server.

    Every call raises a subclass of `kecs.kube.errors.ApiError`. `namespace` is None for cluster-scoped resources and,
    on reads, for all namespaces. `manager` is the field manager that owns what a write sets.
    """

    async def get(self, resource: Resource[T], namespace: str | None, name: str, *, subresource: str = "") -> T:
        """Return one object. `subresource` is "" , "status" or "scale"."""
        ...

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
        """Return the objects that match the label and field selectors; at most `limit` when it is not 0."""
        ...

    def watch(
        self,
        resource: Resource[T],
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        since: str,
        bookmarks: bool = True,
    ) -> AsyncGenerator[Events[T], None]:
        """Yield what happens after resource version `since`, in order, in batches as they arrive.

        Raises `Gone` when the versions after `since` are no longer held: list anew and watch from there. A generator
        that ends without an error was closed by the server: watch again from the last version seen. A batch may be
        empty: it tells that the server has accepted the watch.
        """
        ...

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
        """Create an object and return it as stored; with `subresource`, post to it (`binding`, `eviction`)."""
        ...

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
        """Replace an object; a `metadata.resourceVersion` in the body must be the stored one, else `Conflict`."""
        ...

    async def patch(
        self,
        resource: Resource[T],
        namespace: str | None,
        name: str,
        patch: Json | JsonList,
        *,
        type: PatchType,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """Patch an object with a JSON patch (RFC 6902), a merge patch (RFC 7386) or a strategic merge patch."""
        ...

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
        """Apply on the server side: create the object or merge into it, owning exactly the fields in `body`."""
        ...

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
        """Delete an object, or mark it for deletion where a finalizer or a grace period holds it.

        `uid` and `resource_version` are preconditions (`Conflict`).
        """
        ...

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
        """Delete every object that matches."""
        ...

    def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote, as it arrives."""
        ...

    async def exec(self, namespace: str, pod: str, command: Command, *, container: str = "") -> ExecResult:
        """Run a command in a container and return when it has ended."""
        ...
