"""Where a pod can go, where it goes best, and, where it cannot go, why: pure functions of the pod and the ledger."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from kecs.embedded.controllers import affinity
from kecs.embedded.controllers.demand import Demand, demand
from kecs.embedded.controllers.ledger import Ledger, Namespaces, NodeBook
from kecs.embedded.controllers.views import Json, Pod, PodTerm, Spread
from kecs.kube.selectors import object_matcher

NamespacesOf = Callable[[Pod, PodTerm], Namespaces]

_HOPELESS = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


class Refusal(NamedTuple):
    """Why one node does not take a pod. `hopeless` says that no removal of other pods would help."""

    reasons: tuple[str, ...]
    hopeless: bool = True


class Decision(NamedTuple):
    """The node for a pod, or None and the message in the scheduler's words."""

    node: str | None
    message: str = ""


class _SpreadRule(NamedTuple):
    """A hard spread constraint, prepared for one pod: how many are in each domain, and the smallest number."""

    topology: str
    limit: int  # the most that a domain may have before this pod comes
    domains: Mapping[str, int]


class _PodRules(NamedTuple):
    """What the pods already placed mean for one pod."""

    near: Sequence[tuple[str, frozenset[str]]]  # topology key and the domains of which one is needed
    far: Sequence[tuple[str, frozenset[str]]]  # topology key and the domains that are excluded
    repelled: Sequence[tuple[str, frozenset[str]]]
    spread: Sequence[_SpreadRule]


def decide(pod: Pod, ledger: Ledger, namespaces_of: NamespacesOf) -> Decision:
    """Return the best node for a pod."""
    candidates = [book for book in ledger.nodes.values() if book.node is not None]
    if not candidates:
        return Decision(None, "no nodes available to schedule pods")
    wanted = demand(pod)
    rules = _pod_rules(pod, ledger, candidates, namespaces_of)
    feasible: list[NodeBook] = []
    refusals: list[Refusal] = []
    only = affinity.named_node(pod.spec)
    named = ledger.nodes.get(only) if only is not None else None
    if named is not None and _refusal(pod, wanted, named, rules) is None:
        return Decision(named.name)
    for book in candidates:
        refusal = _refusal(pod, wanted, book, rules)
        if refusal is None:
            feasible.append(book)
        else:
            refusals.append(refusal)
    if feasible:
        return Decision(_best(pod, wanted, feasible, ledger, namespaces_of).name)
    return Decision(None, explain(refusals))


def explain(refusals: Sequence[Refusal]) -> str:
    """Return the message of a pod that no node takes."""
    reasons = Counter(reason for one in refusals for reason in one.reasons)
    verdicts = Counter(_HOPELESS if one.hopeless else _NO_VICTIMS for one in refusals)
    return (
        f"0/{len(refusals)} nodes are available: {_counted(reasons)}. no new claims to deallocate, "
        f"preemption: 0/{len(refusals)} nodes are available: {_counted(verdicts)}."
    )


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))


