"""The schema of the spec of an ECSDeployment: definitions in either case and any form, so that little of it is typed.

What a schema can say of such a value is refused when the object is written, with the field's path; the rest is told by
the conditions. There are no rules in CEL: of a value without a type CEL reads nothing, and what is left is said by
`anyOf` and `not`, which every server knows.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_TASK = "A task definition as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_SERVICE = "A service as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_FROM = "The definition is in a ConfigMap of this namespace, as JSON or YAML."
_REPLICAS = "How many tasks there shall be; it counts more than the service's desiredCount. `kubectl scale` sets it."
_MOST = 5000  # tasks of a service, as in ECS

_KEPT: Json = {"x-kubernetes-preserve-unknown-fields": True}
_WHOLE: Json = {"x-kubernetes-int-or-string": True, "pattern": r"^[+-]?[0-9]{1,10}$"}
_TRUTH: Json = {**_KEPT, "enum": [True, False, "true", "false", "True", "False"]}
_TEXT: Json = {"type": "string", "minLength": 1}


def spec_schema() -> Json:
    """Return the schema."""
    sources = {f"{name}From": _source() for name in ("Task", "task", "Service", "service")}
    replicas = {"type": "integer", "format": "int32", "minimum": 0, "maximum": _MOST, "description": _REPLICAS}
    given = [{"required": [name]} for name in ("Task", "task", "TaskFrom", "taskFrom")]
    twice = [
        {"required": [one, other]}
        for one, other in (("Task", "task"), ("TaskFrom", "taskFrom"), ("Service", "service"))
    ]
    return {
        "type": "object",
        "properties": {
            **_either({"task": {**_task(), "description": _TASK}, "service": {**_service(), "description": _SERVICE}}),
            **sources,
            "replicas": replicas,
        },
        "anyOf": given,
        "not": {"anyOf": twice},
    }


def _task() -> Json:
    """Return the schema of a task definition: an object, or the list of its containers."""
    definition = _object(containerDefinitions={"type": "array", "items": _container()}, family=_TEXT)
    return {**_KEPT, "properties": {**definition["properties"], "Properties": definition}, "items": _container()}


def _container() -> Json:
    port = _object(containerPort=_WHOLE, hostPort=_WHOLE)
    variable = _object(name=_TEXT)
    return _object(
        name=_TEXT,
        image=_TEXT,
        cpu=_WHOLE,
        memory=_WHOLE,
        memoryReservation=_WHOLE,
        essential=_TRUTH,
        portMappings={"type": "array", "items": port},
        environment={"type": "array", "items": variable},
    )


def _service() -> Json:
    balancer = _object(containerPort=_WHOLE)
    service = _object(desiredCount=_WHOLE, loadBalancers={"type": "array", "items": balancer})
    return {"type": "object", **_KEPT, "properties": {**service["properties"], "Properties": service}}


def _object(**members: Json) -> Json:
    return {"type": "object", **_KEPT, "properties": _either(members)}


def _either(members: Mapping[str, Json]) -> Json:
    """Return the properties of members that may be in either case."""
    return {name: schema for each, schema in members.items() for name in (each[0].upper() + each[1:], each)}


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
