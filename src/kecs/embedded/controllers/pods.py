"""Making and deleting the pods of a workload, and what a pod says about itself."""

from typing import Any

import msgspec

from kecs.embedded.controllers.claims import reference
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.views import Json, Pod
from kecs.kube.api import Api, Resource
from kecs.kube.errors import ApiError, Conflict, NotFound
from kecs.kube.time import epoch

_PREFIX = 58  # characters of a parent's name that fit into generateName
_TEMPLATES = 500  # parents whose template is kept encoded: those that make pods at one time are few


def deletion_cost(pod: Pod) -> int:
    """Return the pod's `pod-deletion-cost`, 0 where there is none or it is no number."""
    notes = pod.metadata.annotations
    try:
        return int(notes.deletion_cost) if notes is not None else 0
    except ValueError:
        return 0


def available_in(pod: Pod, min_ready: int, now: float) -> float | None:
    """Return the seconds until a pod counts as available: 0 when it does, None when it is not ready."""
    if not pod.ready:
        return None
    if not min_ready or not pod.ready_since:
        return 0.0
    return max(0.0, epoch(pod.ready_since) + min_ready - now)


class PodControl:
    """Makes and deletes pods for the parents of one kind.

    The cache learns of a made pod at once. A pod whose deletion was asked for counts as gone (`counts`) before the
    cache has seen it, so that no stale cache makes or deletes a pod too many.
    """

    def __init__(
        self, api: Api, informers: Informers, recorder: Recorder, parents: Resource[Any], manager: str
    ) -> None:
        self._api = api
        self._pods = informers.pods
        self._recorder = recorder
        self._parents = parents
        self._manager = manager
        self._doomed: set[str] = set()
        self._templates: dict[str, tuple[int, bytes]] = {}

    def start(self) -> None:
        """Begin to follow the cache."""
        self._pods.subscribe(self._on_pod)

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        if self._doomed and (new is None or new.metadata.deletionTimestamp is not None):
            pod = new or old
            self._doomed.discard(pod.metadata.uid if pod else "")

    def counts(self, pod: Pod) -> bool:
        """Say whether a pod is active and nobody here has asked for its deletion."""
        return pod.active and pod.metadata.uid not in self._doomed

    def ending(self, pod: Pod) -> bool:
        """Say whether a pod is being deleted, or somebody here has asked for it."""
        return pod.metadata.deletionTimestamp is not None or pod.metadata.uid in self._doomed

    def body(self, parent: Any) -> Json:
        """Return a pod of the parent's template."""
        meta = parent.metadata
        known = self._templates.get(meta.uid)
        if known is None or known[0] != meta.generation:
            if known is None and len(self._templates) >= _TEMPLATES:
                del self._templates[next(iter(self._templates))]
            known = self._templates[meta.uid] = (meta.generation, msgspec.json.encode(parent.spec.template))
        template: Json = msgspec.json.decode(known[1])  # its own copy: the backend may fill in defaults
        inherited = template.get("metadata") or {}
        metadata: Json = {
            "generateName": f"{meta.name[:_PREFIX]}-",
            "namespace": meta.namespace,
            "ownerReferences": [reference(self._parents, parent)],
        }
        metadata |= {key: inherited[key] for key in ("labels", "annotations", "finalizers") if inherited.get(key)}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template.get("spec") or {}}

    async def create(self, parent: Any, body: Json) -> Pod:
        """Create a pod for its parent, and tell how that went."""
        try:
            pod = await self._api.create(self._pods.resource, parent.metadata.namespace, body, manager=self._manager)
        except ApiError as error:
            self._tell(parent, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self._pods.observe(pod)
        self._tell(parent, "Normal", "SuccessfulCreate", f"Created pod: {pod.metadata.name}")
        return pod

    async def delete(self, parent: Any, pod: Pod) -> None:
        """Delete a pod for its parent, and tell how that went. One that is gone already is fine."""
        meta = pod.metadata
        self._doomed.add(meta.uid)
        try:
            await self._api.delete(self._pods.resource, meta.namespace, meta.name, uid=meta.uid)
        except (NotFound, Conflict):
            return  # gone, or a namesake by now
        except BaseException as error:
            self._doomed.discard(meta.uid)
            if isinstance(error, ApiError):
                self._tell(parent, "Warning", "FailedDelete", f"Error deleting: {error.message}")
            raise
        self._tell(parent, "Normal", "SuccessfulDelete", f"Deleted pod: {meta.name}")

    def _tell(self, parent: Any, kind: Any, reason: str, message: str) -> None:
        self._recorder.event(self._parents, parent, kind, reason, message)
