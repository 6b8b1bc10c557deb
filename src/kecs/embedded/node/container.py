"""What an engine is asked for: sandbox and container configurations out of a pod's spec. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kecs.embedded.node import engine
from kecs.embedded.node.container_views import Container, Requirements, SecurityContext
from kecs.embedded.node.engine import ContainerConfig, Image, Mount, PortMapping, SandboxConfig
from kecs.embedded.node.environment import ConfigError, Sources, environment, expand
from kecs.embedded.node.views import DnsConfig, Pod
from kecs.kube import quantity

_HOSTS = "/etc/hosts"
SIMULATION = "simulation.kecs.io/"  # annotation prefix: what a simulated engine plays for the container named after it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod lands: the node's owner label, the pod's sandbox, and its volumes by name.

    `messages` is the directory of its termination messages and `hosts` its /etc/hosts; empty where the engine cannot
    mount files of this machine.
    """

    owner: str
    sandbox: str
    volumes: Mapping[str, Mount]
    messages: str = ""
    hosts: str = ""


def container_name(pod: Pod, container: str, attempt: int) -> str:
    """Return the engine's name of one attempt, the same for everyone who asks: so nothing is started twice."""
    meta = pod.metadata
    return f"k8s_{container}_{meta.name}_{meta.namespace}_{meta.uid}_{attempt}"


def labels(pod: Pod, container: str, attempt: int, owner: str) -> dict[str, str]:
    """Return the labels by which a container is found again."""
    return {
        engine.OWNER: owner,
        engine.POD_UID: pod.metadata.uid,
        engine.POD_NAME: pod.metadata.name,
        engine.POD_NAMESPACE: pod.metadata.namespace,
        engine.CONTAINER: container,
        engine.ATTEMPT: str(attempt),
    }


def hostname(pod: Pod) -> str:
    """Return the name that the pod's processes see: at most 63 characters, as the kernel's callers expect."""
    return (pod.spec.hostname or pod.metadata.name)[:63].rstrip("-.")


def sandbox_config(pod: Pod, attempt: int, owner: str, mounts: Sequence[Mount], *, names: bool = True) -> SandboxConfig:
    """Return the sandbox of a pod. `names`: it has to know the pod's host aliases, as no file of the node's does."""
    spec = pod.spec
    ports = [
        PortMapping(port.containerPort, port.hostPort, port.protocol, port.hostIP)
        for container in (*spec.initContainers, *spec.containers)
        for port in container.ports
        if port.hostPort and not spec.hostNetwork
    ]
    dns = spec.dnsConfig or DnsConfig()
    own = spec.securityContext
    return SandboxConfig(
        name=container_name(pod, engine.SANDBOX, attempt),
        labels=labels(pod, engine.SANDBOX, attempt, owner),
        hostname="" if spec.hostNetwork else hostname(pod),
        host_network=spec.hostNetwork,
        host_pid=spec.hostPID,
        host_ipc=spec.hostIPC,
        ports=tuple(ports),
        hosts=tuple(f"{name}:{alias.ip}" for alias in spec.hostAliases for name in alias.hostnames) if names else (),
        dns=tuple(dns.nameservers),
        searches=tuple(dns.searches),
        dns_options=tuple(
            option.name if option.value is None else f"{option.name}:{option.value}" for option in dns.options
        ),
        sysctls={each.name: each.value for each in own.sysctls} if own is not None else {},
        mounts=tuple(mounts),
    )


def is_plain(config: SandboxConfig) -> bool:
    """Tell whether a sandbox made in advance will do: nothing is asked of it but a network."""
    return replace(config, name="", labels={}, hostname="") == SandboxConfig(name="", labels={})


def container_config(
    pod: Pod, container: Container, attempt: int, place: Place, sources: Sources, image: Image
) -> ContainerConfig:
    """Return one container of a pod. Raises `ConfigError`."""
    variables = environment(pod, container, sources)
    security = container.securityContext or SecurityContext()
    capabilities = security.capabilities
    memory, nano_cpus, shares = _resources(pod, container)
    own = pod.spec.securityContext
    groups = [] if own is None else [*own.supplementalGroups, *([own.fsGroup] if own.fsGroup is not None else [])]
    host_pid = pod.spec.hostPID
    return ContainerConfig(
        name=container_name(pod, container.name, attempt),
        labels={**labels(pod, container.name, attempt, place.owner), engine.SANDBOX_ID: place.sandbox},
        sandbox=place.sandbox,
        image=container.image,
        command=[expand(word, variables.get) for word in container.command],
        args=[expand(word, variables.get) for word in container.args],
        env=variables if pod.spec.hostNetwork else {"HOSTNAME": hostname(pod), **variables},
        hostname="" if pod.spec.hostNetwork else hostname(pod),
        working_dir=container.workingDir,
        user=_user(pod, container, image),
        groups=tuple(map(str, groups)),
        mounts=(*_mounts(container, place.volumes, variables), *_own_files(container, attempt, place)),
        memory=memory,
        nano_cpus=nano_cpus,
        cpu_shares=shares,
        add_capabilities=tuple(capabilities.add) if capabilities is not None else (),
        drop_capabilities=tuple(capabilities.drop) if capabilities is not None else (),
        privileged=bool(security.privileged),
        read_only=bool(security.readOnlyRootFilesystem),
        no_new_privileges=security.allowPrivilegeEscalation is False,
        tty=container.tty,
        stdin=container.stdin,
        host_pid=host_pid,
        shared_pid=pod.spec.shareProcessNamespace and not host_pid,
        stop_signal=container.lifecycle.stopSignal if container.lifecycle is not None else "",
        simulation=pod.metadata.annotations.get(SIMULATION + container.name, ""),
    )


