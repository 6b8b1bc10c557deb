"""Placement constraints through the ECS door, over the node of the embedded cluster."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.process import KecsProcess
from tests.waiting import until

CLUSTER = "placed"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KecsProcess]:
    """A kecs in a region of its own choice, with one cluster and one definition."""
    process = KecsProcess(tmp_path_factory.mktemp("placed") / "data", "--region", "eu-west-1").start()
    ecs = process.client(region="eu-west-1")
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "main", "image": "busybox", "memory": 64, "command": ["sleep", "600"]}
    ecs.register_task_definition(family="f", containerDefinitions=[container])
    yield process
    process.stop()


def _run(ecs: Any, expression: str) -> str:
    constraint = {"type": "memberOf", "expression": expression}
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition="f", placementConstraints=[constraint])
    assert answer["failures"] == []
    return str(answer["tasks"][0]["taskArn"])


def _task(ecs: Any, arn: str) -> dict[str, Any]:
    return dict(ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])


def test_a_task_is_placed_by_availability_zone(server: KecsProcess) -> None:
    ecs = server.client(region="eu-west-1")
    elsewhere = _run(ecs, "attribute:ecs.availability-zone == eu-west-1b")
    here = _run(ecs, "attribute:ecs.availability-zone in [eu-west-1a, eu-west-1b]")
    until(lambda: _task(ecs, here)["lastStatus"] == "RUNNING", 20, "the task runs")
    assert _task(ecs, here)["availabilityZone"] == "eu-west-1a"
    assert _task(ecs, elsewhere)["lastStatus"] != "RUNNING"
    ecs.stop_task(cluster=CLUSTER, task=elsewhere)
    until(lambda: _task(ecs, elsewhere)["lastStatus"] == "STOPPED", 20, "the other one is stopped")


def test_a_task_of_another_region_says_a_zone_of_its_own(server: KecsProcess) -> None:
    ecs = server.client(region="us-west-2")
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "main", "image": "busybox", "memory": 64, "command": ["sleep", "600"]}
    ecs.register_task_definition(family="f", containerDefinitions=[container])
    arn = ecs.run_task(cluster=CLUSTER, taskDefinition="f")["tasks"][0]["taskArn"]
    until(lambda: _task(ecs, arn)["lastStatus"] == "RUNNING", 20, "the task runs")
    assert _task(ecs, arn)["availabilityZone"].startswith("us-west-2")
