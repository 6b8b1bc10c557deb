"""Tasks of real containers through the ECS door: what runs, what ends how, and who reaches whom."""

import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import pytest

from kecs.embedded.node import engine as engines
from tests.e2e.test_kill import containers_of
from tests.engine import IMAGE
from tests.in_cluster import IN_CLUSTER
from tests.process import KecsProcess, kecs
from tests.rig import Cluster
from tests.waiting import until

CLUSTER = "real"
_numbers = count()


@pytest.fixture(scope="module", params=["in_cluster"] if IN_CLUSTER else ["engine", "kubelet"])
def server(request: pytest.FixtureRequest) -> KecsProcess:
    """A kecs with real containers, of its own node or of a real one, for the tests of this file."""
    return request.getfixturevalue(f"on_{request.param}")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def on_engine(tmp_path_factory: pytest.TempPathFactory, container_engine: str) -> Iterator[KecsProcess]:
    """A kecs with a node of its own; its containers are removed at the end."""
    process = KecsProcess(
        tmp_path_factory.mktemp("real") / "data", "--engine", "docker", DOCKER_HOST=container_engine
    ).start()
    process.client().create_cluster(clusterName=CLUSTER)
    yield process
    process.stop()
    kecs("reset", "--data", str(process.data), DOCKER_HOST=container_engine, timeout=120)


@pytest.fixture(scope="module")
def on_in_cluster(kecs_in_cluster: KecsProcess) -> KecsProcess:
    """An installed kecs."""
    kecs_in_cluster.client().create_cluster(clusterName=CLUSTER)
    return kecs_in_cluster


@pytest.fixture(scope="module")
def on_kubelet(tmp_path_factory: pytest.TempPathFactory, kubernetes_node: Cluster) -> Iterator[KecsProcess]:
    """A kecs on a cluster with a real node."""
    process = KecsProcess(
        tmp_path_factory.mktemp("kubelet") / "data", "--engine", "auto", cluster=kubernetes_node.kubeconfig
    ).start()
    process.client().create_cluster(clusterName=CLUSTER)
    yield process
    process.stop()


def _define(ecs: Any, *containers: dict[str, Any], **members: Any) -> str:
    family = f"real-{next(_numbers)}"
    filled = [{"name": "main", "image": IMAGE, "memory": 64, "stopTimeout": 2, **one} for one in containers]
    answer = ecs.register_task_definition(family=family, containerDefinitions=filled, **members)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _run(ecs: Any, *containers: dict[str, Any], **members: Any) -> str:
    definition = _define(ecs, *containers, **members)
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition=definition)
    assert answer["failures"] == []
    return str(answer["tasks"][0]["taskArn"])


def _task(ecs: Any, arn: str) -> dict[str, Any]:
    answer: dict[str, Any] = ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])
    assert answer["failures"] == []
    return dict(answer["tasks"][0])


def _reached(ecs: Any, arn: str, status: str, seconds: float = 60) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        task = _task(ecs, arn)
        return task if task["lastStatus"] == status else None

    return until(look, seconds, f"the task is {status}")


def test_a_task_ends_with_the_code_of_its_container(server: KecsProcess) -> None:
    ecs = server.client()
    arn = _run(ecs, {"command": ["sh", "-c", "echo to be read; exit 3"]})
    task = _reached(ecs, arn, "STOPPED")
    assert task["containers"][0]["exitCode"] == 3
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["createdAt"] <= task["startedAt"] <= task["stoppingAt"] <= task["stoppedAt"]


def test_a_task_is_stopped_by_its_user(server: KecsProcess) -> None:
    ecs = server.client()
    arn = _run(ecs, {"command": ["sh", "-c", "trap 'exit 7' TERM; while true; do sleep 0.1; done"]})
    _reached(ecs, arn, "RUNNING")
    assert ecs.stop_task(cluster=CLUSTER, task=arn, reason="enough")["task"]["desiredStatus"] == "STOPPED"
    task = _reached(ecs, arn, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 7


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"image": "kecs.invalid/none:1"}, "CannotPullContainerError"),
        ({"command": ["/no/such/program"]}, "CannotStartContainerError"),
    ],
)
def test_a_task_that_cannot_start_says_why(server: KecsProcess, container: dict[str, Any], reason: str) -> None:
    ecs = server.client()
    task = _reached(ecs, _run(ecs, container), "STOPPED", 90)
    assert task["stopCode"] == "TaskFailedToStart"
    assert reason in task["containers"][0]["reason"]


