"""The columns of what connects pods: services, endpoints, ingresses, network policies."""

from typing import Any

from kecs.embedded.http.columns.base import (
    AGE,
    NAME,
    NONE,
    UNSET,
    Column,
    Printer,
    age,
    at,
    name,
    pairs,
    plain,
    selector,
    shortened,
    wide,
)
from kecs.kube.api import Json

_SHOWN_ADDRESSES = 3


def _service(value: Json, now: float) -> list[Any]:
    spec = value.get("spec") or {}
    addresses = spec.get("clusterIPs") or ()
    internal = (addresses[0] if addresses else spec.get("clusterIP")) or NONE
    ports = ",".join(_service_port(port) for port in spec.get("ports") or ()) or NONE
    kind = spec.get("type", "")
    return [name(value), kind, internal, _external(value, spec), ports, age(value, now), pairs(spec.get("selector"))]


def _service_port(port: Json) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol', 'TCP')}"


def _external(value: Json, spec: Json) -> str:
    external = list(spec.get("externalIPs") or ())
    if spec.get("type") == "ExternalName":
        return spec.get("externalName") or NONE
    if spec.get("type") == "LoadBalancer":
        balancer = _balancer(value)
        if external:
            return ",".join([*balancer, *external])
        return ",".join(balancer) or "<pending>"
    return ",".join(external) or NONE


def _balancer(value: Json) -> list[str]:
    found = [one.get("ip") or one.get("hostname") for one in at(value, "status", "loadBalancer", "ingress") or ()]
    return sorted({address for address in found if address})


SERVICE = Printer(
    (NAME, *plain("Type", "Cluster-IP", "External-IP", "Port(s)"), AGE, *wide("Selector")),
    _service,
)


def _endpoint_slice(value: Json, now: float) -> list[Any]:
    ports = value.get("ports")
    shown_ports = shortened((_slice_port(port) for port in ports), 3) if ports else UNSET
    endpoints = [address for one in value.get("endpoints") or () for address in one.get("addresses") or ()]
    shown = shortened(endpoints, _SHOWN_ADDRESSES) if endpoints else UNSET
    return [name(value), value.get("addressType", ""), shown_ports, shown, age(value, now)]


def _slice_port(port: Json) -> str:
    number = port.get("port")
    return "*" if number is None else str(number)


ENDPOINT_SLICE = Printer((NAME, *plain("AddressType", "Ports", "Endpoints"), AGE), _endpoint_slice)


def _endpoints(value: Json, now: float) -> list[Any]:
    found: list[str] = []
    for subset in value.get("subsets") or ():
        addresses = [one.get("ip", "") for one in subset.get("addresses") or ()]
        ports = [port.get("port") for port in subset.get("ports") or ()]
        found += [f"{address}:{port}" for port in ports for address in addresses] if ports else addresses
    return [name(value), shortened(found, _SHOWN_ADDRESSES) or NONE, age(value, now)]


ENDPOINTS = Printer((NAME, Column("Endpoints"), AGE), _endpoints)


def _ingress(value: Json, now: float) -> list[Any]:
    spec = value.get("spec") or {}
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    ports = "80, 443" if spec.get("tls") else "80"
    addresses = ",".join(_balancer(value))
    return [
        name(value),
        spec.get("ingressClassName") or NONE,
        shortened(hosts, 3) or "*",
        addresses,
        ports,
        age(value, now),
    ]


INGRESS = Printer((NAME, *plain("Class", "Hosts", "Address", "Ports"), AGE), _ingress)


def _ingress_class(value: Json, now: float) -> list[Any]:
    reference = at(value, "spec", "parameters")
    shown = NONE
    if reference:
        group = f".{reference['apiGroup']}" if reference.get("apiGroup") else ""
        shown = f"{reference.get('kind')}{group}/{reference.get('name')}"
    return [name(value), at(value, "spec", "controller") or "", shown, age(value, now)]


INGRESS_CLASS = Printer((NAME, *plain("Controller", "Parameters"), AGE), _ingress_class)


def _network_policy(value: Json, now: float) -> list[Any]:
    return [name(value), selector(at(value, "spec", "podSelector")), age(value, now)]


NETWORK_POLICY = Printer((NAME, Column("Pod-Selector"), AGE), _network_policy)
