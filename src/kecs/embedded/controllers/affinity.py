"""Whether a node suits a pod by what both say: node selectors, node affinity, taints and tolerations."""

from collections.abc import Iterable

from kecs.embedded.controllers.views import Expression, Labels, Node, NodeTerm, Pod, PodSpec, Taint, Toleration

_NOT_SCHEDULED = ("NoSchedule", "NoExecute")
UNSCHEDULABLE_TAINT = Taint("node.kubernetes.io/unschedulable", "NoSchedule")


def selects(spec: PodSpec, node: Node) -> bool:
    """Say whether a pod's node selector and required node affinity accept a node."""
    labels = node.metadata.labels or {}
    if spec.nodeSelector and not spec.nodeSelector.items() <= labels.items():
        return False
    if spec.affinity is None or spec.affinity.nodeAffinity is None:
        return True
    required = spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    return required is None or any(term_matches(term, node) for term in required.nodeSelectorTerms)


def term_matches(term: NodeTerm, node: Node) -> bool:
    """Say whether all conditions of a term hold; a term without any never does."""
    if not term.matchExpressions and not term.matchFields:
        return False
    labels = node.metadata.labels or {}
    fields = {"metadata.name": node.metadata.name}
    return all(_holds(one, labels) for one in term.matchExpressions) and all(
        _holds(one, fields) for one in term.matchFields
    )


def _holds(one: Expression, labels: Labels) -> bool:
    has = labels.get(one.key)
    match one.operator:
        case "In":
            return has is not None and has in one.values
        case "NotIn":
            return has is None or has not in one.values
        case "Exists":
            return has is not None
        case "DoesNotExist":
            return has is None
        case "Gt" | "Lt":
            try:
                number, bound = int(has or ""), int(one.values[0])
            except (ValueError, IndexError):
                return False
            return number > bound if one.operator == "Gt" else number < bound
    return False


def named_node(spec: PodSpec) -> str | None:
    """Return the only node that a pod's affinity admits by its name, as a daemon set's pods do."""
    if spec.affinity is None or spec.affinity.nodeAffinity is None:
        return None
    required = spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    if required is None or len(required.nodeSelectorTerms) != 1:
        return None
    for one in required.nodeSelectorTerms[0].matchFields:
        if one.key == "metadata.name" and one.operator == "In" and len(one.values) == 1:
            return one.values[0]
    return None


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Say whether one of the tolerations bears a taint."""
    return any(
        (not one.effect or one.effect == taint.effect)
        and (not one.key or one.key == taint.key)
        and (one.operator == "Exists" or (bool(one.key) and one.value == taint.value))
        for one in tolerations
    )


def untolerated(tolerations: Iterable[Toleration], node: Node, effects: Iterable[str] = _NOT_SCHEDULED) -> list[Taint]:
    """Return the taints of a node with one of the effects that nothing bears."""
    if not node.spec.taints:
        return []
    return [one for one in node.spec.taints if one.effect in effects and not tolerates(tolerations, one)]


def cordoned(pod: Pod, node: Node) -> bool:
    """Say whether a node takes no new pods, this one included."""
    return node.spec.unschedulable and not tolerates(pod.spec.tolerations, UNSCHEDULABLE_TAINT)
