"""Resource quotas, enforced: a write that would use more than a namespace may is forbidden.

What a namespace uses is counted once, when its first quota is met, and kept up with every staged change; the
controller of quotas shows the same numbers in their status.
"""

from collections import Counter
from typing import Any

import msgspec

from kecs.embedded.catalog import Catalog, Kind
from kecs.embedded.controllers.demand import limits, requests
from kecs.embedded.controllers.kinds import Quota
from kecs.embedded.controllers.quota import formatted, in_scope, usage
from kecs.embedded.controllers.views import Pod
from kecs.embedded.entry import Change, Entry, text
from kecs.embedded.store import Store
from kecs.kube.errors import Forbidden
from kecs.kube.quantity import NANO, parse

Json = dict[str, Any]

TABLE = "resourcequotas"
_decode_pod = msgspec.json.Decoder(Pod).decode
_decode_quota = msgspec.json.Decoder(Quota).decode


class Enforcer:
    """Watches over the quotas of one store."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._pods = catalog.find("", "v1", "pods")
        self._quotas = catalog.find("", "v1", TABLE)
        self._used: dict[str, dict[str, Counter[str]]] = {}  # by namespace and quota: what the pods in its scope use
        store.on_commit(self._see, lambda _: self._used.clear())

    def _see(self, changes: list[Change]) -> None:
        for change in changes:
            if change.table == TABLE and change.namespace in self._used:
                self._used[change.namespace].pop(change.name, None)
                if not self._used[change.namespace]:
                    del self._used[change.namespace]

    def admit(self, kind: Kind, namespace: str, name: str, obj: Json) -> None:
        """Raise `Forbidden` if a new object is more than a quota of its namespace leaves."""
        if not self._store.namespaces(TABLE).get(namespace):
            return
        pod, names = None, [str(one.get("name")) for one in obj.get("spec", {}).get("containers", ())]
        if kind.table == "pods":
            pod = msgspec.convert({**obj, "metadata": {**obj["metadata"], "resourceVersion": "0"}}, Pod, strict=False)
        for entry in self._store.latest_in(TABLE, namespace):
            quota = _decode_quota(text(self._quotas.prefix, entry))
            if pod is not None and not in_scope(quota, pod.spec):
                continue
            self._admit(kind, namespace, name, pod, names, quota)

    def _admit(self, kind: Kind, namespace: str, name: str, pod: Pod | None, names: list[str], quota: Quota) -> None:
        hard = quota.spec.hard or {}
        asked: Counter[str] = usage(pod) if pod is not None else Counter()
        for counted in (f"count/{kind.table}", kind.table):
            if counted in hard and counted not in asked:
                asked[counted] = 1
        if pod is not None:
            self._require(name, pod, names, quota, hard)
        over: list[str] = []
        used: Counter[str] = Counter()
        for one in sorted(set(asked) & set(hard)):
            used[one] = self._amount(namespace, quota, one, kind)
            if used[one] + asked[one] > _limit(one, hard[one]):
                over.append(one)
        if not over:
            return

        def shown(amounts: Counter[str]) -> str:
            return ",".join(f"{one}={formatted(one, amounts[one], hard[one])}" for one in over)

        limited = ",".join(f"{one}={hard[one]}" for one in over)
        raise Forbidden(
            f'{kind.table} "{name}" is forbidden: exceeded quota: {quota.metadata.name}, requested: {shown(asked)}, '
            f"used: {shown(used)}, limited: {limited}",
            details={"name": name, **kind.details},
        )

    def _require(self, name: str, pod: Pod, names: list[str], quota: Quota, hard: dict[str, str]) -> None:
        """Refuse a pod that does not say what it needs of something that is limited."""
        missing: list[str] = []
        for one in sorted(hard):
            resource = one.removeprefix("requests.").removeprefix("limits.")
            if resource not in ("cpu", "memory"):
                continue
            amounts = limits if one.startswith("limits.") else requests
            without = []
            for named, container in zip(names, pod.spec.containers, strict=True):
                alone = msgspec.structs.replace(pod.spec, containers=(container,), initContainers=())
                if resource not in amounts(alone):
                    without.append(named)
            if without:
                missing.append(f"{one} for: {','.join(without)}")
        if missing:
            raise Forbidden(
                f'pods "{name}" is forbidden: failed quota: {quota.metadata.name}: must specify {"; ".join(missing)}',
                details={"name": name, "kind": "pods"},
            )

    def _amount(self, namespace: str, quota: Quota, name: str, kind: Kind) -> int:
        if name.startswith("count/") or kind.table != "pods":
            return self._store.count(kind.table, namespace)
        counted = self._used.setdefault(namespace, {})
        if quota.metadata.name not in counted:
            used: Counter[str] = Counter()
            for entry in self._store.latest_in("pods", namespace):
                used.update(self._usage(quota, entry))
            counted[quota.metadata.name] = used
        return counted[quota.metadata.name][name]

    def _usage(self, quota: Quota, entry: Entry | None) -> Counter[str]:
        if entry is None:
            return Counter()
        pod = _decode_pod(text(self._pods.prefix, entry))
        return usage(pod) if in_scope(quota, pod.spec) else Counter()

    def note(self, kind: Kind, old: Entry | None, new: Entry | None) -> None:
        """Count a staged change of a pod."""
        entry = new or old
        if not self._used or kind.table != "pods" or entry is None:
            return
        for name, used in self._used.get(entry.namespace, {}).items():
            stored = self._store.latest(TABLE, entry.namespace, name)
            if stored is not None:
                quota = _decode_quota(text(self._quotas.prefix, stored))
                used.update(self._usage(quota, new))
                used.subtract(self._usage(quota, old))


def _limit(name: str, hard: str) -> int:
    return parse(hard) // (10**6 if name.rpartition(".")[2] == "cpu" else NANO)
