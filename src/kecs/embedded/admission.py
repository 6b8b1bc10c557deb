"""What a write passes before it is checked: what the server adds to it, and what the rest of the cluster forbids."""

from typing import Any

import msgspec

from kecs.embedded import services
from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.entry import text
from kecs.embedded.problems import Problems
from kecs.embedded.quota import Enforcer
from kecs.embedded.store import Store
from kecs.kube.errors import Forbidden, NotFound

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_PREFIX = b'{"metadata":{"resourceVersion":"'


class Admission:
    """The admission of one store."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._addresses = services.Addresses(store)
        self.quota = Enforcer(store, catalog)

    def _found(self, table: str, namespace: str, name: str) -> Json | None:
        entry = self._store.latest(table, namespace, name)
        return _decode(text(_PREFIX, entry)) if entry else None

    def require_namespace(self, kind: Kind, namespace: str | None, metadata: Json) -> None:
        """Raise `NotFound` or `Forbidden` unless something new may be made in the namespace."""
        if not kind.namespaced or namespace is None:
            return
        entry = self._store.latest("namespaces", "", namespace)
        if entry is None:
            raise NotFound(f'namespaces "{namespace}" not found', details={"name": namespace, "kind": "namespaces"})
        if not any(
            b'"deletionTimestamp":"' in piece for piece in entry.tail
        ):  # the name of an annotation may hold it, so look closer
            return
        if _decode(text(_PREFIX, entry))["metadata"].get("deletionTimestamp"):
            name, message = asked_name(metadata), f"namespace {namespace} is being terminated"
            causes = [{"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}]
            raise Forbidden(
                f'{kind.table} "{name}" is forbidden: unable to create new content in namespace {namespace} because '
                "it is "
                "being terminated",
                details={"name": name, **kind.details, "causes": causes},
            )

    def create(self, kind: Kind, obj: Json) -> Problems:
        """Complete a new object. Raises `Forbidden`."""
        found: Problems = []
        if kind.table == "pods":
            self._admit_pod(obj)
        elif kind.table == services.TABLE:
            found = self._addresses.allocate(obj, None)
        metadata = obj["metadata"]
        if kind.namespaced:
            self.quota.admit(kind, metadata["namespace"], metadata.get("name", ""), obj)
        return found

    def update(self, kind: Kind, obj: Json, old: Json) -> Problems:
        """Complete a changed object."""
        if kind.table == services.TABLE and obj["spec"] != old["spec"]:
            return self._addresses.allocate(obj, old)
        return []

    def _admit_pod(self, pod: Json) -> None:
        spec, namespace = pod["spec"], pod["metadata"]["namespace"]
        account = spec.setdefault("serviceAccountName", "default")
        spec["serviceAccount"] = account
        found = self._found("serviceaccounts", namespace, account)
        if found is None:
            raise _forbidden(
                pod, f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
            )
        if "imagePullSecrets" not in spec and found.get("imagePullSecrets"):
            spec["imagePullSecrets"] = found["imagePullSecrets"]
        self._admit_priority(pod)

    def _admit_priority(self, pod: Json) -> None:
        spec = pod["spec"]
        name = spec.get("priorityClassName", "")
        chosen: Json = {"value": 0, "preemptionPolicy": "PreemptLowerPriority"}
        if name:
            found = self._found("priorityclasses.scheduling.k8s.io", "", name)
            if found is None:
                raise _forbidden(pod, f"no PriorityClass with name {name} was found")
            chosen = found
        spec["priority"] = chosen.get("value", 0)
        spec["preemptionPolicy"] = chosen.get("preemptionPolicy", "PreemptLowerPriority")


def asked_name(metadata: Json) -> str:
    """Return how a new object is called before it has a name: that is only generated for what is let in."""
    return str(metadata.get("generateName") or metadata.get("name") or "Unknown")


def _forbidden(pod: Json, why: str) -> Forbidden:
    name = asked_name(pod["metadata"])
    return Forbidden(f'pods "{name}" is forbidden: {why}', details={"name": name, "kind": "pods"})
