"""The Docker API's documents out of the node's configurations, and back. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from kecs.embedded.node import pause
from kecs.embedded.node.engine import ContainerConfig, Credentials, Found, Mount, PortMapping, SandboxConfig, State
from kecs.kube.time import epoch

_STATES: dict[str, State] = {
    "created": "created",
    "configured": "created",
    "initialized": "created",
    "running": "running",
    "paused": "running",
    "restarting": "running",
    "stopping": "running",
}


def sandbox(config: SandboxConfig) -> dict[str, Any]:
    """Return the body that creates a sandbox."""
    host: dict[str, Any] = {
        "NetworkMode": "host" if config.host_network else "bridge",
        "IpcMode": "host" if config.host_ipc else "shareable",
        "Mounts": [_mount(mount) for mount in config.mounts],
        "PortBindings": _bindings(config.ports),
    }
    if config.host_pid:
        host["PidMode"] = "host"
    for key, value in (
        ("ExtraHosts", config.hosts),
        ("Dns", config.dns),
        ("DnsSearch", config.searches),
        ("DnsOptions", config.dns_options),
    ):
        if value:
            host[key] = list(value)
    if config.sysctls:
        host["Sysctls"] = dict(config.sysctls)
    return {
        "Image": pause.NAME,
        "Hostname": config.hostname,
        "Labels": dict(config.labels),
        "ExposedPorts": {_port(port): {} for port in config.ports},
        "StopTimeout": 0,
        "HostConfig": host,
    }


def _port(port: PortMapping) -> str:
    return f"{port.container}/{port.protocol.lower()}"


def _bindings(ports: Sequence[PortMapping]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        bindings.setdefault(_port(port), []).append({"HostIp": port.host_ip, "HostPort": str(port.host)})
    return bindings


def container(config: ContainerConfig, *, may_name_itself: bool) -> dict[str, Any]:
    """Return the body that creates a container in a sandbox.

    `may_name_itself`: the engine takes a host name together with another container's network. Docker refuses that, and
    gives the sandbox's name.
    """
    shared = f"container:{config.sandbox}"
    host: dict[str, Any] = {
        "NetworkMode": shared,
        "IpcMode": shared,
        "Mounts": [_mount(mount) for mount in config.mounts],
        "Memory": config.memory,
        "NanoCpus": config.nano_cpus,
        "CpuShares": config.cpu_shares,
        "CapAdd": list(config.add_capabilities),
        "CapDrop": list(config.drop_capabilities),
        "GroupAdd": list(config.groups),
        "Privileged": config.privileged,
        "ReadonlyRootfs": config.read_only,
    }
    if config.memory:
        host["MemorySwap"] = config.memory
    if config.host_pid or config.shared_pid:
        host["PidMode"] = "host" if config.host_pid else shared
    if config.no_new_privileges:
        host["SecurityOpt"] = ["no-new-privileges"]
    body: dict[str, Any] = {
        "Image": config.image,
        "Env": [f"{name}={value}" for name, value in config.env.items()],
        "Labels": dict(config.labels),
        "WorkingDir": config.working_dir,
        "User": config.user,
        "Tty": config.tty,
        "OpenStdin": config.stdin,
        "HostConfig": host,
    }
    if config.command:
        body["Entrypoint"] = list(config.command)
    if config.args:
        body["Cmd"] = list(config.args)
    if config.stop_signal:
        body["StopSignal"] = config.stop_signal
    if may_name_itself and config.hostname:
        body["Hostname"] = config.hostname
    return body


def _mount(mount: Mount) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Type": mount.kind,
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }
    if mount.kind == "volume":
        body["VolumeOptions"] = {"NoCopy": True}
    elif mount.propagation:
        body["BindOptions"] = {"Propagation": mount.propagation}
    return body


def listed(document: Mapping[str, Any]) -> Found:
    """Return what one entry of the engine's list shows."""
    return Found(
        id=document["Id"],
        name=(document.get("Names") or [""])[0].lstrip("/"),
        labels=document.get("Labels") or {},
        state=_STATES.get(document.get("State", ""), "exited"),
    )


def inspected(document: Mapping[str, Any]) -> Found:
    """Return what the engine shows of one container."""
    state = document.get("State") or {}
    settings = document.get("NetworkSettings") or {}
    addresses = [settings.get("IPAddress")]
    addresses += [network.get("IPAddress") for network in (settings.get("Networks") or {}).values() if network]
    return Found(
        id=document["Id"],
        name=document.get("Name", "").lstrip("/"),
        labels=(document.get("Config") or {}).get("Labels") or {},
        state=_STATES.get(state.get("Status", ""), "exited"),
        started_at=moment(state.get("StartedAt", "")),
        finished_at=moment(state.get("FinishedAt", "")),
        exit_code=int(state.get("ExitCode") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        ip=next((address for address in addresses if address), ""),
    )


def moment(text: str) -> float:
    """Return an engine's time in epoch seconds, 0.0 for none."""
    if not text or text.startswith("0001-"):
        return 0.0
    try:
        return epoch(text)
    except ValueError:
        return 0.0


def reference(image: str) -> tuple[str, str]:
    """Return an image's name as `/images/create` wants it: repository, and tag or digest."""
    name, _, digest = image.partition("@")
    if digest:
        return name, digest
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


def login(credentials: Credentials) -> dict[str, str]:
    """Return the document of an X-Registry-Auth header."""
    return {
        "username": credentials.username,
        "password": credentials.password,
        "serveraddress": credentials.server,
    }
