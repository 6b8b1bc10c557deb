import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from kecs.embedded.engine import Engine
from kecs.kube.api import Api, Resource
from kecs.kube.controller import Controller
from kecs.kube.errors import Conflict, Forbidden, NotFound
from kecs.kube.resources import EVENTS, NAMESPACES, NETWORK_POLICIES, RESOURCE_QUOTAS
from kecs.model import marks, objects
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.reconcile import cluster as clusters
from kecs.reconcile.context import Settings
from tests.reconcile.conftest import NAMESPACE, SCOPE, SETTINGS, Stage, until
from tests.waiting import until_true


async def _namespace(stage: Stage) -> bool:
    try:
        await stage.api.get(NAMESPACES, None, NAMESPACE)
    except NotFound:
        return False
    return True


async def _gone(stage: Stage) -> None:
    async with asyncio.timeout(10):
        while await _namespace(stage):
            await asyncio.sleep(0.01)


async def test_a_cluster_is_a_namespace_with_policies(stage: Stage) -> None:
    namespace = await stage.api.get(NAMESPACES, None, NAMESPACE)
    assert namespace["metadata"]["annotations"][marks.CLUSTER_ARN] == "arn:aws:ecs:us-east-1:123456789012:cluster/demo"
    policies = await stage.api.list(NETWORK_POLICIES, NAMESPACE)
    assert {policy["metadata"]["name"] for policy in policies.items} == {"kecs-default", "kecs-isolated"}
    cluster = stage.world.clusters.get(None, NAMESPACE)
    assert cluster is not None
    assert marks.CLUSTER_FINALIZER in cluster.metadata.finalizers
    assert [(one.type, one.status) for one in cluster.status.conditions] == [("Accepted", "True")]


async def test_a_quota_follows_the_tags(stage: Stage) -> None:
    tags = [{"key": "kecs.io/quota-tasks", "value": "7"}]
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"spec": {"tags": tags}})

    async def hard() -> list[dict[str, str]]:
        quotas = await stage.api.list(RESOURCE_QUOTAS, NAMESPACE)
        return [quota["spec"]["hard"] for quota in quotas.items]

    await _eventually(hard, [{"pods": "7"}])
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"spec": {"tags": []}})
    await _eventually(hard, [])


async def _eventually(found: Callable[[], Awaitable[Any]], wanted: object) -> None:
    async with asyncio.timeout(10):
        while await found() != wanted:
            await asyncio.sleep(0.01)


async def test_a_lost_namespace_is_made_again(stage: Stage) -> None:
    before = (await stage.api.get(NAMESPACES, None, NAMESPACE))["metadata"]["uid"]
    await stage.api.delete(NAMESPACES, None, NAMESPACE)

    async def renewed() -> bool:
        try:
            return bool((await stage.api.get(NAMESPACES, None, NAMESPACE))["metadata"]["uid"] != before)
        except NotFound:
            return False

    await _eventually(renewed, True)


async def test_a_deleted_cluster_is_inactive_and_may_come_again(stage: Stage) -> None:
    at = {marks.DELETED_AT: f"{stage.context.now():.3f}"}
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"metadata": {"annotations": at}})
    await until(lambda: (one := stage.world.clusters.get(None, NAMESPACE)) and one.status.status == "INACTIVE")
    await _gone(stage)
    none = {marks.DELETED_AT: None}
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"metadata": {"annotations": none}})
    await until(lambda: (one := stage.world.clusters.get(None, NAMESPACE)) and one.status.status == "ACTIVE")
    assert await _namespace(stage)
    await stage.service(desiredCount=1)
    await stage.steady(1)


