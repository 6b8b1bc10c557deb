"""CloudFormation templates: parameters, conditions and functions resolved as far as a template alone allows it.

| of a template | becomes |
|---|---|
| a parameter | the value that was given, its default, or (without either) `${Name}`, which `Unresolved` lists |
| `Ref`, `Fn::GetAtt` of a resource | its name where it has one, else its logical name; an ARN with that name |
| `Fn::Sub`, `Join`, `Select`, `Split`, `FindInMap`, `If`, `Base64` | their result |
| `Fn::ImportValue`, and whatever else only AWS knows | `${Name}`, listed as well |
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from kecs.export.problems import PathError
from kecs.model.coerce import below
from kecs.model.scope import Scope

_VARIABLE = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")
_LIST = re.compile(r"List<|CommaDelimitedList")
_NO_VALUE = {"Ref": "AWS::NoValue"}
_DEEPEST = 50

# How a resource is named by whoever refers to it: the member that names it, and the ARN that it has.
_NAMES = {
    "AWS::ECS::TaskDefinition": ("Family", "arn:{partition}:ecs:{region}:{account}:task-definition/{name}"),
    "AWS::ECS::Cluster": ("ClusterName", "arn:{partition}:ecs:{region}:{account}:cluster/{name}"),
    "AWS::ECS::Service": ("ServiceName", "arn:{partition}:ecs:{region}:{account}:service/{name}"),
    "AWS::IAM::Role": ("RoleName", "arn:{partition}:iam::{account}:role/{name}"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{name}/0",
    ),
    "AWS::ServiceDiscovery::Service": ("", "arn:{partition}:servicediscovery:{region}:{account}:service/{name}"),
    "AWS::SecretsManager::Secret": ("Name", "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}"),
    "AWS::SSM::Parameter": ("Name", "arn:{partition}:ssm:{region}:{account}:parameter/{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "arn:{partition}:logs:{region}:{account}:log-group:{name}"),
    "AWS::ECR::Repository": ("RepositoryName", "arn:{partition}:ecr:{region}:{account}:repository/{name}"),
}
# Resources whose Ref is their ARN, not their name.
_ARN_REFS = {"AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::SecretsManager::Secret"}
_RESOLVED_ATTRIBUTES = {"Arn", "TargetGroupArn", "Name", "ServiceName", "TaskDefinitionArn"}
# Identifiers that AWS gives, of resources that are known here by their logical names.
_IDENTIFIED = {
    ("AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::ElasticLoadBalancingV2::Listener", "ListenerArn"),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", "Id"),
    ("AWS::ServiceDiscovery::PublicDnsNamespace", "Id"),
    ("AWS::ServiceDiscovery::HttpNamespace", "Id"),
}


class Unresolved(str):
    """A text that holds `${…}` for something that only AWS, or whoever gives parameters, knows."""


def resolve(template: Mapping[str, Any], parameters: Mapping[str, str], scope: Scope | None = None) -> dict[str, Any]:
    """Return the resources that are made, by logical name. Raises PathError."""
    return _Resolver(template, parameters, scope or Scope()).resources()


def unresolved(value: Any, path: str = "") -> dict[str, str]:
    """Return what could not be resolved, by path."""
    if isinstance(value, Unresolved):
        return {path: str(value)}
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for key, one in value.items():
            found.update(unresolved(one, below(path, str(key))))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            found.update(unresolved(one, f"{path}[{at}]"))
    return found


class _Resolver:
    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str], scope: Scope) -> None:
        self._template = template
        self._given = parameters
        self._scope = scope
        self._resources: dict[str, Any] = {
            name: one for name, one in template["Resources"].items() if isinstance(one, dict)
        }
        self._depth = 0
        self._functions: dict[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value, path: base64.b64encode(str(self._value(value, path)).encode()).decode(),
            "Fn::GetAZs": lambda _, path: [f"{self._scope.region}{zone}" for zone in "abc"],
            "Fn::ImportValue": lambda value, path: Unresolved(f"${{{self._value(value, path)}}}"),
        }

    def resources(self) -> dict[str, Any]:
        made = {}
        for name, resource in self._resources.items():
            condition = resource.get("Condition")
            if condition is None or self._condition(condition, f"Resources.{name}.Condition"):
                made[name] = self._value(resource, f"Resources.{name}")
        return made

    def _value(self, value: Any, path: str) -> Any:
        self._depth += 1
        try:
            if self._depth > 2 * _DEEPEST:
                raise PathError(path, "it refers to itself, or is too deeply nested")
            return self._resolved(value, path)
        finally:
            self._depth -= 1

    def _resolved(self, value: Any, path: str) -> Any:
        if isinstance(value, list):
            items = [self._value(one, f"{path}[{at}]") for at, one in enumerate(value)]
            return [one for one in items if one != _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name,) = value
            function = self._functions.get(name)
            if function:
                return function(value[name], path)
            if isinstance(name, str) and name.startswith("Fn::"):
                raise PathError(path, f"{name} cannot be resolved")
        members = {key: self._value(one, below(path, str(key))) for key, one in value.items()}
        return {key: one for key, one in members.items() if one != _NO_VALUE}

    def _ref(self, name: Any, path: str) -> Any:
        pseudo = {
            "AWS::Region": self._scope.region,
            "AWS::AccountId": self._scope.account,
            "AWS::Partition": self._scope.partition,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "stack",
            "AWS::StackId": "stack",
            "AWS::NotificationARNs": [],
        }
        if not isinstance(name, str):
            raise PathError(path, "Ref takes a name")
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in pseudo:
            return pseudo[name]
        parameters = self._template.get("Parameters")
        if isinstance(parameters, dict) and name in parameters:
            return self._parameter(name, parameters[name])
        if name in self._resources:
            return self._named(name, path, arn=str(self._resources[name].get("Type")) in _ARN_REFS)
        raise PathError(path, f"there is no parameter and no resource {name}")

    def _parameter(self, name: str, declared: Any) -> Any:
        value = self._given.get(name, declared.get("Default") if isinstance(declared, dict) else None)
        is_list = isinstance(declared, dict) and _LIST.search(str(declared.get("Type", ""))) is not None
        if value is None:
            return [Unresolved(f"${{{name}}}")] if is_list else Unresolved(f"${{{name}}}")
        return str(value).split(",") if is_list else value

    def _named(self, name: str, path: str, *, arn: bool) -> Any:
        resource = self._resources[name]
        member, pattern = _NAMES.get(str(resource.get("Type")), ("", ""))
        properties = resource.get("Properties")
        given = properties.get(member) if member and isinstance(properties, dict) else None
        shown = name if given is None else self._value(given, path)
        if not arn or not pattern:
            return shown
        scope = self._scope
        made = pattern.format(
            partition=scope.partition, region=scope.region, account=scope.account, name=str(shown).lstrip("/")
        )
        return Unresolved(made) if isinstance(shown, Unresolved) else made

    def _get_att(self, value: Any, path: str) -> Any:
        steps = value.split(".", 1) if isinstance(value, str) else value
        if not isinstance(steps, list) or len(steps) != 2 or str(steps[0]) not in self._resources:
            raise PathError(path, f"Fn::GetAtt names no resource: {value}")
        name, attribute = str(steps[0]), str(self._value(steps[1], path))
        if (str(self._resources[name].get("Type")), attribute) in _IDENTIFIED:
            return name
        if attribute in _RESOLVED_ATTRIBUTES:
            return self._named(name, path, arn=attribute.endswith("Arn"))
        return Unresolved(f"${{{name}.{attribute}}}")

    def _sub(self, value: Any, path: str) -> Any:
        text, variables = (
            (value, {}) if isinstance(value, str) else (value[0], value[1]) if _is_pair(value) else ("", None)
        )
        if not isinstance(text, str) or not isinstance(variables, dict):
            raise PathError(path, "Fn::Sub takes a text, or a text and its variables")
        unknown = False

        def put(match: re.Match[str]) -> str:
            nonlocal unknown
            if match[1]:
                return f"${{{match[2]}}}"
            found = self._variable(match[2], variables, path)
            unknown = unknown or isinstance(found, Unresolved)
            return _text(found)

        made = _VARIABLE.sub(put, text)
        return Unresolved(made) if unknown else made

    def _variable(self, name: str, variables: Mapping[str, Any], path: str) -> Any:
        if name in variables:
            return self._value(variables[name], path)
        return self._get_att(name, path) if "." in name else self._ref(name, path)

    def _join(self, value: Any, path: str) -> Any:
        if not _is_pair(value):
            raise PathError(path, "Fn::Join takes a separator and a list")
        parts = self._value(value[1], path)
        if isinstance(parts, Unresolved):
            return parts
        if not isinstance(parts, list):
            raise PathError(path, "Fn::Join takes a separator and a list")
        made = str(value[0]).join(_text(part) for part in parts)
        return Unresolved(made) if any(isinstance(part, Unresolved) for part in parts) else made

    def _select(self, value: Any, path: str) -> Any:
        if not _is_pair(value):
            raise PathError(path, "Fn::Select takes an index and a list")
        items = self._value(value[1], path)
        if isinstance(items, Unresolved):
            return items
        index = str(self._value(value[0], path))
        if not isinstance(items, list) or not index.isdecimal() or int(index) >= len(items):
            raise PathError(path, f"Fn::Select finds nothing at {index}")
        return items[int(index)]

    def _split(self, value: Any, path: str) -> Any:
        if not _is_pair(value):
            raise PathError(path, "Fn::Split takes a separator and a text")
        text = self._value(value[1], path)
        parts = str(text).split(str(value[0]))
        return [Unresolved(part) for part in parts] if isinstance(text, Unresolved) else parts

    def _find_in_map(self, value: Any, path: str) -> Any:
        found: Any = self._template.get("Mappings") or {}
        for step in value if isinstance(value, list) else [value]:
            key = self._value(step, path)
            if not isinstance(found, dict) or str(key) not in found:
                raise PathError(path, f"Fn::FindInMap finds no {key}")
            found = found[str(key)]
        return found

    def _if(self, value: Any, path: str) -> Any:
        if not isinstance(value, list) or len(value) != 3:
            raise PathError(path, "Fn::If takes a condition and two values")
        return self._value(value[1 if self._condition(value[0], path) else 2], path)

    def _condition(self, value: Any, path: str) -> bool:
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise PathError(path, "the condition refers to itself")
            return self._holds(value, path)
        finally:
            self._depth -= 1

    def _holds(self, value: Any, path: str) -> bool:
        if isinstance(value, str):
            conditions = self._template.get("Conditions") or {}
            if not isinstance(conditions, dict) or value not in conditions:
                raise PathError(path, f"there is no condition {value}")
            return self._condition(conditions[value], f"Conditions.{value}")
        if isinstance(value, dict) and len(value) == 1:
            ((name, inner),) = value.items()
            if name == "Condition":
                return self._condition(inner, path)
            if isinstance(inner, list):
                if name == "Fn::Equals" and len(inner) == 2:
                    return _text(self._value(inner[0], path)) == _text(self._value(inner[1], path))
                if name == "Fn::And":
                    return all(self._condition(one, path) for one in inner)
                if name == "Fn::Or":
                    return any(self._condition(one, path) for one in inner)
                if name == "Fn::Not" and len(inner) == 1:
                    return not self._condition(inner[0], path)
        raise PathError(path, "it is no condition")


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _text(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else ",".join(map(str, value))
        if isinstance(value, list)
        else str(value)
    )
