"""DAEMON services where Kubernetes's own controller of DaemonSets meets trouble, on both backends."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl
from tests.e2e.told import messages, service
from tests.process import KecsProcess
from tests.waiting import until

SOON = {"Delay": 0.2, "MaxAttempts": 300}
CONTAINER = {"name": "main", "image": "example/steady", "memory": 16, "command": ["sleep", "86400"]}


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


def fill_quota(ecs: Any, cluster: str) -> str:
    """Return the one task of a cluster that may have one; the quota counts from a moment after it was made."""

    def refused() -> str:
        return "".join(one["detail"] for one in ecs.run_task(cluster=cluster, taskDefinition=cluster)["failures"])

    assert "exceeded quota" in until(refused, 20, "the quota is full")
    task, *more = ecs.list_tasks(cluster=cluster)["taskArns"]
    for one in more:
        ecs.stop_task(cluster=cluster, task=one)
        ecs.get_waiter("tasks_stopped").wait(cluster=cluster, tasks=[one], WaiterConfig=SOON)
    until(lambda: "used: pods=1" in refused(), 30, "one task is counted")
    return str(task)


def test_a_quota_that_takes_no_more_pods_is_told_and_nothing_runs_hot(
    kecs_server: KecsProcess, new_kubectl: Callable[[str], Kubectl]
) -> None:
    ecs = kecs_server.client()
    ecs.create_cluster(clusterName="full", tags=[{"key": "kecs.io/quota-tasks", "value": "1"}])
    ecs.register_task_definition(family="full", containerDefinitions=[CONTAINER])
    task = fill_quota(ecs, "full")
    ecs.create_service(cluster="full", serviceName="web", taskDefinition="full", schedulingStrategy="DAEMON")
    told = "(service web) was unable to place a task. Reason: exceeded quota"
    until(lambda: any(one.startswith(told) for one in messages(ecs, "full")), 20, "the service tells it")
    kubectl = new_kubectl("full-us-east-1")
    at_rest = ("get", "ecsservices,daemonsets", "-o", "jsonpath={.items[*].metadata.resourceVersion}")
    versions, began = "", time.monotonic()

    def rested() -> bool:
        nonlocal versions, began
        before, versions = versions, kubectl(*at_rest)
        if versions != before:
            began = time.monotonic()
        return time.monotonic() > began + 3

    until(rested, 20, "nothing is written for a while")
    assert sum(one.startswith(told) for one in messages(ecs, "full")) == 1
    ecs.stop_task(cluster="full", task=task)
    until(lambda: service(ecs, "full")["runningCount"] == 1, 60, "the service goes on")
    ecs.delete_service(cluster="full", service="web", force=True)
    ecs.get_waiter("services_inactive").wait(cluster="full", services=["web"], WaiterConfig=SOON)


@pytest.mark.parametrize("code", [0, 1])
def test_tasks_that_end_again_and_again_are_started_less_and_less_often(kecs_server: KecsProcess, code: int) -> None:
    """Kubernetes delays pods that failed; those that ended well it replaces ten times in a second."""
    ecs, name = kecs_server.client(), f"ends-{code}"
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(
        family=name, containerDefinitions=[CONTAINER | {"command": ["sh", "-c", f"exit {code}"]}]
    )
    ecs.register_task_definition(family=name, containerDefinitions=[CONTAINER])
    began = time.monotonic()
    ecs.create_service(cluster=name, serviceName="web", taskDefinition=f"{name}:1", schedulingStrategy="DAEMON")
    told = "(service web) is unable to consistently start tasks successfully"
    until(lambda: any(one.startswith(told) for one in messages(ecs, name)), 20, "the service tells it")
    until(lambda: time.monotonic() > began + 3, 10, "it has had time to run hot")
    stopped = ecs.list_tasks(cluster=name, desiredStatus="STOPPED")["taskArns"]
    assert len(stopped) <= 12
    tasks = ecs.describe_tasks(cluster=name, tasks=stopped)["tasks"]
    assert {task["stopCode"] for task in tasks} == {"EssentialContainerExited"}
    assert [one for one in messages(ecs, name) if "has stopped" in one] == [], "the scheduler has stopped none of them"
    ecs.update_service(cluster=name, service="web", taskDefinition=f"{name}:2")
    ecs.get_waiter("services_stable").wait(cluster=name, services=["web"], WaiterConfig=SOON)
    ecs.delete_service(cluster=name, service="web", force=True)
    ecs.get_waiter("services_inactive").wait(cluster=name, services=["web"], WaiterConfig=SOON)
