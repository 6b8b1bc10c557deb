"""The schema of the spec of an ECSDeployment: definitions in either case and any form, so that little of it is typed.

What a schema can say of such a value is refused when the object is written, with the field's path; the rest is told by
the conditions. Of a value without a type, as a task definition, CEL reads nothing: there `anyOf` and `not` say how
members go together, and `ecs_deployment_rules` elsewhere.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from kecs.crds import ecs_deployment_rules as rules
from kecs.crds.ecs_deployment_rules import cases

Json = dict[str, Any]

_SPEC = "A task definition, a service or none, each here or in a ConfigMap; what they say as Amazon ECS understands it."
_TASK = "A task definition as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_SERVICE = "A service as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_FROM = "The definition is in a ConfigMap of this namespace, as JSON or YAML."
_REPLICAS = "How many tasks there shall be; it counts more than the service's desiredCount. `kubectl scale` sets it."
_MOST = 5000  # tasks of a service, as in ECS

_KEPT: Json = {"x-kubernetes-preserve-unknown-fields": True}
_WHOLE: Json = {"x-kubernetes-int-or-string": True, "pattern": r"^[+-]?[0-9]{1,10}$"}
_PORT: Json = {**_WHOLE, "minimum": 0, "maximum": 65535}
_TRUTH: Json = {**_KEPT, "enum": [True, False, "true", "false", "True", "False"]}
_TEXT: Json = {"type": "string", "minLength": 1}


def spec_schema() -> Json:
    """Return the schema."""
    sources = {f"{name}From": _source() for name in ("Task", "task", "Service", "service")}
    replicas = {"type": "integer", "format": "int32", "minimum": 0, "maximum": _MOST, "description": _REPLICAS}
    places = ("Task", "task", "TaskFrom", "taskFrom")
    given = [{"required": [name]} for name in places]
    twice = [
        {"required": [one, other]} for one, other in combinations(places, 2) if "Task" in (one, other) or one == "task"
    ]
    return {
        "type": "object",
        "description": _SPEC,
        "properties": {
            **_either({"task": {**_task(), "description": _TASK}, "service": {**_service(), "description": _SERVICE}}),
            **sources,
            "replicas": replicas,
        },
        "anyOf": given,
        "not": {"anyOf": twice},
        **rules.validations(rules.SPEC),
    }


def _task() -> Json:
    """Return the schema of a task definition: an object, or the list of its containers."""
    definition = _object(containerDefinitions={"type": "array", "items": _container()}, family=_TEXT)
    return {**_KEPT, "properties": {**definition["properties"], "Properties": definition}, "items": _container()}


def _container() -> Json:
    port = _object(containerPort=_PORT, hostPort=_PORT)
    variable = _object(name=_TEXT)
    container = _object(
        name=_TEXT,
        image=_TEXT,
        cpu=_WHOLE,
        memory=_WHOLE,
        memoryReservation=_WHOLE,
        essential=_TRUTH,
        portMappings={"type": "array", "items": port},
        environment={"type": "array", "items": variable},
    )
    needed = [{"anyOf": [{"required": [name]} for name in cases(member)]} for member in ("name", "image")]
    return {**container, "allOf": needed}


def _service() -> Json:
    rest: Json = {"type": "array", "items": {"type": "object", **_KEPT}}
    configuration = _object(maximumPercent=_WHOLE, minimumHealthyPercent=_WHOLE)
    service = _object(
        capacityProviderStrategy=rest,
        deploymentConfiguration={**configuration, **rules.validations(rules.DEPLOYMENT_CONFIGURATION)},
        deploymentController=_object(type={"type": "string", "enum": ["ECS", "CODE_DEPLOY"]}),
        desiredCount={**_WHOLE, "minimum": 0, "maximum": _MOST},
        healthCheckGracePeriodSeconds=_WHOLE,
        launchType=_TEXT,
        loadBalancers={"type": "array", "items": _object(containerPort=_PORT)},
        placementStrategy=rest,
        schedulingStrategy={"type": "string", "enum": ["REPLICA", "DAEMON"]},
    )
    service |= rules.validations(rules.SERVICE)
    return {**service, "properties": {**service["properties"], "Properties": service}}


def _object(**members: Json) -> Json:
    return {"type": "object", **_KEPT, "properties": _either(members)}


def _either(members: Mapping[str, Json]) -> Json:
    """Return the properties of members that may be in either case."""
    return {name: schema for each, schema in members.items() for name in cases(each)}


def _source() -> Json:
    reference = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1}, "key": {"type": "string"}},
    }
    return {
        "type": "object",
        "description": _FROM,
        "required": ["configMapKeyRef"],
        "properties": {"configMapKeyRef": reference},
    }
