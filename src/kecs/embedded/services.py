"""Services: their rules, and the addresses and node ports that they hold."""

import ipaddress
import random
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from kecs.embedded.entry import Change, Entry, text
from kecs.embedded.metadata import dns_1035_problem
from kecs.embedded.problems import Problems, duplicate, forbidden, invalid, required
from kecs.embedded.store import Store

Json = dict[str, Any]
T = TypeVar("T")

TABLE = "services"
_NETWORK = ipaddress.ip_network("10.96.0.0/16")
_PREFIX = b'{"metadata":{"resourceVersion":"'
_PORTS = range(30000, 32768)
_WITH_PORTS = ("NodePort", "LoadBalancer")


class _Port(msgspec.Struct):
    nodePort: int = 0


class _Spec(msgspec.Struct):
    clusterIPs: list[str] = []
    ports: list[_Port] = []


class _Service(msgspec.Struct):
    spec: _Spec


_decode = msgspec.json.Decoder(_Service).decode


class Addresses:
    """The cluster IPs and node ports in use, by the Services that are stored or staged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ips: set[str] = set()
        self._ports: set[int] = set()
        for names in store.namespaces(TABLE).values():
            for entry in names.values():
                self._add(entry)
        store.on_commit(self._see)

    def _see(self, changes: list[Change]) -> None:
        for change in changes:
            if change.table == TABLE:
                if change.old:
                    ips, ports = _held(change.old)
                    self._ips.difference_update(ips)
                    self._ports.difference_update(ports)
                if change.new:
                    self._add(change.new)

    def _add(self, entry: Entry) -> None:
        ips, ports = _held(entry)
        self._ips.update(ips)
        self._ports.update(ports)

    def allocate(self, service: Json, old: Json | None) -> Problems:
        """Give a Service what it lacks, and return what it asks for and cannot have."""
        spec, before = service["spec"], (old or {}).get("spec", {})
        staged = [_held(entry) for entry in self._store.staged(TABLE)]
        ips = _Used(self._ips, {ip for held in staged for ip in held[0]})
        ports = _Used(self._ports, {port for held in staged for port in held[1]})
        if old:
            _carry_over(spec, before)
        found = _allocate_ip(spec, before, ips)
        if spec["type"] in _WITH_PORTS:
            return found + _allocate_ports(spec, before, ports)
        for port in spec.get("ports", ()):
            port.pop("nodePort", None)
        return found


class _Used(Generic[T]):
    """What is held, by Services that are stored and by those that wait for it: looked at, never copied."""

    def __init__(self, *parts: set[T]) -> None:
        self._parts = parts

    def __contains__(self, one: T) -> bool:
        return any(one in part for part in self._parts)


def _allocate_ip(spec: Json, before: Json, used: _Used[str]) -> Problems:
    if spec["type"] == "ExternalName":
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            spec.pop(key, None)
        return []
    wanted = spec.get("clusterIP") or next(iter(spec.get("clusterIPs", ())), "")
    if not wanted:
        wanted = _free_ip(used)
    elif wanted not in ("None", before.get("clusterIP")):
        try:
            inside = ipaddress.ip_address(wanted) in _NETWORK
        except ValueError:
            detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            return [invalid("spec.clusterIPs[0]", wanted, detail)]
        why = "provided IP is already allocated" if wanted in used else ""
        if not inside:
            why = f"provided IP is not in the valid range. The range of valid IPs is {_NETWORK}"
        if why:
            return [invalid("spec.clusterIPs", [wanted], f"failed to allocate IP {wanted}: {why}")]
    spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
    return []


def _free_ip(used: _Used[str]) -> str:
    """Return a free address above the first 256, which a real cluster leaves to those who ask for one of them."""
    base = int(_NETWORK.network_address)
    while True:
        ip = str(ipaddress.ip_address(base + random.randrange(256, _NETWORK.num_addresses - 1)))  # noqa: S311
        if ip not in used:
            return ip


def _allocate_ports(spec: Json, before: Json, used: _Used[int]) -> Problems:
    found: Problems = []
    mine = {port.get("nodePort") for port in before.get("ports", ())}
    taken: set[int] = set()
    for index, port in enumerate(spec.get("ports", ())):
        wanted = port.get("nodePort", 0)
        path = f"spec.ports[{index}].nodePort"
        if not wanted:
            wanted = next(_free_ports(used, taken), 0)
            if not wanted:
                found.append(invalid(path, wanted, "failed to allocate a nodePort: range is full"))
        elif wanted not in _PORTS:
            detail = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            found.append(invalid(path, wanted, detail))
        elif wanted in taken or (wanted in used and wanted not in mine):
            found.append(invalid(path, wanted, "provided port is already allocated"))
        port["nodePort"] = wanted
        taken.add(wanted)
    return found


def _free_ports(used: _Used[int], taken: set[int]) -> Iterator[int]:
    start = random.randrange(len(_PORTS))  # noqa: S311  # not a secret
    for step in range(len(_PORTS)):
        port = _PORTS[(start + step) % len(_PORTS)]
        if port not in used and port not in taken:
            yield port


def _held(entry: Entry) -> tuple[list[str], list[int]]:
    spec = _decode(text(_PREFIX, entry)).spec
    return [one for one in spec.clusterIPs if one != "None"], [one.nodePort for one in spec.ports if one.nodePort]


def _carry_over(spec: Json, before: Json) -> None:
    """Keep what was allocated when a client sends the Service without it."""
    if before.get("type") == "ExternalName" or spec["type"] == "ExternalName":
        return
    for key in ("clusterIP", "clusterIPs"):
        if not spec.get(key) and before.get(key):
            spec[key] = before[key]
    numbers = {(one.get("port"), one.get("protocol")): one.get("nodePort") for one in before.get("ports", ())}
    if spec["type"] in _WITH_PORTS:
        for port in spec.get("ports", ()):
            number = numbers.get((port.get("port"), port.get("protocol")))
            if number and not port.get("nodePort"):
                port["nodePort"] = number


def prepare(service: Json) -> None:
    """Say of which family the addresses are, which is no choice of the client's."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    both = spec.get("clusterIP") == "None" and not spec.get("selector")  # then addresses are whoever's who gives them
    spec.setdefault("ipFamilyPolicy", "RequireDualStack" if both else "SingleStack")
    spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if both else ["IPv4"])


