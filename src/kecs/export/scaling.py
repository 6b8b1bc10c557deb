"""Application Auto Scaling as a HorizontalPodAutoscaler.

| policy | becomes |
|---|---|
| target tracking of average CPU or memory | a Resource metric with that average utilisation |
| its ScaleInCooldown | `behavior.scaleDown.stabilizationWindowSeconds`, 3600 at most |
| its ScaleOutCooldown | the period of `behavior.scaleUp`'s policies, 1800 at most |
| DisableScaleIn | `behavior.scaleDown.selectPolicy: Disabled` |
| any other metric, step scaling | none: the report says so |
"""

from collections.abc import Mapping

from kecs.export.application import Exported, Scaling
from kecs.export.surroundings import Fact
from kecs.translate.body import Json

_METRICS: Mapping[str, str] = {
    "ECSServiceAverageCPUUtilization": "cpu",
    "ECSServiceAverageMemoryUtilization": "memory",
}
_LONGEST_STABILIZATION, _LONGEST_PERIOD = 3600, 1800  # seconds
USUAL_CPU = 70  # percent, where a service has no policy of its own


def metric_of(policy: Fact) -> str:
    """Return the resource that a policy tracks; empty where it is none that Kubernetes measures by itself."""
    tracking = policy.part("targetTrackingScalingPolicyConfiguration")
    return _METRICS.get(tracking.part("predefinedMetricSpecification").text("predefinedMetricType"), "")


def make_autoscaler(exported: Exported, name: str) -> Json | None:
    """Return the HorizontalPodAutoscaler of a service's own policies; None where it has none that can be one."""
    scaling = exported.scaling
    if scaling is None or exported.is_daemon or exported.service is None:
        return None
    tracked = [policy for policy in scaling.policies if metric_of(policy)]
    if not tracked:
        return None
    metrics = [
        _metric(
            metric_of(policy),
            policy.part("targetTrackingScalingPolicyConfiguration").number("targetValue") or USUAL_CPU,
        )
        for policy in tracked
    ]
    least, most = bounds(scaling)
    made = autoscaler({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}}, least, most, metrics)
    behavior = _behavior(tracked)
    if behavior:
        made["spec"]["behavior"] = behavior
    return made


def bounds(scaling: Scaling) -> tuple[int, int]:
    """Return the least and the greatest number of tasks; Kubernetes wants one at least."""
    least = max(1, scaling.target.number("minCapacity") or 0)
    return least, max(least, scaling.target.number("maxCapacity") or 0)


def autoscaler(workload: Json, least: int, most: int, metrics: list[Json]) -> Json:
    """Return the HorizontalPodAutoscaler of a workload."""
    name = workload["metadata"]["name"]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": workload["apiVersion"], "kind": workload["kind"], "name": name},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": metrics,
        },
    }


def cpu_metric(percent: int) -> Json:
    """Return the metric of average CPU utilisation."""
    return _metric("cpu", percent)


def _metric(resource: str, percent: int) -> Json:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}


def _behavior(policies: list[Fact]) -> Json:
    """Return how quickly to scale; of several policies the most careful one counts, as in ECS."""
    parts = [policy.part("targetTrackingScalingPolicyConfiguration") for policy in policies]
    inwards = [part.number("scaleInCooldown") for part in parts]
    outwards = [part.number("scaleOutCooldown") for part in parts]
    made: Json = {}
    if all(part.text("disableScaleIn").lower() == "true" for part in parts):
        made["scaleDown"] = {"selectPolicy": "Disabled"}
    elif any(inwards):
        made["scaleDown"] = {
            "stabilizationWindowSeconds": min(max(one or 0 for one in inwards), _LONGEST_STABILIZATION)
        }
    if any(outwards):
        period = min(max(one or 0 for one in outwards), _LONGEST_PERIOD)
        made["scaleUp"] = {"policies": [{"type": "Percent", "value": 100, "periodSeconds": period}]}
    return made


def has_cpu_request(template: Json) -> bool:
    """Say whether utilisation of CPU means something: every container asks for some, or the whole pod does."""
    spec = template["spec"]
    if "cpu" in spec.get("resources", {}).get("requests", {}):
        return True
    return all("cpu" in one.get("resources", {}).get("requests", {}) for one in spec["containers"])
