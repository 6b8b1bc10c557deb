"""A container's environment: values from the pod, config maps and secrets, and `$(NAME)` expansion. Pure.

The rules are Kubernetes's: variables are expanded with those declared before them, `$$` is a `$` that begins nothing,
and a reference to an unknown name stays as it is.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kecs.embedded.node.container_views import Container, EnvFrom, EnvVar, KeySelector, Requirements, ResourceSelector
from kecs.embedded.node.views import ConfigMap, Pod, Secret
from kecs.kube import quantity


class ConfigError(Exception):
    """A container cannot be configured; the message is Kubernetes's for CreateContainerConfigError."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The config maps and secrets that a pod names, as far as they exist, and facts of its place."""

    config_maps: Mapping[str, ConfigMap]
    secrets: Mapping[str, Secret]
    host_ip: str = ""
    pod_ip: str = ""
    cpus: int = 1  # of the node, for limits that are not set
    memory: int = 0
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the service account, by path


def expand(text: str, lookup: Callable[[str], str | None]) -> str:
    """Replace `$(NAME)` by what `lookup` returns, and `$$` by `$`; what is unknown or no reference stays."""
    if "$" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) != -1 and dollar + 1 < len(text):
        parts.append(text[at:dollar])
        following = text[dollar + 1]
        at = dollar + 2
        if following == "$":
            parts.append("$")
        elif following == "(" and (close := text.find(")", at)) != -1:
            name = text[at:close]
            value = lookup(name)
            parts.append(f"$({name})" if value is None else value)
            at = close + 1
        else:
            parts.append("$" + following)
    return "".join(parts) + text[at:]


def environment(pod: Pod, container: Container, sources: Sources) -> dict[str, str]:
    """Return a container's variables. Raises `ConfigError`."""
    result: dict[str, str] = {}
    for each in container.envFrom:
        result.update(_all_keys(pod, each, sources))
    for variable in container.env:
        if variable.value or variable.valueFrom is None:
            result[variable.name] = expand(variable.value, result.get)
        else:
            value = _value(pod, container, variable, sources)
            if value is not None:
                result[variable.name] = value
    return result


def _all_keys(pod: Pod, source: EnvFrom, sources: Sources) -> dict[str, str]:
    if source.configMapRef is not None:
        config_map = sources.config_maps.get(source.configMapRef.name)
        if config_map is None:
            if source.configMapRef.optional:
                return {}
            raise ConfigError(f'configmap "{source.configMapRef.name}" not found')
        data = config_map.data
    elif source.secretRef is not None:
        secret = sources.secrets.get(source.secretRef.name)
        if secret is None:
            if source.secretRef.optional:
                return {}
            raise ConfigError(f'secret "{source.secretRef.name}" not found')
        data = {key: decoded(value).decode(errors="replace") for key, value in secret.data.items()}
    else:
        return {}
    return {source.prefix + key: value for key, value in data.items()}


def _value(pod: Pod, container: Container, variable: EnvVar, sources: Sources) -> str | None:
    source = variable.valueFrom
    if source is None:
        return ""
    if source.fieldRef is not None:
        return field_value(pod, source.fieldRef.fieldPath, sources)
    if source.resourceFieldRef is not None:
        return resource_value(pod, container, source.resourceFieldRef, sources)
    if source.configMapKeyRef is not None:
        config_map = sources.config_maps.get(source.configMapKeyRef.name)
        data = None if config_map is None else config_map.data
        return _key(pod, source.configMapKeyRef, data, "configmap", "ConfigMap")
    if source.secretKeyRef is not None:
        secret = sources.secrets.get(source.secretKeyRef.name)
        encoded = None if secret is None else secret.data
        text = _key(pod, source.secretKeyRef, encoded, "secret", "Secret")
        return None if text is None else decoded(text).decode(errors="replace")
    raise ConfigError(f'the source of variable "{variable.name}" is not supported by this node')


def _key(pod: Pod, selector: KeySelector, data: Mapping[str, str] | None, noun: str, kind: str) -> str | None:
    if data is None:
        if selector.optional:
            return None
        raise ConfigError(f'{noun} "{selector.name}" not found')
    value = data.get(selector.key)
    if value is None and not selector.optional:
        raise ConfigError(f"couldn't find key {selector.key} in {kind} {pod.metadata.namespace}/{selector.name}")
    return value


def decoded(text: str) -> bytes:
    """Return a secret's value. Raises `ConfigError` for what is no base 64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ConfigError("a secret's value is not valid base 64") from error


def field_value(pod: Pod, path: str, sources: Sources) -> str:
    """Return a field of the pod by its path in the downward API. Raises `ConfigError`."""
    meta = pod.metadata
    simple = {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "metadata.uid": meta.uid,
        "spec.nodeName": pod.spec.nodeName,
        "spec.serviceAccountName": pod.spec.serviceAccountName or "default",
        "status.hostIP": sources.host_ip,
        "status.hostIPs": sources.host_ip,
        "status.podIP": sources.pod_ip,
        "status.podIPs": sources.pod_ip,
    }
    if path in simple:
        return simple[path]
    for member, values in (("metadata.labels", meta.labels), ("metadata.annotations", meta.annotations)):
        if path == member:
            return "\n".join(f"{key}={_quoted(value)}" for key, value in sorted(values.items()))
        if path.startswith(f"{member}['") and path.endswith("']"):
            return values.get(path[len(member) + 2 : -2], "")
    raise ConfigError(f"unsupported fieldPath: {path}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def resource_value(pod: Pod, container: Container, selector: ResourceSelector, sources: Sources) -> str:
    """Return a request or limit in units of the divisor, rounded up; what is not limited is the node's."""
    if selector.containerName and selector.containerName != container.name:
        every = [*pod.spec.initContainers, *pod.spec.containers]
        found = next((each for each in every if each.name == selector.containerName), None)
        if found is None:
            raise ConfigError(f"container {selector.containerName} not found")
        container = found
    which, _, resource = selector.resource.partition(".")
    if which not in ("limits", "requests") or resource not in ("cpu", "memory", "ephemeral-storage"):
        raise ConfigError(f"unsupported container resource: {selector.resource}")
    amounts = container.resources or Requirements()
    amount = (amounts.limits if which == "limits" else amounts.requests).get(resource)
    divisor = quantity.parse(selector.divisor) or quantity.NANO
    nanos = quantity.parse(amount) if amount is not None else 0
    if amount is None and which == "limits":
        nanos = {"cpu": sources.cpus, "memory": sources.memory}.get(resource, 0) * quantity.NANO
    return str(-(-nanos // divisor))
