"""The schema of the spec of an ECSDeployment: definitions in either case and any form, so that little of it is typed.

What a schema can say of such a value is refused when the object is written, with the field's path; the rest is told by
the conditions. There are no rules in CEL: of a value without a type CEL reads nothing, and what is left is said by
`anyOf` and `not`, which every server knows.
"""

from typing import Any

Json = dict[str, Any]

_TASK = "A task definition as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_SERVICE = "A service as Amazon ECS, CloudFormation or the AWS CLI have it; members in either case."
_FROM = "The definition is in a ConfigMap of this namespace, as JSON or YAML."
_REPLICAS = "How many tasks there shall be; it counts more than the service's desiredCount. `kubectl scale` sets it."
_MOST = 5000  # tasks of a service, as in ECS


def spec_schema() -> Json:
    """Return the schema."""
    task: Json = {"description": _TASK, "x-kubernetes-preserve-unknown-fields": True}
    service: Json = {
        "type": "object",
        "description": _SERVICE,
        "x-kubernetes-preserve-unknown-fields": True,
    }
    return {
        "type": "object",
        "properties": {
            "Task": task,
            "task": task,
            "TaskFrom": _source(),
            "taskFrom": _source(),
            "Service": service,
            "service": service,
            "ServiceFrom": _source(),
            "serviceFrom": _source(),
            "replicas": {
                "type": "integer",
                "format": "int32",
                "minimum": 0,
                "maximum": _MOST,
                "description": _REPLICAS,
            },
        },
        "anyOf": [{"required": [name]} for name in ("Task", "task", "TaskFrom", "taskFrom")],
    }


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
