"""Controllers over an API that fails, and controllers that are stopped at any moment and started again."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from kecs.embedded.controllers.build import build
from kecs.embedded.engine import Engine
from kecs.kube import controller, informer
from kecs.kube.errors import Unavailable
from kecs.kube.queue import WorkQueue
from kecs.kube.resources import CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, PODS, REPLICA_SETS, SECRETS, SERVICES
from tests.embedded.controllers.cluster import Cluster, deployment, pod_template

_WRITES = ("create", "patch", "replace", "delete", "delete_collection")


class Failing:
    """An API whose writes fail now and then: before they are done, or after, when only the answer is lost."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self._engine = engine
        self._chance = chance
        self.failing = True

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        if name not in _WRITES:
            return method

        async def write(*args: Any, **options: Any) -> Any:
            fate = self._chance.random() if self.failing else 1.0
            if fate < 0.15:
                raise Unavailable("lost on the way there")
            answer = await method(*args, **options)
            if fate < 0.3:
                raise Unavailable("lost on the way back")
            return answer

        return write


_FAULTS = (
    lambda: Unavailable("away"),
    lambda: RuntimeError("a defect"),
    lambda: KeyError("a defect"),
    lambda: RecursionError("a defect"),
    lambda: MemoryError(),
    lambda: asyncio.CancelledError(),  # of something that was only waited for
    lambda: BaseExceptionGroup("a defect", [asyncio.CancelledError()]),
)


class Broken:
    """An API whose every call, reads and watches too, raises whatever there is to raise, until it is mended."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self._engine = engine
        self._chance = chance
        self.broken = True
        self.raised: set[type[BaseException]] = set()

    def _fail(self) -> None:
        if self.broken and self._chance.random() < 0.5:
            fault = self._chance.choice(_FAULTS)()
            self.raised.add(type(fault))
            raise fault

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        async def call(*args: Any, **options: Any) -> Any:
            self._fail()
            return await method(*args, **options)

        async def watch(*args: Any, **options: Any) -> AsyncIterator[Any]:
            self._fail()
            async with aclosing(method(*args, **options)) as batches:
                async for batch in batches:
                    yield batch
                    self._fail()

        return watch if name == "watch" else call


async def test_nothing_that_an_api_raises_ends_a_controller(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a fault in a retry ended one worker, with it its controller, and with that the whole server."""
    monkeypatch.setattr(controller, "_PAUSE", 0.01)
    monkeypatch.setattr(informer, "_LONGEST_DELAY", 0.1)
    cluster = Cluster(engine)
    api = Broken(engine, random.Random(7))
    retry = WorkQueue.retry

    def failing_retry(queue: WorkQueue[Any], key: Any) -> float:
        delay = retry(queue, key)
        if api.broken:
            raise AttributeError("a defect in the queue itself")
        return delay

    monkeypatch.setattr(WorkQueue, "retry", failing_retry)
    await cluster.node()
    tasks = [asyncio.create_task(part.run()) for part in build(api, engine.catalog.kinds)]
    node = asyncio.create_task(cluster.run_node())
    try:
        spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
        await cluster.create(SERVICES, {"metadata": {"name": "web"}, "spec": spec})
        await cluster.create(DEPLOYMENTS, deployment(replicas=4))

        async def everything_was_raised() -> bool:
            return len(api.raised) == len(_FAULTS)

        await cluster.until(everything_was_raised, 20)
        api.broken = False
        await converged(cluster, "image:1", 4)
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"template": pod_template(image="image:2")}})
        await converged(cluster, "image:2", 4)
        assert [task for task in tasks if task.done()] == []
    finally:
        await stop([*tasks, node])


def tasks_of(engine: Any, catalog: Any) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(part.run()) for part in build(engine, catalog.kinds, events=False)]


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def converged(cluster: Cluster, image: str, count: int) -> None:
    async def check() -> bool:
        pods = await cluster.all(PODS, "app=web")
        found = (await cluster.get(DEPLOYMENTS, "web")).get("status", {})
        return (
            [one["spec"]["containers"][0]["image"] for one in pods] == [image] * count
            and all(one["spec"].get("nodeName") for one in pods)
            and found.get("availableReplicas") == found.get("replicas") == count
            and sum(one["spec"]["replicas"] for one in await cluster.all(REPLICA_SETS)) == count
        )

    await cluster.until(check, 20)


@pytest.mark.parametrize("seed", range(3))
async def test_all_converges_when_writes_fail(engine: Engine, seed: int) -> None:
    cluster = Cluster(engine)
    api = Failing(engine, random.Random(seed))
    await cluster.node()
    tasks = [*tasks_of(api, engine.catalog), asyncio.create_task(cluster.run_node())]
    try:
        spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
        await cluster.create(SERVICES, {"metadata": {"name": "web"}, "spec": spec})
        await cluster.create(DEPLOYMENTS, deployment(replicas=4))
        agent = {"selector": {"matchLabels": {"app": "agent"}}, "template": pod_template(app="agent")}
        await cluster.create(DAEMON_SETS, {"metadata": {"name": "agent"}, "spec": agent})
        await converged(cluster, "image:1", 4)
        await cluster.patch(DEPLOYMENTS, "web", {"spec": {"template": pod_template(image="image:2")}})
        await converged(cluster, "image:2", 4)
        assert len(await cluster.all(PODS, "app=agent")) == 1
        await cluster.engine.delete(DEPLOYMENTS, "default", "web")

        async def empty() -> bool:
            return not await cluster.all(PODS, "app=web")

        await cluster.until(empty, 20)
    finally:
        await stop(tasks)


