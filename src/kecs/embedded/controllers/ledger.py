"""The scheduler's books: what every node has given, and how many pods of a kind are on each.

Kept up with each change, so that placing one pod costs as much as there are nodes, whatever the number of pods.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import msgspec

from kecs.embedded.controllers.demand import Amounts, Demand, HostPort, amounts, demand
from kecs.embedded.controllers.matching import Selectors
from kecs.embedded.controllers.views import Json, Node, Pod, PodTerm

Namespaces: TypeAlias = tuple[str, ...]
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104  # a port on all addresses meets one on any


class NodeBook:
    """One node: what it can give, what its pods take. `node` is None while only its pods are known."""

    __slots__ = ("allocatable", "name", "node", "pods", "ports", "scored", "used")

    def __init__(self, name: str) -> None:
        self.name = name
        self.node: Node | None = None
        self.allocatable: Amounts = {}
        self.used: Amounts = {}
        self.scored = [0, 0]
        self.pods = 0
        self.ports: dict[HostPort, int] = {}

    @property
    def labels(self) -> dict[str, str]:
        """The node's labels."""
        return (self.node.metadata.labels if self.node else None) or {}

    def set(self, node: Node | None) -> None:
        """Take over what the node says of itself."""
        self.node = node
        self.allocatable = amounts(node.status.allocatable or node.status.capacity) if node else {}

    def add(self, wanted: Demand, sign: int) -> None:
        """Book a pod's demand (`sign` 1), or cancel it (-1)."""
        self.pods += sign
        used = self.used
        for name, amount in wanted.amounts.items():
            used[name] = used.get(name, 0) + sign * amount
        self.scored[0] += sign * wanted.scored[0]
        self.scored[1] += sign * wanted.scored[1]
        for port in wanted.ports:
            count = self.ports.get(port, 0) + sign
            if count:
                self.ports[port] = count
            else:
                self.ports.pop(port, None)

    def taken(self, ports: Iterable[HostPort]) -> bool:
        """Say whether any of the ports is in use."""
        if not self.ports:
            return False
        for protocol, number, address in ports:
            for other_protocol, other_number, other_address in self.ports:
                if (protocol, number) == (other_protocol, other_number) and (
                    address == other_address or _ANY_ADDRESS in (address, other_address)
                ):
                    return True
        return False


class Group:
    """How many pods that match a selector are on each node. `living` leaves out those that are being deleted."""

    __slots__ = ("by_node", "living", "topology")

    def __init__(self, *, living: bool = False, topology: str = "") -> None:
        self.by_node: dict[str, int] = {}
        self.living = living
        self.topology = topology

    def add(self, node: str, sign: int) -> None:
        """Count a pod on a node, or cancel it."""
        count = self.by_node.get(node, 0) + sign
        if count:
            self.by_node[node] = count
        else:
            self.by_node.pop(node, None)


class Placed(NamedTuple):
    """A pod and the node whose books it is in."""

    node: str
    pod: Pod


GroupKey: TypeAlias = tuple[Namespaces, str, bool]
AntiKey: TypeAlias = tuple[Namespaces, str, str]
_MOST_GROUPS = 2000  # selectors counted at once; of more the oldest are forgotten, and counted anew when asked for


