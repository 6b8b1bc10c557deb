"""Which objects a list or a watch is about: namespace, label selector, field selector."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.entry import Entry, text
from kecs.kube import selectors
from kecs.kube.errors import BadRequest

_EVENT_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

# The field selectors that Kubernetes supports, beside metadata.name and metadata.namespace.
_FIELDS: dict[str, frozenset[str]] = {
    "pods": frozenset(
        {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork"}
        | {"status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"}
    ),
    "events": frozenset(
        {f"involvedObject.{name}" for name in _EVENT_REFERENCE} | {"reason", "reportingComponent", "source", "type"}
    ),
    "nodes": frozenset({"spec.unschedulable"}),
    "namespaces": frozenset({"status.phase"}),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.clusterIP", "spec.type"}),
}


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Spec(msgspec.Struct, frozen=True):
    nodeName: Any = ""
    restartPolicy: Any = ""
    schedulerName: Any = ""
    serviceAccountName: Any = ""
    hostNetwork: Any = False
    unschedulable: Any = False
    clusterIP: Any = ""
    type: Any = ""


class _Status(msgspec.Struct, frozen=True):
    phase: Any = ""
    podIP: Any = ""
    nominatedNodeName: Any = ""
    replicas: Any = 0


class _Reference(msgspec.Struct, frozen=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    apiVersion: str = ""
    resourceVersion: str = ""
    fieldPath: str = ""


class _Labelled(msgspec.Struct):
    metadata: _Metadata


class Head(msgspec.Struct):
    """The members of an object that selectors may look at."""

    metadata: _Metadata
    spec: _Spec = _Spec()
    status: _Status = _Status()
    involvedObject: _Reference = _Reference()
    reason: Any = ""
    reportingComponent: Any = ""
    source: Any = None
    type: Any = ""


_decode_labelled = msgspec.json.Decoder(_Labelled).decode
_decode_head = msgspec.json.Decoder(Head).decode


@lru_cache(maxsize=128)  # all watchers of a table look at the same few new entries
def _labels(prefix: bytes, entry: Entry) -> dict[str, str] | None:
    return _decode_labelled(text(prefix, entry)).metadata.labels


@lru_cache(maxsize=128)
def _head(prefix: bytes, entry: Entry) -> Head:
    return _decode_head(text(prefix, entry))


_decode_any = msgspec.json.Decoder().decode


def node_of(kind: Kind, entry: Entry | None) -> str:
    """Return the node that a pod is bound to, "" when none."""
    return str(_head(kind.prefix, entry).spec.nodeName) if entry else ""


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unsupported(kind: Kind, path: str) -> str:
    if kind.custom or kind.table in _FIELDS:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


class Selection:
    """A compiled choice of objects of one kind. Raises `BadRequest` for a selector that Kubernetes refuses."""

    def __init__(self, kind: Kind, namespace: str | None, labels: str = "", fields: str = "") -> None:
        self.kind = kind
        self.namespace = namespace
        self.name = ""  # set when the selection is about one name
        self.node = ""  # set when it is about the pods of one node
        try:
            self._labels = selectors.label_matcher(labels) if labels else None
            terms = selectors.parse_fields(fields)
        except selectors.BadSelector as error:
            raise BadRequest(str(error)) from None
        self.selective = bool(labels or terms)
        known = _FIELDS.get(kind.table, frozenset())
        custom = {path.removeprefix(".") for path in kind.selectable}
        self._terms = []
        self._whole = False
        for term in terms:
            if term.path == "metadata.namespace" or term.path == "metadata.name":
                if term.path == "metadata.name" and not term.negated:
                    self.name = term.value
            elif term.path in custom:
                self._whole = True
            elif term.path not in known:
                raise BadRequest(_unsupported(kind, term.path))
            elif term.path == "spec.nodeName" and not term.negated and term.value:
                self.node = term.value
            self._terms.append(term)

    def matches(self, entry: Entry) -> bool:
        """Say whether an object (of the right table) is chosen."""
        if self.namespace is not None and entry.namespace != self.namespace:
            return False
        if not self.selective:
            return True
        if self.name and entry.name != self.name:
            return False
        if not self._terms:
            assert self._labels  # noqa: S101  # a selective selection has one of the two
            return self._labels(_labels(self.kind.prefix, entry))
        get, labels = self._getter(entry)
        if self._labels and not self._labels(labels):
            return False
        return all((get(term.path) == term.value) != term.negated for term in self._terms)

    def _getter(self, entry: Entry) -> tuple[Callable[[str], str], dict[str, str] | None]:
        places = {"metadata.name": entry.name, "metadata.namespace": entry.namespace}
        if self._whole:
            body = _decode_any(text(self.kind.prefix, entry))

            def find(path: str) -> str:
                value = body
                for part in path.split("."):
                    value = value.get(part) if isinstance(value, dict) else None
                return _shown(value)

            return (lambda path: places[path] if path in places else find(path)), body["metadata"].get("labels")
        head = _head(self.kind.prefix, entry)

        def get(path: str) -> str:
            if path in places:
                return places[path]
            if path == "source":
                return _shown((head.source or {}).get("component"))
            value: Any = head
            for part in path.split("."):
                value = getattr(value, part, "")
            return _shown(value)

        return get, head.metadata.labels
