"""Endpoint slices, budgets, quotas and the collection of pods through the engine."""

import asyncio
from contextlib import AsyncExitStack

from kecs.embedded.controllers.graph import Graph
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.pod_gc import PodCollector
from kecs.embedded.controllers.quota import Quotas
from kecs.embedded.engine import Engine
from kecs.kube.api import Json
from kecs.kube.resources import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    RESOURCE_QUOTAS,
    SERVICES,
)
from tests.embedded.controllers.cluster import NS, Cluster, deployment, pod_template, running


async def addresses(cluster: Cluster) -> set[str]:
    return {
        address
        for one in await cluster.all(ENDPOINT_SLICES, "kubernetes.io/service-name=web")
        for endpoint in one.get("endpoints") or ()
        for address in endpoint["addresses"]
        if endpoint["conditions"]["ready"]
    }


async def test_a_services_endpoints_follow_its_pods(cluster: Cluster) -> None:
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    await cluster.create(SERVICES, service)
    await cluster.create(DEPLOYMENTS, deployment(replicas=3))

    async def same() -> bool:
        pods = await cluster.all(PODS)
        ips = {one["status"].get("podIP") for one in pods if "deletionTimestamp" not in one["metadata"]}
        return len(ips) == count and await addresses(cluster) == ips

    for count in (3, 5, 0):
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"replicas": count}})
        await cluster.until(same)

    async def one_slice() -> bool:
        return len(await cluster.all(ENDPOINT_SLICES)) == 1

    await cluster.until(one_slice)
    await cluster.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 1}})
    count = 1
    await cluster.until(same)
    (pod,) = await cluster.all(PODS)
    await cluster.set_ready(pod, pod["status"]["podIP"], ready=False)

    async def none_ready() -> bool:
        return not await addresses(cluster)

    await cluster.until(none_ready)
    await cluster.engine.delete(SERVICES, NS, "web")

    async def no_slices() -> bool:
        return not await cluster.all(ENDPOINT_SLICES)

    await cluster.until(no_slices)


async def test_a_budget_knows_how_many_may_go(cluster: Cluster) -> None:
    spec: Json = {"selector": {"matchLabels": {"app": "web"}}, "maxUnavailable": "25%"}
    await cluster.create(POD_DISRUPTION_BUDGETS, {"metadata": {"name": "web"}, "spec": spec})
    await cluster.create(DEPLOYMENTS, deployment(replicas=4))

    def allows(one: Json) -> bool:
        status = one.get("status", {})
        healthy: bool = status.get("currentHealthy") == status.get("expectedPods") == 4
        return healthy and status["disruptionsAllowed"] == 1

    await cluster.settle(POD_DISRUPTION_BUDGETS, "web", allows)


async def test_a_quota_knows_what_is_used(cluster: Cluster) -> None:
    hard = {"pods": "10", "requests.cpu": "4", "requests.memory": "1Gi", "count/deployments.apps": "5", "secrets": "3"}
    await cluster.create(RESOURCE_QUOTAS, {"metadata": {"name": "all"}, "spec": {"hard": hard}})
    resources = {"requests": {"cpu": "250m", "memory": "64Mi"}}
    template = pod_template(container={"resources": resources})
    await cluster.create(DEPLOYMENTS, deployment(replicas=3, template=template))
    wanted = {
        "pods": "3", "requests.cpu": "750m", "requests.memory": "192Mi", "count/deployments.apps": "1", "secrets": "0",
    }  # fmt: skip
    await cluster.settle(RESOURCE_QUOTAS, "all", lambda one: one.get("status", {}).get("used") == wanted)
    await cluster.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 1}})
    await cluster.settle(RESOURCE_QUOTAS, "all", lambda one: one["status"]["used"]["requests.memory"] == "64Mi")


