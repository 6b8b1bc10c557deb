"""The operations as boto3 uses them on a running kecs: waiters end by themselves, paginators see everything once."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.process import KecsProcess

APP = {"name": "app", "image": "busybox", "memory": 64, "command": ["sleep", "600"]}
FAST = {"Delay": 1, "MaxAttempts": 30}


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


@pytest.fixture
def ecs(kecs_server: KecsProcess, request: pytest.FixtureRequest) -> Any:
    """A client in a region of the test's own, so that no test sees another's resources."""
    region = "test-" + request.node.originalname.replace("_", "-")[-40:]
    client = kecs_server.client("ecs", region=region)
    client.create_cluster(clusterName="c")
    client.register_task_definition(family="f", containerDefinitions=[APP])
    return client


def test_tasks_run_and_stop(ecs: Any) -> None:
    tasks = [task["taskArn"] for task in ecs.run_task(cluster="c", taskDefinition="f", count=3)["tasks"]]
    ecs.get_waiter("tasks_running").wait(cluster="c", tasks=tasks, WaiterConfig=FAST)
    for arn in tasks:
        ecs.stop_task(cluster="c", task=arn, reason="done")
    ecs.get_waiter("tasks_stopped").wait(cluster="c", tasks=tasks, WaiterConfig=FAST)
    for task in ecs.describe_tasks(cluster="c", tasks=tasks)["tasks"]:
        assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "done")
        order = ("createdAt", "connectivityAt", "startedAt", "stoppingAt", "executionStoppedAt", "stoppedAt")
        times = [task[name] for name in order]
        assert times == sorted(times)
    assert ecs.list_tasks(cluster="c")["taskArns"] == []


def test_a_service_becomes_stable_is_updated_and_goes(ecs: Any) -> None:
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=2)
    stable = ecs.get_waiter("services_stable")
    stable.wait(cluster="c", services=["s"], WaiterConfig=FAST)
    old = set(ecs.list_tasks(cluster="c", serviceName="s")["taskArns"])
    ecs.register_task_definition(family="f", containerDefinitions=[{**APP, "command": ["sleep", "700"]}])
    ecs.update_service(cluster="c", service="s", taskDefinition="f", desiredCount=3)
    stable.wait(cluster="c", services=["s"], WaiterConfig=FAST)
    (shown,) = ecs.describe_services(cluster="c", services=["s"])["services"]
    assert shown["taskDefinition"].endswith(":2")
    assert [d["rolloutState"] for d in shown["deployments"]] == ["COMPLETED"]
    assert shown["runningCount"] == 3
    new = set(ecs.list_tasks(cluster="c", serviceName="s")["taskArns"])
    assert len(new) == 3 and not new & old
    started = {t["startedBy"] for t in ecs.describe_tasks(cluster="c", tasks=sorted(new))["tasks"]}
    assert started == {shown["deployments"][0]["id"]}
    ecs.delete_service(cluster="c", service="s", force=True)
    ecs.get_waiter("services_inactive").wait(cluster="c", services=["s"], WaiterConfig=FAST)
    assert ecs.list_services(cluster="c")["serviceArns"] == []
    assert ecs.list_tasks(cluster="c")["taskArns"] == []
    assert ecs.delete_cluster(cluster="c")["cluster"]["status"] == "INACTIVE"


def test_paginators_see_everything_once(ecs: Any) -> None:
    for number in range(12):
        ecs.create_service(cluster="c", serviceName=f"s{number:02d}", taskDefinition="f", desiredCount=0)
    pages = ecs.get_paginator("list_services").paginate(cluster="c", PaginationConfig={"PageSize": 5})
    names = [arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]]
    assert names == [f"s{number:02d}" for number in range(12)]
    for _ in range(4):
        ecs.register_task_definition(family="g", containerDefinitions=[APP])
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix="g", sort="DESC", maxResults=3)
    numbers = [int(arn.rpartition(":")[2]) for page in pages for arn in page["taskDefinitionArns"]]
    assert numbers == [4, 3, 2, 1]


def test_errors_are_modelled(ecs: Any) -> None:
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.run_task(cluster="nope", taskDefinition="f")
    with pytest.raises(ecs.exceptions.ServiceNotFoundException):
        ecs.update_service(cluster="c", service="nope")
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="The referenced task was not found"):
        ecs.stop_task(cluster="c", task="0" * 32)
    with pytest.raises(ClientError, match="does not support"):
        ecs.create_task_set(cluster="c", service="s", taskDefinition="f")


def test_revisions_and_pages_go_on_after_a_restart(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    ecs = server.client()
    for _ in range(3):
        ecs.register_task_definition(family="f", containerDefinitions=[APP])
    ecs.deregister_task_definition(taskDefinition="f:3")
    ecs.delete_task_definitions(taskDefinitions=["f:3"])
    page = ecs.list_task_definitions(maxResults=1)
    server.stop()
    ecs = server.start().client()
    rest = ecs.list_task_definitions(maxResults=1, nextToken=page["nextToken"])
    assert [arn.rpartition(":")[2] for arn in page["taskDefinitionArns"] + rest["taskDefinitionArns"]] == ["1", "2"]
    made = ecs.register_task_definition(family="f", containerDefinitions=[APP])
    assert made["taskDefinition"]["revision"] == 4
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="Invalid token"):
        ecs.list_task_definitions(maxResults=1, nextToken="eyJ9")
