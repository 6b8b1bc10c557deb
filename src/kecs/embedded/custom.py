"""Custom resources as they come and go: the catalog follows the definitions, and objects go with theirs."""

import msgspec

from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.definitions import CLEANUP, TABLE, kinds_of
from kecs.embedded.entry import Change, Entry, text
from kecs.embedded.requests import Deletion, Write
from kecs.embedded.store import Store
from kecs.embedded.writing import Writer
from kecs.kube.errors import NotFound

_decode = msgspec.json.Decoder().decode


class Definitions:
    """Keeps the catalog in step with the definitions, and removes the objects of one that is deleted."""

    def __init__(self, store: Store, catalog: Catalog, writer: Writer) -> None:
        self._store = store
        self._catalog = catalog
        self._writer = writer
        self._kind = catalog.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        self._ending: dict[str, str] = {}  # table of the objects -> name of a definition that waits for them to go
        store.on_commit(self.see)
        for entry in list(store.namespaces(TABLE).get("", {}).values()):
            self._serve(entry)

    def see(self, changes: list[Change]) -> None:
        """Follow what was committed."""
        for change in changes:
            if change.table == TABLE:
                if change.new:
                    self._serve(change.new)
                else:
                    self._catalog.set_custom(change.name, [])
                    self._ending.pop(change.name, None)
            elif change.new is None and change.table in self._ending:
                self._finish(change.table)

    def _serve(self, entry: Entry) -> None:
        definition = _decode(text(self._kind.prefix, entry))
        kinds = kinds_of(definition, self._catalog)
        terminating = "deletionTimestamp" in definition["metadata"]
        for kind in kinds:
            kind.terminating = terminating
        self._catalog.set_custom(entry.name, kinds)
        if not terminating or entry.name in self._ending:
            return
        self._ending[entry.name] = entry.name
        for names in list(self._store.namespaces(entry.name).values()):
            for one in list(names.values()):
                if kinds:
                    self._remove(kinds[0], one)
        self._finish(entry.name)

    def _remove(self, kind: Kind, entry: Entry) -> None:
        try:
            self._writer.remove(kind, Deletion(entry.namespace or None, entry.name))
        except NotFound:
            return  # somebody else was faster

    def _finish(self, table: str) -> None:
        """Let a definition go whose last object is gone."""
        if self._store.namespaces(table) or self._store.latest(TABLE, "", table) is None:
            return
        entry = self._store.latest(TABLE, "", table)
        assert entry is not None  # noqa: S101  # seen above
        held = _decode(text(self._kind.prefix, entry))["metadata"].get("finalizers", [])
        patch = {"metadata": {"finalizers": [one for one in held if one != CLEANUP]}}
        self._writer.update(self._kind, Write("patch", None, table, patch, "kube-apiserver"))