@pytest.mark.parametrize("seed", range(3))
async def test_stopped_anywhere_they_go_on(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    cluster = Cluster(engine)
    await cluster.node()
    node = asyncio.create_task(cluster.run_node())
    await cluster.create(DEPLOYMENTS, deployment(replicas=5))
    tasks: list[asyncio.Task[None]] = []
    most = 0
    try:
        for number in range(12):
            if number == 6:
                await cluster.patch(DEPLOYMENTS, "web", {"spec": {"template": pod_template(image="image:2")}})
            tasks = tasks_of(engine, engine.catalog)
            for _ in range(chance.randrange(60)):
                await asyncio.sleep(0)
                active = [one for one in await cluster.all(PODS) if "deletionTimestamp" not in one["metadata"]]
                most = max(most, len(active))
            await stop(tasks)
        tasks = tasks_of(engine, engine.catalog)
        await converged(cluster, "image:2", 5)
        assert most <= 7  # the replicas and 25 % more
    finally:
        await stop([*tasks, node])


class Lagging:
    """An API whose watches of some resources tell of everything late."""

    def __init__(self, engine: Engine, *lagging: str) -> None:
        self._engine = engine
        self._lagging = lagging

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def watch(self, resource: Any, *args: Any, **options: Any) -> AsyncIterator[Any]:
        async for batch in self._engine.watch(resource, *args, **options):
            if resource.plural in self._lagging:
                await asyncio.sleep(0.1)
            yield batch


@asynccontextmanager
async def behind(engine: Engine, *lagging: str) -> AsyncIterator[Cluster]:
    """A cluster whose controllers hear of these resources late."""
    cluster = Cluster(engine)
    tasks = [*tasks_of(Lagging(engine, *lagging), engine.catalog), asyncio.create_task(cluster.run_node())]
    try:
        yield cluster
    finally:
        await stop(tasks)


async def counted(engine: Engine, made: set[str], deleted: set[str]) -> None:
    """Note the pods that were ever made, and those that were ever marked for deletion."""
    async for batch in engine.watch(PODS, since="1"):
        for event in batch:
            if event.object is not None:
                made.add(event.object["metadata"]["uid"])
                if "deletionTimestamp" in event.object["metadata"]:
                    deleted.add(event.object["metadata"]["uid"])


async def test_no_pod_too_many_is_made_or_deleted_although_the_caches_lag(engine: Engine) -> None:
    made: set[str] = set()
    deleted: set[str] = set()
    counting = asyncio.create_task(counted(engine, made, deleted))
    async with behind(engine, "pods") as cluster:
        await cluster.node()
        await cluster.create(DEPLOYMENTS, deployment(replicas=20))
        await converged(cluster, "image:1", 20)
        for count in (18, 15, 12):  # the next one comes before the caches tell of the last one's deletions
            await cluster.patch(DEPLOYMENTS, "web", {"spec": {"replicas": count}})
            await asyncio.sleep(0.03)
        await converged(cluster, "image:1", 12)
    counting.cancel()
    assert (len(made), len(deleted)) == (20, 8)


async def test_no_node_gets_too_much_although_the_caches_lag(engine: Engine) -> None:
    async with behind(engine, "pods") as cluster:
        await cluster.node(cpu="5")
        resources = {"requests": {"cpu": "1"}}
        await cluster.create(
            DEPLOYMENTS, deployment(replicas=8, template=pod_template(container={"resources": resources}))
        )

        async def settled() -> bool:
            pods = await cluster.all(PODS)
            stuck = [one for one in pods if not one["spec"].get("nodeName") and one["status"].get("conditions")]
            return len(pods) == 8 and len(stuck) == 3

        await cluster.until(settled)
        assert sum(bool(one["spec"].get("nodeName")) for one in await cluster.all(PODS)) == 5


async def test_nothing_is_collected_because_its_owner_is_not_seen_yet(engine: Engine) -> None:
    async with behind(engine, "configmaps") as cluster:
        await cluster.node()
        await asyncio.sleep(0.3)  # the first lists
        owner = await cluster.create(CONFIG_MAPS, {"metadata": {"name": "owner"}})
        uid = owner["metadata"]["uid"]
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
        child = {"metadata": {"name": "child", "ownerReferences": [reference]}}
        await cluster.create(SECRETS, child)
        stranger = {**reference, "uid": "00000000-0000-0000-0000-000000000000"}
        await cluster.create(SECRETS, {"metadata": {"name": "lost", "ownerReferences": [stranger]}})

        async def collected() -> bool:
            return [one["metadata"]["name"] for one in await cluster.all(SECRETS)] == ["child"]

        await cluster.until(collected)
        await asyncio.sleep(0.2)
        assert await collected()
