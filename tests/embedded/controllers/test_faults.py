"""Controllers over an API that fails, and controllers that are stopped at any moment and started again."""

import asyncio
import random
from typing import Any

import pytest

from kecs.embedded.controllers.build import build
from kecs.embedded.engine import Engine
from kecs.kube.errors import Unavailable
from kecs.kube.resources import DAEMON_SETS, DEPLOYMENTS, PODS, REPLICA_SETS, SERVICES
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


async def test_many_pods_are_made_once_although_the_caches_lag(engine: Engine) -> None:
    """Each burst of events asks for another look before the watch has told of the pods made by the last one."""
    cluster = Cluster(engine)
    await cluster.node()
    tasks = [*tasks_of(engine, engine.catalog), asyncio.create_task(cluster.run_node())]
    made: set[str] = set()

    async def watch() -> None:
        async for batch in engine.watch(PODS, since="1"):
            made.update(one.object["metadata"]["uid"] for one in batch if one.object and one.type == "ADDED")

    tasks.append(asyncio.create_task(watch()))
    try:
        await cluster.create(DEPLOYMENTS, deployment(replicas=100))
        await converged(cluster, "image:1", 100)
        assert len(made) == 100
    finally:
        await stop(tasks)
