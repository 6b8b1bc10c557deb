"""A service as a Deployment, or a DaemonSet where it wants a task on each node."""

from kecs.model import marks, names
from kecs.model.objects import Service
from kecs.translate.body import Json, owned

_NO_DEADLINE = 2**31 - 1  # Kubernetes's own word for none; ECS waits for ever
_HISTORY = 3  # ReplicaSets without pods that `kubectl rollout history` still shows


def make_deployment(
    service: Service,
    template: Json | None,
    *,
    replicas: int,
    max_unavailable: int,
    max_surge: int,
    paused: bool = False,
    ready_seconds: int = 0,
) -> Json:
    """Return the Deployment of a service.

    `template` is `pod.make_pod_template`'s, or the stored one while the ECS deployment stays the same, so that a
    newer kecs rolls no service; None leaves it out, for a patch. `max_unavailable` and `max_surge` are whole numbers,
    rounded as ECS rounds them, and written anew at each scale. `paused` holds a rollout that may neither stop nor
    start a task; it must not be set on a Deployment that is new, which would then start nothing. `ready_seconds`: how
    long a task has to run to count.
    """
    spec: Json = {
        "replicas": replicas,
        "selector": _selector(service),
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": max_unavailable, "maxSurge": max_surge},
        },
        "minReadySeconds": ready_seconds,
        "revisionHistoryLimit": _HISTORY,
        "progressDeadlineSeconds": _NO_DEADLINE,
        "paused": paused,
    }
    if template is not None:
        spec["template"] = template
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(service), "spec": spec}


def make_daemon_set(service: Service, template: Json | None, *, max_unavailable: int, ready_seconds: int = 0) -> Json:
    """Return the DaemonSet of a service that wants a task on each node; the arguments are `make_deployment`'s."""
    spec: Json = {
        "selector": _selector(service),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": max(1, max_unavailable)}},
        "minReadySeconds": ready_seconds,
        "revisionHistoryLimit": _HISTORY,
    }
    if template is not None:
        spec["template"] = template
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _metadata(service), "spec": spec}


def _selector(service: Service) -> Json:
    return {"matchLabels": {marks.SERVICE: names.service(service.spec.serviceName)}}


def _metadata(service: Service) -> Json:
    return owned(service, names.service(service.spec.serviceName))
