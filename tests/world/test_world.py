"""Writing through the world: a reader sees it at once, and nothing of two writers is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast

import pytest

from kecs.crds.installation import install
from kecs.embedded.engine import Engine
from kecs.kube.api import Api, Resource
from kecs.kube.errors import AlreadyExists, Forbidden, NotFound
from kecs.kube.informer import Informer
from kecs.model import marks, objects
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.world.world import World
from tests.waiting import until_true


@pytest.fixture
async def world() -> AsyncIterator[World]:
    engine = Engine.open()
    await install(engine)
    world = World(engine)
    running = asyncio.create_task(world.run())
    await asyncio.wait_for(world.synced(), 10)
    yield world
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await engine.close()


def body(name: str) -> dict[str, object]:
    meta = {"name": f"{name}-us-east-1"}
    return {"apiVersion": "kecs.io/v1alpha1", "kind": "ECSCluster", "metadata": meta, "spec": {"clusterName": name}}


async def test_a_write_is_read_at_once(world: World) -> None:
    made = await world.create(world.clusters, None, body("c"))
    assert world.cluster(Scope(), "c") is world.clusters.get(None, "c-us-east-1")
    assert list(world.cluster_arns(Scope())) == ["arn:aws:ecs:us-east-1:123456789012:cluster/c"]
    patched = await world.patch(world.clusters, None, "c-us-east-1", {"spec": {"capacityProviders": ["FARGATE"]}})
    assert int(patched.metadata.resourceVersion) > int(made.metadata.resourceVersion)
    found = world.cluster(Scope(), "c")
    assert found is not None and found.spec.capacityProviders == ["FARGATE"]
    await world.delete(world.clusters, None, "c-us-east-1")
    assert world.cluster(Scope(), "c") is None
    await world.delete(world.clusters, None, "c-us-east-1")


class Proxied:
    """An Api behind a proxy that asks for another attempt at what was done, so that the object is met."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def create(self, *arguments: Any, **options: Any) -> Any:
        with suppress(AlreadyExists):
            await self._api.create(*arguments, **options)
        error = AlreadyExists("already exists")
        error.maybe_ours = True
        raise error


