"""Who hears of which change: watchers, indexed so that a write costs only those that may care.

A watcher of everything stands in the list of its table; one of a namespace, a name or a node stands in a dict under
that key. What they take is the stored entry; decoding is theirs, and shared (`decoded`).
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from kecs.embedded.catalog import Catalog
from kecs.embedded.entry import Change, Entry
from kecs.embedded.selection import Selection, node_of
from kecs.kube.api import EventType
from kecs.kube.errors import Gone

log = logging.getLogger(__name__)

_BACKLOG = 50_000  # changes that a watcher may leave unread before it is told to list anew
_BACKLOG_BYTES = 32 << 20  # and what they hold, which may be held for that watcher alone
_BOOKMARK_EVERY = 1000  # resource versions

_Key = tuple[str, ...]


@dataclass(slots=True)
class Seen:
    """One watch event. `entry` is None for a bookmark; `initial_end` marks the one after the initial events."""

    type: EventType
    entry: Entry | None
    revision: int
    initial_end: bool = False


def seen(selection: Selection, change: Change) -> Seen | None:
    """Return what a change is for those who watch a selection; None when it is nothing.

    An object that is deleted, or leaves the selection, shows its old content with the change's version.
    """
    was = change.old is not None and selection.matches(change.old)
    if change.new is not None and selection.matches(change.new):
        return Seen("MODIFIED" if was else "ADDED", change.new, change.revision)
    return Seen("DELETED", change.last, change.revision) if was else None


@dataclass(eq=False)
class Watcher:
    """One watch: what it has not yet read, and the future that it waits on when that is nothing."""

    selection: Selection
    after: int
    bookmarks: bool
    unread: list[Seen] = field(default_factory=list)
    error: Gone | None = None
    size: int = 0
    _wake: asyncio.Future[None] | None = None

    def push(self, event: Seen) -> None:
        """Hand over an event; of one too many nothing is left but that something was missed."""
        if self.error:
            return
        self.unread.append(event)
        self.size += event.entry.size if event.entry else 0
        self.after = event.revision
        if len(self.unread) > _BACKLOG or self.size > _BACKLOG_BYTES:
            self.fail("the watch did not keep up")
        self.wake()

    def fail(self, why: str) -> None:
        """End the watch: its reader has to list anew."""
        self.error, self.unread, self.size = Gone(why), [], 0
        self.wake()

    def wake(self) -> None:
        """Let `take` look again."""
        if self._wake and not self._wake.done():
            self._wake.set_result(None)

    async def take(self) -> list[Seen]:
        """Return the unread events, waiting for the first. Raises `Gone` after too many were left unread."""
        while not self.unread:
            if self.error:
                raise self.error
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        found, self.unread, self.size = self.unread, [], 0
        return found


class Hub:
    """All watchers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tables: dict[str, dict[_Key, list[Watcher]]] = {}
        self._bookmarked = 0

    def add(self, watcher: Watcher) -> None:
        """Begin to deliver."""
        table = self._tables.setdefault(watcher.selection.kind.table, {})
        table.setdefault(_key(watcher.selection), []).append(watcher)

    def remove(self, watcher: Watcher) -> None:
        """End delivering."""
        name, key = watcher.selection.kind.table, _key(watcher.selection)
        watchers = self._tables.get(name, {}).get(key, [])
        if watcher in watchers:
            watchers.remove(watcher)
            if not watchers:
                del self._tables[name][key]

    def publish(self, changes: list[Change]) -> None:
        """Deliver what was committed."""
        for change in changes:
            keys = self._tables.get(change.table)
            if not keys:
                continue
            for watcher in self._interested(keys, change):
                if change.revision <= watcher.after or watcher.error:
                    continue
                try:
                    event = seen(watcher.selection, change)
                except Exception:  # one change that cannot be looked at must not keep all others from all watchers
                    log.exception("a watch of %s was ended", change.table)
                    watcher.fail("the watch met an object that cannot be read")
                    continue
                if event:
                    watcher.push(event)
        if changes[-1].revision - self._bookmarked >= _BOOKMARK_EVERY:
            self._bookmarked = changes[-1].revision
            self._bookmark(self._bookmarked)

    def _bookmark(self, revision: int) -> None:
        for keys in self._tables.values():
            for watchers in keys.values():
                for watcher in watchers:
                    if watcher.bookmarks and watcher.after < revision:
                        watcher.push(Seen("BOOKMARK", None, revision))

    def _interested(self, keys: dict[_Key, list[Watcher]], change: Change) -> Iterator[Watcher]:
        wanted: list[_Key] = [(), ("in", change.namespace), ("name", change.name)]
        if change.table == "pods" and any(key and key[0] == "node" for key in keys):
            kind = self._catalog.find("", "v1", "pods")
            wanted += {("node", node_of(kind, entry)) for entry in (change.old, change.new)}
        for key in wanted:
            yield from tuple(keys.get(key, ()))


def _key(selection: Selection) -> _Key:
    if selection.name:
        return ("name", selection.name)
    if selection.node and selection.kind.table == "pods":
        return ("node", selection.node)
    return ("in", selection.namespace) if selection.namespace is not None else ()
