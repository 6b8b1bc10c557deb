"""Two replicas of kecs over one API: what the one answers with can be read through it, though the other has made it."""

from collections.abc import AsyncIterator

import pytest

from kecs.crds.installation import install
from kecs.embedded.engine import Engine
from kecs.model.scope import Scope
from kecs.services import registry
from kecs.world.world import World
from tests.services.conftest import Client

APP = {"name": "app", "image": "nginx", "memory": 64}


@pytest.fixture
async def replicas() -> AsyncIterator[tuple[Client, Client]]:
    """Replicas whose caches learn of nothing but what goes through them, and know a cluster and a definition."""
    registry.load()
    engine = Engine.open()
    await install(engine)
    first, second = (Client(engine, World(engine), Scope(), {}) for _ in range(2))
    await first("CreateCluster", clusterName="c")
    await first("RegisterTaskDefinition", family="f", containerDefinitions=[APP])
    for cluster in first.world.clusters.values():
        second.world.clusters.observe(cluster)
    for definition in first.world.task_definitions.values():
        second.world.task_definitions.observe(definition)
    yield first, second
    await engine.close()


async def test_a_service_that_another_replica_has_made(replicas: tuple[Client, Client]) -> None:
    first, second = replicas
    for client in replicas:
        await client("CreateService", cluster="c", serviceName="s", taskDefinition="f", desiredCount=0)
    shown = [await client("DescribeServices", cluster="c", services=["s"]) for client in (first, second)]
    assert shown[0] == shown[1]
    assert [one["serviceName"] for one in shown[1]["services"]] == ["s"]


async def test_a_task_that_another_replica_has_started(replicas: tuple[Client, Client]) -> None:
    first, second = replicas
    started = [
        await client("RunTask", cluster="c", taskDefinition="f", clientToken="once") for client in (first, second)
    ]
    (arn,) = {task["taskArn"] for answer in started for task in answer["tasks"]}
    assert (await second("DescribeTasks", cluster="c", tasks=[arn]))["failures"] == []
    assert (await second("ListTasks", cluster="c"))["taskArns"] == [arn]
