"""Nodes and a daemon set's pods → the pods to make and delete."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded.controllers import daemon
from kecs.embedded.controllers.daemon_set import to_drop
from kecs.embedded.controllers.kinds import ControllerRevision, DaemonSet
from kecs.embedded.controllers.views import Node, Pod
from kecs.kube.api import Json
from tests.embedded.controllers.make import meta, node, pod, rolling


def daemon_set(strategy: Json | None = None, **spec: Any) -> DaemonSet:
    body = {
        "metadata": meta("agent", generation=1),
        "spec": {
            "selector": {},
            "template": {"spec": {"containers": [{}], **spec}},
            "updateStrategy": strategy or rolling(0, 1),
        },
    }
    return msgspec.convert(body, DaemonSet)


def at(where: str, digest: str = "new", *, name: str = "", ready: bool = True, **more: Any) -> Pod:
    return pod(name or f"{where}-{digest}", node=where, ready=ready, labels={daemon.HASH: digest}, **more)


GOING: dict[str, Any] = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}


def plan(one: DaemonSet, nodes: list[Node], pods: list[Pod]) -> tuple[list[str], list[str]]:
    def ready(each: Pod) -> bool:
        return each.ready

    def ending(each: Pod) -> bool:
        return each.metadata.deletionTimestamp is not None

    found = daemon.decide(one, nodes, daemon.by_node(pods), "new", ready, ending)
    assert len(set(found.create)) == len(found.create)
    assert len({each.metadata.uid for each in found.delete}) == len(found.delete)
    return found.create, [each.metadata.name for each in found.delete]


def test_every_node_that_suits_gets_one() -> None:
    no_schedule: Any = {"taints": [{"key": "t", "effect": "NoSchedule"}]}
    no_execute: Any = {"taints": [{"key": "t", "effect": "NoExecute"}]}
    cordoned: Any = {
        "unschedulable": True,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
    }
    nodes = [node("a"), node("b", **no_schedule), node("c", **no_execute), node("d", **cordoned)]
    assert plan(daemon_set(), nodes, []) == (["a", "d"], [])
    # What is there may stay unless the node throws it out.
    assert plan(daemon_set(), nodes, [at("a"), at("b"), at("c"), at("d"), at("gone")]) == ([], ["c-new", "gone-new"])
    chosen = daemon_set(nodeSelector={"disk": "ssd"})
    assert plan(chosen, [node("a", labels={"disk": "ssd"}), node("b")], [at("b")]) == (["a"], ["b-new"])


def test_pods_that_are_over_are_replaced_after_they_are_gone() -> None:
    assert plan(daemon_set(), [node("a")], [at("a", ready=False, phase="Failed")]) == ([], ["a-new"])
    assert plan(daemon_set(), [node("a")], [at("a", ready=False, phase="Failed", **GOING)]) == ([], [])
    assert plan(daemon_set(), [node("a")], [at("a", **GOING)]) == ([], [])


def test_one_pod_too_many_goes() -> None:
    first = at("a", name="first", metadata={"creationTimestamp": "2026-01-01T00:00:00Z"})
    second = at("a", name="second", metadata={"creationTimestamp": "2026-01-02T00:00:00Z"})
    assert plan(daemon_set(), [node("a")], [second, first]) == ([], ["second"])


@pytest.mark.parametrize(
    ("surge", "unavailable", "pods", "create", "delete"),
    [
        (0, 1, [at("a", "old"), at("b", "old"), at("c", "old")], [], ["a-old"]),
        (0, 2, [at("a", "old"), at("b", "old"), at("c", "old")], [], ["a-old", "b-old"]),
        (0, 1, [at("a", ready=False), at("b", "old"), at("c", "old")], [], []),
        (0, 1, [at("a"), at("b", "old"), at("c", "old")], [], ["b-old"]),
        (0, 1, [at("a", "old"), at("b", "old", ready=False), at("c", "old")], [], ["b-old"]),
        (0, 1, [at("a", "old", **GOING), at("b", "old"), at("c", "old")], [], []),
        (0, "50%", [at("a", "old"), at("b", "old"), at("c", "old")], [], ["a-old", "b-old"]),
        (1, 0, [at("a", "old"), at("b", "old"), at("c", "old")], ["a"], []),
        (1, 0, [at("a", "old"), at("a", ready=False), at("b", "old"), at("c", "old")], [], []),
        (1, 0, [at("a", "old"), at("a"), at("b", "old"), at("c", "old")], ["b"], ["a-old"]),
        (1, 0, [at("a", "old", ready=False), at("b", "old"), at("c", "old")], ["a", "b"], []),
        (0, 1, [at("b", "old"), at("c", "old")], ["a"], []),
    ],
)
def test_a_rolling_update(
    surge: int, unavailable: int | str, pods: list[Pod], create: list[str], delete: list[str]
) -> None:
    nodes = [node("a"), node("b"), node("c")]
    assert plan(daemon_set(rolling(surge, unavailable)), nodes, pods) == (create, delete)


def test_on_delete_leaves_old_pods_alone() -> None:
    assert plan(daemon_set({"type": "OnDelete"}), [node("a"), node("b")], [at("a", "old")]) == (["b"], [])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(0, 3), st.integers(0, 3), st.integers(0, 10**6))
def test_an_update_never_leaves_its_bounds_and_ends(count: int, surge: int, unavailable: int, seed: int) -> None:
    chance = random.Random(seed)
    one = daemon_set(rolling(surge, unavailable))
    nodes = [node(f"n{number}") for number in range(count)]
    pods = {each.metadata.name: each for each in (at(each.metadata.name, "old") for each in nodes)}
    # Without leeway one pod may be missing; a surge lets none be missing.
    least = count - (0 if surge else max(1, unavailable))
    made = 0
    for _ in range(200):
        create, delete = plan(one, nodes, list(pods.values()))
        for where in create:
            made += 1
            pods[f"{where}-{made}"] = at(where, name=f"{where}-{made}", ready=False)
        for name in delete:
            del pods[name]
        per_node = daemon.by_node(pods.values())
        assert sum(any(each.ready for each in per_node.get(where.metadata.name, ())) for where in nodes) >= least
        assert sum(len(each) > 1 for each in per_node.values()) <= surge
        for name, each in list(pods.items()):
            if not each.ready and chance.random() < 0.5:
                pods[name] = at(each.spec.nodeName, name=name)
    assert [daemon._hash(each) for each in pods.values()] == ["new"] * count


def test_the_pod_for_a_node_is_bound_to_it_and_bears_what_a_daemon_has_to() -> None:
    own = {"key": "dedicated", "operator": "Exists"}
    one = daemon_set(tolerations=[own], hostNetwork=True)
    spec = daemon.spec_for(one, "a")
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}]
    keys = [each["key"] for each in spec["tolerations"]]
    assert keys[0] == "dedicated"
    assert {"node.kubernetes.io/not-ready", "node.kubernetes.io/network-unavailable"} <= set(keys)
    assert "affinity" not in one.spec.template["spec"]


def test_status_counts() -> None:
    taints: Any = {"taints": [{"key": "t", "effect": "NoSchedule"}]}
    nodes = [node("a"), node("b"), node("c"), node("d", **taints), node("e")]
    pods = [at("a"), at("b", "old"), at("c", ready=False), at("d")]
    result, _ = daemon.observed(daemon_set(), nodes, daemon.by_node(pods), "new", 0.0)
    assert (result.desiredNumberScheduled, result.currentNumberScheduled, result.numberMisscheduled) == (4, 3, 1)
    assert (result.numberReady, result.numberAvailable, result.numberUnavailable) == (2, 2, 2)
    assert result.updatedNumberScheduled == 2


def test_during_a_surge_the_old_pod_speaks_for_its_node() -> None:
    old, new = at("a", "old"), at("a")
    new.metadata.creationTimestamp = "2027-01-01T00:00:00Z"
    result, _ = daemon.observed(daemon_set(), [node("a")], daemon.by_node([new, old]), "new", 0.0)
    assert (result.updatedNumberScheduled, result.numberReady) == (0, 1)
    result, _ = daemon.observed(daemon_set(), [node("a")], daemon.by_node([new]), "new", 0.0)
    assert (result.updatedNumberScheduled, result.numberReady) == (1, 1)


def test_history_keeps_what_pods_have() -> None:
    def revision(number: int) -> ControllerRevision:
        labels = {daemon.HASH: f"h{number}"}
        return msgspec.convert({"metadata": meta(f"r{number}", labels=labels), "revision": number}, ControllerRevision)

    one = daemon_set()
    one.spec.revisionHistoryLimit = 1
    found = to_drop(one, [revision(3), revision(1), revision(2), revision(4)], {"h4", "h1"})
    assert [each.revision for each in found] == [2]
