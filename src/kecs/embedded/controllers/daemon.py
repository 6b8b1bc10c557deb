"""What a daemon set needs on each node: pure functions of the set, the nodes and its pods."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from kecs.embedded.controllers import affinity
from kecs.embedded.controllers.kinds import DaemonSet, DaemonSetStatus
from kecs.embedded.controllers.pods import available_in
from kecs.embedded.controllers.rollout import scaled
from kecs.embedded.controllers.views import Json, Node, Pod, PodSpec

HASH = "controller-revision-hash"
GENERATION = "pod-template-generation"

_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_TOLERATED_ON_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


@dataclass(slots=True)
class Plan:
    """Nodes that need a pod, and pods that have to go."""

    create: list[str] = field(default_factory=list)
    delete: list[Pod] = field(default_factory=list)


def spec_for(one: DaemonSet, node: str) -> Json:
    """Return the spec of the pod for a node: bound to it by affinity, bearing what a daemon has to bear."""
    spec: Json = msgspec.json.decode(msgspec.json.encode(one.spec.template.get("spec") or {}))
    field_term = {"key": "metadata.name", "operator": "In", "values": [node]}
    node_affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    node_affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {
        "nodeSelectorTerms": [{"matchFields": [field_term]}]
    }
    spec["tolerations"] = tolerations(spec)
    return spec


def tolerations(spec: Json) -> list[Json]:
    """Return the tolerations of a template with those of every daemon."""
    found: list[Json] = list(spec.get("tolerations") or [])
    wanted = [*_TOLERATED, *([_TOLERATED_ON_HOST_NETWORK] if spec.get("hostNetwork") else [])]
    for key, effect in wanted:
        extra = {"key": key, "operator": "Exists", "effect": effect}
        if extra not in found:
            found.append(extra)
    return found


def template_spec(one: DaemonSet) -> PodSpec:
    """Return the template's spec, to be matched against nodes."""
    spec = one.spec.template.get("spec") or {}
    return msgspec.convert({**spec, "tolerations": tolerations(spec)}, PodSpec)


def suits(spec: PodSpec, node: Node) -> tuple[bool, bool]:
    """Say whether a node should get a pod, and whether a pod that is there may stay."""
    if not affinity.selects(spec, node):
        return False, False
    if affinity.untolerated(spec.tolerations, node, ("NoExecute",)):
        return False, False
    return not affinity.untolerated(spec.tolerations, node), True


def target(pod: Pod) -> str:
    """Return the node that a pod is on or meant for."""
    return pod.spec.nodeName or affinity.named_node(pod.spec) or ""


def by_node(pods: Iterable[Pod]) -> dict[str, list[Pod]]:
    """Return the pods by their node, the oldest first."""
    found: dict[str, list[Pod]] = {}
    for pod in sorted(pods, key=lambda pod: (pod.metadata.creationTimestamp, pod.metadata.name)):
        found.setdefault(target(pod), []).append(pod)
    return found


def decide(
    one: DaemonSet,
    nodes: Sequence[Node],
    placed: Mapping[str, Sequence[Pod]],
    current: str,
    available: Callable[[Pod], bool],
    ending: Callable[[Pod], bool],
) -> Plan:
    """Return what to make and delete. `current` is the hash of the template; `ending` pods are on their way out."""
    plan = Plan()
    spec = template_spec(one)
    wanted: list[str] = []
    known = set()
    for node in nodes:
        name = node.metadata.name
        known.add(name)
        run, stay = suits(spec, node)
        pods = placed.get(name, ())
        if not stay:
            plan.delete += [pod for pod in pods if not ending(pod)]
            continue
        if run:
            wanted.append(name)
        if run and not pods:
            plan.create.append(name)
        plan.delete += [pod for pod in pods if pod.over and not ending(pod)]
        plan.delete += _surplus(one, [pod for pod in pods if not pod.over and not ending(pod)], current, available)
    for name, pods in placed.items():
        if name not in known:
            plan.delete += [pod for pod in pods if not ending(pod)]
    if one.spec.updateStrategy.type == "RollingUpdate":
        _roll(one, wanted, placed, current, available, ending, plan)
    return plan