def _refusal(pod: Pod, wanted: Demand, book: NodeBook, rules: _PodRules) -> Refusal | None:
    """Return why a node does not take the pod; the first rule that fails speaks."""
    node = book.node
    if node is None:
        return Refusal(("node(s) were unschedulable",))
    if affinity.cordoned(pod, node):
        return Refusal(("node(s) were unschedulable",))
    if affinity.untolerated(pod.spec.tolerations, node):
        return Refusal(("node(s) had untolerated taint(s)",))
    if not affinity.selects(pod.spec, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",))
    if book.taken(wanted.ports):
        return Refusal(("node(s) didn't have free ports for the requested pod ports",), hopeless=False)
    return _short_of(wanted, book) or _against(rules, book.labels)


def _short_of(wanted: Demand, book: NodeBook) -> Refusal | None:
    reasons: list[str] = []
    hopeless = False
    if book.pods + 1 > book.allocatable.get("pods", 110):
        reasons.append("Too many pods")
    for name, amount in wanted.amounts.items():
        has = book.allocatable.get(name, 0)
        if amount and amount > has - book.used.get(name, 0):
            reasons.append(f"Insufficient {name}")
            hopeless = hopeless or amount > has
    return Refusal(tuple(reasons), hopeless) if reasons else None


def _against(rules: _PodRules, labels: Mapping[str, str]) -> Refusal | None:
    for rule in rules.spread:
        domain = labels.get(rule.topology)
        if domain is None:
            return Refusal(("node(s) didn't match pod topology spread constraints (missing required label)",))
        if rule.domains.get(domain, 0) > rule.limit:
            return Refusal(("node(s) didn't match pod topology spread constraints",), hopeless=False)
    if not all(labels.get(key) in domains for key, domains in rules.near):
        return Refusal(("node(s) didn't match pod affinity rules",))
    if any(labels.get(key) in domains for key, domains in rules.far):
        return Refusal(("node(s) didn't match pod anti-affinity rules",), hopeless=False)
    if any(labels.get(key) in domains for key, domains in rules.repelled):
        return Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",), hopeless=False)
    return None


def _pod_rules(pod: Pod, ledger: Ledger, candidates: Sequence[NodeBook], namespaces_of: NamespacesOf) -> _PodRules:
    repelled = [(one.topology, _domains(ledger, one.topology, one.by_node)) for one in ledger.repelled(pod)]
    near: list[tuple[str, frozenset[str]]] = []
    far: list[tuple[str, frozenset[str]]] = []
    terms = pod.spec.affinity
    if terms is not None and terms.podAffinity is not None:
        near = _near(pod, terms.podAffinity.requiredDuringSchedulingIgnoredDuringExecution, ledger, namespaces_of)
    if terms is not None and terms.podAntiAffinity is not None:
        for term in terms.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution:
            there = ledger.matching(namespaces_of(pod, term), _selector(pod, term))
            far.append((term.topologyKey, _domains(ledger, term.topologyKey, there)))
    hard = [one for one in pod.spec.topologySpreadConstraints if one.whenUnsatisfiable == "DoNotSchedule"]
    keys = {one.topologyKey for one in hard}
    return _PodRules(near, far, repelled, [_spread_rule(pod, one, keys, ledger, candidates) for one in hard])


def _near(
    pod: Pod, terms: Iterable[PodTerm], ledger: Ledger, namespaces_of: NamespacesOf
) -> list[tuple[str, frozenset[str]]]:
    found: list[tuple[str, frozenset[str]]] = []
    first_of_its_kind = True
    for term in terms:
        namespaces = namespaces_of(pod, term)
        there = ledger.matching(namespaces, _selector(pod, term))
        found.append((term.topologyKey, _domains(ledger, term.topologyKey, there)))
        itself = pod.metadata.namespace in namespaces and object_matcher(_selector(pod, term))(pod.metadata.labels)
        first_of_its_kind = first_of_its_kind and not there and itself
    if found and first_of_its_kind:
        # Nobody can be first where all want to be with their like, so the first may go anywhere with the label.
        return [(key, frozenset(book.labels[key] for book in ledger.nodes.values() if key in book.labels))
                for key, _ in found]  # fmt: skip
    return found


def _selector(pod: Pod, term: PodTerm | Spread) -> Json | None:
    """Return a term's selector, narrowed to the pods that share the values of `matchLabelKeys`."""
    labels = pod.metadata.labels or {}
    same = {key: labels[key] for key in term.matchLabelKeys if key in labels}
    if not same or term.labelSelector is None:
        return term.labelSelector
    return {**term.labelSelector, "matchLabels": {**(term.labelSelector.get("matchLabels") or {}), **same}}


def _domains(ledger: Ledger, key: str, by_node: Iterable[str]) -> frozenset[str]:
    values = (book.labels.get(key) for name in by_node if (book := ledger.nodes.get(name)) is not None)
    return frozenset(value for value in values if value is not None)


def _per_domain(key: str, books: Iterable[NodeBook], by_node: Mapping[str, int]) -> dict[str, int]:
    """Sum counts by the nodes' values of a label; nodes without it count nowhere."""
    found: dict[str, int] = {}
    for book in books:
        domain = book.labels.get(key)
        if domain is not None:
            found[domain] = found.get(domain, 0) + by_node.get(book.name, 0)
    return found


def _spread_rule(pod: Pod, one: Spread, keys: set[str], ledger: Ledger, candidates: Iterable[NodeBook]) -> _SpreadRule:
    selector = _selector(pod, one)
    counts = ledger.matching((pod.metadata.namespace,), selector, living=True)
    counted = [book for book in candidates if keys <= book.labels.keys() and _is_counted(pod, one, book)]
    domains = _per_domain(one.topologyKey, counted, counts)
    least = min(domains.values(), default=0)
    if one.minDomains is not None and len(domains) < one.minDomains:
        least = 0
    itself = 1 if object_matcher(selector)(pod.metadata.labels) else 0
    return _SpreadRule(one.topologyKey, one.maxSkew + least - itself, domains)


def _is_counted(pod: Pod, one: Spread, book: NodeBook) -> bool:
    """Say whether the spread over a node counts: not where the pod could not go anyway."""
    if book.node is None:
        return False
    if one.nodeAffinityPolicy == "Honor" and not affinity.selects(pod.spec, book.node):
        return False
    return one.nodeTaintsPolicy != "Honor" or not affinity.untolerated(pod.spec.tolerations, book.node)


# Which of the nodes that take the pod is best. Weights are those of Kubernetes's default profile.


def _best(
    pod: Pod, wanted: Demand, feasible: Sequence[NodeBook], ledger: Ledger, namespaces_of: NamespacesOf
) -> NodeBook:
    if len(feasible) == 1:
        return feasible[0]
    scores = [_room(wanted, book) for book in feasible]
    for weight, values in (
        (2.0, _scaled(_liked_nodes(pod, feasible))),
        (3.0, _scaled([-float(_mild_taints(pod, book)) for book in feasible])),
        (2.0, _scaled(_evenness(pod, feasible, ledger))),
        (2.0, _scaled(_liked_pods(pod, feasible, ledger, namespaces_of))),
    ):
        if values is not None:
            scores = [score + weight * value for score, value in zip(scores, values, strict=True)]
    # Of equals the emptiest, then the first by name, so that the choice does not depend on the order of the nodes.
    best = min(range(len(feasible)), key=lambda at: (-round(scores[at], 6), feasible[at].pods, feasible[at].name))
    return feasible[best]


def _room(wanted: Demand, book: NodeBook) -> float:
    """Return how much of cpu and memory would be left, 0 to 100."""
    total = 0.0
    for at, name in enumerate(("cpu", "memory")):
        has = book.allocatable.get(name, 0)
        if has:
            total += max(0.0, 100 * (has - book.scored[at] - wanted.scored[at]) / has)
    return total / 2


def _scaled(values: list[float] | None) -> list[float] | None:
    """Bring values to 0 … 100, or None where they tell no difference."""
    if values is None:
        return None
    low, high = min(values), max(values)
    return None if low == high else [100 * (value - low) / (high - low) for value in values]


def _liked_nodes(pod: Pod, feasible: Sequence[NodeBook]) -> list[float] | None:
    terms = pod.spec.affinity.nodeAffinity if pod.spec.affinity is not None else None
    if terms is None or not terms.preferredDuringSchedulingIgnoredDuringExecution:
        return None
    return [
        float(sum(one.weight for one in terms.preferredDuringSchedulingIgnoredDuringExecution
                  if book.node is not None and affinity.term_matches(one.preference, book.node)))
        for book in feasible
    ]  # fmt: skip


def _mild_taints(pod: Pod, book: NodeBook) -> int:
    return len(affinity.untolerated(pod.spec.tolerations, book.node, ("PreferNoSchedule",))) if book.node else 0


def _evenness(pod: Pod, feasible: Sequence[NodeBook], ledger: Ledger) -> list[float] | None:
    soft = [one for one in pod.spec.topologySpreadConstraints if one.whenUnsatisfiable == "ScheduleAnyway"]
    if not soft:
        return None
    scores = [0.0] * len(feasible)
    for one in soft:
        counts = ledger.matching((pod.metadata.namespace,), _selector(pod, one), living=True)
        domains = _per_domain(one.topologyKey, feasible, counts)
        crowd = max(domains.values(), default=0) + 1  # where the label is missing it is as good as full
        for at, book in enumerate(feasible):
            scores[at] -= domains.get(book.labels.get(one.topologyKey, ""), crowd) / one.maxSkew
    return scores


def _liked_pods(
    pod: Pod, feasible: Sequence[NodeBook], ledger: Ledger, namespaces_of: NamespacesOf
) -> list[float] | None:
    terms = pod.spec.affinity
    if terms is None:
        return None
    scores = [0.0] * len(feasible)
    for sign, some in ((1, terms.podAffinity), (-1, terms.podAntiAffinity)):
        for one in some.preferredDuringSchedulingIgnoredDuringExecution if some is not None else ():
            term = one.podAffinityTerm
            there = ledger.matching(namespaces_of(pod, term), _selector(pod, term))
            domains = _per_domain(term.topologyKey, ledger.nodes.values(), there)
            for at, book in enumerate(feasible):
                scores[at] += sign * one.weight * domains.get(book.labels.get(term.topologyKey, ""), 0)
    return scores
