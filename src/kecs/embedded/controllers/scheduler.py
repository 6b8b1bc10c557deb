"""The scheduler: gives each pod its node."""

import asyncio
import time
from collections import deque

from kecs.embedded.controllers import placing, status
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.ledger import Ledger, Namespaces
from kecs.embedded.controllers.views import Node, Pod, PodTerm
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import Conflict, NotFound
from kecs.kube.resources import PODS
from kecs.kube.selectors import object_matcher
from kecs.kube.time import rfc3339

MANAGER = "kube-scheduler"
NAME = "default-scheduler"
_SLICE = 20  # pods that found no node and are tried again at once
_PAUSE = 0.05  # seconds between such slices

Key = tuple[str, str]


def waits(pod: Pod) -> bool:
    """Say whether a pod is this scheduler's to place."""
    return not pod.spec.nodeName and pod.active and pod.spec.schedulerName == NAME and not pod.spec.schedulingGates


class Scheduler:
    """The controller.

    A pod that no node takes waits until something changes that might help: a node, or another pod. All that wait are
    tried again then, a slice at a time, those first that were tried longest ago.
    """

    def __init__(self, api: Api, informers: Informers, recorder: Recorder) -> None:
        self._api = api
        self._informers = informers
        self._recorder = recorder
        self._ledger = Ledger(self._namespaces_of)
        self._controller = Controller("scheduler", self._reconcile, workers=16)
        self._stuck: dict[Key, None] = {}  # in the order of the last attempt
        self._again: deque[Key] = deque()
        self._feeding: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._informers.nodes.subscribe(self._on_node)
        self._informers.pods.subscribe(self._on_pod)
        try:
            await self._controller.run()
        finally:
            if self._feeding is not None:
                self._feeding.cancel()

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        name = (new or old).metadata.name  # type: ignore[union-attr]  # one of the two is there
        if old is not None and new is not None and _same_place(old, new):
            return  # a heartbeat
        self._ledger.set_node(name, new)
        if new is not None:
            self._wake()

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        if new is None or new.over:
            uid = (new or old).metadata.uid  # type: ignore[union-attr]  # one of the two is there
            if self._ledger.remove(uid):
                self._wake()
            if new is None and self._stuck and old is not None:
                self._stuck.pop(old.metadata.key, None)
        elif new.spec.nodeName:
            self._ledger.place(new, new.spec.nodeName)
            if self._stuck and (old is None or not old.spec.nodeName):
                self._stuck.pop(new.metadata.key, None)
                self._wake()  # it may be the company that another waits for
        elif waits(new) and not (old is not None and waits(old) and _same_wish(old, new)):
            self._controller.add(new.metadata.key)

    async def _reconcile(self, key: Key) -> None:
        pod = self._informers.pods.get(*key)
        if pod is None or not waits(pod) or pod.metadata.uid in self._ledger.placed:
            self._stuck.pop(key, None)
            return
        decision = placing.decide(pod, self._ledger, self._namespaces_of)
        if decision.node is None:
            self._stuck.pop(key, None)
            self._stuck[key] = None
            await self._tell_stuck(pod, decision.message)
            return
        self._stuck.pop(key, None)
        await self._bind(pod, decision.node)

    async def _bind(self, pod: Pod, node: str) -> None:
        meta = pod.metadata
        self._ledger.place(pod, node)  # at once, so that the next pod sees it
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        try:
            await self._api.create(
                PODS, meta.namespace, binding, manager=MANAGER, name=meta.name, subresource="binding"
            )
        except BaseException as error:
            known = self._informers.pods.get(*meta.key)
            if known is None or known.metadata.uid != meta.uid or not known.spec.nodeName:
                self._ledger.remove(meta.uid)
            if isinstance(error, (NotFound, Conflict)) and (known is None or not waits(known)):
                return
            raise
        self._recorder.event(
            PODS, pod, "Normal", "Scheduled", f"Successfully assigned {meta.namespace}/{meta.name} to {node}"
        )

    async def _tell_stuck(self, pod: Pod, message: str) -> None:
        known = status.find(pod.status.conditions, "PodScheduled")
        if known is not None and known.message == message:
            return
        self._recorder.event(PODS, pod, "Warning", "FailedScheduling", message)
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "observedGeneration": pod.metadata.generation,
            "lastTransitionTime": known.lastTransitionTime if known is not None else rfc3339(time.time()),
        }
        meta = pod.metadata
        stored = await self._api.patch(
            self._informers.pods.resource,
            meta.namespace,
            meta.name,
            {"metadata": {"uid": meta.uid}, "status": {"conditions": [condition]}},
            type="strategic",
            manager=MANAGER,
            subresource="status",
        )
        self._informers.pods.observe(stored)

    def _wake(self) -> None:
        """Try those that wait again, soon."""
        if not self._stuck:
            return
        self._again = deque(self._stuck)
        if self._feeding is None:
            self._feeding = asyncio.get_running_loop().call_later(0, self._feed)

    def _feed(self) -> None:
        self._feeding = None
        for _ in range(min(_SLICE, len(self._again))):
            self._controller.add(self._again.popleft())
        if self._again:
            self._feeding = asyncio.get_running_loop().call_later(_PAUSE, self._feed)

    def _namespaces_of(self, pod: Pod, term: PodTerm) -> Namespaces:
        """Return the namespaces that an affinity term is about: the pod's own, where it names none."""
        if term.namespaceSelector is None:
            return term.namespaces or (pod.metadata.namespace,)
        matches = object_matcher(term.namespaceSelector)
        selected = {one.metadata.name for one in self._informers.namespaces.values() if matches(one.metadata.labels)}
        return tuple(sorted(selected | set(term.namespaces)))


def _same_place(old: Node, new: Node) -> bool:
    return (
        old.metadata.labels == new.metadata.labels
        and old.spec == new.spec
        and old.status.allocatable == new.status.allocatable
        and old.status.capacity == new.status.capacity
    )


def _same_wish(old: Pod, new: Pod) -> bool:
    return old.metadata.labels == new.metadata.labels and old.spec == new.spec
