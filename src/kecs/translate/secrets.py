"""Secret variables as references to a Kubernetes Secret: for doors behind which nobody reads AWS's secrets.

The Secret is its user's to fill, and named after the workload; nothing here ever knows a value.
"""

import re
from collections.abc import Sequence

import msgspec

from kecs.model import names
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json

_NO_KEY = re.compile(r"[^A-Za-z0-9._-]")


class Secret(msgspec.Struct, frozen=True):
    """One secret variable: of which container, under which key of the Secret, and where its value is in AWS."""

    container: str
    name: str
    key: str
    source: str


def secret_name(workload: str) -> str:
    """Return the name of the Secret of a workload."""
    return f"{workload}-secrets"


def secrets_of(definition: TaskDefinitionSpec) -> list[Secret]:
    """Return the secret variables of a definition; two of one name and different sources have keys of their own."""
    known: dict[str, str] = {}
    found = []
    for container in definition.containerDefinitions:
        for secret in container.secrets or ():
            name, source = secret.name or "", secret.valueFrom or ""
            key = _NO_KEY.sub("_", name)
            if known.setdefault(key, source) != source:
                key = f"{names.container(container.name or '')}.{key}"
                known[key] = source
            found.append(Secret(container.name or "", name, key, source))
    return found


def without_secrets(definition: TaskDefinitionSpec) -> TaskDefinitionSpec:
    """Return a definition whose containers name no secrets: they are added to what is made of it."""
    containers: list[ecs.ContainerDefinition] = [
        msgspec.structs.replace(container, secrets=None) for container in definition.containerDefinitions
    ]
    return msgspec.structs.replace(definition, containerDefinitions=containers)


def add_references(name: str, template: Json, secrets: Sequence[Secret]) -> None:
    """Give the containers of a pod template their secret variables, as references to the Secret of that name."""
    spec = template["spec"]
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        mine = [one for one in secrets if names.container(one.container) == container["name"]]
        if not mine:
            continue
        named = {one.name for one in mine}
        kept = [one for one in container.get("env", ()) if one["name"] not in named]
        container["env"] = kept + [
            {"name": one.name, "valueFrom": {"secretKeyRef": {"name": name, "key": one.key}}} for one in mine
        ]
