"""What can be asked of the engine below the typed Protocol: the HTTP door has options that `kecs.kube.api` has not."""

from dataclasses import dataclass, field
from typing import Any, Literal

from kecs.embedded.catalog import Kind
from kecs.embedded.entry import Entry, decoded, text
from kecs.kube.api import PatchType, Propagation

Verb = Literal["create", "replace", "patch", "apply"]
Validation = Literal["Ignore", "Warn", "Strict"]
VersionMatch = Literal["", "Exact", "NotOlderThan"]


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `body` is decoded JSON: the object, or the patch. `validation` is the query's `fieldValidation`."""

    verb: Verb
    namespace: str | None
    name: str
    body: Any
    manager: str
    subresource: str = ""
    patch_type: PatchType = "merge"
    dry_run: bool = False
    force: bool = False
    validation: Validation = "Ignore"


@dataclass(frozen=True, slots=True)
class Query:
    """What a list or watch asks for, with the meaning of the query parameters of those names."""

    labels: str = ""
    fields: str = ""
    limit: int = 0
    continue_: str = ""
    resource_version: str = ""
    match: VersionMatch = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion. `uid` and `resource_version` are preconditions."""

    namespace: str | None
    name: str
    propagation: Propagation | None = None
    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is stored, read as one version of its kind."""

    kind: Kind
    entry: Entry

    @property
    def revision(self) -> int:
        """The resource version."""
        return self.entry.revision

    @property
    def name(self) -> str:
        """The object's name."""
        return self.entry.name

    @property
    def namespace(self) -> str:
        """The object's namespace, "" when it has none."""
        return self.entry.namespace

    def json(self) -> bytes:
        """Return the whole object, managed fields included."""
        return text(self.kind.prefix, self.entry, managed=True)

    def decode(self, type_: Any) -> Any:
        """Return the object decoded to a type."""
        return decoded(self.kind.prefix, self.entry, type_)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left. `stored` is None where there is nothing to show (a binding, an eviction).

    `other` is what a subresource that is no view of the object answers (a Scale).
    """

    stored: Stored | None
    created: bool = False
    warnings: list[str] = field(default_factory=list)
    other: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a deletion left: the object as it was last, and whether it is gone and a `Status` is the usual answer."""

    stored: Stored
    gone: bool
    status: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. `remaining` is None where Kubernetes does not say."""

    items: list[Stored]
    revision: int
    continue_: str = ""
    remaining: int | None = None
