"""ReplicaSets: as many pods as wanted, no more and no fewer."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kecs.embedded.controllers import status
from kecs.embedded.controllers.claims import Claims
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER, ReplicaSet, ReplicaSetStatus
from kecs.embedded.controllers.pods import PodControl, available_in, deletion_cost
from kecs.embedded.controllers.views import Condition, Pod
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import ApiError
from kecs.kube.resources import REPLICA_SETS
from kecs.kube.time import epoch, rfc3339

_BURST = 500  # pods made or deleted in one look
_FIRST_BATCH = 1  # then 2, 4, 8, …: where pods are refused, few requests tell
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class Plan(NamedTuple):
    """What a replica set needs: how many pods to make, and which to delete."""

    create: int
    delete: list[Pod]


def decide(wanted: int, active: Sequence[Pod], related_on_node: dict[str, int]) -> Plan:
    """Return what brings the active pods to the wanted number.

    `related_on_node` counts the active pods of all replica sets with the same owner by node: where many are, one goes
    first.
    """
    missing = wanted - len(active)
    if missing >= 0:
        return Plan(min(missing, _BURST), [])
    ranked = sorted(active, key=lambda pod: _rank(pod, related_on_node))
    return Plan(0, ranked[: min(-missing, _BURST)])


def _rank(pod: Pod, related_on_node: dict[str, int]) -> tuple[object, ...]:
    """Return the place in the order of deletion: what serves least goes first, and of equals the youngest."""
    ready = pod.ready
    return (
        bool(pod.spec.nodeName),
        _PHASES.get(pod.status.phase, 1),
        ready,
        deletion_cost(pod),
        -related_on_node.get(pod.spec.nodeName, 0),
        _youngest_first(pod.ready_since) if ready else 0.0,
        -pod.status.restarts,
        _youngest_first(pod.metadata.creationTimestamp),
        pod.metadata.name,
    )


def _youngest_first(moment: str) -> float:
    return -epoch(moment) if moment else float("-inf")


def observed(one: ReplicaSet, pods: Iterable[Pod], now: float) -> tuple[ReplicaSetStatus, float | None]:
    """Return the status that follows from the pods, conditions unchanged, and in how many seconds to look again."""
    template_labels = (one.spec.template.get("metadata") or {}).get("labels") or {}
    result = ReplicaSetStatus(
        terminatingReplicas=0, observedGeneration=one.metadata.generation, conditions=one.status.conditions
    )
    soonest: float | None = None
    for pod in pods:
        if not pod.active:
            if not pod.over:
                result.terminatingReplicas = (result.terminatingReplicas or 0) + 1
            continue
        result.replicas += 1
        if template_labels.items() <= (pod.metadata.labels or {}).items():
            result.fullyLabeledReplicas += 1
        after = available_in(pod, one.spec.minReadySeconds, now)
        if after is not None:
            result.readyReplicas += 1
            if after:
                soonest = after if soonest is None else min(soonest, after)
            else:
                result.availableReplicas += 1
    return result, soonest


def with_failure(
    conditions: tuple[Condition, ...], reason: str, error: ApiError | None, now: float
) -> tuple[Condition, ...]:
    """Return the conditions with ReplicaFailure set for an error, or without it."""
    if error is None:
        return status.without(conditions, "ReplicaFailure")
    failure = Condition("ReplicaFailure", "True", reason, error.message, lastTransitionTime=rfc3339(now))
    return status.put(conditions, failure)


class ReplicaSets:
    """The controller."""

    def __init__(self, api: Api, informers: Informers, recorder: Recorder) -> None:
        self._api = api
        self._informers = informers
        self._control = PodControl(api, informers, recorder, REPLICA_SETS, MANAGER)
        self._controller = Controller("replicaset", self._reconcile, workers=5)
        self._claims = Claims(api, informers.replica_sets, informers.pods, MANAGER, self._controller.add_among)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._control.start()
        self._claims.start()
        await self._controller.run()

    async def _reconcile(self, key: tuple[str, str]) -> float | None:
        one = self._informers.replica_sets.get(*key)
        if one is None:
            return None
        pods = await self._claims.claimed(one)
        active = [pod for pod in pods if self._control.counts(pod)]
        error, reason = None, ""
        if one.metadata.deletionTimestamp is None and len(active) != one.spec.replicas:
            reason = "FailedCreate" if len(active) < one.spec.replicas else "FailedDelete"
            related = self._related_on_node(one) if len(active) > one.spec.replicas else {}
            error = await self._act(one, decide(one.spec.replicas, active, related))
            pods = list(self._informers.pods.by("owner", one.metadata.uid))
        again = await self._write_status(one, pods, reason, error)
        if error is not None:
            raise error
        return again

    def _related_on_node(self, one: ReplicaSet) -> dict[str, int]:
        owner = one.metadata.controller
        siblings = self._informers.replica_sets.by("owner", owner.uid) if owner else (one,)
        pods = self._informers.pods
        return Counter(
            pod.spec.nodeName for each in siblings for pod in pods.by("owner", each.metadata.uid) if pod.active
        )

    async def _act(self, one: ReplicaSet, plan: Plan) -> ApiError | None:
        """Carry a plan out as far as it goes; return the error that stopped it."""
        namespace = self._informers.namespaces.get(None, one.metadata.namespace)
        if plan.create and namespace is not None and namespace.metadata.deletionTimestamp is not None:
            return None  # nothing can be made there any more
        done, batch = 0, _FIRST_BATCH
        while done < plan.create:
            size = min(batch, plan.create - done)
            bodies = [self._control.body(one) for _ in range(size)]
            results = await asyncio.gather(
                *(self._control.create(one, body) for body in bodies), return_exceptions=True
            )
            if (error := _first_error(results)) is not None:
                return error
            done, batch = done + size, batch * 2
        deletions = (self._control.delete(one, pod) for pod in plan.delete)
        return _first_error(await asyncio.gather(*deletions, return_exceptions=True))

    async def _write_status(
        self, one: ReplicaSet, pods: Iterable[Pod], reason: str, error: ApiError | None
    ) -> float | None:
        now = time.time()
        new, again = observed(one, pods, now)
        new.conditions = with_failure(new.conditions, reason, error, now)
        patch = status.difference(one.status, new, {"replicas"})
        if patch:
            meta = one.metadata
            stored = await self._api.patch(
                self._informers.replica_sets.resource,
                meta.namespace,
                meta.name,
                {"status": patch},
                type="merge",
                manager=MANAGER,
                subresource="status",
            )
            self._informers.replica_sets.observe(stored)
        return again


def _first_error(results: Sequence[object]) -> ApiError | None:
    for one in results:
        if isinstance(one, ApiError):
            return one
        if isinstance(one, BaseException):
            raise one
    return None
