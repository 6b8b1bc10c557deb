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

from kecs.export import terraform_around
from kecs.export.plan_values import Block, as_list, as_object, camel, first
from kecs.export.problems import PathError
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


class Planned(msgspec.Struct, frozen=True):
    """One resource: its kind, its value in the API's shape, and its path in the plan."""

    kind: str
    value: dict[str, Any]
    path: str


def resources(plan: Mapping[str, Any]) -> Iterator[Planned]:
    """Yield what matters to ECS of a plan. Raises PathError."""
    root = as_object(plan.get("planned_values")).get("root_module")
    if not isinstance(root, dict):
        raise PathError("planned_values", "there is no root_module: is it what `terraform show -json` printed?")
    names = as_object(as_object(plan.get("configuration")).get("root_module"))
    yield from _module(root, names, "planned_values.root_module")


def _module(module: Mapping[str, Any], configuration: Mapping[str, Any], path: str) -> Iterator[Planned]:
    found = [as_object(one) for one in as_list(module.get("resources"))]
    families = {
        f"{one.get('type')}.{one.get('name')}": one["values"] for one in found if isinstance(one.get("values"), dict)
    }
    for at, one in enumerate(found):
        here = f"{path}.resources[{at}].values"
        if one.get("mode", "managed") == "managed" and isinstance(one.get("values"), dict):
            expressions = _expressions(configuration, str(one.get("type")), str(one.get("name")))
            address = f"{one.get('type')}.{one.get('name')}"
            made = _resource(address, one["values"], expressions, families, here)
            if made:
                yield Planned(made[0], made[1], here)
    calls = as_object(configuration.get("module_calls"))
    for at, given in enumerate(as_list(module.get("child_modules"))):
        child = as_object(given)
        name = re.sub(r"\[.*\]$", "", str(child.get("address", ""))).rpartition("module.")[2]
        inner = as_object(as_object(calls.get(name)).get("module"))
        yield from _module(child, inner, f"{path}.child_modules[{at}]")


def _expressions(configuration: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    for one in map(as_object, as_list(configuration.get("resources"))):
        if one.get("type") == kind and one.get("name") == name:
            return as_object(one.get("expressions"))
    return {}


def _resource(
    address: str, values: Mapping[str, Any], expressions: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> tuple[str, dict[str, Any]] | None:
    kind = address.partition(".")[0]
    if kind not in _KINDS:
        return terraform_around.shaped(kind, Block(values, expressions, known, address))
    made = _shaped(values, _KINDS[kind])
    if kind == "aws_ecs_task_definition":
        made["containerDefinitions"] = _containers(values, path)
        for volume, given in zip(as_list(made.get("volumes")), as_list(values.get("volume")), strict=False):
            path_of_host = as_object(given).get("host_path")
            if path_of_host and isinstance(volume, dict):
                volume["host"] = {"sourcePath": path_of_host}
    if kind == "aws_ecs_service":
        _complete_service(made, values, expressions, known)
    return kind, made


def _containers(values: Mapping[str, Any], path: str) -> Any:
    text = values.get("container_definitions")
    if not isinstance(text, str):
        raise PathError(f"{path}.container_definitions", "they are known after the apply only: export from the state")
    try:
        return json.loads(text)
    except ValueError:
        raise PathError(f"{path}.container_definitions", "they are no JSON") from None


def _complete_service(
    made: dict[str, Any], values: Mapping[str, Any], expressions: Mapping[str, Any], known: Mapping[str, Any]
) -> None:
    network = as_object(first(values.get("network_configuration")))
    groups = Block(values, expressions, known).block("network_configuration").every("security_groups")
    if network:
        made["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": network.get("subnets") or [],
                "securityGroups": groups,
                "assignPublicIp": "ENABLED" if network.get("assign_public_ip") else "DISABLED",
            }
        }
    deployment = {name: values[key] for key, name in _DEPLOYMENT.items() if values.get(key) not in (None, [])}
    if deployment:
        given = {**as_object(made.get("deploymentConfiguration")), **_shaped(deployment, ecs.DeploymentConfiguration)}
        made["deploymentConfiguration"] = given
    if not values.get("task_definition"):
        made["taskDefinition"] = _referred(expressions.get("task_definition"), known).get("family")
    if not values.get("cluster"):
        made["cluster"] = _referred(expressions.get("cluster"), known).get("name")
    else:
        made["cluster"] = str(values["cluster"]).rpartition("/")[2]
    whole = Block(values, expressions, known)
    for balancer, block in zip(as_list(made.get("loadBalancers")), whole.blocks("load_balancer"), strict=False):
        if isinstance(balancer, dict) and not balancer.get("targetGroupArn"):
            balancer["targetGroupArn"] = block.named("target_group_arn") or None
    arns = [one.named("registry_arn") for one in whole.blocks("service_registries")]
    for registry, arn in zip(as_list(made.get("serviceRegistries")), arns, strict=False):
        registry["registryArn"] = arn or None
    if arns and not made.get("serviceRegistries"):
        made["serviceRegistries"] = [{"registryArn": arn} for arn in arns if arn]


def _referred(expression: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of the resource that an expression refers to; empty where it is none of the module."""
    for reference in map(str, as_list(as_object(expression).get("references"))):
        if reference in known:
            return as_object(known[reference])
    return {}


def _shaped(values: Mapping[str, Any], shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return values of the provider with the API's names, as deep as the shape goes; unknown members are left out."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(shape)}
    made: dict[str, Any] = {}
    for key, value in values.items():
        name = _NAMES.get((shape.__name__, key)) or (key if key in kinds else camel(key))
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
            one = first(value)
            return _shaped(one, option) if isinstance(one, dict) else one
        if get_origin(option) is list:
            (inner,) = get_args(option)
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, list):
                return [_shaped(one, inner) for one in value if isinstance(one, dict)]
    return value
