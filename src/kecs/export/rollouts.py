"""A service as a Rollout of Argo Rollouts, for strategies that a Deployment has not.

| ECS | Argo Rollouts |
|---|---|
| ROLLING | canary without steps: a rolling update within the same bounds |
| BLUE_GREEN | blueGreen with a preview Service; the bake time is the delay before the old pods go |
| CANARY | canary: one step of that weight, a pause of that time |
| LINEAR | canary: steps of that weight, each with a pause of that time |

Weights go through the Gateway API or Istio where those lead traffic in; else they are shares of the pods.
"""

from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.model.generated import ecs
from kecs.translate.body import Json

PLUGIN = "argoproj-labs/gatewayAPI"
# Amazon ECS's own figures where the definition names none: percent and minutes.
_CANARY_PERCENT, _CANARY_BAKE = 5, 10
_STEP_PERCENT, _STEP_BAKE = 10, 6


def make_rollout(deployment: Json, exported: Exported, choices: Choices, route: Json | None, namespace: str) -> Json:
    """Return the Rollout in the place of a Deployment; `route` leads HTTP to it, and is given the canary's backend."""
    spec = {key: value for key, value in deployment["spec"].items() if key != "strategy"}
    configuration = exported.spec.deploymentConfiguration or ecs.DeploymentConfiguration()
    name = deployment["metadata"]["name"]
    spec["strategy"] = _strategy(configuration, deployment["spec"]["strategy"]["rollingUpdate"], name)
    canary = spec["strategy"].get("canary")
    if canary and canary.get("steps") and route and choices.traffic != "ingress":
        canary["canaryService"], canary["stableService"] = f"{name}-canary", name
        canary["trafficRouting"] = _routing(route, name, namespace)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": deployment["metadata"], "spec": spec}


def _strategy(configuration: ecs.DeploymentConfiguration, bounds: Json, name: str) -> Json:
    if configuration.strategy == "BLUE_GREEN":
        delay = max(30, (configuration.bakeTimeInMinutes or 0) * 60)
        services = {"activeService": name, "previewService": f"{name}-preview"}
        return {"blueGreen": {**services, "scaleDownDelaySeconds": delay}}
    if configuration.strategy == "CANARY":
        canary = configuration.canaryConfiguration or ecs.CanaryConfiguration()
        minutes = _CANARY_BAKE if canary.canaryBakeTimeInMinutes is None else canary.canaryBakeTimeInMinutes
        percents = [round(canary.canaryPercent or _CANARY_PERCENT)]
        return {"canary": {**bounds, "steps": _steps(percents, minutes)}}
    if configuration.strategy == "LINEAR":
        linear = configuration.linearConfiguration or ecs.LinearConfiguration()
        minutes = _STEP_BAKE if linear.stepBakeTimeInMinutes is None else linear.stepBakeTimeInMinutes
        step = max(1, round(linear.stepPercent or _STEP_PERCENT))
        return {"canary": {**bounds, "steps": _steps(list(range(step, 100, step)), minutes)}}
    return {"canary": dict(bounds)}


def _steps(percents: list[int], minutes: int) -> list[Json]:
    return [step for percent in percents for step in ({"setWeight": percent}, {"pause": {"duration": f"{minutes}m"}})]


def _routing(route: Json, name: str, namespace: str) -> Json:
    """Return how weights are set, and give the route a second backend for them."""
    if route["kind"] == "VirtualService":
        http = route["spec"]["http"][0]
        (stable,) = http["route"]
        canary = {"destination": {**stable["destination"], "host": f"{name}-canary"}, "weight": 0}
        http["route"] = [{**stable, "weight": 100}, canary]
        return {"istio": {"virtualService": {"name": route["metadata"]["name"]}}}
    for rule in route["spec"]["rules"]:
        (stable,) = rule["backendRefs"]
        rule["backendRefs"] = [{**stable, "weight": 100}, {**stable, "name": f"{name}-canary", "weight": 0}]
    return {"plugins": {PLUGIN: {"httpRoute": route["metadata"]["name"], "namespace": namespace}}}


def services_of(rollout: Json, service: Json) -> list[Json]:
    """Return the Services that a Rollout switches beside its own."""
    strategy = rollout["spec"]["strategy"]
    wanted = [
        strategy.get("blueGreen", {}).get("previewService"),
        strategy.get("canary", {}).get("canaryService"),
    ]
    spec = {key: value for key, value in service["spec"].items() if key != "type"}
    return [{**service, "metadata": {"name": name}, "spec": spec} for name in wanted if name]


def patch_of_namespace(rollout: Json, namespace: str) -> Json | None:
    """Return what of a Rollout names its namespace, for an environment; None where nothing does."""
    routing = rollout["spec"].get("strategy", {}).get("canary", {}).get("trafficRouting", {})
    if PLUGIN not in routing.get("plugins", {}):
        return None
    return {"canary": {"trafficRouting": {"plugins": {PLUGIN: {"namespace": namespace}}}}}
