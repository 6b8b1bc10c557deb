"""Application Auto Scaling as a HorizontalPodAutoscaler.

| policy | becomes |
|---|---|
| target tracking of average CPU or memory | a Resource metric with that average utilisation |
| its ScaleInCooldown | `behavior.scaleDown.stabilizationWindowSeconds`, 3600 at most |
| its ScaleOutCooldown | the period of `behavior.scaleUp`'s policies, 1800 at most |
| DisableScaleIn | `behavior.scaleDown.selectPolicy: Disabled` |
| step scaling by an alarm of average CPU or memory | its threshold; `behavior` has the largest step and the cooldown |
| any other metric, scheduled actions | none: the report says so |
"""

from collections.abc import Mapping

import msgspec

from kecs.export.application import Exported
from kecs.export.surroundings import Fact, Scaled
from kecs.translate.body import Json

_METRICS: Mapping[str, str] = {
    "ECSServiceAverageCPUUtilization": "cpu",
    "ECSServiceAverageMemoryUtilization": "memory",
}
_ALARMED: Mapping[str, str] = {"CPUUtilization": "cpu", "MemoryUtilization": "memory"}
_ADJUSTMENTS: Mapping[str, str] = {"ChangeInCapacity": "Pods", "PercentChangeInCapacity": "Percent"}
_USUAL_PERIOD = 300  # seconds between two steps, where a policy names no cooldown
_LONGEST_STABILIZATION, _LONGEST_PERIOD = 3600, 1800  # seconds
USUAL_CPU = 70  # percent, where a service has no policy of its own


def metric_of(policy: Fact) -> str:
    """Return the resource that a policy tracks; empty where it is none that Kubernetes measures by itself."""
    tracking = policy.part("targetTrackingScalingPolicyConfiguration")
    return _METRICS.get(tracking.part("predefinedMetricSpecification").text("predefinedMetricType"), "")


class Step(msgspec.Struct, frozen=True):
    """What a step scaling policy does when its alarm goes off: by how much, up or down, and for which metric."""

    resource: str
    percent: int
    is_up: bool
    policy: Json | None


def step_of(policy: Fact, alarm: Fact | None) -> Step | None:
    """Return a step policy as far as an autoscaler can follow it: its alarm watches average CPU or memory of ECS."""
    steps = policy.part("stepScalingPolicyConfiguration")
    resource = _ALARMED.get(alarm.text("metricName"), "") if alarm and alarm.text("namespace") == "AWS/ECS" else ""
    if not alarm or not resource or not steps.members or alarm.text("statistic") not in ("Average", ""):
        return None
    threshold, operator = alarm.number("threshold"), alarm.text("comparisonOperator")
    if not threshold or not operator.startswith(("GreaterThan", "LessThan")):
        return None
    changes = [abs(one.number("scalingAdjustment") or 0) for one in steps.parts("stepAdjustments")]
    kind = _ADJUSTMENTS.get(steps.text("adjustmentType"))
    period = min(max(steps.number("cooldown") or _USUAL_PERIOD, 1), _LONGEST_PERIOD)
    made = {"type": kind, "value": max(changes), "periodSeconds": period} if kind and any(changes) else None
    return Step(resource, threshold, operator.startswith("GreaterThan"), made)


def steps_of(scaling: Scaled) -> list[Step]:
    """Return the step policies of a service that an autoscaler can follow."""
    found = [step_of(policy, scaling.alarms.get(at)) for at, policy in enumerate(scaling.policies)]
    return [one for one in found if one]


def make_autoscaler(exported: Exported, name: str) -> Json | None:
    """Return the HorizontalPodAutoscaler of a service's own policies; None where it has none that can be one."""
    scaling = exported.scaling
    if scaling is None or exported.is_daemon or exported.service is None:
        return None
    tracked = [policy for policy in scaling.policies if metric_of(policy)]
    steps = steps_of(scaling)
    wanted = {
        metric_of(policy): policy.part("targetTrackingScalingPolicyConfiguration").number("targetValue") or USUAL_CPU
        for policy in tracked
    }
    for step in steps:
        if step.is_up:
            wanted.setdefault(step.resource, step.percent)
    if not wanted:
        return None
    metrics = [_metric(resource, percent) for resource, percent in wanted.items()]
    least, most = bounds(scaling)
    made = autoscaler({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}}, least, most, metrics)
    behavior = _behavior(tracked) if tracked else {}
    for step in steps:
        direction = behavior.setdefault("scaleUp" if step.is_up else "scaleDown", {})
        if step.policy and direction.get("selectPolicy") != "Disabled":
            direction.setdefault("policies", []).append(step.policy)
    behavior = {direction: rules for direction, rules in behavior.items() if rules}
    if behavior:
        made["spec"]["behavior"] = behavior
    return made


def bounds(scaling: Scaled) -> tuple[int, int]:
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