def test_a_container_killed_from_outside_ends_its_task(on_engine: KecsProcess, container_engine: str) -> None:
    server = on_engine
    ecs = server.client()
    arn = _run(ecs, {"command": ["sleep", "600"]})
    _reached(ecs, arn, "RUNNING")
    (found,) = [
        each
        for each in containers_of(container_engine, server.data)
        if each.labels.get(engines.POD_UID, "").replace("-", "") == arn.rpartition("/")[2]
        and each.labels.get(engines.CONTAINER) == "main"
    ]
    _kill(container_engine, found.id)
    task = _reached(ecs, arn, "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["containers"][0]["exitCode"] == 137


def test_a_container_without_memory_says_so(server: KecsProcess) -> None:
    ecs = server.client()
    task = _reached(ecs, _run(ecs, {"command": ["tail", "/dev/zero"], "memory": 16}), "STOPPED")
    assert task["containers"][0]["exitCode"] == 137
    assert task["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


@pytest.mark.parametrize(("condition", "started"), [("COMPLETE", True), ("SUCCESS", False)])
def test_a_container_that_others_waited_for_shows_its_exit_code(
    server: KecsProcess, condition: str, *, started: bool
) -> None:
    ecs = server.client()
    first = {"name": "first", "essential": False, "command": ["sh", "-c", "exit 3"]}
    main = {"command": ["true"], "dependsOn": [{"containerName": "first", "condition": condition}]}
    task = _reached(ecs, _run(ecs, first, main), "STOPPED")
    codes = {each["name"]: each.get("exitCode") for each in task["containers"]}
    assert codes == {"first": 3, "main": 0 if started else None}


def test_tasks_of_a_service_reach_each_other(server: KecsProcess) -> None:
    ecs = server.client()
    page = "mkdir /tmp/w; hostname > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w"
    definition = _define(
        ecs, {"command": ["sh", "-c", page], "portMappings": [{"containerPort": 8080}]}, networkMode="awsvpc"
    )
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="pages",
        taskDefinition=definition,
        desiredCount=2,
        networkConfiguration=network,
    )
    ecs.get_waiter("services_stable").wait(
        cluster=CLUSTER, services=["pages"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName="pages")["taskArns"]
    addresses = [_task(ecs, arn)["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for arn in arns]
    if server.data.parent.name.startswith("real"):  # the pods of a cluster cannot be reached from here
        hosts = {until(partial(_page, address), 20, "the page is served") for address in addresses}
        assert len(hosts) == 2
    fetch = " && ".join(f"wget -q -O - http://{address}:8080/" for address in addresses)
    task = _reached(ecs, _run(ecs, {"command": ["sh", "-c", fetch]}), "STOPPED")
    assert task["containers"][0]["exitCode"] == 0
    ecs.delete_service(cluster=CLUSTER, service="pages", force=True)
    ecs.get_waiter("services_inactive").wait(
        cluster=CLUSTER, services=["pages"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert ecs.list_tasks(cluster=CLUSTER, serviceName="pages")["taskArns"] == []


def _page(address: str) -> str | None:
    with suppress(OSError), urllib.request.urlopen(f"http://{address}:8080/", timeout=2) as answer:
        return str(answer.read().decode().strip())
    return None


def _kill(host: str, container: str) -> None:
    import asyncio

    from kecs.embedded.node.docker import DockerEngine

    async def kill() -> None:
        engine = DockerEngine(host)
        await engine.connect()
        try:
            await engine.kill(container)
        finally:
            await engine.close()

    asyncio.run(kill())
