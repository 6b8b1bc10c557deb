import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from kecs.kube.errors import Forbidden, NotFound
from kecs.kube.resources import EVENTS, NAMESPACES, NETWORK_POLICIES, RESOURCE_QUOTAS
from kecs.model import marks
from kecs.model.scope import Scope
from tests.reconcile.conftest import NAMESPACE, Stage, until
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
    assert not len(stage.world.pods)
    assert not len(stage.world.services)


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
