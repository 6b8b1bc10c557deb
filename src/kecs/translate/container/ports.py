"""Port mappings: named container ports, and ports of the host where the definition fixes them."""

import re
from collections.abc import Iterator

import msgspec

from kecs.model import names
from kecs.model.container_definition import port_range
from kecs.model.generated import ecs
from kecs.translate.body import Json
from kecs.translate.container.part import Part

# What Kubernetes takes for the name of a port (IANA_SVC_NAME): at most 15 characters, no two dashes in a row.
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NAME_LIMIT = 15


class Port(msgspec.Struct, frozen=True):
    """One port of one container. `host` is the fixed port of the host, 0 when there is none; `name` may be empty."""

    number: int
    protocol: str
    host: int = 0
    name: str = ""
    app_protocol: str = ""


def ports_of(definition: ecs.ContainerDefinition, network: str) -> Iterator[Port]:
    """Yield a container's ports, ranges written out, each number and protocol once."""
    seen: set[tuple[int, str]] = set()
    for mapping in definition.portMappings or ():
        protocol = (mapping.protocol or "tcp").lower()
        for number in _numbers(mapping):
            if (number, protocol) in seen:
                continue
            seen.add((number, protocol))
            yield Port(
                number,
                protocol,
                _host_port(mapping, number, network),
                mapping.name or "" if mapping.containerPort else "",
                mapping.appProtocol or "",
            )


class Taken:
    """What is taken in a pod: names of ports, and ports of the host. Each is one container's alone."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.hosts: set[tuple[int, str]] = set()


def ports(part: Part, taken: Taken) -> Json:
    """Return `ports`; `taken` grows. Of two containers that want one port of the host the first gets it."""
    made = []
    for port in ports_of(part.definition, part.network):
        name = port_name(port)
        entry: Json = {"containerPort": port.number, "protocol": port.protocol.upper()}
        if port.host:
            if (port.host, port.protocol) in taken.hosts:
                continue
            taken.hosts.add((port.host, port.protocol))
            entry["hostPort"] = port.host
        if name not in taken.names:
            taken.names.add(name)
            entry["name"] = name
        made.append(entry)
    return {"ports": made} if made else {}


def port_name(port: Port) -> str:
    """Return a port's name in Kubernetes: its own where that is allowed, else one made from it or from its number."""
    if not port.name:
        return names.port(port.number, port.protocol)
    if len(port.name) <= _NAME_LIMIT and _PORT_NAME.fullmatch(port.name):
        return port.name
    return names.label(f"{port.name}/", limit=_NAME_LIMIT).replace("--", "-")


def _numbers(mapping: ecs.PortMapping) -> Iterator[int]:
    if mapping.containerPort:
        yield mapping.containerPort
    elif mapping.containerPortRange:
        bounds = port_range(mapping.containerPortRange)
        if bounds:
            yield from range(bounds[0], bounds[1] + 1)


def _host_port(mapping: ecs.PortMapping, number: int, network: str) -> int:
    """Return the port of the host: in host mode the container's own, in bridge mode the one that is asked for."""
    if network == "host":
        return number
    if network in ("", "bridge") and mapping.containerPort:
        return mapping.hostPort or 0
    return 0
