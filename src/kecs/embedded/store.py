"""All objects, in memory, with one resource version that rises with every write.

A writer reads the newest state (`latest`), which holds what the other writers of this loop tick have staged, and stages
its change. Once per tick everything staged is committed to the database in one transaction; only then do readers see
it, watchers hear of it, and the writers go on. When the commit fails, everything staged is forgotten and its writers
fail.

The last changes are kept with both their sides (`window`): watches begin in it, and pages of a list are read at the
version of the first page by undoing it.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator
from sys import intern

from kecs.embedded.database import Database
from kecs.embedded.entry import Change, Entry, Owners, Table, Tail, shared_owners
from kecs.embedded.order import Order
from kecs.kube.errors import Gone, NotStored, Unavailable

log = logging.getLogger(__name__)

Names = dict[str, Entry]
WINDOW_CHANGES = 4096
WINDOW_BYTES = 4 << 20


class Store:
    """The objects of one API. Use it from one event loop."""

    def __init__(
        self, database: Database | None = None, *, window: int = WINDOW_CHANGES, window_bytes: int = WINDOW_BYTES
    ) -> None:
        self._database = database
        self._tables: dict[Table, dict[str, Names]] = {}
        self._order = Order()
        self._staged: dict[tuple[Table, str], dict[str, Entry | None]] = {}
        self._coming: Counter[tuple[Table, str]] = Counter()  # how many objects more the staged changes make
        self._batch: list[tuple[Change, asyncio.Future[None]]] = []
        self._listeners: list[Callable[[list[Change]], None]] = []
        self._abandoned: list[Callable[[list[Change]], None]] = []
        self._window: deque[Change] = deque()
        self._window_size = 0
        self._limits = (window, window_bytes)
        self._number = 0
        self._closed = False
        self.revision = database.revision() if database else 0
        if database:
            for table, entry in database.load():
                self._tables.setdefault(table, {}).setdefault(entry.namespace, {})[entry.name] = entry
                self._number = max(self._number, entry.number)
                self.revision = max(self.revision, entry.revision)
        self.revision = max(self.revision, 1)
        self._next = self.revision
        self._oldest = self.revision  # watches may begin here or later

    def on_commit(
        self, listener: Callable[[list[Change]], None], abandoned: Callable[[list[Change]], None] | None = None
    ) -> None:
        """Call `listener` with what each commit wrote, before its writers go on; `abandoned` with what failed."""
        self._listeners.append(listener)
        if abandoned:
            self._abandoned.append(abandoned)

    def get(self, table: Table, namespace: str, name: str) -> Entry | None:
        """Return an object as readers see it."""
        return self._tables.get(table, {}).get(namespace, {}).get(name)

    def latest(self, table: Table, namespace: str, name: str) -> Entry | None:
        """Return an object as the next writer must see it."""
        staged = self._staged.get((table, namespace))
        return staged[name] if staged and name in staged else self.get(table, namespace, name)

    def namespaces(self, table: Table) -> dict[str, Names]:
        """Return the entries of a table by namespace and name ("" holds those without a namespace). Only read it."""
        return self._tables.get(table, {})

    def in_order(self, table: Table, namespace: str) -> list[str]:
        """Return the sorted names of the objects of one namespace. Only read it, before anything else is written."""
        return self._order.of(table, namespace, self.namespaces(table).get(namespace, ()))

    def latest_in(self, table: Table, namespace: str) -> Iterator[Entry]:
        """Yield the objects of one namespace as the next writer must see them."""
        staged = self._staged.get((table, namespace), {})
        for name, entry in self.namespaces(table).get(namespace, {}).items():
            if name not in staged:
                yield entry
        yield from (entry for entry in staged.values() if entry is not None)

    def count(self, table: Table, namespace: str) -> int:
        """Return how many objects of one namespace the next writer sees."""
        return len(self.namespaces(table).get(namespace, ())) + self._coming[(table, namespace)]

    def staged(self, table: Table) -> list[Entry]:
        """Return the objects of a table that wait for the next commit."""
        found = (names.values() for key, names in self._staged.items() if key[0] == table)
        return [entry for entries in found for entry in entries if entry is not None]

    def entry(self, old: Entry | None, namespace: str, name: str, tail: Tail, owners: Owners) -> Entry:
        """Return the next version of `old` (or a new object) with a new resource version; it is not yet staged."""
        self._next += 1
        owners = shared_owners(owners)
        if old is not None:
            return Entry(old.number, old.namespace, old.name, self._next, tail, owners)
        self._number += 1
        return Entry(self._number, intern(namespace), intern(name), self._next, tail, owners)

    def stage(self, table: Table, old: Entry | None, new: Entry | None) -> asyncio.Future[None]:
        """Stage a creation (`old` None), a change, or a deletion (`new` None); the future ends with the commit."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        if self._closed:
            _fail(done, Unavailable("the server is shutting down"))
            return done
        entry = new or old
        assert entry is not None  # noqa: S101  # the caller has one of them
        if new is None:
            self._next += 1
        change = Change(table, entry.namespace, entry.name, new.revision if new else self._next, old, new)
        key = (table, entry.namespace)
        self._staged.setdefault(key, {})[entry.name] = new
        self._coming[key] += (new is not None) - (old is not None)
        if not self._batch:
            loop.call_soon(self.flush)
        self._batch.append((change, done))
        return done

    async def committed(self) -> None:
        """Return once what is staged now has been committed, or has failed to be."""
        if self._batch:
            await asyncio.wait([self._batch[-1][1]])

    @property
    def newest(self) -> int:
        """The version of what was staged last."""
        return self._next

    def flush(self) -> None:
        """Commit what is staged."""
        batch, self._batch, staged, self._staged = self._batch, [], self._staged, {}
        self._coming.clear()
        if not batch:
            return
        changes = [change for change, _ in batch]
        try:
            if self._database:
                self._database.commit(changes, self._next)
        except Exception as error:  # whatever it is, nobody may wait for ever
            log.error("%d changes could not be stored: %s", len(changes), error)
            self._abandon(batch, error)
            return
        self._take_over(staged)
        self.revision = changes[-1].revision
        self._remember(changes)
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        for listener in self._listeners:
            try:
                listener(changes)
            except Exception:
                log.exception("a change was stored, but not followed up")

    def _abandon(self, batch: list[tuple[Change, asyncio.Future[None]]], error: Exception) -> None:
        """Tell whoever counted on changes, and their writers, that they have not happened."""
        for abandon in self._abandoned:
            try:
                abandon([change for change, _ in batch])
            except Exception:
                log.exception("changes were not stored, and somebody still counts on them")
        failure = NotStored(f"Internal error occurred: the change could not be stored: {error}")
        for _, done in batch:
            _fail(done, failure)

    def _take_over(self, staged: dict[tuple[Table, str], dict[str, Entry | None]]) -> None:
        """Let readers see what was staged."""
        for (table, namespace), entries in staged.items():
            spaces = self._tables.setdefault(table, {})
            names = spaces.setdefault(namespace, {})
            for name, entry in entries.items():
                known = name in names
                if entry is not None:
                    names[name] = entry
                    if not known:
                        self._order.add(table, namespace, name)
                elif known:
                    del names[name]
                    self._order.remove(table, namespace, name)
            if not names:
                del spaces[namespace]
                self._order.forget(table, namespace)

    def _remember(self, changes: list[Change]) -> None:
        most, most_bytes = self._limits
        self._window.extend(changes)
        self._window_size += sum(_weight(change) for change in changes)
        while self._window and (len(self._window) > most or self._window_size > most_bytes):
            oldest = self._window.popleft()
            self._window_size -= _weight(oldest)
            self._oldest = oldest.revision

    def since(self, revision: int) -> list[Change]:
        """Return what was committed after `revision`, oldest first. Raises `Gone` when that is no longer known."""
        if revision < self._oldest:
            raise Gone(f"too old resource version: {revision} ({self._oldest})")
        found: list[Change] = []
        for change in reversed(self._window):
            if change.revision <= revision:
                break
            found.append(change)
        found.reverse()
        return found

    def close(self) -> None:
        """Commit what is staged, refuse further writes and close the database."""
        while self._batch:  # who hears of a commit may write in turn
            self.flush()
        self._closed = True
        if self._database:
            self._database.close()


def _fail(done: asyncio.Future[None], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
        done.exception()  # looked at: a write that nobody waits for is no defect to be logged


def _weight(change: Change) -> int:
    """Return the bytes that only the window holds: what the change replaced."""
    return 200 + (change.old.size if change.old else 0)
