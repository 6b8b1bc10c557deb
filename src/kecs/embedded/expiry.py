"""Events go after an hour, as in Kubernetes; and of very many the oldest go sooner, so that they never fill the memory.

There is no timer: old events go when new ones come.
"""

import time
from collections import deque

from kecs.embedded.catalog import Catalog
from kecs.embedded.entry import Change
from kecs.embedded.requests import Deletion
from kecs.embedded.store import Store
from kecs.embedded.writing import Writer
from kecs.kube.errors import NotFound

_SECONDS = 3600
_MOST = 4000


class Expiry:
    """Removes the old events of one store. The hour of those that a restart finds begins anew."""

    def __init__(self, store: Store, writer: Writer, catalog: Catalog, *, most: int = _MOST) -> None:
        self._kind = catalog.find("", "v1", "events")
        self._writer = writer
        self._most = most
        self._waiting: deque[tuple[float, str, str]] = deque()
        found = [entry for names in store.namespaces(self._kind.table).values() for entry in names.values()]
        for entry in sorted(found, key=lambda one: one.number):
            self._waiting.append((time.monotonic(), entry.namespace, entry.name))
        store.on_commit(self._see)

    def _see(self, changes: list[Change]) -> None:
        came = False
        for change in changes:
            if change.table == self._kind.table and change.old is None:
                self._waiting.append((time.monotonic(), change.namespace, change.name))
                came = True
        while came and (len(self._waiting) > self._most or self._waiting[0][0] < time.monotonic() - _SECONDS):
            _, namespace, name = self._waiting.popleft()
            try:
                self._writer.remove(self._kind, Deletion(namespace, name))
            except NotFound:
                continue  # it went with its namespace
