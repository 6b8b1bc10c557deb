"""A Terraform plan as JSON (`terraform show -json`): the resources of its planned values in the API's shapes.

The AWS provider spells members in snake case, has a list where the API has one structure, and a few names of its own.
What only the apply will know (the ARN of a definition that is not made yet) is looked up in the configuration that the
plan carries.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec

from kecs.model.generated import ecs

_KINDS: Mapping[str, type[msgspec.Struct]] = {
    "aws_ecs_task_definition": ecs.RegisterTaskDefinitionRequest,
    "aws_ecs_service": ecs.CreateServiceRequest,
    "aws_ecs_cluster": ecs.CreateClusterRequest,
}
# Members of the provider whose names are not the API's in snake case.
_NAMES: Mapping[tuple[str, str], str] = {
    ("RegisterTaskDefinitionRequest", "volume"): "volumes",
    ("Volume", "configure_at_launch"): "configuredAtLaunch",
    ("EphemeralStorage", "size_in_gib"): "sizeInGiB",
    ("ServiceManagedEBSVolumeConfiguration", "size_in_gb"): "sizeInGiB",
    ("ServiceManagedEBSVolumeConfiguration", "file_system_type"): "filesystemType",
    ("ServiceVolumeConfiguration", "managed_ebs_volume"): "managedEBSVolume",
    ("CreateServiceRequest", "name"): "serviceName",
    ("CreateServiceRequest", "load_balancer"): "loadBalancers",
    ("CreateServiceRequest", "ordered_placement_strategy"): "placementStrategy",
    ("CreateServiceRequest", "volume_configuration"): "volumeConfigurations",
    ("CreateServiceRequest", "enable_ecs_managed_tags"): "enableECSManagedTags",
    ("CreateServiceRequest", "iam_role"): "role",
    ("CreateClusterRequest", "name"): "clusterName",
}
_DEPLOYMENT = {
    "deployment_minimum_healthy_percent": "minimumHealthyPercent",
    "deployment_maximum_percent": "maximumPercent",
    "deployment_circuit_breaker": "deploymentCircuitBreaker",
    "alarms": "alarms",
}
_AROUND = {
    "aws_appautoscaling_target": "ScalableTargets",
    "aws_appautoscaling_policy": "ScalingPolicies",
    "aws_lb_target_group": "TargetGroups",
}
# What the provider spells otherwise than a word for a word, of autoscaling and target groups.
_OF_GROUPS = {"healthCheckInterval": "healthCheckIntervalSeconds", "healthCheckTimeout": "healthCheckTimeoutSeconds"}


class PlanError(ValueError):
    """A plan that cannot be read. `path` is where, in the plan."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Planned(msgspec.Struct, frozen=True):
    """One resource: its kind, its value in the API's shape, and its path in the plan."""

    kind: str
    value: dict[str, Any]
    path: str


def resources(plan: Mapping[str, Any]) -> Iterator[Planned]:
    """Yield what matters to ECS of a plan. Raises PlanError."""
    root = _object(plan.get("planned_values")).get("root_module")
    if not isinstance(root, dict):
        raise PlanError("planned_values", "there is no root_module: is it what `terraform show -json` printed?")
    names = _object(_object(plan.get("configuration")).get("root_module"))
    yield from _module(root, names, "planned_values.root_module")


def _module(module: Mapping[str, Any], configuration: Mapping[str, Any], path: str) -> Iterator[Planned]:
    found = [_object(one) for one in _list(module.get("resources"))]
    families = {
        f"{one.get('type')}.{one.get('name')}": one["values"] for one in found if isinstance(one.get("values"), dict)
    }
    for at, one in enumerate(found):
        here = f"{path}.resources[{at}].values"
        if one.get("mode", "managed") == "managed" and isinstance(one.get("values"), dict):
            expressions = _expressions(configuration, str(one.get("type")), str(one.get("name")))
            made = _resource(str(one.get("type")), one["values"], expressions, families, here)
            if made:
                yield Planned(made[0], made[1], here)
    calls = _object(configuration.get("module_calls"))
    for at, given in enumerate(_list(module.get("child_modules"))):
        child = _object(given)
        name = re.sub(r"\[.*\]$", "", str(child.get("address", ""))).rpartition("module.")[2]
        inner = _object(_object(calls.get(name)).get("module"))
        yield from _module(child, inner, f"{path}.child_modules[{at}]")


