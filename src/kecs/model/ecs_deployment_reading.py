"""What the user of an ECSDeployment wrote, in the object or in ConfigMaps, read as the requests of the API."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from kecs.model import shapes
from kecs.model.ecs_deployment import ConfigMapKey, EcsDeployment, EcsDeploymentSpec, Source
from kecs.model.generated import ecs

_NULLS = ("null", "~", "")  # where they are not in quotes
_MOST_CHARACTERS = 256 * 1024  # of a definition in a ConfigMap; ECS's own limit is 64 KiB


class UnreadableError(Exception):
    """There is no definition, or none that can be read. `reason` is a condition's, the message is for its user."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Definitions(msgspec.Struct, frozen=True):
    """The definitions in their canonical form, and what was given beside them: a sentence for each field."""

    task: ecs.RegisterTaskDefinitionRequest
    service: ecs.CreateServiceRequest | None
    ignored: list[str]


def default_name(name: str) -> str:
    """Return the name of a definition that has none, by that of its object: ECS knows no dots in names."""
    return name.replace(".", "-")


def references(spec: EcsDeploymentSpec) -> list[ConfigMapKey]:
    """Return the entries of ConfigMaps that the definitions are in."""
    sources = (spec.TaskFrom, spec.taskFrom, spec.ServiceFrom, spec.serviceFrom)
    return [source.configMapKeyRef for source in sources if source is not None]


def read(one: EcsDeployment, config_maps: Mapping[str, Mapping[str, str] | None]) -> Definitions:
    """Return the definitions. `config_maps` holds the data of those that are referred to, by name; None is missing.

    Raises UnreadableError.
    """
    spec, name = one.spec, one.metadata.name
    family = default_name(name)
    path, value = _given("Task", spec.Task, spec.task, spec.TaskFrom, spec.taskFrom, config_maps)
    service_path, service_value = _given(
        "Service", spec.Service, spec.service, spec.ServiceFrom, spec.serviceFrom, config_maps
    )
    if value is None:
        raise UnreadableError("Invalid", "spec: Task or TaskFrom is missing")
    try:
        task = shapes.task_definition(value, family=family, path=path)
        service = shapes.service(service_value, name=family, path=service_path) if service_value is not None else None
    except shapes.ShapeError as error:
        raise UnreadableError("Invalid", str(error)) from None
    ignored = [f"{each.path} is not used: {each.reason}." for each in task.ignored]
    ignored += [f"{each.path} is not used: {each.reason}." for each in (service.ignored if service else ())]
    return Definitions(task.value, service.value if service else None, ignored)


def _given(
    member: str,
    capital: Any,
    small: Any,
    capital_source: Source | None,
    small_source: Source | None,
    config_maps: Mapping[str, Mapping[str, str] | None],
) -> tuple[str, Any]:
    """Return where a definition stands and what stands there; None where there is none."""
    lower = member[0].lower() + member[1:]
    places = {
        member: capital,
        lower: small,
        f"{member}From": capital_source,
        f"{lower}From": small_source,
    }
    given = [(f"spec.{name}", value) for name, value in places.items() if value is not None]
    if len(given) > 1:
        raise UnreadableError("Invalid", f"{given[1][0]}: is given twice, also as {given[0][0]}")
    if not given:
        return "", None
    path, value = given[0]
    return (path, value) if not isinstance(value, Source) else _of_config_map(path, value.configMapKeyRef, config_maps)


def _of_config_map(
    path: str, reference: ConfigMapKey, config_maps: Mapping[str, Mapping[str, str] | None]
) -> tuple[str, Any]:
    data = config_maps.get(reference.name)
    if data is None:
        raise UnreadableError("ConfigMapMissing", f"{path}.configMapKeyRef: there is no ConfigMap {reference.name}")
    key = reference.key
    if not key:
        if len(data) != 1:
            raise UnreadableError(
                "ConfigMapMissing",
                f"{path}.configMapKeyRef.key: is missing, and ConfigMap {reference.name} has {len(data)} keys",
            )
        (key,) = data
    if key not in data:
        message = f"{path}.configMapKeyRef.key: ConfigMap {reference.name} has no key {key}"
        raise UnreadableError("ConfigMapMissing", message)
    where = f"configmap/{reference.name}[{key}]"
    return where, _parsed(data[key], where)


def _parsed(text: str, where: str) -> Any:
    """Return the JSON or YAML of a text."""
    if len(text) > _MOST_CHARACTERS:
        raise UnreadableError("Invalid", f"{where}: it is longer than {_MOST_CHARACTERS >> 10} KiB")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError):
                reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
                raise UnreadableError("Invalid", f"{where}: {reason}") from None
            raise UnreadableError("Invalid", f"{where}: it is no JSON that can be read") from None
    return _parsed_yaml(text, where)


def _parsed_yaml(text: str, where: str) -> Any:
    """Return the YAML of a text; scalars stay texts (what is due decides what they are) or null.

    Aliases are not followed.
    """
    import yaml

    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

    class Loader(base):  # type: ignore[misc]  # which of the two it is, the installation says
        def construct_scalar(self, node: Any) -> Any:
            text = super().construct_scalar(node)
            return None if not node.style and text in _NULLS else text

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=base)):
            raise UnreadableError("Invalid", f"{where}: aliases of YAML are not followed")
        value = yaml.load(text, Loader=Loader)  # noqa: S506  # it makes texts, lists and mappings alone
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnreadableError("Invalid", f"{where}: {line}{error.problem or 'it is no YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UnreadableError("Invalid", f"{where}: it is neither JSON nor YAML") from None
    if not isinstance(value, dict | list):
        raise UnreadableError("Invalid", f"{where}: a definition is due here")
    return value