def _resources(pod: Pod, container: Container) -> tuple[int, int, int]:
    """Return memory limit, CPU limit and CPU weight. A limit of the pod bounds each container that has none."""
    own, whole = container.resources or Requirements(), pod.spec.resources or Requirements()
    limits = {**whole.limits, **own.limits}
    memory = quantity.value(limits["memory"]) if "memory" in limits else 0
    nano_cpus = quantity.parse(limits["cpu"]) if "cpu" in limits else 0
    wish = own.requests.get("cpu", own.limits.get("cpu"))
    shares = max(2, quantity.milli(wish) * 1024 // 1000) if wish is not None else 0
    return memory, nano_cpus, shares


def _user(pod: Pod, container: Container, image: Image) -> str:
    own = container.securityContext or SecurityContext()
    pod_wide = pod.spec.securityContext
    uid, gid, non_root = own.runAsUser, own.runAsGroup, own.runAsNonRoot
    if pod_wide is not None:
        uid = pod_wide.runAsUser if uid is None else uid
        gid = pod_wide.runAsGroup if gid is None else gid
        non_root = pod_wide.runAsNonRoot if non_root is None else non_root
    if non_root:
        _check_non_root(pod, container, image, uid)
    if uid is None and gid is None:
        return ""
    name = str(uid) if uid is not None else image.user.partition(":")[0] or "0"
    return name if gid is None else f"{name}:{gid}"


def _check_non_root(pod: Pod, container: Container, image: Image, uid: int | None) -> None:
    meta = pod.metadata
    where = f'(pod: "{meta.name}_{meta.namespace}({meta.uid})", container: {container.name})'
    if uid == 0:
        raise ConfigError(f"container's runAsUser breaks non-root policy {where}")
    if uid is not None:
        return
    name = image.user.partition(":")[0]
    if name in ("", "0"):
        raise ConfigError(f"container has runAsNonRoot and image will run as root {where}")
    if not name.isdigit():
        raise ConfigError(
            f"container has runAsNonRoot and image has non-numeric user ({name}), "
            f"cannot verify user is non-root {where}"
        )


def message_file(directory: str, container: str, attempt: int) -> str:
    """Return the file for the termination message of one attempt."""
    return f"{directory}/{container}-{attempt}"


def _own_files(container: Container, attempt: int, place: Place) -> list[Mount]:
    """Return the mounts of files that the node makes, but where the container mounts something itself."""
    taken = {mount.mountPath for mount in container.volumeMounts}
    files = []
    target = container.terminationMessagePath
    if place.messages and target and target not in taken:
        files.append(Mount("bind", message_file(place.messages, container.name, attempt), target))
    if place.hosts and _HOSTS not in taken:
        files.append(Mount("bind", place.hosts, _HOSTS))
    return files


def _mounts(container: Container, volumes: Mapping[str, Mount], variables: Mapping[str, str]) -> tuple[Mount, ...]:
    result = []
    for mount in container.volumeMounts:
        volume = volumes.get(mount.name)
        if volume is None:
            raise ConfigError(f'volume "{mount.name}" is not there')
        path = expand(mount.subPathExpr, variables.get) if mount.subPathExpr else mount.subPath
        if path.startswith("/") or ".." in path.split("/"):
            raise ConfigError(f"subPath {path} has to stay within the volume")
        if path and volume.kind == "volume":
            raise ConfigError(
                f'subPath {path}: this node mounts memory-backed volume "{mount.name}" whole or not at all'
            )
        source = f"{volume.source.rstrip('/')}/{path}" if path else volume.source
        read_only = mount.readOnly or volume.read_only
        propagation = {"HostToContainer": "rslave", "Bidirectional": "rshared"}.get(mount.mountPropagation, "")
        result.append(Mount(volume.kind, source, mount.mountPath, read_only, propagation))
    return tuple(result)