def _expressions(configuration: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    for one in map(_object, _list(configuration.get("resources"))):
        if one.get("type") == kind and one.get("name") == name:
            return _object(one.get("expressions"))
    return {}


def _resource(
    kind: str, values: Mapping[str, Any], expressions: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> tuple[str, dict[str, Any]] | None:
    if kind in _AROUND:
        return _AROUND[kind], _around(kind, values, expressions, known)
    if kind not in _KINDS:
        return None
    made = _shaped(values, _KINDS[kind])
    if kind == "aws_ecs_task_definition":
        made["containerDefinitions"] = _containers(values, path)
        for volume, given in zip(_list(made.get("volumes")), _list(values.get("volume")), strict=False):
            path_of_host = _object(given).get("host_path")
            if path_of_host and isinstance(volume, dict):
                volume["host"] = {"sourcePath": path_of_host}
    if kind == "aws_ecs_service":
        _complete_service(made, values, expressions, known)
    return kind, made


def _containers(values: Mapping[str, Any], path: str) -> Any:
    text = values.get("container_definitions")
    if not isinstance(text, str):
        raise PlanError(f"{path}.container_definitions", "they are known after the apply only: export from the state")
    try:
        return json.loads(text)
    except ValueError:
        raise PlanError(f"{path}.container_definitions", "they are no JSON") from None


def _complete_service(
    made: dict[str, Any], values: Mapping[str, Any], expressions: Mapping[str, Any], known: Mapping[str, Any]
) -> None:
    network = _object(_one(values.get("network_configuration")))
    if network:
        made["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": network.get("subnets") or [],
                "securityGroups": network.get("security_groups") or [],
                "assignPublicIp": "ENABLED" if network.get("assign_public_ip") else "DISABLED",
            }
        }
    deployment = {name: values[key] for key, name in _DEPLOYMENT.items() if values.get(key) not in (None, [])}
    if deployment:
        given = {**_object(made.get("deploymentConfiguration")), **_shaped(deployment, ecs.DeploymentConfiguration)}
        made["deploymentConfiguration"] = given
    if not values.get("task_definition"):
        made["taskDefinition"] = _referred(expressions.get("task_definition"), known).get("family")
    if not values.get("cluster"):
        made["cluster"] = _referred(expressions.get("cluster"), known).get("name")
    else:
        made["cluster"] = str(values["cluster"]).rpartition("/")[2]
    blocks = _list(expressions.get("load_balancer"))
    for balancer, block in zip(_list(made.get("loadBalancers")), blocks, strict=False):
        if isinstance(balancer, dict) and not balancer.get("targetGroupArn"):
            name = _referred(_object(block).get("target_group_arn"), known).get("name")
            balancer["targetGroupArn"] = f"arn:aws:elasticloadbalancing:::targetgroup/{name}/0" if name else None


def _referred(expression: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of the resource that an expression refers to; empty where it is none of the module."""
    for reference in map(str, _list(_object(expression).get("references"))):
        if reference in known:
            return _object(known[reference])
    return {}


def _around(
    kind: str, values: Mapping[str, Any], expressions: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    made = {_camel(key): value for key, value in values.items() if not isinstance(value, list | dict)}
    if kind == "aws_lb_target_group":
        check = _object(_one(values.get("health_check")))
        made.update({f"healthCheck{_camel(key)[:1].upper()}{_camel(key)[1:]}": one for key, one in check.items()})
        made = {_OF_GROUPS.get(key, key): value for key, value in made.items()}
        made["targetGroupName"] = values.get("name")
        made["healthyThresholdCount"] = check.get("healthy_threshold")
        made["unhealthyThresholdCount"] = check.get("unhealthy_threshold")
        made["targetGroupArn"] = f"arn:aws:elasticloadbalancing:::targetgroup/{values.get('name')}/0"
        delay = values.get("deregistration_delay")
        made["targetGroupAttributes"] = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay or "")}]
        return made
    if kind == "aws_appautoscaling_policy":
        made["policyName"] = values.get("name")
        tracking = _object(_one(values.get("target_tracking_scaling_policy_configuration")))
        metric = _object(_one(tracking.get("predefined_metric_specification")))
        made["targetTrackingScalingPolicyConfiguration"] = {
            **{_camel(key): one for key, one in tracking.items() if not isinstance(one, list)},
            "predefinedMetricSpecification": {_camel(key): one for key, one in metric.items()},
        }
    if not made.get("resourceId"):
        made["resourceId"] = _resource_id(expressions.get("resource_id"), known)
    return made


def _resource_id(expression: Any, known: Mapping[str, Any]) -> str:
    """Return `service/CLUSTER/NAME` of the service that an expression refers to, by itself or by its target."""
    for reference in map(str, _list(_object(expression).get("references"))):
        found = _object(known.get(reference))
        if reference.startswith("aws_ecs_service.") and found.get("name"):
            return f"service/x/{found['name']}"
        if reference.startswith("aws_appautoscaling_target.") and found.get("resource_id"):
            return str(found["resource_id"])
    return ""


def _shaped(values: Mapping[str, Any], shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return values of the provider with the API's names, as deep as the shape goes; unknown members are left out."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(shape)}
    made: dict[str, Any] = {}
    for key, value in values.items():
        name = _NAMES.get((shape.__name__, key)) or (key if key in kinds else _camel(key))
        if name not in kinds or value in (None, "", [], {}):
            continue
        if name == "tags" and isinstance(value, dict):
            made[name] = [{"key": tag, "value": text} for tag, text in value.items()]
        elif name != "containerDefinitions" and name != "networkConfiguration":
            made[name] = _member(value, kinds[name])
    return made


def _member(value: Any, kind: Any) -> Any:
    for option in get_args(kind) if type(None) in get_args(kind) else (kind,):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            one = _one(value)
            return _shaped(one, option) if isinstance(one, dict) else one
        if get_origin(option) is list:
            (inner,) = get_args(option)
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, list):
                return [_shaped(one, inner) for one in value if isinstance(one, dict)]
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _one(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)
