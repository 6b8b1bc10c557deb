"""The minimum healthy percent as a PodDisruptionBudget, so that drains keep to it as well."""

from kecs.model import marks, names
from kecs.model.objects import Service
from kecs.translate.body import Json, owned


def make_disruption_budget(service: Service, minimum_percent: int) -> Json | None:
    """Return the PodDisruptionBudget; None where every task may be disrupted.

    Kubernetes rounds the percentage of pods that stay up, as ECS does. Pods that are not healthy may always go.
    """
    if minimum_percent <= 0:
        return None
    name = names.service(service.spec.serviceName)
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owned(service, name),
        "spec": {
            "minAvailable": f"{min(minimum_percent, 100)}%",
            "selector": {"matchLabels": {marks.SERVICE: name}},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
