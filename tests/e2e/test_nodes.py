"""Nodes of a real cluster that fall silent, go, or are drained: their tasks end with ECS's reason, and are replaced."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.kubectl import PROGRAM
from tests.e2e.replicas import Stage
from tests.process import environment
from tests.rig import own_cluster
from tests.waiting import until

SOON = {"Delay": 0.2, "MaxAttempts": 300}
CONTAINER = {"name": "main", "image": "example/steady", "memory": 16, "command": ["sleep", "86400"]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    with own_cluster(quick_nodes=True) as cluster:
        if cluster.directory is None:
            pytest.skip("giving nodes up quickly needs a cluster of the tests' own, not KECS_TEST_KUBECONFIG")
        stage = Stage(cluster, tmp_path_factory.mktemp("nodes"))
        stage.start(1)
        yield stage
        stage.end_replicas()
        stage.close()


@pytest.fixture
def other(stage: Stage) -> Iterator["subprocess.Popen[str]"]:
    """One more node, named `other`, the only one for new pods."""
    stage.kubectl("cordon", "node")
    command = [sys.executable, "-m", "tests.node", str(stage.cluster.kubeconfig), str(stage.directory / "other")]
    process = subprocess.Popen([*command, "other"], stdout=subprocess.PIPE, env=environment(), text=True)
    assert process.stdout
    assert process.stdout.readline() == "node ready\n"
    yield process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    stage.kubectl.run("delete", "node", "other")
    stage.kubectl("uncordon", "node")


def on_other(stage: Stage, cluster: str) -> tuple[Any, str, list[str]]:
    """Have a service and a task on the node `other`, and new pods go to the first node; return client and tasks."""
    ecs = stage.client()
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(family=cluster, containerDefinitions=[CONTAINER])
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=cluster, desiredCount=2)
    (task,) = ecs.run_task(cluster=cluster, taskDefinition=cluster)["tasks"]
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=["web"], WaiterConfig=SOON)
    ecs.get_waiter("tasks_running").wait(cluster=cluster, tasks=[task["taskArn"]], WaiterConfig=SOON)
    of_service = ecs.list_tasks(cluster=cluster, serviceName="web")["taskArns"]
    stage.kubectl("uncordon", "node")
    return ecs, task["taskArn"], of_service


def replaced(ecs: Any, cluster: str, before: list[str]) -> bool:
    """Say whether the service has two tasks that run, and none of those before."""
    (service,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
    arns = ecs.list_tasks(cluster=cluster, serviceName="web")["taskArns"]
    return service["runningCount"] == 2 and not set(arns) & set(before)


def described(ecs: Any, cluster: str, tasks: list[str]) -> list[dict[str, Any]]:
    answer = ecs.describe_tasks(cluster=cluster, tasks=tasks)
    assert answer["failures"] == []
    return list(answer["tasks"])


def test_the_tasks_of_a_node_that_falls_silent_are_replaced_and_end_with_it(
    stage: Stage, other: "subprocess.Popen[str]"
) -> None:
    ecs, alone, of_service = on_other(stage, "silent")
    other.kill()
    other.wait()
    until(lambda: replaced(ecs, "silent", of_service), 40, "the service runs elsewhere")
    gone = ("TerminationNotice", "Host EC2 (instance other) terminated.")
    for task in described(ecs, "silent", [alone, *of_service]):
        assert (task["lastStatus"], task["stopCode"], task["stoppedReason"]) == ("STOPPING", *gone)
    # Whoever knows that the machine is off says so; a cloud deletes the node.
    stage.kubectl("taint", "node", "other", "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute")
    ecs.get_waiter("tasks_stopped").wait(cluster="silent", tasks=[alone, *of_service], WaiterConfig=SOON)
    for task in described(ecs, "silent", [alone, *of_service]):
        assert (task["stopCode"], task["stoppedReason"]) == gone


def test_the_tasks_of_a_node_that_is_drained_are_replaced(stage: Stage, other: "subprocess.Popen[str]") -> None:
    ecs, alone, of_service = on_other(stage, "drained")
    stage.kubectl("drain", "other", "--force", "--timeout=60s")
    until(lambda: replaced(ecs, "drained", of_service), 40, "the service runs elsewhere")
    ecs.get_waiter("tasks_stopped").wait(cluster="drained", tasks=[alone, *of_service], WaiterConfig=SOON)
    for task in described(ecs, "drained", [alone, *of_service]):
        assert (task["stopCode"], task["stoppedReason"]) == (
            "TerminationNotice",
            "Container instance other is draining.",
        )
