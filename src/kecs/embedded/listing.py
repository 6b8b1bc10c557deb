"""Pages of a list. Every page of one list shows the objects as they were at the version of the first page."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Iterable

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
    if selection.name and not query.continue_:
        keys, entries = _named(store, kind, namespace, selection.name)
        if revision != store.revision:
            keys, entries = _at(store, kind, namespace, revision)
    else:
        keys, entries = _at(store, kind, namespace, revision)
    return _page(kind, selection, query.limit, revision, entries, keys[bisect_right(keys, after) :] if after else keys)


def _page(
    kind: Kind, selection: Selection, limit: int, revision: int, entries: dict[_Key, Entry], keys: list[_Key]
) -> Listing:
    found: list[Stored] = []
    for index, key in enumerate(keys):
        entry = entries[key]
        if not selection.matches(entry):
            continue
        if limit and len(found) == limit:
            last = found[-1]
            left = None if selection.selective else len(keys) - index
            return Listing(found, revision, _encode_token(revision, (last.namespace, last.name)), left)
        found.append(Stored(kind, entry))
    return Listing(found, revision)


def _named(store: Store, kind: Kind, namespace: str | None, name: str) -> tuple[list[_Key], dict[_Key, Entry]]:
    spaces = store.namespaces(kind.table)
    wanted: Iterable[str] = spaces if namespace is None else (namespace,)
    entries = {(space, name): spaces[space][name] for space in wanted if name in spaces.get(space, {})}
    return sorted(entries), entries


def _at(store: Store, kind: Kind, namespace: str | None, revision: int) -> tuple[list[_Key], dict[_Key, Entry]]:
    """Return the sorted keys and the entries of a table as they were at a version. Raises `Gone`."""
    spaces = store.namespaces(kind.table)
    wanted = spaces if namespace is None else {namespace: spaces.get(namespace, {})}
    entries = {(space, name): entry for space, names in wanted.items() for name, entry in names.items()}
    if revision < store.revision:
        try:
            changes = store.since(revision)
        except Gone:
            raise _expired(store, revision) from None
        for change in reversed(changes):
            if change.table != kind.table or (namespace is not None and change.namespace != namespace):
                continue
            key = (change.namespace, change.name)
            if change.old is None:
                entries.pop(key, None)
            else:
                entries[key] = change.old
    return sorted(entries), entries


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
        raise BadRequest(f'Invalid value: "{version}": {error}') from None
    if wanted > store.revision:
        raise Timeout(
            f"Too large resource version: {version}, current: {store.revision}",
            details={
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
        )