async def test_a_quota_counts_what_was_there_before_its_controller(engine: Engine) -> None:
    async with running(engine) as cluster:
        await cluster.node()
        await cluster.create(RESOURCE_QUOTAS, {"metadata": {"name": "all"}, "spec": {"hard": {"pods": "9"}}})
        await cluster.create(DEPLOYMENTS, deployment(replicas=2))
        await cluster.settle(RESOURCE_QUOTAS, "all", lambda one: one.get("status", {}).get("used") == {"pods": "2"})
    async with running(engine) as cluster:  # as after a restart
        await cluster.patch(RESOURCE_QUOTAS, "all", {"spec": {"hard": {"services": "5"}}})
        found = await cluster.settle(RESOURCE_QUOTAS, "all", lambda one: "services" in one["status"]["used"])
        assert found["status"]["used"] == {"pods": "2", "services": "0"}


async def test_nothing_is_kept_of_quotas_that_are_gone(engine: Engine) -> None:
    informers = Informers(engine)
    counting = Quotas(engine, informers, Graph(engine, informers, engine.catalog.kinds))
    cluster = Cluster(engine)
    await cluster.create(RESOURCE_QUOTAS, {"metadata": {"name": "all"}, "spec": {"hard": {"requests.cpu": "9"}}})
    template = pod_template(container={"resources": {"requests": {"cpu": "1"}}})
    await cluster.create(PODS, {**template, "metadata": {"name": "a"}})
    quota = await engine.get(informers.quotas.resource, NS, "all")
    counting._on_quota(None, quota)
    enforcer = engine._writer._admission.quota
    assert counting._by_namespace and enforcer._used
    await engine.delete(RESOURCE_QUOTAS, NS, "all")
    counting._on_quota(quota, None)
    assert not counting._by_namespace and not enforcer._used


async def test_what_a_quota_refuses_is_told_and_made_when_there_is_room(cluster: Cluster) -> None:
    await cluster.create(RESOURCE_QUOTAS, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    await cluster.create(DEPLOYMENTS, deployment(replicas=2))

    def failure(one: Json) -> bool:
        found = {each["type"]: each for each in one.get("status", {}).get("conditions", ())}
        return "exceeded quota: few" in found.get("ReplicaFailure", {}).get("message", "")

    await cluster.settle(DEPLOYMENTS, "web", failure)
    assert len(await cluster.all(PODS)) == 1
    await cluster.patch(RESOURCE_QUOTAS, "few", {"spec": {"hard": {"pods": "2"}}})
    await cluster.settle(
        DEPLOYMENTS, "web", lambda one: one["status"].get("availableReplicas") == 2 and not failure(one)
    )


async def collector(engine: Engine, stack: AsyncExitStack, **options: float) -> None:
    """Run a collector with other figures, and caches of its own."""
    informers = Informers(engine)
    for part in (informers, PodCollector(engine, informers, **options)):  # type: ignore[arg-type]
        task = asyncio.create_task(part.run())
        stack.callback(task.cancel)
    await informers.synced()


async def test_pods_of_a_node_that_is_gone_go(cluster: Cluster) -> None:
    async with AsyncExitStack() as stack:
        await collector(cluster.engine, stack, quarantine=0.05)
        pod = {**pod_template(), "metadata": {"name": "a", "finalizers": ["example.com/hold"]}}
        await cluster.create(PODS, pod)
        await cluster.settle(PODS, "a", lambda one: one["status"]["phase"] == "Running")
        await cluster.engine.delete(NODES, None, "node")
        found = await cluster.settle(PODS, "a", lambda one: "deletionTimestamp" in one["metadata"])
        assert found["status"]["phase"] == "Failed"
        reasons = {each["type"]: each.get("reason") for each in found["status"]["conditions"]}
        assert reasons["DisruptionTarget"] == "DeletionByPodGC"


async def test_of_pods_that_are_over_the_newest_are_kept(cluster: Cluster) -> None:
    async with AsyncExitStack() as stack:
        await collector(cluster.engine, stack, most=2)
        for number in range(4):
            await cluster.create(PODS, {**pod_template(), "metadata": {"name": f"p{number}"}})
            await cluster.settle(PODS, f"p{number}", lambda one: one["status"]["phase"] == "Running")
            await cluster.patch(PODS, f"p{number}", {"status": {"phase": "Succeeded"}}, subresource="status")

        async def two() -> bool:
            return len(await cluster.all(PODS)) == 2

        await cluster.until(two)
