"""A service as a Deployment, or a DaemonSet where it wants a task on each node."""

from kecs.model import marks, names
from kecs.model.objects import Service, TaskDefinitionSpec
from kecs.translate.body import Json, owned
from kecs.translate.container.health import budget
from kecs.translate.launch import Launch
from kecs.translate.options import DEFAULT, Options
from kecs.translate.pod import make_pod_template

_NO_DEADLINE = 2**31 - 1  # Kubernetes's own word for none; ECS waits for ever
_HISTORY = 3  # ReplicaSets without pods that `kubectl rollout history` still shows


def make_deployment(
    service: Service,
    definition: TaskDefinitionSpec,
    launch: Launch,
    options: Options = DEFAULT,
    *,
    replicas: int,
    max_unavailable: int,
    max_surge: int,
    paused: bool = False,
    min_ready_seconds: int = 0,
) -> Json:
    """Return the Deployment of a service.

    `max_unavailable` and `max_surge` are whole numbers, rounded as ECS rounds them, and written anew at each scale.
    `paused` holds a rollout that may neither stop nor start a task; a Deployment that is new starts nothing while it
    is paused. `min_ready_seconds`: how long a task that no health check judges has to run to count. Raises as
    `make_pod_template` does.
    """
    spec = {
        "replicas": replicas,
        "selector": _selector(service),
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": max_unavailable, "maxSurge": max_surge},
        },
        "minReadySeconds": _min_ready(definition, min_ready_seconds),
        "revisionHistoryLimit": _HISTORY,
        "progressDeadlineSeconds": _NO_DEADLINE,
        "paused": paused,
        "template": make_pod_template(definition, launch, options),
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(service), "spec": spec}


def make_daemon_set(
    service: Service,
    definition: TaskDefinitionSpec,
    launch: Launch,
    options: Options = DEFAULT,
    *,
    min_ready_seconds: int = 0,
    held: bool = False,
) -> Json:
    """Return the DaemonSet of a service that wants a task on each node; the arguments are `make_deployment`'s.

    Kubernetes rounds the share of nodes that may be without the task up, so it is never none. While it is `held`, the
    tasks that run are left alone, and a node without one gets a pod that keeps its place: no task, and never scheduled.
    """
    configuration = service.spec.deploymentConfiguration
    minimum = (configuration.minimumHealthyPercent if configuration else None) or 0
    template = make_pod_template(definition, launch, options)
    spec = {
        "selector": _selector(service),
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": f"{min(100, max(1, 100 - minimum))}%"},
        },
        "minReadySeconds": _min_ready(definition, min_ready_seconds),
        "revisionHistoryLimit": _HISTORY,
        "template": template,
    }
    if held:
        spec |= {"updateStrategy": {"type": "OnDelete"}, "template": _place_keeper(template)}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _metadata(service), "spec": spec}


def _place_keeper(template: Json) -> Json:
    """Return the template of pods that stand where tasks would: without what makes a pod a task."""
    meta, spec = template["metadata"], template["spec"]
    labels = {name: value for name, value in meta["labels"].items() if name != marks.ROLE}
    annotations = {marks.DEPLOYMENT_ID: meta["annotations"][marks.DEPLOYMENT_ID]}
    gates = [{"name": marks.HELD}]
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": {**spec, "schedulingGates": gates}}


def _min_ready(definition: TaskDefinitionSpec, seconds: int) -> int:
    """Return the seconds unless a health check says more than the time does."""
    return 0 if any(budget(container) for container in definition.containerDefinitions) else seconds


def _selector(service: Service) -> Json:
    return {"matchLabels": {marks.SERVICE: names.service(service.spec.serviceName)}}


def _metadata(service: Service) -> Json:
    return owned(service, names.service(service.spec.serviceName))
