"""What lets traffic in: target groups as an Ingress, a route of the Gateway API, or one of Istio; and who may come.

Hosts and paths are those of the listener rules among the sources; without any, a route takes every host and path.
Connections (a network or a classic load balancer) come through a Service of type LoadBalancer.
"""

from collections.abc import Iterator, Sequence

import msgspec

from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.export.surroundings import Fact
from kecs.model import names
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.network import service_ports

_OF_CONNECTIONS = ("TCP", "UDP", "TLS", "TCP_UDP", "QUIC", "TCP_QUIC")
GATEWAY = "gateway"


class Match(msgspec.Struct, frozen=True):
    """One host and one path; `exact`: that path alone, else all below it. An empty host is any."""

    host: str = ""
    path: str = "/"
    exact: bool = False


class Backend(msgspec.Struct, frozen=True):
    """One load balancer entry of a service: the port, its target group where it is known, and what leads there."""

    port: int
    group: Fact | None = None
    classic: bool = False
    matches: Sequence[Match] = (Match(),)

    @property
    def is_connection(self) -> bool:
        """Whether connections, not HTTP requests, are balanced."""
        return self.classic or bool(self.group and self.group.text("protocol") in _OF_CONNECTIONS)


def backends(exported: Exported) -> list[Backend]:
    """Return the entries of a service that name a port, each port once."""
    found: dict[int, Backend] = {}
    for balancer in exported.spec.loadBalancers or ():
        if balancer.containerPort:
            arn = balancer.targetGroupArn or ""
            group = next((one for one in exported.groups if arn and _is_of(one, arn)), None)
            rules = [match for rule in exported.rules.get(arn, ()) for match in matches_of(rule)]
            matches = tuple(dict.fromkeys(rules)) or (Match(),)
            found.setdefault(balancer.containerPort, Backend(balancer.containerPort, group, not arn, matches))
    return list(found.values())


def matches_of(rule: Fact) -> list[Match]:
    """Return the hosts and paths of a listener rule; none where it asks for something else, or for other patterns."""
    hosts, paths = [""], ["/*"]
    for condition in rule.parts("conditions"):
        field = condition.text("field")
        given = condition.part("hostHeaderConfig" if field == "host-header" else "pathPatternConfig").texts("values")
        values = given or condition.texts("values")
        if field == "host-header":
            hosts = values
        elif field == "path-pattern":
            paths = values
        else:
            return []
    made = [_path(path) for path in paths]
    if any("*" in host.removeprefix("*.") or "?" in host for host in hosts) or None in made:
        return []
    return [msgspec.structs.replace(match, host=host) for host in hosts for match in made if match]


def _path(pattern: str) -> Match | None:
    stem = pattern.removesuffix("*")
    if "*" in stem or "?" in stem or not stem.startswith("/"):
        return None
    return Match(path=stem.rstrip("/") or "/") if pattern.endswith("*") else Match(path=stem, exact=True)


def _is_of(group: Fact, arn: str) -> bool:
    own = group.text("targetGroupArn")
    return arn == own if own else f"/{group.text('logicalName')}/" in arn or arn.endswith(group.text("logicalName"))


def make_routes(exported: Exported, ports: Sequence[int], choices: Choices) -> list[Json]:
    """Return what leads HTTP to a service's ports; nothing where it has no load balancer, or one of connections."""
    mine = [one for one in backends(exported) if not one.is_connection and one.port in ports]
    makers = {"ingress": _ingress, "gateway": _http_route, "istio": _virtual_service}
    service = names.service(exported.name)
    return [
        makers[choices.traffic](
            service if len(mine) == 1 else names.label(f"{service}-{one.port}"),
            service,
            one,
            choices.gateway or GATEWAY,
        )
        for one in mine
    ]


def _hosts(backend: Backend) -> dict[str, list[Match]]:
    found: dict[str, list[Match]] = {}
    for match in backend.matches:
        found.setdefault(match.host, []).append(match)
    return found


def _ingress(name: str, service: str, backend: Backend, gateway: str) -> Json:
    to = {"service": {"name": service, "port": {"number": backend.port}}}
    rules = []
    for host, matches in _hosts(backend).items():
        paths = [{"path": one.path, "pathType": "Exact" if one.exact else "Prefix", "backend": to} for one in matches]
        rules.append({**({"host": host} if host else {}), "http": {"paths": paths}})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": rules},
    }


def _http_route(name: str, service: str, backend: Backend, gateway: str) -> Json:
    space, _, parent = gateway.rpartition("/")
    hosts = sorted(host for host in _hosts(backend) if host)
    paths = dict.fromkeys(msgspec.structs.replace(one, host="") for one in backend.matches)
    matches = [{"path": {"type": "Exact" if one.exact else "PathPrefix", "value": one.path}} for one in paths]
    spec: Json = {
        "parentRefs": [{"name": parent, **({"namespace": space} if space else {})}],
        "rules": [{"matches": matches, "backendRefs": [{"name": service, "port": backend.port}]}],
    }
    if hosts and "" not in _hosts(backend):
        spec["hostnames"] = hosts
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": spec,
    }


def _virtual_service(name: str, service: str, backend: Backend, gateway: str) -> Json:
    hosts = _hosts(backend)
    paths = dict.fromkeys(msgspec.structs.replace(one, host="") for one in backend.matches)
    matches = [{"uri": {"exact" if one.exact else "prefix": one.path}} for one in paths]
    destination = {"host": service, "port": {"number": backend.port}}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name},
        "spec": {
            "hosts": ["*"] if "" in hosts else sorted(hosts),
            "gateways": [gateway],
            "http": [{"match": matches, "route": [{"destination": destination}]}],
        },
    }


def make_gateway(choices: Choices) -> Json | None:
    """Return the one Gateway that all routes of a tree belong to; None where they need none, or belong to another."""
    if choices.gateway:
        return None
    if choices.traffic == "gateway":
        listener = {"name": "http", "port": 80, "protocol": "HTTP"}
        return {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": GATEWAY},
            "spec": {"gatewayClassName": choices.gateway_class, "listeners": [listener]},
        }
    if choices.traffic == "istio":
        server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}
        return {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": GATEWAY},
            "spec": {"selector": {"istio": "ingressgateway"}, "servers": [server]},
        }
    return None


def make_policy(name: str, selector: Json, definition: TaskDefinitionSpec) -> Json | None:
    """Return the NetworkPolicy of a service: to its ports from anywhere, as kecs lets in; None where it maps none."""
    base: Json = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}}
    if definition.networkMode == "none":
        return {**base, "spec": {"podSelector": selector, "policyTypes": ["Ingress", "Egress"]}}
    ports = list(_policy_ports(definition))
    if not ports or definition.networkMode == "host":
        return None
    return {**base, "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"ports": ports}]}}


def _policy_ports(definition: TaskDefinitionSpec) -> Iterator[Json]:
    """Yield the ports of a policy; numbers that follow each other are one range."""
    found = sorted({(port["protocol"], port["targetPort"]) for port in service_ports(definition)})
    while found:
        protocol, first = found[0]
        last = first
        while (protocol, last + 1) in found:
            last += 1
        found = [one for one in found if not (one[0] == protocol and first <= one[1] <= last)]
        yield {"protocol": protocol, "port": first, **({"endPort": last} if last > first else {})}
