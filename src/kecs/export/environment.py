"""Environment variables of a service's containers: plain values in a ConfigMap, secrets as references.

Kubernetes expands `$(NAME)` in a container's own variables alone, so in a ConfigMap values stand as they are. What a
ConfigMap cannot name stays where it was. Values of secrets are never known here, so they cannot be written either.
"""

import hashlib
import re
from collections.abc import Sequence

import msgspec

from kecs.export.choices import Choices
from kecs.export.readable import unescaped
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.secrets import Secret

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MOST_BYTES = 2**20 - 2**15  # of a ConfigMap
CONFIG_HASH = "ecs-export/config"  # annotation of pods: a new configuration is a new template, so it rolls out
_EXTERNAL = "external-secrets.io/v1"


def without_files(definition: TaskDefinitionSpec) -> TaskDefinitionSpec:
    """Return a definition whose containers read no variables from files in S3, which nobody here can read."""
    containers: list[ecs.ContainerDefinition] = [
        msgspec.structs.replace(container, environmentFiles=None) for container in definition.containerDefinitions
    ]
    return msgspec.structs.replace(definition, containerDefinitions=containers)


def move_to_config_maps(name: str, template: Json) -> list[Json]:
    """Move plain values of a pod template's containers to ConfigMaps, which are returned."""
    spec = template["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    having = [one for one in containers if _plain(one)]
    made = []
    for container in having:
        own = f"{name}-env" if len(having) == 1 else f"{name}.{container['name']}-env"
        data = _plain(container)
        made.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": own}, "data": data})
        rest = [one for one in container["env"] if one["name"] not in data]
        container["env"] = rest
        if not rest:
            del container["env"]
        container["envFrom"] = [{"configMapRef": {"name": own}}]
    if made:
        digest = hashlib.sha256(msgspec.json.encode([one["data"] for one in made], order="sorted")).hexdigest()[:16]
        template["metadata"].setdefault("annotations", {})[CONFIG_HASH] = digest
    return made


def _plain(container: Json) -> dict[str, str]:
    """Return what of a container's variables a ConfigMap can hold; nothing when it is too much."""
    found = {one["name"]: unescaped(one["value"]) for one in container.get("env", ()) if _KEY.fullmatch(one["name"])}
    size = sum(len(key) + len(value.encode()) for key, value in found.items())
    return found if size <= _MOST_BYTES else {}


def make_secret(name: str, secrets: Sequence[Secret], choices: Choices) -> Json:
    """Return the Secret to fill, or the ExternalSecret that fills it."""
    if choices.secrets == "empty":
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque"}
    by_key = {one.key: one.source for one in secrets}
    return {
        "apiVersion": _EXTERNAL,
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": choices.secret_store},
            "target": {"name": name},
            "data": [{"secretKey": key, "remoteRef": _remote(source)} for key, source in by_key.items()],
        },
    }


def _remote(source: str) -> dict[str, str]:
    """Return where a secret is for the External Secrets operator: an ARN of Secrets Manager may name a part of it."""
    parts = source.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        return {"key": source.partition(":parameter")[2] if ":parameter/" in source else source}
    made = {"key": ":".join(parts[:7])}
    slots = dict(zip(("property", "stage", "id"), parts[7:], strict=False))
    if slots.get("property"):
        made["property"] = slots["property"]
    if slots.get("id"):
        made["version"] = f"uuid/{slots['id']}"
    elif slots.get("stage"):
        made["version"] = slots["stage"]
    return made


def instructions(name: str, secrets: Sequence[Secret]) -> list[str]:
    """Return what to tell of a Secret that has to be filled."""
    lines = [
        "Values are not exported. Before the first rollout put them there, in the namespace of the environment:",
        "",
    ]
    by_key = {one.key: one.source for one in secrets}
    words = " ".join(f"--from-literal={key}=…" for key in by_key)
    lines.append(f"  kubectl -n NAMESPACE create secret generic {name} {words} \\")
    lines.append("    --dry-run=client -o yaml | kubectl apply --server-side -f -")
    lines += ["", "where ECS has them from:", *(f"  {key}: {source}" for key, source in by_key.items())]
    return lines
