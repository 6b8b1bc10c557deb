"""Pages of a list. Every page of one list shows the objects as they were at the version of the first page."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from heapq import merge

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.entry import Entry
from kecs.embedded.problems import whole_number
from kecs.embedded.requests import Listing, Query, Stored
from kecs.embedded.selection import Selection
from kecs.embedded.store import Store
from kecs.kube.errors import BadRequest, Gone, Timeout

_Key = tuple[str, str]


class _Token(msgspec.Struct):
    """What a continue token says: the version of the first page, and the last object shown."""

    v: int
    namespace: str
    name: str


def _encode_token(revision: int, key: _Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(_Token(revision, *key))).decode().rstrip("=")


def decode_token(text: str) -> _Token:
    """Return what a continue token says. Raises `BadRequest`."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=_Token)
    except (binascii.Error, ValueError):
        raise BadRequest("continue key is not valid: the token does not come from this server") from None


def list_page(store: Store, kind: Kind, namespace: str | None, query: Query) -> Listing:
    """Return one page. Raises `BadRequest`, `Gone` and `Timeout`."""
    selection = Selection(kind, namespace, query.labels, query.fields)
    if query.limit < 0:
        raise BadRequest("limit must not be negative")
    revision, after = store.revision, None
    if query.continue_:
        if query.resource_version not in ("", "0"):
            raise BadRequest("specifying resource version is not allowed when using continue")
        token = decode_token(query.continue_)
        after = (token.namespace, token.name)
        revision = token.v or store.revision
    else:
        _check_version(store, query)
        if query.match == "Exact":
            revision = int(query.resource_version)
    whole = query.resource_version == "0"  # whoever takes any version gets all of it
    return _page(_Snapshot(store, selection, revision), 0 if whole else query.limit, after)


def _page(snapshot: "_Snapshot", limit: int, after: _Key | None) -> Listing:
    found: list[Stored] = []
    selection = snapshot.selection
    for entry in snapshot.after(after):
        if not selection.matches(entry):
            continue
        if limit and len(found) == limit:
            last = (found[-1].namespace, found[-1].name)
            left = None if selection.selective else snapshot.count_after(last)
            return Listing(found, snapshot.revision, _encode_token(snapshot.revision, last), left)
        found.append(Stored(selection.kind, entry))
    return Listing(found, snapshot.revision)


class _Snapshot:
    """A table as it was at a version, in order: as it is now, with what has changed since put back.

    Raises `Gone` for a version that is no longer held.
    """

    def __init__(self, store: Store, selection: Selection, revision: int) -> None:
        self.selection = selection
        self.revision = revision
        self._store = store
        self._spaces = store.namespaces(selection.kind.table)
        self._past: dict[str, dict[str, Entry | None]] = {}  # by namespace and name; None: was not there yet
        if revision < store.revision:
            try:
                changes = store.since(revision)
            except Gone:
                raise _expired(store, revision) from None
            wanted = (selection.kind.table, selection.namespace)
            for change in reversed(changes):
                if wanted in ((change.table, None), (change.table, change.namespace)):
                    self._past.setdefault(change.namespace, {})[change.name] = change.old

    def after(self, key: _Key | None) -> Iterator[Entry]:
        """Yield the objects after a key, or all of them; if the selection is about one name, those alone."""
        space, name = key or ("", "")
        for namespace in self._namespaces(space):
            begin = name if namespace == space else ""
            here, past = self._spaces.get(namespace, {}), self._past.get(namespace, {})
            for one in merge(self._present(namespace, begin), self._revived(namespace, begin)):
                entry = past[one] if one in past else here[one]
                if entry is not None:
                    yield entry

    def count_after(self, key: _Key) -> int:
        """Return how many objects there are after a key."""
        space, name = key
        count = 0
        for namespace in self._namespaces(space):
            begin = name if namespace == space else ""
            names = self._store.in_order(self.selection.kind.table, namespace)
            count += len(names) - bisect_right(names, begin)
            for one, entry in self._past.get(namespace, {}).items():
                if one > begin:
                    count += (entry is not None) - (one in self._spaces.get(namespace, {}))
        return count

    def _namespaces(self, first: str) -> list[str]:
        if self.selection.namespace is not None:
            return [self.selection.namespace]
        return sorted(one for one in {*self._spaces, *self._past} if one >= first)

    def _present(self, namespace: str, begin: str) -> Iterable[str]:
        """Return the names there are now after one, in order."""
        only = self.selection.name
        if only:
            return [only] if only > begin and only in self._spaces.get(namespace, {}) else []
        names = self._store.in_order(self.selection.kind.table, namespace)
        return (names[index] for index in range(bisect_right(names, begin), len(names)))

    def _revived(self, namespace: str, begin: str) -> list[str]:
        """Return the names after one that are gone by now, in order."""
        here = self._spaces.get(namespace, {})
        return sorted(one for one in self._past.get(namespace, ()) if one > begin and one not in here)


def _expired(store: Store, revision: int) -> Gone:
    return Gone(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without "
        "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
        "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
        "deleted between the time the first chunk was returned and now may show up in the list."
    )


def _check_version(store: Store, query: Query) -> None:
    version = query.resource_version
    if query.match and not version:
        raise BadRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if not version:
        return
    try:
        wanted = whole_number(version)
    except ValueError as error:
        raise BadRequest(f'invalid resource version: resourceVersion: Invalid value: "{version}": {error}') from None
    if wanted > store.revision:
        raise Timeout(
            f"Too large resource version: {version}, current: {store.revision}",
            details={
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
        )
