"""The file that outlives the process: one SQLite database in a data directory that one process owns.

Tables: `objects` holds each live object once, under a number given out by the store, so that a change rewrites one row
and needs no index; `state` holds the last resource version, which must rise across restarts even when the last change
was a deletion. The write-ahead log is folded into the database by a thread, so that no write waits for it.
"""

import contextlib
import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from kecs.embedded.entry import Change, Entry, Table, dump_owners, load_owners, stored_tail

log = logging.getLogger(__name__)

FORMAT = 1  # of the tables; a higher one is a newer kecs's
_APPLICATION = 0x6B656373  # "kecs", so that another program's database is not taken for ours
_CHECKPOINT_BYTES = 32 << 20  # of the log
_PAGE = 4096

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, tail BLOB NOT NULL, owners BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class DatabaseError(Exception):
    """The data directory cannot be used; the message says why and names it.

    DatabaseError
    ├── DatabaseInUse       another process has it
    ├── DatabaseTooNew      written by a newer version
    └── DatabaseCorrupt     damaged, or no database of ours
    """


class DatabaseInUse(DatabaseError):
    """Another process owns the data directory."""


class DatabaseTooNew(DatabaseError):
    """A newer version wrote the data directory."""


class DatabaseCorrupt(DatabaseError):
    """The database is damaged, or is not ours."""


class Database:
    """An open data directory. All methods but the checkpoint's thread run in the thread of the event loop."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        """Open or make the database. `durable` waits for the disk at each commit. Raises `DatabaseError`."""
        self.path = directory / "kubernetes.db"
        self._written = 0
        self._checkpoint: threading.Thread | None = None
        with _clear_errors_of(directory), contextlib.suppress(FileExistsError):  # what is no directory cannot be locked
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = lock_directory(directory)
        try:
            self._connection = self._opened(durable)
        except BaseException:
            os.close(self._lock)
            raise

    def _opened(self, durable: bool) -> sqlite3.Connection:
        with _clear_errors_of(self.path.parent), _clear_errors(self.path):
            self.path.touch(mode=0o600)  # it holds secrets; SQLite gives its other files the same mode
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            with _clear_errors(self.path):
                new = _require_ours(connection, self.path)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                connection.execute("PRAGMA wal_autocheckpoint=0")
                connection.execute("PRAGMA cache_size=-2000")
                connection.executescript(_TABLES)
                if new:  # else this would write, also to what turns out to be damaged
                    connection.execute(f"PRAGMA application_id={_APPLICATION}")
                    connection.execute(f"PRAGMA user_version={FORMAT}")
        except BaseException:
            connection.close()
            raise
        return connection

    def load(self) -> Iterator[tuple[str, Entry]]:
        """Yield the table and entry of every object. Raises `DatabaseCorrupt`."""
        with _clear_errors(self.path):
            rows = self._connection.execute(
                "SELECT number, resource, namespace, name, revision, tail, owners FROM objects ORDER BY number"
            )
            for number, table, namespace, name, revision, tail, owners in rows:
                # Damage that SQLite cannot see would stop whoever reads it, so the text is looked through.
                yield table, Entry(number, namespace, name, revision, stored_tail(table, tail), load_owners(owners))

    def revision(self) -> int:
        """Return the last resource version that was committed, 0 in a new database."""
        with _clear_errors(self.path):
            row = self._connection.execute("SELECT value FROM state WHERE key = 'revision'").fetchone()
        return int(row[0]) if row else 0

    def commit(self, changes: Iterable[Change], revision: int) -> None:
        """Write the changes, all or none of them. Raises `sqlite3.Error`; then nothing of them is there."""
        latest: dict[int, tuple[Table, Entry | None]] = {}
        for change in changes:
            entry = change.new or change.old
            assert entry is not None  # noqa: S101  # a change has one side at least
            latest[entry.number] = (change.table, change.new)
        kept = [
            (one.number, table, one.namespace, one.name, one.revision, b"".join(one.tail), dump_owners(one.owners))
            for table, one in latest.values()
            if one is not None
        ]
        removed = [(number,) for number, (_, one) in latest.items() if one is None]
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        try:
            if kept:
                run.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", kept)
            if removed:
                run.executemany("DELETE FROM objects WHERE number = ?", removed)
            if not kept or kept[-1][4] != revision:  # else the row itself tells the last version
                run.execute("INSERT OR REPLACE INTO state VALUES ('revision', ?)", (revision,))
            run.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself on some errors
                run.execute("ROLLBACK")
            raise
        self._written += _PAGE * (2 + len(removed) + sum(1 + (len(row[5]) + len(row[6])) // _PAGE for row in kept))
        if self._written > _CHECKPOINT_BYTES and not (self._checkpoint and self._checkpoint.is_alive()):
            self._written = 0
            self._checkpoint = threading.Thread(target=self._fold, name="kecs-checkpoint", daemon=True)
            self._checkpoint.start()

    def _fold(self) -> None:
        try:
            with contextlib.closing(sqlite3.connect(self.path)) as connection:
                # The long part lets commits go on; the short rest stops them, so that the log can begin anew and not
                # grow.
                for how in ("PASSIVE", "PASSIVE", "RESTART"):
                    connection.execute(f"PRAGMA wal_checkpoint({how})")
        except (sqlite3.Error, OSError) as error:  # nothing is lost: the log is still there, and read at the next start
            log.warning("the log of %s could not be folded into it, and grows: %s", self.path, error)

    def close(self) -> None:
        """Fold the log into the database and let the directory go."""
        if self._checkpoint:
            self._checkpoint.join()
        self._connection.close()
        os.close(self._lock)


def lock_directory(directory: Path) -> int:
    """Return a descriptor that holds the directory's lock, released by the kernel when the process ends.

    Raises DatabaseError.
    """
    path = directory / "lock"
    with _clear_errors_of(directory):
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _clear_errors_of(directory):
            _lock(lock, directory)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _lock(file: int, directory: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(file, 32).decode(errors="replace").strip() or "unknown"
        raise DatabaseInUse(f"the data directory {directory} is in use by another kecs (process {owner})") from None


def _require_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether nothing is in it yet. Raises DatabaseCorrupt and DatabaseTooNew."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != _APPLICATION and not empty:
        raise DatabaseCorrupt(f"{path} is a database of another program")
    if version > FORMAT:
        raise DatabaseTooNew(f"{path} was written by a newer kecs (format {version}, this one knows {FORMAT})")
    return bool(application != _APPLICATION or version != FORMAT)


@contextlib.contextmanager
def _clear_errors_of(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseError(f"the data directory {directory} cannot be used: {error.strerror}") from error


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"{path} cannot be used: {error}") from error
    except (sqlite3.DatabaseError, ValueError, TypeError) as error:
        raise DatabaseCorrupt(f"{path} is damaged: {error}") from error
