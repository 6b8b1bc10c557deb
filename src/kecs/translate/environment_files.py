"""Files of variables as references to ConfigMaps: for doors behind which nobody reads S3.

A ConfigMap is its user's to make (`kubectl create configmap NAME --from-env-file=FILE`). `environment` wins over it, as
over a file in ECS.
"""

import re
from collections.abc import Mapping

import msgspec

from kecs.model import names
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json

_BETWEEN = re.compile(r"[^a-z0-9]+")


def config_maps(workload: str, definition: TaskDefinitionSpec) -> dict[str, str]:
    """Return the names of the ConfigMaps by the files of a definition: `…:bucket/web.env` is `WORKLOAD-web-env`.

    Where another file has that name already a hash is appended.
    """
    found: dict[str, str] = {}
    for container in definition.containerDefinitions:
        for file in container.environmentFiles or ():
            source = file.value or ""
            if source in found:
                continue
            stem = _BETWEEN.sub("-", source.rpartition("/")[2].lower()).strip("-")
            name = names.label(f"{workload}-{stem}")
            found[source] = names.label(f"{name}/{source}") if name in found.values() else name
    return found


def without_files(definition: TaskDefinitionSpec) -> TaskDefinitionSpec:
    """Return a definition whose containers name no files: they are added to what is made of it."""
    containers: list[ecs.ContainerDefinition] = [
        msgspec.structs.replace(container, environmentFiles=None) for container in definition.containerDefinitions
    ]
    return msgspec.structs.replace(definition, containerDefinitions=containers)


def add_files(template: Json, definition: TaskDefinitionSpec, known: Mapping[str, str]) -> None:
    """Give the containers of a pod template the variables of their files, as references to these ConfigMaps."""
    spec = template["spec"]
    files = {
        names.container(container.name or ""): [file.value or "" for file in container.environmentFiles]
        for container in definition.containerDefinitions
        if container.environmentFiles
    }
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        for source in files.get(container["name"], ()):
            container.setdefault("envFrom", []).append({"configMapRef": {"name": known[source]}})
