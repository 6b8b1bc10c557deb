"""Reading the config maps and secrets that a pod names: only those that are needed, and none twice."""

from collections.abc import Iterable

from kecs.embedded.node.container_views import Container, EnvSource
from kecs.embedded.node.context import Context
from kecs.embedded.node.environment import Sources
from kecs.embedded.node.views import CONFIG_MAP_VIEWS, SECRET_VIEWS, ConfigMap, Pod, Secret
from kecs.embedded.node.volume_views import Projection, TokenSource, Volume
from kecs.kube.errors import MethodNotAllowed, NotFound
from kecs.kube.resources import SERVICE_ACCOUNTS


def names(pod: Pod, containers: Iterable[Container]) -> tuple[set[str], set[str]]:
    """Return the config maps and the secrets that volumes and these containers' variables come from."""
    config_maps: set[str] = set()
    secrets: set[str] = set()
    for container in containers:
        for source in container.envFrom:
            config_maps.update([source.configMapRef.name] if source.configMapRef is not None else [])
            secrets.update([source.secretRef.name] if source.secretRef is not None else [])
        for variable in container.env:
            if variable.valueFrom is not None:
                _of_variable(variable.valueFrom, config_maps, secrets)
    for volume in pod.spec.volumes:
        for part in (volume, *(volume.projected.sources if volume.projected is not None else ())):
            _of_volume(part, config_maps, secrets)
    return config_maps, secrets


def _of_variable(source: EnvSource, config_maps: set[str], secrets: set[str]) -> None:
    if source.configMapKeyRef is not None:
        config_maps.add(source.configMapKeyRef.name)
    if source.secretKeyRef is not None:
        secrets.add(source.secretKeyRef.name)


def _of_volume(source: Volume | Projection, config_maps: set[str], secrets: set[str]) -> None:
    if source.configMap is not None:
        config_maps.add(source.configMap.name)
    if source.secret is not None:
        secrets.add(source.secret.secretName or source.secret.name)


async def read_sources(context: Context, pod: Pod, containers: Iterable[Container], ip: str) -> Sources:
    """Return what a pod's configuration comes from; what does not exist is left out."""
    config_maps, secrets = names(pod, containers)
    namespace = pod.metadata.namespace
    maps = {name: await _config_map(context, namespace, name) for name in config_maps}
    hidden = {name: await read_secret(context, namespace, name) for name in secrets}
    machine = context.machine
    return Sources(
        {name: found for name, found in maps.items() if found is not None},
        {name: found for name, found in hidden.items() if found is not None},
        context.settings.address,
        ip,
        machine.cpus,
        machine.memory,
        await _tokens(context, pod),
    )


async def _tokens(context: Context, pod: Pod) -> dict[str, str]:
    """Return the tokens that a pod's volumes ask for; none that the cluster does not give."""
    tokens: dict[str, str] = {}
    for volume in pod.spec.volumes:
        for part in volume.projected.sources if volume.projected is not None else ():
            wanted = part.serviceAccountToken
            if wanted is not None and context.engine.simulated:
                tokens[wanted.path] = ""  # nobody reads it
            elif wanted is not None:
                tokens.update(await _token(context, pod, wanted))
    return tokens


async def _token(context: Context, pod: Pod, wanted: TokenSource) -> dict[str, str]:
    meta = pod.metadata
    owner = {"apiVersion": "v1", "kind": "Pod", "name": meta.name, "uid": meta.uid}
    spec = {
        "audiences": [wanted.audience] if wanted.audience else [],
        "expirationSeconds": wanted.expirationSeconds,
        "boundObjectRef": owner,
    }
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    account = pod.spec.serviceAccountName or "default"
    try:
        answer = await context.api.create(
            SERVICE_ACCOUNTS, meta.namespace, body, manager="kubelet", name=account, subresource="token"
        )
        return {wanted.path: str(answer["status"]["token"])}
    except (NotFound, MethodNotAllowed, KeyError):
        return {}


async def _config_map(context: Context, namespace: str, name: str) -> ConfigMap | None:
    try:
        return await context.api.get(CONFIG_MAP_VIEWS, namespace, name)
    except NotFound:
        return None


async def read_secret(context: Context, namespace: str, name: str) -> Secret | None:
    """Return a secret, or None when there is none of that name."""
    try:
        return await context.api.get(SECRET_VIEWS, namespace, name)
    except NotFound:
        return None