class Changing(Proxied):
    """An Api where somebody changes what is about to be deleted, and the watch of a cache is quick to tell of it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.api)
        self._cache = world.clusters

    async def delete(self, resource: Resource[Any], namespace: str | None, name: str, **options: Any) -> None:
        patch = {"metadata": {"annotations": {"a": "b"}}}
        self._cache.observe(await self._api.patch(resource, namespace, name, patch, type="merge", manager="test"))
        await self._api.delete(resource, namespace, name, **options)


async def test_what_was_changed_once_more_before_it_was_deleted_is_gone_at_once() -> None:
    engine = Engine.open()
    await install(engine)
    world = World(engine)  # no watch tells it of the end
    await world.create(world.clusters, None, body("c"))
    await world.writing_with(cast("Api", Changing(world))).delete(world.clusters, None, "c-us-east-1")
    assert world.clusters.get(None, "c-us-east-1") is None
    await engine.close()


def dated(name: str, at: str, region: str = "us-east-1") -> dict[str, object]:
    meta = {
        "name": f"{name}-us-east-1",
        "labels": {marks.REGION: region},
        "annotations": {marks.CREATED_AT: at},
    }
    return {**body(name), "metadata": meta}


async def test_what_an_earlier_attempt_has_made_is_ours_and_what_others_made_is_not(world: World) -> None:
    proxied = world.writing_with(cast("Api", Proxied(world.api)))
    made = await proxied.create(world.clusters, None, dated("c", "1.250"))
    assert world.clusters.get(None, "c-us-east-1") is made
    for other in (dated("c", "1.251"), dated("c", "1.250", "eu-west-1"), body("c")):
        with pytest.raises(AlreadyExists):
            await proxied.create(world.clusters, None, other)


async def test_concurrent_changes_all_hold(world: World) -> None:
    await world.create(world.clusters, None, body("c"))

    def add(number: int) -> "asyncio.Task[objects.Cluster]":
        def change(cluster: objects.Cluster) -> objects.Cluster:
            cluster.spec.tags = [*(cluster.spec.tags or []), ecs.Tag(key=str(number), value="")]
            return cluster

        return asyncio.create_task(world.update(world.clusters, None, "c-us-east-1", change))

    await asyncio.gather(*(add(number) for number in range(30)))
    found = world.cluster(Scope(), "c")
    assert found is not None
    assert sorted(int(tag.key or "") for tag in found.spec.tags or []) == list(range(30))


async def test_a_change_gets_a_copy(world: World) -> None:
    await world.create(world.clusters, None, body("c"))

    def spoil(cluster: objects.Cluster) -> None:
        cluster.spec.clusterName = "spoilt"

    await world.update(world.clusters, None, "c-us-east-1", spoil)
    found = world.clusters.get(None, "c-us-east-1")
    assert found is not None and found.spec.clusterName == "c"
    with pytest.raises(NotFound):
        await world.update(world.clusters, None, "nope", spoil)


async def test_an_object_under_a_wrong_name_is_not_there(world: World) -> None:
    wrong = {**body("c"), "metadata": {"name": "another"}}
    await world.create(world.clusters, None, wrong)
    assert list(world.cluster_arns(Scope())) == []
    assert world.cluster(Scope(), "c") is None


async def test_those_who_want_to_catch_up_together_share_a_look_that_began_after_they_came(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, goes_on = list[str](), asyncio.Event()

    async def catch_up(informer: Informer[Any]) -> None:
        looks.append(informer.resource.plural)
        await goes_on.wait()

    monkeypatch.setattr(Informer, "catch_up", catch_up)
    first = asyncio.create_task(world.catch_up())
    while len(looks) < len(world.informers):
        await asyncio.sleep(0)
    others = [asyncio.create_task(world.catch_up()) for _ in range(10)]
    await asyncio.sleep(0)
    goes_on.set()
    async with asyncio.timeout(10):
        await asyncio.gather(first, *others)
    assert len(looks) == 2 * len(world.informers)


async def test_another_api_writes_and_the_same_caches_see_it(world: World) -> None:
    class Written:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(engine, name)

    engine, asked = world.api, list[str]()
    other = world.writing_with(cast("Api", Written()))
    await other.create(other.clusters, None, body("c"))
    assert asked == ["create"]
    assert world.cluster(Scope(), "c") is not None


class Limited:
    """An Api that may not look at some resources."""

    def __init__(self, engine: Engine, *plurals: str) -> None:
        self._engine, self._plurals = engine, plurals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def list(self, resource: Resource[Any], *arguments: Any, **options: Any) -> Any:
        if resource.plural in self._plurals:
            raise Forbidden(f"{resource.plural} is forbidden")
        return await self._engine.list(resource, *arguments, **options)


@pytest.mark.parametrize(
    ("plurals", "reason"),
    [
        ((), ""),
        (("nodes", "daemonsets"), ""),  # there are no container instances then, and no daemon services
        (("nodes", "pods"), "waiting for pods; pods is forbidden"),
    ],
)
async def test_what_may_not_be_seen_is_named_or_done_without(plurals: tuple[str, ...], reason: str) -> None:
    engine = Engine.open()
    await install(engine)
    world = World(cast("Api", Limited(engine, *plurals)))
    assert world.unready.startswith("waiting for ecsclusters, ")
    running = asyncio.create_task(world.run())
    await until_true(lambda: _equal(world, reason))
    if not reason:
        await asyncio.wait_for(world.synced(), 10)
        await world.catch_up()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await engine.close()


async def _equal(world: World, reason: str) -> bool:
    return world.unready == reason
