"""Names, addresses and ports: the pod's network fields, a service's Service, the policy of the network mode none."""

import re
from collections.abc import Iterable, Mapping, Sequence

from kecs.model import marks, names
from kecs.model.objects import Service, TaskDefinitionSpec
from kecs.translate.body import Json, owned
from kecs.translate.container.ports import Port, port_name, ports_of

ISOLATED = "none"  # value of the label kecs.io/network

# What Kubernetes takes for a host name (DNS-1123 subdomain).
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_MAX_SERVERS, _MAX_SEARCHES = 3, 32


def is_host_name(name: str) -> bool:
    """Return whether Kubernetes takes `name` for a host name (in lower case)."""
    return len(name) <= 253 and _HOST_NAME.fullmatch(name.lower()) is not None


def pod_network(definition: TaskDefinitionSpec) -> Json:
    """Return the pod fields of the network mode, host names and DNS of all containers, which share one network."""
    made: Json = {}
    if definition.networkMode == "host":
        made["hostNetwork"] = True
        made["dnsPolicy"] = "ClusterFirstWithHostNet"
    hostnames = [container.hostname for container in definition.containerDefinitions if container.hostname]
    if hostnames:
        made["hostname"] = names.label(hostnames[0].partition(".")[0].lower())
    aliases = host_aliases(definition)
    if aliases:
        made["hostAliases"] = [{"ip": ip, "hostnames": list(known)} for ip, known in aliases.items()]
    servers = _union(container.dnsServers for container in definition.containerDefinitions)[:_MAX_SERVERS]
    searches = _union(container.dnsSearchDomains for container in definition.containerDefinitions)[:_MAX_SEARCHES]
    if servers:
        made["dnsPolicy"] = "None"  # Docker asks these servers and no others
    if servers or searches:
        config = {"nameservers": servers, "searches": [domain for domain in searches if is_host_name(domain)]}
        made["dnsConfig"] = {name: values for name, values in config.items() if values}
    return made


def host_aliases(definition: TaskDefinitionSpec) -> Mapping[str, Sequence[str]]:
    """Return the extra host names by address. Links lead to the pod itself, where the other container is."""
    found: dict[str, dict[str, None]] = {}
    for container in definition.containerDefinitions:
        for entry in container.extraHosts or ():
            if is_host_name(entry.hostname or ""):
                found.setdefault(entry.ipAddress or "", {})[(entry.hostname or "").lower()] = None
        for link in container.links or ():
            target, _, alias = link.partition(":")
            for name in (target, alias):
                if is_host_name(name):
                    found.setdefault("127.0.0.1", {})[name.lower()] = None
    return {ip: list(known) for ip, known in found.items() if ip}


def service_ports(definition: TaskDefinitionSpec) -> list[Json]:
    """Return the ports of a Service in front of the definition's tasks, each number and protocol once."""
    made: list[Json] = []
    seen: set[tuple[int, str]] = set()
    taken: set[str] = set()
    for port in _ports(definition):
        if (port.number, port.protocol) in seen:
            continue
        seen.add((port.number, port.protocol))
        name = port_name(port)
        if name in taken:
            name = names.port(port.number, port.protocol)
        taken.add(name)
        entry: Json = {
            "name": name,
            "port": port.number,
            "targetPort": port.number,
            "protocol": port.protocol.upper(),
        }
        if port.app_protocol == "http2":
            entry["appProtocol"] = "kubernetes.io/h2c"
        elif port.app_protocol:
            entry["appProtocol"] = port.app_protocol
        made.append(entry)
    return made


def make_service(service: Service, definition: TaskDefinitionSpec) -> Json | None:
    """Return the Service of an ECS service; None when its containers map no port."""
    ports = service_ports(definition)
    if not ports:
        return None
    name = names.service(service.spec.serviceName)
    spec: Json = {"type": "ClusterIP", "selector": {marks.SERVICE: name}, "ports": ports}
    if any(container.essential is False for container in definition.containerDefinitions):
        # A container that may end makes the pod NotReady when it does, and the task still serves.
        spec["publishNotReadyAddresses"] = True
    return {"apiVersion": "v1", "kind": "Service", "metadata": owned(service, name), "spec": spec}


def make_isolation(namespace: str) -> Json:
    """Return the NetworkPolicy that cuts off the tasks of network mode none."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "kecs-isolated", "namespace": namespace, "labels": {marks.CLUSTER: namespace}},
        "spec": {"podSelector": {"matchLabels": {marks.NETWORK: ISOLATED}}, "policyTypes": ["Ingress", "Egress"]},
    }


def _ports(definition: TaskDefinitionSpec) -> Iterable[Port]:
    for container in definition.containerDefinitions:
        yield from ports_of(container, definition.networkMode or "")


def _union(lists: Iterable[Sequence[str] | None]) -> list[str]:
    return list(dict.fromkeys(value for values in lists for value in values or ()))
