"""PodDisruptionBudgets: how many pods there are, have to be, and may go."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from kecs.embedded.controllers import status
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, DisruptionBudget, DisruptionStatus
from kecs.embedded.controllers.members import Members
from kecs.embedded.controllers.rollout import scaled
from kecs.embedded.controllers.views import Condition, Pod
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.time import epoch, rfc3339

_EVICTION_SEEN_WITHIN = 120.0  # seconds until an eviction that did not end its pod counts no more
_REQUIRED = {"currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"}

Key = tuple[str, str]


class Needs(NamedTuple):
    """How many pods a budget is about, and how many of them have to be healthy."""

    expected: int
    healthy: int


def needs(budget: DisruptionBudget, pods: int, scale: int) -> Needs:
    """Return what a budget demands of `pods` pods, whose controllers want `scale`."""
    spec = budget.spec
    if spec.maxUnavailable is not None:
        return Needs(scale, max(0, scale - scaled(spec.maxUnavailable, scale, up=True)))
    if isinstance(spec.minAvailable, str):
        return Needs(scale, scaled(spec.minAvailable, scale, up=True))
    return Needs(pods, 1 if spec.minAvailable is None else spec.minAvailable)


def observed(
    budget: DisruptionBudget, pods: Sequence[Pod], scale: int, now: float
) -> tuple[DisruptionStatus, float | None]:
    """Return the status, and in how many seconds an eviction is forgotten."""
    there = {pod.metadata.name: pod for pod in pods}
    evicted: dict[str, str] = {}
    soonest: float | None = None
    for name, moment in (budget.status.disruptedPods or {}).items():
        left = epoch(moment) + _EVICTION_SEEN_WITHIN - now
        if left > 0 and name in there and there[name].metadata.deletionTimestamp is None:
            evicted[name] = moment
            soonest = left if soonest is None else min(soonest, left)
    healthy = sum(
        1 for pod in pods if pod.ready and pod.metadata.deletionTimestamp is None and pod.metadata.name not in evicted
    )
    want = needs(budget, len(pods), scale)
    allowed = max(0, healthy - want.healthy) if want.expected > 0 else 0
    result = DisruptionStatus(
        currentHealthy=healthy,
        desiredHealthy=want.healthy,
        disruptionsAllowed=allowed,
        expectedPods=want.expected,
        observedGeneration=budget.metadata.generation,
        disruptedPods=evicted or None,
    )
    answer = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    condition = Condition(
        "DisruptionAllowed",
        *answer,
        lastTransitionTime=rfc3339(now),
        observedGeneration=budget.metadata.generation,
    )
    result.conditions = status.put(budget.status.conditions, condition)
    return result, soonest


class DisruptionBudgets:
    """The controller."""

    def __init__(self, api: Api, informers: Informers) -> None:
        self._api = api
        self._informers = informers
        self._controller = Controller("disruption", self._reconcile, workers=2)
        self._members: Members[Key] = Members(informers.pods, self._controller.add_among)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._members.start()
        self._informers.budgets.subscribe(self._on_budget)
        await self._controller.run()

    def _on_budget(self, old: DisruptionBudget | None, new: DisruptionBudget | None) -> None:
        if new is None:
            if old is not None:
                self._members.remove(old.metadata.key)
            return
        if old is None or old.spec.selector != new.spec.selector:
            self._members.put(new.metadata.key, new.metadata.namespace, new.spec.selector)
        # Its status is written here, and by evictions.
        self._controller.add_among(new.metadata.key, self._members.count(new.metadata.key))

    async def _reconcile(self, key: Key) -> float | None:
        budget = self._informers.budgets.get(*key)
        if budget is None or budget.metadata.deletionTimestamp is not None:
            return None
        pods = [pod for pod in self._members.of(key) if not pod.over]
        result, again = observed(budget, pods, self._scale(pods), time.time())
        patch = status.difference(budget.status, result, _REQUIRED)
        if patch:
            stored = await self._api.patch(
                self._informers.budgets.resource,
                budget.metadata.namespace,
                budget.metadata.name,
                # The version guards against an eviction at the same time, which counts itself.
                {"metadata": {"resourceVersion": budget.metadata.resourceVersion}, "status": patch},
                type="merge",
                manager=MANAGER,
                subresource="status",
            )
            self._informers.budgets.observe(stored)
        return again

    def _scale(self, pods: Sequence[Pod]) -> int:
        """Sum what the controllers of the pods want; a pod without one wants itself."""
        wanted: dict[str, int] = {}
        for pod in pods:
            owner = pod.metadata.controller
            if owner is None:
                wanted[pod.metadata.uid] = 1
                continue
            if owner.uid in wanted:
                continue
            found = self._informers.replica_sets.get(pod.metadata.namespace, owner.name)
            if found is None or found.metadata.uid != owner.uid:
                wanted[pod.metadata.uid] = 1
                continue
            above = found.metadata.controller
            whole = self._informers.deployments.get(pod.metadata.namespace, above.name) if above else None
            if above is not None and whole is not None and whole.metadata.uid == above.uid:
                wanted[owner.uid] = 0
                wanted[above.uid] = whole.spec.replicas
            else:
                wanted[owner.uid] = found.spec.replicas
        return sum(wanted.values())