def check(service: Json) -> Problems:
    """Return what is wrong with a Service."""
    spec, found = service["spec"], []
    name = service["metadata"].get("name", "")
    if detail := dns_1035_problem(name):
        found.append(invalid("metadata.name", name, detail))
    ports = spec.get("ports", [])
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec["type"] != "ExternalName":
        found.append(required("spec.ports"))
    if spec["type"] == "ExternalName" and not spec.get("externalName"):
        found.append(required("spec.externalName"))
    names: set[str] = set()
    for index, port in enumerate(ports):
        where = f"spec.ports[{index}]"
        if not port.get("name") and len(ports) > 1:
            found.append(required(f"{where}.name"))
        elif port.get("name") in names:
            found.append(duplicate(f"{where}.name", port["name"]))
        names.add(port.get("name", ""))
        if not 0 < port.get("port", 0) < 65536:
            found.append(invalid(f"{where}.port", port.get("port", 0), "must be between 1 and 65535, inclusive"))
        target = port.get("targetPort")
        if isinstance(target, int) and not 0 < target < 65536:
            found.append(invalid(f"{where}.targetPort", target, "must be between 1 and 65535, inclusive"))
    if spec["type"] != "LoadBalancer" and service.get("status", {}).get("loadBalancer", {}).get("ingress"):
        found.append(forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'"))
    return found


def check_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed Service."""
    found = check(new) if (new["spec"], new.get("status")) != (old["spec"], old.get("status")) else []
    before, after = old["spec"].get("clusterIP"), new["spec"].get("clusterIP")
    if before and after != before and "ExternalName" not in (new["spec"]["type"], old["spec"]["type"]):
        found.append(invalid("spec.clusterIPs[0]", [after], "may not change once set"))
    return found
