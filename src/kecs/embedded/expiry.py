"""Events go an hour after they were told last, as in Kubernetes; of very many the oldest go sooner.

So they never fill the memory. There is no timer: old events go when others come.
"""

import contextlib
import time

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
        found = [entry for names in store.namespaces(self._kind.table).values() for entry in names.values()]
        found.sort(key=lambda one: one.revision)
        self._told = dict.fromkeys(((one.namespace, one.name) for one in found), time.monotonic())  # the oldest first
        store.on_commit(self._see)

    def _see(self, changes: list[Change]) -> None:
        came = False
        for change in changes:
            if change.table == self._kind.table:
                key = (change.namespace, change.name)
                self._told.pop(key, None)
                if change.new is not None:
                    self._told[key] = time.monotonic()
                    came = True
        if came:
            self._remove_old(time.monotonic() - _SECONDS)

    def _remove_old(self, before: float) -> None:
        while self._told:
            key = next(iter(self._told))
            if len(self._told) <= self._most and self._told[key] >= before:
                return
            del self._told[key]
            with contextlib.suppress(NotFound):  # it is about to go anyway
                self._writer.remove(self._kind, Deletion(*key))
