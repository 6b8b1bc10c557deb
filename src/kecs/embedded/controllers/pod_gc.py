"""Pods that nobody else ends: on nodes that are gone, never bound, or over for long and too many."""

import time
from collections.abc import Iterable

from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.kinds import MANAGER
from kecs.embedded.controllers.views import Node, Pod
from kecs.kube.api import Api
from kecs.kube.controller import Controller
from kecs.kube.errors import NotFound
from kecs.kube.time import rfc3339

MOST_TERMINATED = 12500
QUARANTINE = 40.0  # seconds that a node may be missing before its pods are given up
_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
_TERMINATED = "terminated"  # the key that stands for all pods that are over

Key = tuple[str, str]  # ("node", name), ("pod", "namespace/name"), ("all", "terminated")


def out_of_service(node: Node) -> bool:
    """Say whether a node is down and marked as not coming back soon."""
    down = any(one.type == "Ready" and one.status != "True" for one in node.status.conditions)
    return down and any(one.key == _OUT_OF_SERVICE for one in node.spec.taints)


def surplus(terminated: Iterable[Pod], most: int) -> list[Pod]:
    """Return the oldest of the pods that are over, beyond the number that is kept."""
    found = [pod for pod in terminated if pod.metadata.deletionTimestamp is None]
    found.sort(key=lambda pod: (pod.metadata.creationTimestamp, pod.metadata.name))
    return found[: max(0, len(found) - most)]


class PodCollector:
    """The controller."""

    def __init__(
        self, api: Api, informers: Informers, *, most: int = MOST_TERMINATED, quarantine: float = QUARANTINE
    ) -> None:
        self._api = api
        self._informers = informers
        self._most = most
        self._quarantine = quarantine
        self._terminated: dict[Key, None] = {}
        self._controller = Controller("podgc", self._reconcile, workers=2)

    async def run(self) -> None:
        """Work for ever."""
        await self._informers.synced()
        self._informers.nodes.subscribe(self._on_node)
        self._informers.pods.subscribe(self._on_pod)
        await self._controller.run()

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if new is None and old is not None:
            self._controller.add_after(("node", old.metadata.name), self._quarantine)
        elif new is not None and new.spec.taints and out_of_service(new):
            self._controller.add(("node", new.metadata.name))

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        if new is None:
            if old is not None and self._terminated:
                self._terminated.pop(old.metadata.key, None)
            return
        if new.over:
            self._terminated[new.metadata.key] = None
            if len(self._terminated) > self._most:
                self._controller.add(("all", _TERMINATED))
        node = self._informers.nodes.get(None, new.spec.nodeName) if new.spec.nodeName else None
        if new.metadata.deletionTimestamp is not None and (
            not new.spec.nodeName or (node is not None and out_of_service(node))
        ):
            self._controller.add(("pod", f"{new.metadata.namespace}/{new.metadata.name}"))
        if node is None and new.spec.nodeName and (old is None or old.spec.nodeName != new.spec.nodeName):
            self._controller.add_after(("node", new.spec.nodeName), self._quarantine)

    async def _reconcile(self, key: Key) -> None:
        what, name = key
        if what == "node":
            await self._look_at_node(name)
        elif what == "pod":
            pod = self._informers.pods.get(*name.split("/", 1))
            if pod is not None and pod.metadata.deletionTimestamp is not None:
                node = self._informers.nodes.get(None, pod.spec.nodeName) if pod.spec.nodeName else None
                if not pod.spec.nodeName or (node is not None and out_of_service(node)):
                    await self._delete(pod)
        else:
            found = (self._informers.pods.get(*each) for each in self._terminated)
            for pod in surplus([pod for pod in found if pod is not None], self._most):
                await self._delete(pod)

    async def _look_at_node(self, name: str) -> None:
        node = self._informers.nodes.get(None, name)
        if node is not None and not out_of_service(node):
            return
        if node is None:
            try:
                await self._api.get(self._informers.nodes.resource, None, name)
            except NotFound:
                pass
            else:
                return  # the cache lags behind
        for pod in list(self._informers.pods.by("node", name)):
            if node is not None and pod.metadata.deletionTimestamp is None:
                continue
            if not pod.over:
                reason = "node no longer exists" if node is None else "node is out of service"
                await self._fail(pod, f"PodGC: {reason}")
            await self._delete(pod)

    async def _fail(self, pod: Pod, message: str) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": message,
            "lastTransitionTime": rfc3339(time.time()),
        }
        meta = pod.metadata
        try:
            await self._api.patch(
                self._informers.pods.resource,
                meta.namespace,
                meta.name,
                {"metadata": {"uid": meta.uid}, "status": {"phase": "Failed", "conditions": [condition]}},
                type="strategic",
                manager=MANAGER,
                subresource="status",
            )
        except NotFound:
            return

    async def _delete(self, pod: Pod) -> None:
        meta = pod.metadata
        try:
            await self._api.delete(
                self._informers.pods.resource, meta.namespace, meta.name, grace_seconds=0, uid=meta.uid
            )
        except NotFound:
            return
