"""What lets traffic in: target groups as an Ingress, a route of the Gateway API, or one of Istio; and who may come.

A service's own sources seldom tell hosts and listeners, so a route takes every host and path unless listener rules are
among the sources.
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


class Backend(msgspec.Struct, frozen=True):
    """One load balancer entry of a service that can be carried: the port, and its target group where it is known."""

    port: int
    group: Fact | None = None
    classic: bool = False

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
            found.setdefault(balancer.containerPort, Backend(balancer.containerPort, group, not arn))
    return list(found.values())


def _is_of(group: Fact, arn: str) -> bool:
    own = group.text("targetGroupArn")
    return arn == own if own else f"/{group.text('logicalName')}/" in arn or arn.endswith(group.text("logicalName"))


def make_routes(exported: Exported, ports: Sequence[int], choices: Choices) -> list[Json]:
    """Return what leads HTTP to a service's ports; nothing where it has no load balancer, or one of connections."""
    mine = [one for one in backends(exported) if not one.is_connection and one.port in ports]
    makers = {"ingress": _ingress, "gateway": _http_route, "istio": _virtual_service}
    name = exported.object_name
    return [
        makers[choices.traffic](name if len(mine) == 1 else names.label(f"{name}-{one.port}"), name, one.port)
        for one in mine
    ]


def _ingress(name: str, service: str, port: int) -> Json:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": port}}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": [{"http": {"paths": [path]}}]},
    }


GATEWAY = "gateway"


def _http_route(name: str, service: str, port: int) -> Json:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {
            "parentRefs": [{"name": GATEWAY}],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"name": service, "port": port}],
                }
            ],
        },
    }


def _virtual_service(name: str, service: str, port: int) -> Json:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name},
        "spec": {
            "hosts": ["*"],
            "gateways": [GATEWAY],
            "http": [{"route": [{"destination": {"host": service, "port": {"number": port}}}]}],
        },
    }


def make_gateway(choices: Choices) -> Json | None:
    """Return the one Gateway that all routes of a tree belong to; None for Ingresses, which need none."""
    if choices.traffic == "gateway":
        listener = {"name": "http", "port": 80, "protocol": "HTTP"}
        return {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": GATEWAY},
            "spec": {"gatewayClassName": "default", "listeners": [listener]},
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
