"""Garbage collection and namespaces through the engine."""

from typing import Any

import pytest

from kecs.embedded.controllers import namespaces
from kecs.kube.api import Json, Resource
from kecs.kube.errors import NotFound
from kecs.kube.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICE_ACCOUNTS,
)
from tests.embedded.controllers.cluster import NS, Cluster, deployment

WIDGETS: Resource[Json] = Resource("example.com", "v1", "Widget", "widgets", True, dict[str, Any])


def definition() -> Json:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def owned(name: str, owner: Json, *, kind: str = "ConfigMap", version: str = "v1", **more: Any) -> Json:
    meta = owner["metadata"]
    reference = {"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"], **more}
    return {"metadata": {"name": name, "ownerReferences": [reference]}}


async def gone(cluster: Cluster, resource: Resource[Json], name: str, namespace: str | None = NS) -> None:
    async def check() -> bool:
        try:
            await cluster.engine.get(resource, namespace, name)
        except NotFound:
            return True
        return False

    await cluster.until(check)


async def started(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=2))
    await cluster.settle(DEPLOYMENTS, "web", lambda one: one.get("status", {}).get("availableReplicas") == 2)


async def test_background_deletion_takes_everything_below(cluster: Cluster) -> None:
    await started(cluster)
    await cluster.engine.delete(DEPLOYMENTS, NS, "web")

    async def empty() -> bool:
        return not await cluster.all(REPLICA_SETS) and not await cluster.all(PODS)

    await cluster.until(empty)


async def test_foreground_deletion_waits_for_what_blocks(cluster: Cluster) -> None:
    owner = await cluster.create(CONFIG_MAPS, {"metadata": {"name": "owner"}})
    held = owned("held", owner, blockOwnerDeletion=True)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    await cluster.create(SECRETS, held)
    await cluster.engine.delete(CONFIG_MAPS, NS, "owner", propagation="Foreground")
    await cluster.settle(SECRETS, "held", lambda one: "deletionTimestamp" in one["metadata"])
    assert "foregroundDeletion" in (await cluster.get(CONFIG_MAPS, "owner"))["metadata"]["finalizers"]
    await cluster.patch(SECRETS, "held", {"metadata": {"finalizers": None}})
    await gone(cluster, SECRETS, "held")
    await gone(cluster, CONFIG_MAPS, "owner")


async def test_orphan_deletion_leaves_the_pods_running(cluster: Cluster) -> None:
    await started(cluster)
    (one,) = await cluster.all(REPLICA_SETS)
    before = {pod["metadata"]["name"] for pod in await cluster.all(PODS)}
    await cluster.engine.delete(DEPLOYMENTS, NS, "web", propagation="Orphan")
    await gone(cluster, DEPLOYMENTS, "web")
    await cluster.engine.delete(REPLICA_SETS, NS, one["metadata"]["name"], propagation="Orphan")
    await gone(cluster, REPLICA_SETS, one["metadata"]["name"])
    pods = await cluster.all(PODS)
    assert {pod["metadata"]["name"] for pod in pods} == before
    assert not any("ownerReferences" in pod["metadata"] or "deletionTimestamp" in pod["metadata"] for pod in pods)


async def test_owners_that_never_were_and_namesakes_of_owners(cluster: Cluster) -> None:
    owner = await cluster.create(CONFIG_MAPS, {"metadata": {"name": "owner"}})
    stranger = {"metadata": {"name": "owner", "uid": "00000000-0000-0000-0000-000000000000"}}
    await cluster.create(SECRETS, owned("lost", stranger))
    both = owned("both", owner)
    both["metadata"]["ownerReferences"] += owned("x", stranger)["metadata"]["ownerReferences"]
    await cluster.create(SECRETS, both)
    await cluster.create(SECRETS, owned("unknown", stranger, kind="Strange", version="example.com/v9"))
    await gone(cluster, SECRETS, "lost")
    kept = await cluster.settle(SECRETS, "both", lambda one: len(one["metadata"]["ownerReferences"]) == 1)
    assert kept["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    assert (await cluster.get(SECRETS, "unknown"))["metadata"]["name"] == "unknown"


async def test_a_custom_resource_owns_like_any_other(cluster: Cluster) -> None:
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition(), None)
    owner = await cluster.create(WIDGETS, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})
    await cluster.create(CONFIG_MAPS, owned("child", owner, kind="Widget", version="example.com/v1"))
    await cluster.engine.delete(WIDGETS, NS, "w")
    await gone(cluster, CONFIG_MAPS, "child")


