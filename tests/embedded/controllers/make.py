"""Objects as the controllers see them, from what matters to a test."""

from typing import Any

import msgspec

from kecs.embedded.controllers import kinds, views
from kecs.kube.api import Json

_numbers = iter(range(10**9))


def meta(name: str, **fields: Any) -> Json:
    return {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": str(next(_numbers)), **fields}


def pod(
    name: str = "pod",
    *,
    node: str = "",
    ready: bool = False,
    phase: str = "Pending",
    since: str = "2026-01-01T00:00:00Z",
    cpu: str = "",
    memory: str = "",
    labels: Json | None = None,
    metadata: Json | None = None,
    status: Json | None = None,
    **spec: Any,
) -> views.Pod:
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    container = {"name": "main", "resources": {"requests": requests}, **spec.pop("container", {})}
    conditions = [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}]
    return msgspec.convert(
        {
            "metadata": meta(name, labels=labels or {}, **(metadata or {})),
            "spec": {"containers": [container], "nodeName": node, **spec},
            "status": {"phase": "Running" if ready else phase, "conditions": conditions, **(status or {})},
        },
        views.Pod,
    )


def node(name: str = "node", *, cpu: str = "4", memory: str = "8Gi", pods: str = "110", **more: Any) -> views.Node:
    labels = {"kubernetes.io/hostname": name, **more.pop("labels", {})}
    allocatable = {"cpu": cpu, "memory": memory, "pods": pods, **more.pop("allocatable", {})}
    body = {"metadata": meta(name, namespace="", labels=labels), "spec": more, "status": {"allocatable": allocatable}}
    return msgspec.convert(body, views.Node)


def replica_set(
    name: str, size: int = 0, available: int | None = None, *, image: str = "", created: str = "", **annotations: str
) -> kinds.ReplicaSet:
    """A replica set whose status is up to date: as many pods as wanted, `available` of them available."""
    has = size if available is None else available
    return msgspec.convert(
        {
            "metadata": meta(name, annotations=annotations, creationTimestamp=created),
            "spec": {"replicas": size, "selector": {}, "template": {"spec": {"image": image or name}}},
            "status": {"replicas": size, "readyReplicas": has, "availableReplicas": has},
        },
        kinds.ReplicaSet,
    )


def deployment(replicas: int = 3, *, image: str = "new", status: Json | None = None, **spec: Any) -> kinds.Deployment:
    body = {
        "metadata": meta("web", generation=1, annotations={}),
        "spec": {"replicas": replicas, "selector": {}, "template": {"spec": {"image": image}}, **spec},
        "status": status or {},
    }
    return msgspec.convert(body, kinds.Deployment)


def rolling(surge: int | str, unavailable: int | str) -> Json:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
