"""Security groups as a NetworkPolicy: who may come to the tasks of a service.

| a rule of a security group | becomes |
|---|---|
| a range of addresses, with protocol and ports | an `ipBlock` with them |
| another group, or itself | the pods of the services of the tree that are in it |
| a group that no service is in, a prefix list | nothing: the report says so |
| ICMP | nothing: a NetworkPolicy has no ports of it |
| rules for what leaves, other than everything everywhere | nothing: the report says so |

Ports that a load balancer leads to stay open to everybody, as the proxies of the cluster are nobody's peers. Without
the groups of a service among the sources all ports that it maps are open.
"""

import ipaddress
from collections.abc import Collection, Iterator, Sequence

import msgspec

from kecs.export.application import Exported
from kecs.export.readable import NAME
from kecs.export.surroundings import Fact
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.network import service_ports

_PROTOCOLS = {"tcp": "TCP", "6": "TCP", "udp": "UDP", "17": "UDP", "sctp": "SCTP", "132": "SCTP"}
_ALL = ("-1", "all", "")
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_LAST_PORT = 65535


class Permission(msgspec.Struct, frozen=True):
    """One rule of a security group: what it lets in, and what of it a NetworkPolicy cannot say."""

    fact: Fact
    group: str
    ports: Sequence[Json]
    peers: Sequence[Json]
    reason: str = ""

    @property
    def line(self) -> int:
        """The line of it, or of what it is in; templates and plans call it otherwise than the API does."""
        path = self.fact.path
        called = (path.replace("ipPermissions[", f"{name}[") for name in ("SecurityGroupIngress", "ingress"))
        return max(self.fact.document.line_of(one) for one in (path, *called))

    def is_within(self, ports: Collection[int | None]) -> bool:
        """Say whether it is of some of these ports alone."""
        spans = [(one.get("port"), one.get("endPort")) for one in self.ports]
        return bool(spans) and all(
            first and all(port in ports for port in range(first, (last or first) + 1)) for first, last in spans
        )

    @property
    def rule(self) -> Json | None:
        """The rule of the NetworkPolicy; None where there is none."""
        if not self.peers:
            return None
        return {**({"ports": list(self.ports)} if self.ports else {}), "from": list(self.peers)}


def permissions(exported: Exported) -> list[Permission]:
    """Return the rules of a service's security groups for what comes in."""
    return [
        _permission(fact, ident, exported)
        for ident, facts in exported.security.items()
        for group in facts
        for fact in group.parts("ipPermissions")
    ]


def restricted(exported: Exported) -> list[Fact]:
    """Return the rules for what leaves that do not let everything go everywhere."""
    found = [fact for facts in exported.security.values() for one in facts for fact in one.parts("ipPermissionsEgress")]
    anything = any(
        fact.text("ipProtocol") in _ALL and any(one in _EVERYWHERE for one in _ranges(fact)) for fact in found
    )
    return [] if anything else found


def balanced(exported: Exported) -> set[int | None]:
    """Return the ports that a load balancer leads to."""
    return {one.containerPort for one in exported.spec.loadBalancers or ()}


def is_known(exported: Exported) -> bool:
    """Say whether all security groups of a service are among the sources."""
    return bool(exported.security) and all(exported.security.values())


def _permission(fact: Fact, ident: str, exported: Exported) -> Permission:
    protocol = fact.text("ipProtocol").lower()
    if protocol not in _ALL and protocol not in _PROTOCOLS:
        return Permission(fact, ident, (), (), f"a NetworkPolicy has no rules for {protocol}")
    ports = _ports(fact, protocol)
    if ports is None:
        return Permission(fact, ident, (), (), "its ports are not known: add a rule for them")
    ranges = {one: _network(one) for one in _ranges(fact)}
    peers: list[Json] = [{"ipBlock": {"cidr": one}} for one in ranges.values() if one]
    missing = [one for one, network in ranges.items() if not network]
    for pair in fact.parts("userIdGroupPairs"):
        peer = pair.text("groupId") or pair.text("groupName")
        pods = exported.peers.get(peer, ())
        if pods:
            peers.append({"podSelector": _selector(pods)})
        else:
            missing.append(peer)
    missing += [one.text("prefixListId") for one in fact.parts("prefixListIds")]
    reason = f"who is in {', '.join(missing)} is not in the tree: add a `from` for them" if missing else ""
    return Permission(fact, ident, ports, tuple(peers), reason)


def _ranges(fact: Fact) -> list[str]:
    return [
        *(one.text("cidrIp") for one in fact.parts("ipRanges")),
        *(one.text("cidrIpv6") for one in fact.parts("ipv6Ranges")),
    ]


def _network(text: str) -> str:
    """Return a range of addresses as Kubernetes wants it; empty for what is none, as what only AWS knows."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return ""


def _selector(pods: Sequence[str]) -> Json:
    if len(pods) == 1:
        return {"matchLabels": {NAME: pods[0]}}
    return {"matchExpressions": [{"key": NAME, "operator": "In", "values": sorted(pods)}]}


def _ports(fact: Fact, protocol: str) -> Sequence[Json] | None:
    """Return the ports of a rule, none for all of them; None where they are not known."""
    if protocol in _ALL:
        return ()
    first, last = fact.number("fromPort"), fact.number("toPort")
    if any(fact.text(name) and number is None for name, number in (("fromPort", first), ("toPort", last))):
        return None
    first = max(1, first or 0)
    last = _LAST_PORT if last is None or last < 0 else last
    if not first <= last <= _LAST_PORT:
        return None
    made: Json = {"protocol": _PROTOCOLS[protocol]}
    if (first, last) != (1, _LAST_PORT):
        made["port"] = first
        if last > first:
            made["endPort"] = last
    return (made,)


def make_policy(name: str, selector: Json, exported: Exported, definition: TaskDefinitionSpec) -> Json | None:
    """Return the NetworkPolicy of a service; None where it maps no port and nothing is known of its groups."""
    base: Json = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}}
    if definition.networkMode == "none":
        return {**base, "spec": {"podSelector": selector, "policyTypes": ["Ingress", "Egress"]}}
    if definition.networkMode == "host":
        return None
    if is_known(exported):
        rules = [rule for one in permissions(exported) if (rule := one.rule)]
        open_ports = list(_policy_ports(definition, only=balanced(exported)))
        rules = [*([{"ports": open_ports}] if open_ports else []), *_distinct(rules)]
        return {**base, "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": rules}}
    ports = list(_policy_ports(definition))
    if not ports:
        return None
    return {**base, "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"ports": ports}]}}


def _distinct(rules: list[Json]) -> list[Json]:
    return [rule for at, rule in enumerate(rules) if rule not in rules[:at]]


def _policy_ports(definition: TaskDefinitionSpec, only: Collection[int | None] | None = None) -> Iterator[Json]:
    """Yield the ports of a policy, or `only` these; numbers that follow each other are one range."""
    known = {(port["protocol"], port["targetPort"]) for port in service_ports(definition)}
    found = sorted(one for one in known if only is None or one[1] in only)
    while found:
        protocol, first = found[0]
        last = first
        while (protocol, last + 1) in found:
            last += 1
        found = [one for one in found if not (one[0] == protocol and first <= one[1] <= last)]
        yield {"protocol": protocol, "port": first, **({"endPort": last} if last > first else {})}
