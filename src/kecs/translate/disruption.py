"""The minimum healthy percent as a PodDisruptionBudget, so that drains keep to it as well.

A service that may lose no task (100 percent, ECS's default) would hold up every drain for ever: for its own drains ECS
starts a task elsewhere first, which Kubernetes does not do for an eviction. So one task may always go.
"""

from kecs.model import marks, names
from kecs.model.objects import Service
from kecs.translate.body import Json, owned


def make_disruption_budget(service: Service, minimum_percent: int) -> Json | None:
    """Return the PodDisruptionBudget; None where every task may be disrupted, and for a task on each node.

    Kubernetes rounds the percentage of pods that may go up, and budgets only what has a scale, so no DaemonSet. Pods
    that are not healthy may always go.
    """
    if minimum_percent <= 0 or service.spec.schedulingStrategy == "DAEMON":
        return None
    name = names.service(service.spec.serviceName)
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owned(service, name),
        "spec": {
            "maxUnavailable": f"{100 - minimum_percent}%" if minimum_percent < 100 else 1,
            "selector": {"matchLabels": {marks.SERVICE: name}},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
