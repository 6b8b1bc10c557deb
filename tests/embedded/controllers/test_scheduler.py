"""The scheduler through the engine."""

from typing import Any

from kecs.kube.api import Json
from kecs.kube.resources import EVENTS, NODES, PODS
from tests.embedded.controllers.cluster import Cluster


def pod(name: str, *, cpu: str = "100m", **spec: Any) -> Json:
    container = {"name": "main", "image": "image:1", "resources": {"requests": {"cpu": cpu}}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def bound(one: Json) -> bool:
    return bool(one["spec"].get("nodeName"))


def scheduled(one: Json) -> tuple[str, str]:
    found = [each for each in one["status"].get("conditions", ()) if each["type"] == "PodScheduled"]
    return (found[0]["status"], found[0].get("message", "")) if found else ("", "")


async def test_a_pod_gets_its_node_and_the_event_says_so(cluster: Cluster) -> None:
    await cluster.create(PODS, pod("a"))
    found = await cluster.settle(PODS, "a", bound)
    assert found["spec"]["nodeName"] == "node"
    assert scheduled(found)[0] == "True"

    async def told() -> bool:
        return any(
            one["reason"] == "Scheduled" and one["message"] == "Successfully assigned default/a to node"
            for one in await cluster.all(EVENTS)
        )

    await cluster.until(told)


async def test_a_pod_that_does_not_fit_says_why_and_is_placed_when_it_does(cluster: Cluster) -> None:
    await cluster.create(PODS, pod("big", cpu="100"))
    found = await cluster.settle(PODS, "big", lambda one: scheduled(one)[0] == "False")
    assert scheduled(found)[1].startswith("0/1 nodes are available: 1 Insufficient cpu.")
    assert found["status"]["phase"] == "Pending"
    await cluster.node("larger", cpu="200")
    found = await cluster.settle(PODS, "big", bound)
    assert found["spec"]["nodeName"] == "larger"
    assert scheduled(found)[0] == "True"


async def test_a_pod_that_goes_makes_room(cluster: Cluster) -> None:
    await cluster.create(PODS, pod("first", cpu="40"))
    await cluster.settle(PODS, "first", bound)
    await cluster.create(PODS, pod("second", cpu="40"))
    await cluster.settle(PODS, "second", lambda one: scheduled(one)[0] == "False")
    await cluster.engine.delete(PODS, "default", "first")
    await cluster.settle(PODS, "second", bound)


async def test_gates_and_other_schedulers_are_respected(cluster: Cluster) -> None:
    await cluster.create(PODS, pod("other", schedulerName="mine"))
    await cluster.create(PODS, pod("gated", schedulingGates=[{"name": "example.com/wait"}]))
    await cluster.create(PODS, pod("plain"))
    await cluster.settle(PODS, "plain", bound)
    assert not bound(await cluster.get(PODS, "other"))
    assert not bound(await cluster.get(PODS, "gated"))


async def test_a_cordon_holds_until_it_is_lifted(cluster: Cluster) -> None:
    await cluster.engine.patch(NODES, None, "node", {"spec": {"unschedulable": True}}, type="merge", manager="test")
    await cluster.create(PODS, pod("a"))
    found = await cluster.settle(PODS, "a", lambda one: scheduled(one)[0] == "False")
    assert "node(s) were unschedulable" in scheduled(found)[1]
    await cluster.engine.patch(NODES, None, "node", {"spec": {"unschedulable": None}}, type="merge", manager="test")
    await cluster.settle(PODS, "a", bound)


async def test_many_pods_fill_the_nodes_exactly(cluster: Cluster) -> None:
    await cluster.engine.delete(NODES, None, "node")
    for name in ("a", "b"):
        await cluster.node(name, cpu="5")
    for number in range(14):
        await cluster.create(PODS, pod(f"p{number}", cpu="1"))

    async def full() -> bool:
        pods = await cluster.all(PODS)
        return sum(map(bound, pods)) == 10 and sum(scheduled(one)[0] == "False" for one in pods) == 4

    await cluster.until(full)
    where = [one["spec"]["nodeName"] for one in await cluster.all(PODS) if bound(one)]
    assert sorted(where) == ["a"] * 5 + ["b"] * 5