def _surplus(one: DaemonSet, living: Sequence[Pod], current: str, available: Callable[[Pod], bool]) -> list[Pod]:
    """Return the pods of a node beyond the one that it needs (two while a surge replaces one)."""
    if len(living) <= 1:
        return []
    if _limits(one, 100)[1] == 0:
        return list(living[1:])
    new = [pod for pod in living if _hash(pod) == current]
    old = [pod for pod in living if _hash(pod) != current]
    done = bool(new) and available(new[0])
    return [*new[1:], *(old if done else old[1:])]


def _hash(pod: Pod) -> str:
    return (pod.metadata.labels or {}).get(HASH, "")


def _limits(one: DaemonSet, total: int) -> tuple[int, int]:
    """Return how many pods may be unavailable, and how many may be beside an old one."""
    rolling = one.spec.updateStrategy.rollingUpdate
    unavailable = scaled(rolling.maxUnavailable if rolling else 1, total, up=True)
    surge = scaled(rolling.maxSurge if rolling else 0, total, up=True)
    return (unavailable if unavailable or surge else 1), surge


def _roll(
    one: DaemonSet,
    wanted: Sequence[str],
    placed: Mapping[str, Sequence[Pod]],
    current: str,
    available: Callable[[Pod], bool],
    ending: Callable[[Pod], bool],
    plan: Plan,
) -> None:
    """Add what the rolling update does next: what is not available anyway is replaced first."""
    most_unavailable, most_surge = _limits(one, len(wanted))
    going = {pod.metadata.uid for pod in plan.delete}
    coming = set(plan.create)
    unavailable = surging = 0
    free: list[tuple[str, Pod]] = []
    held: list[tuple[str, Pod]] = []
    for name in wanted:
        pods = [pod for pod in placed.get(name, ()) if not pod.over and pod.metadata.uid not in going]
        new = next((pod for pod in pods if _hash(pod) == current), None)
        old = next((pod for pod in pods if _hash(pod) != current), None)
        if new is not None and old is not None:
            surging += ending(new) or not available(new)
        elif new is not None:
            unavailable += ending(new) or not available(new)
        elif old is None:
            unavailable += 1
        elif ending(old):
            unavailable += 1
            if most_surge and name not in coming:
                plan.create.append(name)
        elif available(old):
            held.append((name, old))
        else:
            unavailable += 1
            free.append((name, old))
    if most_surge:
        room = max(0, most_surge - surging)
        plan.create += [name for name, _ in (*free, *held[:room]) if name not in coming]
    else:
        room = max(0, most_unavailable - unavailable)
        plan.delete += [pod for _, pod in (*free, *held[:room])]


def observed(
    one: DaemonSet,
    nodes: Iterable[Node],
    placed: Mapping[str, Sequence[Pod]],
    current: str,
    now: float,
) -> tuple[DaemonSetStatus, float | None]:
    """Return the status, and in how many seconds a pod becomes available by mere waiting."""
    result = DaemonSetStatus(observedGeneration=one.metadata.generation, collisionCount=one.status.collisionCount)
    spec = template_spec(one)
    soonest: float | None = None
    for node in nodes:
        run, _ = suits(spec, node)
        pods = [pod for pod in placed.get(node.metadata.name, ()) if not pod.over]
        if not run:
            result.numberMisscheduled += bool(pods)
            continue
        result.desiredNumberScheduled += 1
        if not pods:
            continue
        result.currentNumberScheduled += 1
        # Of two during a surge the old one speaks, until it is gone.
        pod = min(pods, key=lambda each: (each.metadata.creationTimestamp, each.metadata.name))
        result.updatedNumberScheduled += _hash(pod) == current
        after = available_in(pod, one.spec.minReadySeconds, now)
        if after is None:
            continue
        result.numberReady += 1
        if not after:
            result.numberAvailable += 1
        else:
            soonest = after if soonest is None else min(soonest, after)
    result.numberUnavailable = result.desiredNumberScheduled - result.numberAvailable
    return result, soonest