async def test_what_a_custom_resource_owned_goes_with_its_definition(cluster: Cluster) -> None:
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition(), None)
    owner = await cluster.create(WIDGETS, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})
    await cluster.create(CONFIG_MAPS, owned("child", owner, kind="Widget", version="example.com/v1"))
    await cluster.engine.delete(CUSTOM_RESOURCE_DEFINITIONS, None, "widgets.example.com")
    await gone(cluster, CUSTOM_RESOURCE_DEFINITIONS, "widgets.example.com", None)
    await gone(cluster, CONFIG_MAPS, "child")


async def test_a_namespace_goes_with_all_that_is_in_it(cluster: Cluster) -> None:
    await cluster.create(NAMESPACES, {"metadata": {"name": "shop"}}, None)
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition(), None)

    async def ready() -> bool:
        return bool(await cluster.all(SERVICE_ACCOUNTS, namespace="shop"))

    await cluster.until(ready)
    await cluster.create(DEPLOYMENTS, deployment(replicas=2), "shop")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    await cluster.create(WIDGETS, widget, "shop")
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    await cluster.create(CONFIG_MAPS, held, "shop")

    async def running() -> bool:
        pods = await cluster.all(PODS, namespace="shop")
        return [pod["status"]["phase"] for pod in pods] == ["Running"] * 2

    await cluster.until(running)
    await cluster.engine.delete(NAMESPACES, None, "shop")

    async def told() -> bool:
        one = await cluster.engine.get(NAMESPACES, None, "shop")
        found = {each["type"]: each["message"] for each in one["status"].get("conditions", ())}
        return (
            found.get("NamespaceFinalizersRemaining")
            == "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
        )

    await cluster.until(told)
    patch: Json = {"metadata": {"finalizers": None}}
    await cluster.engine.patch(CONFIG_MAPS, "shop", "held", patch, type="merge", manager="test")
    await gone(cluster, NAMESPACES, "shop", None)
    for resource in (PODS, DEPLOYMENTS, REPLICA_SETS, WIDGETS, SERVICE_ACCOUNTS):
        assert await cluster.all(resource, namespace="shop") == []


async def test_what_waits_for_its_finalizers_hides_nothing_else_in_a_namespace_that_goes(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More objects were deleted before, and are held, than a look at the namespace takes in."""
    monkeypatch.setattr(namespaces, "_SAMPLE", 3)
    await cluster.create(NAMESPACES, {"metadata": {"name": "shop"}}, namespace=None)
    for number in range(4):
        held = {"metadata": {"name": f"held-{number}", "finalizers": ["example.com/hold"]}}
        await cluster.create(SECRETS, held, namespace="shop")
        await cluster.engine.delete(SECRETS, "shop", f"held-{number}")
    await cluster.create(SECRETS, {"metadata": {"name": "last"}}, namespace="shop")
    await cluster.engine.delete(NAMESPACES, None, "shop")
    await gone(cluster, SECRETS, "last", "shop")

    async def told() -> bool:
        found = await cluster.engine.get(NAMESPACES, None, "shop")
        texts = [one["message"] for one in found["status"].get("conditions", ())]
        return "Some resources are remaining: secrets. has 4 resource instances" in texts

    await cluster.until(told)
    for number in range(4):
        free = {"metadata": {"finalizers": None}}
        await cluster.engine.patch(SECRETS, "shop", f"held-{number}", free, type="merge", manager="test")
    await gone(cluster, NAMESPACES, "shop", None)


async def test_a_namespace_gets_its_account_back(cluster: Cluster) -> None:
    async def there() -> bool:
        return [one["metadata"]["name"] for one in await cluster.all(SERVICE_ACCOUNTS)] == ["default"]

    await cluster.until(there)
    await cluster.engine.delete(SERVICE_ACCOUNTS, NS, "default")
    await cluster.until(there)
