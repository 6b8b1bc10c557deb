"""ResourceQuotas: what each namespace uses of what it may."""

from collections import Counter

from kecs.embedded.controllers.demand import limits, requests
from kecs.embedded.controllers.graph import Graph, Place, table_of
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, Quota
from kecs.embedded.controllers.views import Meta, Pod, PodSpec
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.quantity import NANO, form_of, format_nanos

# Names of resources that count objects without the prefix `count/`.
_COUNTED = {
    "pods": "pods",
    "services": "services",
    "configmaps": "configmaps",
    "secrets": "secrets",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "resourcequotas": "resourcequotas",
}
_PLAIN = ("cpu", "memory", "ephemeral-storage")  # stand for their requests

Key = tuple[str, str]


def usage(pod: Pod) -> Counter[str]:
    """Return what one pod uses, by the names of quotas; cpu in thousandths. A pod that is over uses nothing."""
    found: Counter[str] = Counter()
    if pod.over:
        return found
    found["pods"] = 1
    for name, amount in requests(pod.spec).items():
        found[f"requests.{name}"] = amount
        if name in _PLAIN:
            found[name] = amount
    for name, amount in limits(pod.spec).items():
        found[f"limits.{name}"] = amount
    return found


def in_scope(quota: Quota, spec: PodSpec) -> bool:
    """Say whether a quota is about a pod."""
    ends = spec.activeDeadlineSeconds is not None
    containers = (*spec.containers, *spec.initContainers)
    effort = any(
        one is not None and (one.requests or one.limits)
        for one in (*(each.resources for each in containers), spec.resources)
    )
    holds = {"Terminating": ends, "NotTerminating": not ends, "BestEffort": not effort, "NotBestEffort": effort}
    return all(holds.get(scope, False) for scope in quota.spec.scopes)


def formatted(name: str, amount: int, hard: str) -> str:
    """Return an amount in the notation of its limit."""
    unit = 10**6 if name.rpartition(".")[2] == "cpu" else NANO
    return format_nanos(amount * unit, form_of(hard))


class Quotas:
    """The controller."""

    def __init__(self, api: Api, informers: Informers, graph: Graph) -> None:
        self._api = api
        self._informers = informers
        self._graph = graph
        self._used: dict[Key, Counter[str]] = {}
        self._by_namespace: dict[str, set[Key]] = {}
        self._controller = Controller("quota", self._reconcile, workers=2)
        graph.subscribe(self._on_change)

    async def run(self) -> None:
        """Work for ever."""
        await self._graph.synced()
        self._informers.pods.subscribe(self._on_pod)
        self._informers.quotas.subscribe(self._on_quota)  # after the pods, which it counts: each is told of once
        await self._controller.run()

    def _on_quota(self, old: Quota | None, new: Quota | None) -> None:
        if new is None:
            if old is not None:
                key = old.metadata.key
                self._used.pop(key, None)
                self._by_namespace[key[0]].discard(key)
                if not self._by_namespace[key[0]]:
                    del self._by_namespace[key[0]]
            return
        key = new.metadata.key
        if old is None or old.spec.scopes != new.spec.scopes:
            used: Counter[str] = Counter()
            for pod in self._informers.pods.by("namespace", key[0]):
                if in_scope(new, pod.spec):
                    used.update(usage(pod))
            self._used[key] = used
            self._by_namespace.setdefault(key[0], set()).add(key)
        self._controller.add(key)

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        pod = new or old
        keys = self._by_namespace.get(pod.metadata.namespace) if pod is not None else None
        if not keys:
            return
        before = usage(old) if old is not None else Counter()
        after = usage(new) if new is not None else Counter()
        if before == after:
            return
        for key in keys:
            quota = self._informers.quotas.get(*key)
            if quota is not None and pod is not None and in_scope(quota, pod.spec):
                self._used[key].update(after)
                self._used[key].subtract(before)
                self._controller.add(key)

    def _on_change(self, place: Place, old: Meta | None, new: Meta | None) -> None:
        if old is None or new is None:
            for key in self._by_namespace.get(place.namespace, ()):
                self._controller.add(key)

    async def _reconcile(self, key: Key) -> None:
        quota = self._informers.quotas.get(*key)
        if quota is None or quota.metadata.deletionTimestamp is not None:
            return
        hard = quota.spec.hard or {}
        used = {name: formatted(name, self._amount(key, name), limit) for name, limit in hard.items()}
        before = quota.status
        if before.hard == hard and before.used == used:
            return
        gone = {name: None for name in (*(before.hard or {}), *(before.used or {})) if name not in hard}
        change = {"status": {"hard": {**gone, **hard}, "used": {**gone, **used}}}
        stored = await self._api.patch(
            self._informers.quotas.resource, *key, change, type="merge", manager=MANAGER, subresource="status"
        )
        self._informers.quotas.observe(stored)

    def _amount(self, key: Key, name: str) -> int:
        namespace = key[0]
        if name.startswith("count/"):
            plural, _, group = name.removeprefix("count/").partition(".")
            return self._graph.count(table_of(group, plural), namespace)
        if name in _COUNTED and name != "pods":
            return self._graph.count(_COUNTED[name], namespace)
        if name.startswith("services."):
            kinds = {"services.loadbalancers": ("LoadBalancer",), "services.nodeports": ("NodePort", "LoadBalancer")}
            there = self._informers.services.by("namespace", namespace)
            return sum(1 for one in there if one.spec.type in kinds.get(name, ()))
        return self._used[key][name]
