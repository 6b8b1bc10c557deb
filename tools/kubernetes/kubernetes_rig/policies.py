"""NetworkPolicies, enforced: packets of the node's pods go through chains that say what the policies say.

What a node's agent does elsewhere; none of those is had as a module whose checksum is known. Packets between pods of
one bridge go by the node's rules, too. They are in the table `mangle`, where addresses of services are those of pods
already, and which the proxy leaves alone. What the node itself sends, as the kubelet's probes, goes through no chain.
"""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import Any

from kubernetes_rig.api import Api
from kubernetes_rig.layout import Layout
from kubernetes_rig.needs import tool

_Json = dict[str, Any]
_LOOK_SECONDS = 0.5
_KINDS = ("/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/pods", "/api/v1/namespaces")
_HOOKS = ("FORWARD", "INPUT")  # on to other pods and further, and to the node itself
_ANYWHERE = "0.0.0.0/0"


def enforce(layout: Layout) -> None:
    """Keep the node's rules as the policies are, until the process is ended."""
    api, known = Api(layout), ""
    while True:
        found = [api.get(path) for path in _KINDS]
        if all(found):
            text = rules(*(one["items"] for one in found))
            if text != known:
                _load(text)
                known = text
        time.sleep(_LOOK_SECONDS)


def _load(text: str) -> None:
    """Put the chains in the place of those before, all at once, and lead packets to them."""
    restore = [tool("iptables-restore"), "--noflush"]
    done = subprocess.run(restore, input=text, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"iptables-restore: {done.stderr}\n{text}")
    for hook in _HOOKS:
        where = (tool("iptables"), "--table", "mangle")
        if subprocess.run([*where, "--check", hook, "--jump", "RIG"], check=False, capture_output=True).returncode:
            subprocess.run([*where, "--append", hook, "--jump", "RIG"], check=True)


def rules(policies: list[_Json], pods: list[_Json], namespaces: list[_Json]) -> str:
    """Return what iptables-restore reads: for each pod that policies select, what it may send, and what may reach it.

    What leaves a pod and may is looked at once more on its way in; the end of a chain is a refusal.
    """
    world = _World(pods, namespaces)
    lines = ["-A RIG -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"]
    chains = ["RIG", "RIG-IN"]
    for number, pod in enumerate(world.pods):
        about = [policy for policy in policies if world.selects(policy, pod)]
        for kind, member, peers, end, entry, onward in (
            ("Egress", "egress", "to", "-d", f"-A RIG -s {_address(pod)}", "RIG-IN"),
            ("Ingress", "ingress", "from", "-s", f"-A RIG-IN -d {_address(pod)}", "ACCEPT"),
        ):
            of_the_kind = [policy for policy in about if kind in policy["spec"].get("policyTypes", ())]
            if not of_the_kind:
                continue
            chain = f"RIG-{kind}-{number}"
            chains.append(chain)
            lines.append(f"{entry} -j {chain}")
            for policy in of_the_kind:
                for rule in policy["spec"].get(member) or ():
                    receiver = pod if kind == "Ingress" else None
                    matches = world.matches(policy, rule, rule.get(peers), end, receiver)
                    lines += [f"-A {chain}{match} -j {onward}" for match in matches]
            lines.append(f"-A {chain} -j DROP")
    lines += ["-A RIG -j RIG-IN", "-A RIG-IN -j ACCEPT"]
    declared = [f":{chain} - [0:0]" for chain in chains]
    return "\n".join(["*mangle", *declared, *lines, "COMMIT", ""])


class _World:
    """The pods that have an address of their own, and their namespaces' labels."""

    def __init__(self, pods: list[_Json], namespaces: list[_Json]) -> None:
        alive = [pod for pod in pods if pod["status"].get("phase") in ("Pending", "Running") and _address(pod)]
        self.pods = [pod for pod in alive if not pod["spec"].get("hostNetwork")]
        self._labels = {one["metadata"]["name"]: one["metadata"].get("labels", {}) for one in namespaces}

    def selects(self, policy: _Json, pod: _Json) -> bool:
        """Say whether a policy is about a pod."""
        same = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
        return same and _fits(policy["spec"].get("podSelector", {}), pod["metadata"].get("labels", {}))

    def matches(
        self, policy: _Json, rule: _Json, peers: list[_Json] | None, end: str, receiver: _Json | None
    ) -> Iterator[str]:
        """Yield what packets of a rule look like. `receiver` is whose ports have names; None for that of each peer."""
        for where, pod in self._places(policy, peers, end):
            for port in _ports(rule.get("ports"), receiver or pod):
                yield where + port

    def _places(self, policy: _Json, peers: list[_Json] | None, end: str) -> Iterator[tuple[str, _Json | None]]:
        if not peers:
            yield f" {end} {_ANYWHERE}", None
        for peer in peers or ():
            if block := peer.get("ipBlock"):
                # A match has one address at each end: what is left out is a set of ranges that the rest consists of.
                for part in _without(block["cidr"], block.get("except") or ()):
                    yield f" {end} {part}", None
                continue
            for pod in self.pods:
                if self._is_peer(policy, peer, pod):
                    yield f" {end} {_address(pod)}", pod

    def _is_peer(self, policy: _Json, peer: _Json, pod: _Json) -> bool:
        namespace = pod["metadata"]["namespace"]
        if "namespaceSelector" in peer:
            if not _fits(peer["namespaceSelector"] or {}, self._labels.get(namespace, {})):
                return False
        elif namespace != policy["metadata"]["namespace"]:
            return False
        return _fits(peer.get("podSelector") or {}, pod["metadata"].get("labels", {}))


def _address(pod: _Json) -> str:
    return str(pod["status"].get("podIP", ""))


def _without(cidr: str, excepted: Iterable[str]) -> list[str]:
    left = [IPv4Network(cidr)]
    for one in map(IPv4Network, excepted):
        left = [part for each in left for part in (each.address_exclude(one) if one.subnet_of(each) else [each])]
    return [str(part) for part in left]


def _ports(ports: list[_Json] | None, receiver: _Json | None) -> Iterator[str]:
    """Yield the ports of a rule as matches; a name is that of a port of the pod that receives."""
    if not ports:
        yield ""
    for port in ports or ():
        protocol = str(port.get("protocol", "TCP")).lower()
        number = port.get("port")
        if isinstance(number, str):
            number = _named(receiver, number, protocol)
            if number is None:
                continue
        if number is None:
            yield f" -p {protocol}"
        else:
            yield f" -p {protocol} --dport {number}:{port.get('endPort', number)}"


def _named(pod: _Json | None, name: str, protocol: str) -> int | None:
    for container in pod["spec"]["containers"] if pod else ():
        for port in container.get("ports") or ():
            if (port.get("name"), port.get("protocol", "TCP").lower()) == (name, protocol):
                return int(port["containerPort"])
    return None


def _fits(selector: _Json, labels: dict[str, str]) -> bool:
    """Say whether labels fit a selector; one without any terms fits all."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for term in selector.get("matchExpressions") or ():
        value, values = labels.get(term["key"]), term.get("values") or ()
        fits = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not fits[term["operator"]]:
            return False
    return True
