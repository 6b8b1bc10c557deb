"""A service as a Rollout of Argo Rollouts, for strategies that a Deployment has not.

| ECS | Argo Rollouts |
|---|---|
| ROLLING | canary without steps: a rolling update within the same bounds |
| BLUE_GREEN | blueGreen with a preview Service; the bake time is the delay before the old pods go |
| CANARY | canary: one step of that weight, a pause of that time |
| LINEAR | canary: steps of that weight, each with a pause of that time |

Weights go through the Gateway API, Istio, or an Ingress of a class that Argo Rollouts knows (nginx, alb); else they are
shares of the pods.
"""

from collections.abc import Sequence

from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.model.generated import ecs
from kecs.translate.body import Json

PLUGIN = "argoproj-labs/gatewayAPI"
# Amazon ECS's own figures where the definition names none: percent and minutes.
_CANARY_PERCENT, _CANARY_BAKE = 5, 10
_STEP_PERCENT, _STEP_BAKE = 10, 6


def make_rollout(
    deployment: Json, exported: Exported, choices: Choices, routes: Sequence[Json], namespace: str
) -> Json:
    """Return the Rollout in the place of a Deployment; `routes` lead HTTP to it, and are given the canary's backend."""
    spec = {key: value for key, value in deployment["spec"].items() if key != "strategy"}
    configuration = exported.spec.deploymentConfiguration or ecs.DeploymentConfiguration()
    name = deployment["metadata"]["name"]
    spec["strategy"] = _strategy(configuration, deployment["spec"]["strategy"]["rollingUpdate"], name)
    canary = spec["strategy"].get("canary")
    routing = _routing(routes, name, namespace) if canary and canary.get("steps") else None
    if routing:
        canary["canaryService"], canary["stableService"] = f"{name}-canary", name
        canary["trafficRouting"] = routing
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


def _routing(routes: Sequence[Json], name: str, namespace: str) -> Json | None:
    """Return how weights are set, and give the routes a second backend for them; None where nothing sets any."""
    if routes and routes[0]["kind"] == "Ingress":
        return _ingress_routing(routes, name)
    mine = [route for route in routes if all(len(one) == 1 for one in _backends(route))]
    for route in mine:
        for backends in _backends(route):
            (stable,) = backends
            backends[:] = [{**stable, "weight": 100}, {**_canary(stable, name), "weight": 0}]
    if not mine:
        return None
    if mine[0]["kind"] == "VirtualService":
        named = [{"name": route["metadata"]["name"]} for route in mine]
        return {"istio": {"virtualService": named[0]} if len(named) == 1 else {"virtualServices": named}}
    if len(mine) == 1:
        return {"plugins": {PLUGIN: {"httpRoute": mine[0]["metadata"]["name"], "namespace": namespace}}}
    named = [{"name": route["metadata"]["name"]} for route in mine]
    return {"plugins": {PLUGIN: {"httpRoutes": named, "namespace": namespace}}}


def _backends(route: Json) -> list[list[Json]]:
    """Return the lists of backends of a route's rules."""
    if route["kind"] == "VirtualService":
        return [one["route"] for one in route["spec"]["http"]]
    return [one["backendRefs"] for one in route["spec"]["rules"]]


def _canary(stable: Json, name: str) -> Json:
    if "destination" in stable:
        return {"destination": {**stable["destination"], "host": f"{name}-canary"}}
    return {**stable, "name": f"{name}-canary"}


def _ingress_routing(routes: Sequence[Json], name: str) -> Json | None:
    """Return how the controller of an Ingress shares requests out; None where Argo Rollouts does not know its class.

    For that of NGINX it makes a second Ingress; that of AWS reads an annotation, which the backend's port names.
    """
    ingress = routes[0]
    kind, called = ingress["spec"].get("ingressClassName"), ingress["metadata"]["name"]
    if kind == "nginx":
        if len(routes) == 1:
            return {"nginx": {"stableIngress": called}}
        return {"nginx": {"stableIngresses": [one["metadata"]["name"] for one in routes]}}
    if kind != "alb" or len(routes) > 1:
        return None
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    port = paths[0]["backend"]["service"]["port"]["number"]
    for path in paths:
        path["backend"] = {"service": {"name": name, "port": {"name": "use-annotation"}}}
    return {"alb": {"ingress": called, "servicePort": port}}


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
