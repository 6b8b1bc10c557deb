"""Events about pods and the node, written beside the work and never in its way.

A repeated event raises the count of the one before, as Kubernetes's recorder does. A node whose containers are
simulated keeps the ordinary ones ("Started container …") to itself: thousands of them would say nothing.
"""

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from typing import Any

from kecs.embedded.node.views import Pod
from kecs.kube.api import Api, Json
from kecs.kube.errors import ApiError, Timeout, Unavailable
from kecs.kube.resources import EVENTS
from kecs.kube.time import rfc3339

log = logging.getLogger(__name__)

_REMEMBERED = 1024  # events whose repetition is counted
_WAITING = 1000  # events that wait to be written; more are dropped, as events may be


class Recorder:
    """Writes events in the background. `quiet` leaves out those that report nothing unusual."""

    def __init__(self, api: Api, node: str, *, quiet: bool) -> None:
        self._api, self._node, self._quiet = api, node, quiet
        self._queue: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(_WAITING)
        self._known: OrderedDict[tuple[str, ...], tuple[str, int]] = OrderedDict()

    def normal(self, pod: Pod, reason: str, message: str, container: str = "") -> None:
        """Report something ordinary about a pod or one of its containers."""
        if not self._quiet:
            self._put(pod, "Normal", reason, message, container)

    def warning(self, pod: Pod, reason: str, message: str, container: str = "") -> None:
        """Report something that went wrong."""
        self._put(pod, "Warning", reason, message, container)

    def _put(self, pod: Pod, type_: str, reason: str, message: str, container: str) -> None:
        meta = pod.metadata
        involved = {"kind": "Pod", "apiVersion": "v1", "namespace": meta.namespace, "name": meta.name, "uid": meta.uid}
        if container:
            init = any(container == each.name for each in pod.spec.initContainers)
            involved["fieldPath"] = f"spec.{'initContainers' if init else 'containers'}{{{container}}}"
        self._enqueue(meta.namespace, involved, type_, reason, message)

    def _enqueue(self, namespace: str, involved: Json, type_: str, reason: str, message: str) -> None:
        now = rfc3339(time.time())
        event = {
            "metadata": {"namespace": namespace},
            "involvedObject": involved,
            "type": type_,
            "reason": reason,
            "message": message[:1024],
            "source": {"component": "kubelet", "host": self._node},
            "reportingComponent": "kubelet",
            "reportingInstance": self._node,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            self._queue.put_nowait((namespace, event))
        except asyncio.QueueFull:
            log.warning("too many events wait to be written, one is dropped: %s %s", reason, involved.get("name"))

    async def run(self) -> None:
        """Write what is reported, for ever."""
        while True:
            namespace, event = await self._queue.get()
            try:
                await self._write(namespace, event)
            except ApiError as error:
                log.debug("event not written: %s", error)

    async def flush(self) -> None:
        """Write what is still waiting."""
        while not self._queue.empty():
            namespace, event = self._queue.get_nowait()
            try:
                await self._write(namespace, event)
            except (Unavailable, Timeout):
                return  # the others would fare no better
            except ApiError as error:
                log.debug("event not written: %s", error)

    async def _write(self, namespace: str, event: dict[str, Any]) -> None:
        involved = event["involvedObject"]
        key = (involved.get("uid", ""), involved.get("fieldPath", ""), event["reason"], event["message"])
        name, count = self._known.get(key, ("", 0))
        if name:
            patch = {"count": count + 1, "lastTimestamp": event["lastTimestamp"]}
            try:
                await self._api.patch(EVENTS, namespace, name, patch, type="merge", manager="kubelet")
            except ApiError:
                name = ""
        if not name:
            count = 0
            name = f"{involved['name'][:200]}.{secrets.token_hex(8)}"
            body = {**event, "kind": "Event", "apiVersion": "v1", "metadata": {"name": name, "namespace": namespace}}
            await self._api.create(EVENTS, namespace, body, manager="kubelet")
        self._known[key] = (name, count + 1)
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