async def test_kubectl_delete_takes_services_and_tasks_along(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    await stage.run_task()
    await stage.world.delete(stage.world.clusters, None, NAMESPACE)
    await until(lambda: stage.world.clusters.get(None, NAMESPACE) is None)
    assert not await _namespace(stage)
    assert not stage.world.pods.values()
    assert not stage.world.services.values()


async def test_a_misnamed_cluster_is_refused_with_a_reason(stage: Stage) -> None:
    body = {
        "apiVersion": "kecs.io/v1alpha1",
        "kind": "ECSCluster",
        "metadata": {"name": "other"},
        "spec": {"clusterName": "prod"},
    }
    await stage.world.create(stage.world.clusters, None, body)
    await until(lambda: (one := stage.world.clusters.get(None, "other")) and one.status.conditions)
    refused = stage.world.clusters.get(None, "other")
    assert refused is not None
    assert refused.status.conditions[0].message == "The object of this cluster has to be named prod-us-east-1."


async def test_a_namespace_of_somebody_else_is_left_alone(stage: Stage) -> None:
    labels = {marks.REGION: "system"}
    name = "kube-system"
    await stage.world.create(
        stage.world.clusters, None, {"metadata": {"name": name, "labels": labels}, "spec": {"clusterName": "kube"}}
    )
    await until(lambda: (one := stage.world.clusters.get(None, name)) and one.status.conditions)
    found = stage.world.clusters.get(None, name)
    assert found is not None
    assert (found.status.conditions[0].status, found.status.status) == ("False", "")
    assert found.status.conditions[0].message.startswith("The namespace kube-system is there already")
    assert stage.world.cluster(Scope(region="system"), "kube") is None
    await stage.world.delete(stage.world.clusters, None, name)
    await until(lambda: stage.world.clusters.get(None, name) is None)
    assert "deletionTimestamp" not in (await stage.api.get(NAMESPACES, None, name))["metadata"]


async def test_what_kecs_may_not_write_keeps_nothing_else_from_being_written(stage: Stage, monkeypatch: Any) -> None:
    apply = stage.api.apply

    async def forbid(resource: Any, *args: Any, **options: Any) -> Any:
        if resource.kind == "NetworkPolicy":
            raise Forbidden('networkpolicies is forbidden: User "kecs" cannot patch resource "networkpolicies"')
        return await apply(resource, *args, **options)

    monkeypatch.setattr(stage.api, "apply", forbid)
    quota = [{"key": "kecs.io/quota-tasks", "value": "9"}]
    spec = {"clusterName": "poor", "tags": quota}
    await stage.world.create(stage.world.clusters, None, {"metadata": {"name": "poor-us-east-1"}, "spec": spec})
    await until(lambda: (one := stage.world.clusters.get(None, "poor-us-east-1")) and one.status.status == "ACTIVE")
    assert (await stage.api.get(RESOURCE_QUOTAS, "poor-us-east-1", "kecs-quota"))["spec"]["hard"] == {"pods": "9"}

    async def told() -> bool:
        events = (await stage.api.list(EVENTS, "default")).items
        return any(event["reason"] == "NotWritten" and "cannot patch" in event["message"] for event in events)

    await until_true(told)
    monkeypatch.undo()

    async def written() -> bool:
        return len((await stage.api.list(NETWORK_POLICIES, "poor-us-east-1")).items) == 2

    await until_true(written)


@asynccontextmanager
async def _by_hand(stage: Stage) -> AsyncIterator[Controller[str]]:
    """Give the controller of clusters, which looks when told to, over caches that no watch keeps current."""
    cache = clusters.namespaces(stage.context)
    running = asyncio.create_task(cache.run())
    controller = clusters.build(stage.context, cache)
    spec = ecs.CreateClusterRequest(clusterName="demo")
    await stage.create(objects.Cluster(metadata=objects.Meta(name=NAMESPACE), spec=spec))
    await controller._reconcile(NAMESPACE)
    at = {marks.DELETED_AT: f"{stage.context.now():.3f}"}
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"metadata": {"annotations": at}})
    yield controller
    running.cancel()


async def _create_anew(stage: Stage) -> None:
    """As CreateCluster does, through another replica."""
    change = {"metadata": {"annotations": {marks.DELETED_AT: None}}}
    resource = stage.world.clusters.resource
    await stage.api.patch(resource, None, NAMESPACE, change, type="merge", manager="other")


async def test_the_namespace_of_a_cluster_that_was_created_anew_unheard_stays(engine: Engine) -> None:
    stage = Stage(engine, SETTINGS)
    async with _by_hand(stage) as controller:
        await _create_anew(stage)
        await controller._reconcile(NAMESPACE)
        namespace = await engine.get(NAMESPACES, None, NAMESPACE)
        assert "deletionTimestamp" not in namespace["metadata"]
        found = stage.world.cluster(SCOPE, "demo")
        assert found is not None
        assert marks.DELETED_AT not in found.metadata.annotations


class _Hasty:
    """An Api where the cluster is created anew just before its object is deleted."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.stage: Stage | None = None
        self.asked = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def delete(self, resource: Resource[Any], *where: Any, **options: Any) -> None:
        if resource.kind == "ECSCluster" and self.stage is not None:
            await _create_anew(self.stage)
            self.asked = True
        await self._api.delete(resource, *where, **options)


async def test_a_cluster_that_is_created_anew_when_its_time_is_over_stays(engine: Engine) -> None:
    hasty = _Hasty(engine)
    stage = hasty.stage = Stage(cast("Api", hasty), Settings(inactive_retention=0.0))
    async with _by_hand(stage) as controller:
        while not hasty.asked:
            with suppress(Conflict):  # as the controller does, which looks again
                await controller._reconcile(NAMESPACE)
            await asyncio.sleep(0.01)
        left = await engine.get(stage.world.clusters.resource, None, NAMESPACE)
        assert left.metadata.deletionTimestamp is None
