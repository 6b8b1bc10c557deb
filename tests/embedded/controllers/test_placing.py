"""A world of nodes and placed pods → where one more pod goes, or the scheduler's words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded.controllers import placing
from kecs.embedded.controllers.demand import demand
from kecs.embedded.controllers.ledger import Ledger, Namespaces
from kecs.embedded.controllers.views import Node, Pod, PodTerm
from kecs.kube.api import Json
from tests.embedded.controllers.make import node, pod

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
HOPELESS = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def own_namespace(one: Pod, term: PodTerm) -> Namespaces:
    return term.namespaces or (one.metadata.namespace,)


def world(nodes: list[Node], placed: dict[str, str] | None = None, **like: Any) -> Ledger:
    """Nodes, and pods named by the keys on the nodes named by the values."""
    ledger = Ledger(own_namespace)
    for one in nodes:
        ledger.set_node(one.metadata.name, one)
    for name, where in (placed or {}).items():
        ledger.place(pod(name, node=where, **like), where)
    return ledger


def place(one: Pod, ledger: Ledger) -> str | None:
    return placing.decide(one, ledger, own_namespace).node


def words(one: Pod, ledger: Ledger) -> str:
    decision = placing.decide(one, ledger, own_namespace)
    assert decision.node is None
    return decision.message


def refused(reasons: str, verdicts: str, nodes: int = 1) -> str:
    return (
        f"0/{nodes} nodes are available: {reasons}. no new claims to deallocate, "
        f"preemption: 0/{nodes} nodes are available: {verdicts}."
    )


def required(*expressions: Json, fields: list[Json] | None = None) -> Json:
    term = {"matchExpressions": list(expressions), "matchFields": fields or []}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def near(kind: str, key: str, **labels: str) -> Json:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": labels}}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def spread(when: str = "DoNotSchedule", key: str = ZONE, skew: int = 1, **more: Any) -> list[Json]:
    selector = {"matchLabels": {"app": "web"}}
    return [{"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": selector, **more}]


CORDONED: dict[str, Any] = {"unschedulable": True}
TAINTED: dict[str, Any] = {"taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]}
GATE: dict[str, Any] = {"container": {"ports": [{"containerPort": 80, "hostPort": 80}]}}

REFUSALS: dict[str, tuple[Pod, Ledger, str]] = {
    "too little": (
        pod(cpu="3", memory="9Gi"),
        world([node()], {"a": "node"}, cpu="2"),
        refused("1 Insufficient cpu, 1 Insufficient memory", f"1 {HOPELESS}"),
    ),
    "too little left": (
        pod(cpu="3"), world([node()], {"a": "node"}, cpu="2"), refused("1 Insufficient cpu", f"1 {NO_VICTIMS}"),
    ),
    "too many pods": (
        pod(), world([node(pods="1")], {"a": "node"}), refused("1 Too many pods", f"1 {NO_VICTIMS}"),
    ),
    "unknown resource": (
        pod(container={"resources": {"requests": {"nvidia.com/gpu": "1"}}}),
        world([node()]),
        refused("1 Insufficient nvidia.com/gpu", f"1 {HOPELESS}"),
    ),
    "cordoned": (pod(), world([node(**CORDONED)]), refused("1 node(s) were unschedulable", f"1 {HOPELESS}")),
    "tainted": (pod(), world([node(**TAINTED)]), refused("1 node(s) had untolerated taint(s)", f"1 {HOPELESS}")),
    "selector": (
        pod(nodeSelector={"disk": "ssd"}),
        world([node()]),
        refused("1 node(s) didn't match Pod's node affinity/selector", f"1 {HOPELESS}"),
    ),
    "ports": (
        pod(**GATE),
        world([node()], {"a": "node"}, **GATE),
        refused("1 node(s) didn't have free ports for the requested pod ports", f"1 {NO_VICTIMS}"),
    ),
    "several nodes": (
        pod(cpu="3"),
        world([node("a"), node("b", **TAINTED), node("c", cpu="1")], {"x": "a"}, cpu="2"),
        refused(
            "1 node(s) had untolerated taint(s), 2 Insufficient cpu", f"1 {NO_VICTIMS}, 2 {HOPELESS}", nodes=3
        ),
    ),
    "no company": (
        pod(affinity=near("podAffinity", HOST, app="db")),
        world([node()]),
        refused("1 node(s) didn't match pod affinity rules", f"1 {HOPELESS}"),
    ),
    "its like is there": (
        pod(labels={"app": "web"}, affinity=near("podAntiAffinity", HOST, app="web")),
        world([node()], {"a": "node"}, labels={"app": "web"}),
        refused("1 node(s) didn't match pod anti-affinity rules", f"1 {NO_VICTIMS}"),
    ),
    "somebody does not want it": (
        pod(labels={"app": "web"}),
        world([node()], {"a": "node"}, affinity=near("podAntiAffinity", HOST, app="web")),
        refused("1 node(s) didn't satisfy existing pods anti-affinity rules", f"1 {NO_VICTIMS}"),
    ),
    "no nodes": (pod(), world([]), "no nodes available to schedule pods"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_why_not(case: str) -> None:
    one, ledger, message = REFUSALS[case]
    assert words(one, ledger) == message


def test_hard_spread() -> None:
    nodes = [node("a", labels={ZONE: "1"}), node("b", labels={ZONE: "2"})]
    like: dict[str, Any] = {"labels": {"app": "web"}}
    wanted = pod(topologySpreadConstraints=spread(), cpu="1", **like)
    assert place(wanted, world(nodes, {"x": "a"}, **like)) == "b"
    full = world([nodes[0], node("b", labels={ZONE: "2"}, cpu="500m"), node("c")], {"x": "a"}, **like)
    assert words(wanted, full) == refused(
        "1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, "
        "1 node(s) didn't match pod topology spread constraints (missing required label)",
        f"1 {NO_VICTIMS}, 2 {HOPELESS}",
        nodes=3,
    )
    assert place(pod(topologySpreadConstraints=spread(skew=2), cpu="1", **like), full) == "a"
    few = pod(topologySpreadConstraints=spread(minDomains=3), **like)
    assert place(few, world(nodes, {"x": "a"}, **like)) == "b"
    assert place(few, world(nodes, {"x": "a", "y": "b"}, **like)) is None
    leaving: dict[str, Any] = {**like, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert place(wanted, world(nodes, {"x": "a", "y": "a"}, **leaving)) is not None  # those that leave do not count


@pytest.mark.parametrize(
    ("expression", "accepts"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}, True),
        ({"key": "disk", "operator": "NotIn", "values": ["ssd"]}, False),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "disk", "operator": "DoesNotExist"}, False),
        ({"key": "gone", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["7"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["8"]}, False),
        ({"key": "disk", "operator": "Gt", "values": ["7"]}, False),
        ({"key": "gone", "operator": "In", "values": [""]}, False),
    ],
)
def test_node_affinity(expression: Json, accepts: bool) -> None:
    ledger = world([node(labels={"disk": "ssd", "cores": "8"})])
    assert (place(pod(affinity=required(expression)), ledger) is not None) is accepts


def test_a_pod_for_one_node_goes_there_or_nowhere() -> None:
    fields = [{"key": "metadata.name", "operator": "In", "values": ["b"]}]
    one = pod(affinity=required(fields=fields), cpu="2")
    assert place(one, world([node("a"), node("b")])) == "b"
    assert words(one, world([node("a"), node("b", cpu="1")])) == refused(
        "1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector", f"2 {HOPELESS}", nodes=2
    )


@pytest.mark.parametrize(
    ("toleration", "accepts"),
    [
        ({"key": "dedicated", "value": "db"}, True),
        ({"key": "dedicated", "value": "web"}, False),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"operator": "Exists"}, True),
    ],
)
def test_tolerations(toleration: Json, accepts: bool) -> None:
    assert (place(pod(tolerations=[toleration]), world([node(**TAINTED)])) is not None) is accepts


def test_the_first_of_its_kind_may_want_company_of_its_kind() -> None:
    one = pod(labels={"app": "web"}, affinity=near("podAffinity", ZONE, app="web"))
    nodes = [node("a", labels={ZONE: "1"}), node("b", labels={ZONE: "2"}), node("c", labels={ZONE: "2"}), node("d")]
    assert place(one, world(nodes)) in ("a", "b", "c")
    assert place(one, world(nodes, {"x": "b"}, labels={"app": "web"})) in ("b", "c")


def test_the_emptiest_node_is_best_and_preferences_outweigh_it() -> None:
    mild: dict[str, Any] = {"taints": [{"key": "t", "effect": "PreferNoSchedule"}]}
    nodes = [node("a"), node("b", labels={"disk": "ssd"}), node("c", **mild)]
    assert place(pod(cpu="100m"), world(nodes, {"x": "a"}, cpu="2")) == "b"
    assert place(pod(cpu="100m"), world([nodes[2], nodes[0]], {"x": "a"}, cpu="2")) == "a"
    preference = {"weight": 10, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}
    liking = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}}
    assert place(pod(cpu="100m", affinity=liking), world(nodes, {"x": "b"}, cpu="1")) == "b"
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "web"}}}
    weighted = {"weight": 1, "podAffinityTerm": term}
    apart = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [weighted]}}
    ledger = world(nodes[:2], {"x": "b"}, labels={"app": "web"})
    assert place(pod(affinity=apart), ledger) == "a"
    soft = pod(labels={"app": "web"}, topologySpreadConstraints=spread("ScheduleAnyway", key=HOST))
    assert place(soft, ledger) == "a"


def test_pods_that_ask_for_nothing_spread_as_well() -> None:
    ledger = world([node("a"), node("b"), node("c")])
    for number in range(9):
        one = pod(f"pod-{number}")
        where = place(one, ledger)
        assert where
        ledger.place(one, where)
    assert {book.pods for book in ledger.nodes.values()} == {3}


def test_the_ledger_follows_pods_and_nodes() -> None:
    ledger = world([node("a")], {"x": "a", "y": "unknown"}, cpu="1", labels={"app": "web"})
    selector = {"matchLabels": {"app": "web"}}
    assert ledger.matching(("ns",), selector) == {"a": 1, "unknown": 1}
    moved = pod("y", node="a", cpu="2", labels={"app": "web"})
    ledger.place(moved, "a")
    assert ledger.nodes["a"].used == {"cpu": 3000}
    assert "unknown" not in ledger.nodes
    assert ledger.matching(("ns",), selector) == {"a": 2}
    ledger.place(pod("y", node="a", cpu="2", labels={"app": "db"}), "a")
    assert ledger.matching(("ns",), selector) == {"a": 1}
    assert ledger.remove("uid-x") is True
    assert ledger.remove("uid-x") is False
    assert ledger.nodes["a"].used == {"cpu": 2000}
    ledger.set_node("a", None)
    assert place(pod(), ledger) is None


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 2500), st.booleans(), st.integers(0, 3)), max_size=30))
def test_no_node_is_ever_given_more_than_it_has(asks: list[tuple[int, bool, int]]) -> None:
    """Pods come, some with a host port, and some of the earlier ones go."""
    ledger = world([node("a", cpu="4"), node("b", cpu="3", pods="4")])
    placed: list[Pod] = []
    for number, (cpu, gate, going) in enumerate(asks):
        ports = [{"containerPort": 1, "hostPort": 1}] if gate else []
        one = pod(f"p{number}", containers=[{"resources": {"requests": {"cpu": f"{cpu}m"}}, "ports": ports}])
        where = place(one, ledger)
        if where is not None:
            ledger.place(one, where)
            placed.append(one)
        for _ in range(going if len(placed) > 4 else 0):
            ledger.remove(placed.pop(0).metadata.uid)
    for book in ledger.nodes.values():
        there = [one for one in placed if ledger.placed[one.metadata.uid].node == book.name]
        assert book.used.get("cpu", 0) == sum(demand(one).amounts["cpu"] for one in there)
        assert book.used.get("cpu", 0) <= book.allocatable["cpu"]
        assert book.pods == len(there) <= book.allocatable["pods"]
        assert sum(1 for one in there if demand(one).ports) <= 1


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["come", "go"]), max_size=40), st.integers(1, 3))
def test_a_hard_spread_is_never_exceeded_by_placing(steps: list[str], skew: int) -> None:
    zones = {"a": "1", "b": "1", "c": "2", "d": "3"}
    ledger = world([node(name, labels={ZONE: zone}) for name, zone in zones.items()])
    count = 0
    for step in steps:
        count += 1
        one = pod(f"p{count}", labels={"app": "web"}, topologySpreadConstraints=spread(skew=skew))
        if step == "go" and ledger.placed:
            ledger.remove(next(iter(ledger.placed)))
            continue
        where = place(one, ledger)
        assert where is not None  # one that keeps the spread always exists
        ledger.place(one, where)
        per_zone = dict.fromkeys(zones.values(), 0)
        for placed in ledger.placed.values():
            per_zone[zones[placed.node]] += 1
        assert per_zone[zones[where]] - min(per_zone.values()) <= skew
