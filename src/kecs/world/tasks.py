"""The live tasks: their counts and ids, kept up to date pod by pod, and their JSON, made when first asked for.

Counts are sums over the pods that are there: each pod adds what it is and takes it back when it changes, so what a
count costs does not grow with the cluster, and it is never anything else than what the pods say.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kecs.kube.informer import Informer
from kecs.model import marks, objects
from kecs.model.generated import ecs_limits
from kecs.model.service import Counts
from kecs.translate import facts, views
from kecs.translate.observe import task as observe
from kecs.translate.observe.container import look
from kecs.translate.observe.ids import task_id
from kecs.world.listing import SortedKeys

_STOPPING, _PENDING, _RUNNING = 0, 1, 2
_KEPT = 4096  # tasks whose JSON is kept, about 1.5 KB each

# (namespace,), (namespace, service), (namespace, service, deployment), (namespace, "", "", launch type)
_Key = tuple[str, ...]


def _state(pod: views.Pod) -> int:
    known = facts.of(pod)
    if known is None:
        return _STOPPING
    status = observe.last_status(pod, look(pod, known))
    if status == "RUNNING":
        return _RUNNING
    return _PENDING if status in ("PROVISIONING", "PENDING", "ACTIVATING") else _STOPPING


def _keys(pod: views.Pod) -> list[_Key]:
    meta = pod.metadata
    service = meta.labels.get(marks.SERVICE)
    if not service:
        return [(meta.namespace,)]
    deployment = meta.annotations.get(marks.DEPLOYMENT_ID, "")
    return [(meta.namespace,), (meta.namespace, service), (meta.namespace, service, deployment)]


def _launch_key(namespace: str, launch_type: str) -> _Key:
    return (namespace, "", "", launch_type)


def _launch_type_of(pod: views.Pod) -> str:
    known = facts.of(pod)
    return known.launchType if known else ""


def _has_moved(old: views.Pod | None, new: views.Pod | None) -> bool:
    """Return whether a pod counts elsewhere than before: anybody may change its labels and annotations."""
    if old is None or new is None:
        return False
    before, after = old.metadata, new.metadata
    if before.labels == after.labels and before.annotations == after.annotations:
        return False
    return _keys(old) != _keys(new) or _launch_type_of(old) != _launch_type_of(new)


def _has_ended(pod: views.Pod) -> bool:
    """Return whether a pod has ended, and nobody has asked for that."""
    return pod.status.phase in ("Succeeded", "Failed") and not pod.metadata.deletionTimestamp


class Tasks:
    """What all pods that are tasks come to."""

    def __init__(self, pods: Informer[views.Pod], nodes: Informer[views.Node]) -> None:
        self._pods = pods
        self._nodes = nodes
        self._states: dict[str, int] = {}
        self._ended: set[str] = set()  # uids of pods that had ended before somebody deleted them
        self._counts: dict[_Key, list[int]] = {}
        self._deployments: dict[_Key, set[str]] = {}
        self._ids = SortedKeys()
        self._json: dict[tuple[str, bool], bytes] = {}
        pods.subscribe(self._on_pod)
        nodes.subscribe(self._on_node)

    def _on_node(self, old: views.Node | None, new: views.Node | None) -> None:
        # A task shows its instance's ARN and zone, nothing that changes while the node is there.
        if old is None or new is None:
            self._json.clear()

    def _on_pod(self, old: views.Pod | None, new: views.Pod | None) -> None:
        uid = (new or old).metadata.uid  # type: ignore[union-attr]  # one of them is there
        if new is None:
            self._ended.discard(uid)
        elif old is not None and new.metadata.deletionTimestamp and _has_ended(old):
            self._ended.add(uid)
        self._json.pop((uid, False), None)
        self._json.pop((uid, True), None)
        before = self._states.pop(uid, _STOPPING)
        after = _state(new) if new is not None else _STOPPING
        if after:
            self._states[uid] = after
        moved = bool(before and after) and _has_moved(old, new)
        if before == after and not moved:
            return
        if before and old is not None:
            self._count(old, before, -1)
            if moved or not after:
                self._list(old, listed=False)
        if after and new is not None:
            self._count(new, after, 1)
            if moved or not before:
                self._list(new, listed=True)

    def _count(self, pod: views.Pod, state: int, change: int) -> None:
        for key in (*_keys(pod), _launch_key(pod.metadata.namespace, _launch_type_of(pod))):
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = [0, 0, 0]
                if len(key) == 3:
                    self._deployments.setdefault(key[:2], set()).add(key[2])
            counts[state] += change
            if not counts[_PENDING] and not counts[_RUNNING]:
                del self._counts[key]
                if len(key) == 3:
                    self._deployments[key[:2]].discard(key[2])
                    if not self._deployments[key[:2]]:
                        del self._deployments[key[:2]]

    def _list(self, pod: views.Pod, *, listed: bool) -> None:
        key = task_id(pod.metadata.uid)
        for bucket in _keys(pod)[:2]:
            if listed:
                self._ids.add(bucket, key)
            else:
                self._ids.discard(bucket, key)

    def ids(self, namespace: str, service: str = "") -> Sequence[str]:
        """Return the ids of the tasks that shall run, in order; `service` is the object's name."""
        return self._ids.all((namespace, service) if service else (namespace,))

    def counts(self, namespace: str) -> Counts:
        """Return the running and the pending tasks of a cluster."""
        return self._of((namespace,))

    def by_deployment(self, namespace: str, service: str) -> Mapping[str, Counts]:
        """Return the running and the pending tasks of a service, by deployment; `service` is the object's name."""
        return {
            deployment: self._of((namespace, service, deployment))
            for deployment in self._deployments.get((namespace, service), ())
        }

    def _of(self, key: _Key) -> Counts:
        counts = self._counts.get(key)
        return Counts(counts[_RUNNING], counts[_PENDING]) if counts else Counts()

    def by_launch_type(self, namespace: str) -> Mapping[str, Counts]:
        """Return the running and the pending tasks of a cluster, by launch type."""
        return {launch_type: self._of(_launch_key(namespace, launch_type)) for launch_type in ecs_limits.LaunchType}

    def count(self, pods: Iterable[views.Pod]) -> Counts:
        """Return how many of some pods are running and pending tasks. It looks at each."""
        states = [self._states.get(pod.metadata.uid) for pod in pods]
        return Counts(states.count(_RUNNING), states.count(_PENDING))

    def shall_run(self, pod: views.Pod) -> bool:
        """Say whether a task's desired status is RUNNING."""
        return pod.metadata.uid in self._states

    def ended_first(self, pod: views.Pod) -> bool:
        """Say whether a pod that is being deleted was seen to have ended before anybody asked for that.

        Its times cannot tell: whoever deletes it, and the kubelet that lets it go, write the same.
        """
        return pod.metadata.uid in self._ended

    def json(self, pod: views.Pod, *, tags: bool = False) -> bytes | None:
        """Return a pod as an ECS task in JSON, with its tags or with none; None when it is no task."""
        key = (pod.metadata.uid, tags)
        found = self._json.get(key)
        if found is None:
            node = self._nodes.get(None, pod.spec.nodeName) if pod.spec.nodeName else None
            shown = observe.task(pod, node)
            if shown is None:
                return None
            if not tags:
                shown.tags = []
            found = _encode(shown)
            if pod is not self._pods.get(pod.metadata.namespace, pod.metadata.name):
                return found  # an older one than is known by now, or one that is gone: no change would take it away
            if len(self._json) >= _KEPT:
                del self._json[next(iter(self._json))]
            self._json[key] = found
        return found


def stopped_json(record: objects.StoppedTask) -> bytes:
    """Return a stopped task in JSON. Its tags went with it."""
    shown = msgspec.structs.replace(record.spec, tags=[])
    return _encode(shown)


_encode = msgspec.json.Encoder().encode
