"""ECS definitions as their users have them, read as the requests of the API: one reader for every door but the API's.

| given | read as |
|---|---|
| members in either case, numbers and booleans as strings and the other way round | members of the API |
| `{"Type": …, "Properties": {…}}`, or `Properties` alone | what is in it |
| a template with one resource of the type | that resource |
| what `aws ecs describe-*` or `register-*` printed | its `taskDefinition`, with the `tags` beside it; its services |
| a list of container definitions | a task definition with these |

Functions of CloudFormation are refused, as they are not resolved here. Members that only ECS tells (an ARN, a status)
and members that ECS does not have are left out, and listed. What ECS itself would refuse (a name, a range) is for the
checks of the model to say.

    shaped = shapes.task_definition(json_value, family="web")
    shaped.value      # ecs.RegisterTaskDefinitionRequest
    shaped.ignored    # what was given and is not in it: [Ignored(path, reason)]
"""

from collections.abc import Collection
from typing import Any, Generic, TypeVar

import msgspec

from kecs.model.coerce import NO_MEMBER, Ignored, ShapeError, below, coerce, coerce_all, is_absent
from kecs.model.generated import ecs

__all__ = ["Ignored", "ShapeError", "Shaped", "service", "services", "task_definition"]

S = TypeVar("S", bound=msgspec.Struct)

_TASK_DEFINITION, _SERVICE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"

_ONLY_TOLD = "Amazon ECS tells it, and is not asked for it"
_ONLY_CLOUDFORMATION = "it says something to CloudFormation alone"
_BESIDE = "it stands beside the definition"
# What a template, a resource or a service of CloudFormation has beside what the API has, in lower case.
_OF_TEMPLATE = frozenset(
    {"awstemplateformatversion", "conditions", "description", "mappings", "metadata", "outputs", "parameters", "rules"}
)
_OF_RESOURCE = frozenset(
    {"condition", "creationpolicy", "deletionpolicy", "dependson", "metadata", "updatepolicy", "updatereplacepolicy"}
)
_OF_SERVICE = frozenset({"forcenewdeployment"})
# What DescribeServices tells of the newest deployment only, though CreateService is asked for it.
_OF_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")


class Shaped(msgspec.Struct, Generic[S], frozen=True):
    """A definition as the request that makes it, and what was given beside it."""

    value: S
    ignored: list[Ignored]


def task_definition(value: Any, *, family: str = "", path: str = "") -> Shaped[ecs.RegisterTaskDefinitionRequest]:
    """Return a task definition; `family` names one that has no family, `path` is where the value stands.

    Raises ShapeError, also when there are no container definitions.
    """
    ignored: list[Ignored] = []
    value, path, tags = _unwrapped(value, path, ignored, _TASK_DEFINITION, ("taskdefinition",))
    if isinstance(value, list) and len(value) == 1 and _member(value[0], "containerDefinitions") is not None:
        value, path = value[0], f"{path}[0]"
    if isinstance(value, list):
        given: dict[str, Any] = {"containerDefinitions": coerce_all(value, ecs.ContainerDefinition, path, ignored)}
    else:
        given = coerce(value, ecs.RegisterTaskDefinitionRequest, path, ignored)
    if tags and "tags" not in given:
        given["tags"] = coerce_all(tags, ecs.Tag, "tags", ignored)
    given["family"] = given.get("family") or family
    if not given["family"]:
        raise ShapeError(below(path, "family"), "is missing")
    if not given.get("containerDefinitions"):
        raise ShapeError(below(path, "containerDefinitions"), "is missing: a task has one container at least")
    _explain(ignored, path, ecs.TaskDefinition)
    return Shaped(msgspec.convert(given, ecs.RegisterTaskDefinitionRequest), ignored)


def service(value: Any, *, name: str = "", path: str = "") -> Shaped[ecs.CreateServiceRequest]:
    """Return the one service that a value holds; `name` names one without. Raises ShapeError, also for several."""
    found = services(value, name=name, path=path)
    if len(found) != 1:
        raise ShapeError(path, f"one service is due here, not {len(found)}")
    return found[0]