class Ledger:
    """All books. `namespaces_of` resolves the namespaces of an affinity term for a pod."""

    def __init__(self, namespaces_of: Callable[[Pod, PodTerm], Namespaces]) -> None:
        self.nodes: dict[str, NodeBook] = {}
        self.placed: dict[str, Placed] = {}
        self._namespaces_of = namespaces_of
        self._groups: dict[GroupKey, Group] = {}
        self._filed: Selectors[tuple[GroupKey, str]] = Selectors()
        self._anti: dict[AntiKey, Group] = {}
        self._anti_filed: Selectors[tuple[AntiKey, str]] = Selectors()
        self._anti_of: dict[str, list[AntiKey]] = {}  # by pod, as namespaces may match another term when it goes

    def set_node(self, name: str, node: Node | None) -> None:
        """Take over a node, or that it is gone."""
        book = self._book(name)
        book.set(node)
        if node is None and not book.pods:
            del self.nodes[name]

    def place(self, pod: Pod, node: str) -> None:
        """Book a pod on a node, in place of what was booked for it."""
        uid = pod.metadata.uid
        known = self.placed.get(uid)
        if known is not None:
            if known.node == node and _same(known.pod, pod):
                self.placed[uid] = Placed(node, pod)
                return
            self._count(known.pod, known.node, -1)
        self.placed[uid] = Placed(node, pod)
        self._count(pod, node, 1)

    def remove(self, uid: str) -> bool:
        """Cancel what is booked for a pod; return whether there was something."""
        known = self.placed.pop(uid, None)
        if known is not None:
            self._count(known.pod, known.node, -1)
        return known is not None

    def matching(self, namespaces: Namespaces, selector: Json | None, *, living: bool = False) -> dict[str, int]:
        """Return how many pods of the namespaces match a selector, by node (nodes without any are left out)."""
        key = (namespaces, _text(selector), living)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(living=living)
            for namespace in namespaces:
                self._filed.put((key, namespace), namespace, selector)
            self._count_all(key, group)
            if len(self._groups) > _MOST_GROUPS:
                self._forget(next(iter(self._groups)))
        return group.by_node

    def repelled(self, pod: Pod) -> list[Group]:
        """Return the groups of placed pods whose required anti-affinity is against this pod."""
        found = self._anti_filed.find(pod.metadata.namespace, pod.metadata.labels)
        return [self._anti[key] for key, _ in found]

    def _book(self, name: str) -> NodeBook:
        book = self.nodes.get(name)
        if book is None:
            book = self.nodes[name] = NodeBook(name)
        return book

    def _count(self, pod: Pod, node: str, sign: int) -> None:
        book = self._book(node)
        book.add(demand(pod), sign)
        if book.node is None and not book.pods:
            del self.nodes[node]
        for key, _ in list(self._filed.find(pod.metadata.namespace, pod.metadata.labels)):
            self._count_in(self._groups[key], pod, node, sign)
        if sign > 0:
            self._repel(pod, node)
        else:
            for anti in self._anti_of.pop(pod.metadata.uid, ()):
                self._repel_no_more(anti, node)

    @staticmethod
    def _count_in(group: Group, pod: Pod, node: str, sign: int) -> None:
        if not (group.living and pod.metadata.deletionTimestamp is not None):
            group.add(node, sign)

    def _count_all(self, key: GroupKey, group: Group) -> None:
        wanted = set(key[0])
        for node, pod in self.placed.values():
            if pod.metadata.namespace in wanted and any(
                found == key for found, _ in self._filed.find(pod.metadata.namespace, pod.metadata.labels)
            ):
                self._count_in(group, pod, node, 1)

    def _forget(self, key: GroupKey) -> None:
        del self._groups[key]
        for namespace in key[0]:
            self._filed.remove((key, namespace))

    def _repel(self, pod: Pod, node: str) -> None:
        affinity = pod.spec.affinity
        if affinity is None or affinity.podAntiAffinity is None:
            return
        keys: list[AntiKey] = []
        for term in affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution:
            namespaces = self._namespaces_of(pod, term)
            key = (namespaces, _text(term.labelSelector), term.topologyKey)
            group = self._anti.get(key)
            if group is None:
                group = self._anti[key] = Group(topology=term.topologyKey)
                for namespace in namespaces:
                    self._anti_filed.put((key, namespace), namespace, term.labelSelector)
            group.add(node, 1)
            keys.append(key)
        if keys:
            self._anti_of[pod.metadata.uid] = keys

    def _repel_no_more(self, key: AntiKey, node: str) -> None:
        group = self._anti[key]
        group.add(node, -1)
        if not group.by_node:
            del self._anti[key]
            for namespace in key[0]:
                self._anti_filed.remove((key, namespace))


def _same(old: Pod, new: Pod) -> bool:
    """Say whether two versions of a pod count alike."""
    before, after = old.metadata, new.metadata
    return (
        (before.generation == after.generation != 0 or old.spec == new.spec)
        and before.labels == after.labels
        and (before.deletionTimestamp is None) == (after.deletionTimestamp is None)
    )


def _text(selector: Any) -> str:
    return msgspec.json.encode(selector, order="sorted").decode()