def services(value: Any, *, name: str = "", path: str = "") -> list[Shaped[ecs.CreateServiceRequest]]:
    """Return the services of a value: one, or as many as DescribeServices told of. Raises ShapeError."""
    ignored: list[Ignored] = []
    value, path, _ = _unwrapped(value, path, ignored, _SERVICE, ("service", "services"))
    if isinstance(value, list):
        return [_service(item, name, f"{path}[{at}]", list(ignored)) for at, item in enumerate(value)]
    return [_service(value, name, path, ignored)]


def _service(value: Any, name: str, path: str, ignored: list[Ignored]) -> Shaped[ecs.CreateServiceRequest]:
    given = coerce(value, ecs.CreateServiceRequest, path, ignored)
    deployments = _member(value, "deployments")
    if isinstance(deployments, list) and deployments:
        told = {member: _member(deployments[0], member) for member in _OF_DEPLOYMENT if member not in given}
        given |= coerce(told, ecs.CreateServiceRequest, below(path, "deployments[0]"), ignored)
    given["serviceName"] = given.get("serviceName") or name
    if not given["serviceName"]:
        raise ShapeError(below(path, "serviceName"), "is missing")
    _explain(ignored, path, ecs.Service)
    return Shaped(msgspec.convert(given, ecs.CreateServiceRequest), ignored)


def _unwrapped(
    value: Any, path: str, ignored: list[Ignored], type_: str, answers: Collection[str]
) -> tuple[Any, str, Any]:
    """Return what is inside the wrappers, its path, and the tags that stand beside it in an answer of the API.

    `answers` are the members, in lower case, in which the API answers.
    """
    tags = None
    while isinstance(value, dict):
        answer = next((key for key in value if _low(key) in answers and isinstance(value[key], dict | list)), None)
        if isinstance(_member(value, "Resources"), dict):
            value, path = _of_template(value, path, ignored, type_)
        elif isinstance(_member(value, "Properties"), dict):
            value, path = _of_resource(value, path, ignored, type_)
        elif answer is not None:
            tags = tags or _member(value, "tags")
            beside = [key for key in value if key != answer and _low(key) != "tags" and value[key]]
            ignored += [Ignored(below(path, str(key)), _BESIDE) for key in beside]
            value, path = value[answer], below(path, str(answer))
        else:
            break
    return value, path, tags


def _of_template(value: dict[str, Any], path: str, ignored: list[Ignored], type_: str) -> tuple[Any, str]:
    found = []
    for key, content in value.items():
        where = below(path, str(key))
        if _low(key) != "resources":
            ignored.append(Ignored(where, _ONLY_CLOUDFORMATION if _low(key) in _OF_TEMPLATE else NO_MEMBER))
            continue
        for name, resource in content.items():
            if _member(resource, "Type") == type_:
                found.append((resource, below(where, str(name))))
            else:
                ignored.append(Ignored(below(where, str(name)), _BESIDE))
    if len(found) != 1:
        raise ShapeError(below(path, "Resources"), f"one {type_} is due here, not {len(found)}")
    return found[0]


def _of_resource(value: dict[str, Any], path: str, ignored: list[Ignored], type_: str) -> tuple[Any, str]:
    inner: tuple[Any, str] = {}, path
    for key, content in value.items():
        name, where = _low(key), below(path, str(key))
        if name == "properties":
            inner = content, where
        elif name == "type":
            if content != type_:
                raise ShapeError(where, f"{type_} is due here, not {content}")
        elif not is_absent(content):
            ignored.append(Ignored(where, _ONLY_CLOUDFORMATION if name in _OF_RESOURCE else NO_MEMBER))
    return inner


def _low(key: object) -> str:
    return str(key).casefold()


def _member(value: Any, name: str) -> Any:
    """Return a member in whatever case; None without one."""
    if not isinstance(value, dict):
        return None
    return next((content for key, content in value.items() if _low(key) == name.casefold()), None)


def _explain(ignored: list[Ignored], path: str, told: type[msgspec.Struct]) -> None:
    """Say of members of a definition itself who has them, though requests do not."""
    reasons = {below(path, name).casefold(): _ONLY_CLOUDFORMATION for name in _OF_SERVICE}
    reasons |= {below(path, field.encode_name).casefold(): _ONLY_TOLD for field in msgspec.structs.fields(told)}
    ignored[:] = [
        Ignored(one.path, reasons.get(one.path.casefold(), one.reason)) if one.reason is NO_MEMBER else one
        for one in ignored
    ]
