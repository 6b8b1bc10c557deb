"""RunTask, StartTask, DescribeTasks, ListTasks, StopTask. Nobody runs the pods here."""

import asyncio
from typing import Any

import pytest

from kecs.kube.errors import ApiError, NotFound, NotStored, TooManyRequests, Unavailable
from kecs.kube.resources import (
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    RESOURCE_QUOTAS,
    SERVICE_ACCOUNTS,
)
from kecs.model import marks
from kecs.model.scope import DEFAULT_ACCOUNT
from kecs.translate import facts, views
from kecs.translate.options import Options
from tests.services.conftest import Client, Refused, on_embedded_only

SLEEP = {"name": "app", "image": "busybox", "memory": 64, "command": ["sleep", "60"]}
TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/"
VPC = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


@pytest.fixture
async def ecs(client: Client) -> Client:
    await client("CreateCluster", clusterName="c")
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[SLEEP], tags=[{"key": "d", "value": "1"}])
    return client


async def run(client: Client, **members: Any) -> list[dict[str, Any]]:
    answer = await client("RunTask", **{"cluster": "c", "taskDefinition": "f", **members})
    assert answer["failures"] == []
    found: list[dict[str, Any]] = answer["tasks"]
    return found


async def listed(client: Client, **members: Any) -> list[str]:
    found: list[str] = (await client("ListTasks", cluster="c", **members))["taskArns"]
    return found


async def test_a_task_is_run_described_listed_and_stopped(ecs: Client) -> None:
    (task,) = await run(ecs, startedBy="me")
    assert task["lastStatus"] in ("PROVISIONING", "PENDING")
    assert task["desiredStatus"] == "RUNNING"
    assert task["group"] == "family:f"
    assert task["startedBy"] == "me"
    assert task["version"] >= 1
    assert task["overrides"] == {"containerOverrides": [{"name": "app"}], "inferenceAcceleratorOverrides": []}
    arn = task["taskArn"]
    assert arn.startswith(TASK) and len(arn) == len(TASK) + 32
    for text in (arn, arn.rpartition("/")[2]):
        described = await ecs("DescribeTasks", cluster="c", tasks=[text])
        assert described == {"tasks": [task], "failures": []}
    assert await listed(ecs) == [arn]
    stopped = (await ecs("StopTask", cluster="c", task=arn, reason="enough"))["task"]
    assert stopped["desiredStatus"] == "STOPPED"
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough")
    again = (await ecs("StopTask", cluster="c", task=arn, reason="more"))["task"]
    assert again["stoppedReason"] == "enough"
    assert await listed(ecs) == []
    assert await listed(ecs, desiredStatus="STOPPED") == [arn]
    assert await listed(ecs, desiredStatus="PENDING") == []


async def test_the_reason_is_that_a_user_stopped_it_when_none_is_given(ecs: Client) -> None:
    (task,) = await run(ecs)
    stopped = (await ecs("StopTask", cluster="c", task=task["taskArn"]))["task"]
    assert stopped["stoppedReason"] == "Task stopped by user"


async def test_up_to_ten_at_once_each_with_an_id_of_its_own(ecs: Client) -> None:
    tasks = await run(ecs, count=10)
    assert len({task["taskArn"] for task in tasks}) == 10
    (cluster,) = (await ecs("DescribeClusters", clusters=["c"]))["clusters"]
    assert (cluster["runningTasksCount"], cluster["pendingTasksCount"]) == (0, 10)


async def test_a_repeated_token_finds_the_tasks_of_the_first_request(ecs: Client) -> None:
    first = await run(ecs, count=2, clientToken="t")
    again, other = await asyncio.gather(run(ecs, count=2, clientToken="t"), run(ecs, count=2, clientToken="u"))
    assert [task["taskArn"] for task in again] == [task["taskArn"] for task in first]
    assert not {task["taskArn"] for task in other} & {task["taskArn"] for task in first}
    await ecs("TagResource", resourceArn=first[0]["taskArn"], tags=[{"key": "a", "value": "b"}])
    by_arn = await run(ecs, cluster="arn:aws:ecs:us-east-1:123456789012:cluster/c", count=2, clientToken="t")
    assert by_arn[0]["taskArn"] == first[0]["taskArn"]


@pytest.mark.parametrize("ended", [False, True], ids=["running", "ended"])
@pytest.mark.parametrize(
    "other",
    [{"startedBy": "else"}, {"count": 3}, {"taskDefinition": "g"}, {"tags": [{"key": "a", "value": "b"}]}],
    ids=lambda members: next(iter(members)),
)
async def test_a_token_is_good_for_one_request_alone(ecs: Client, other: dict[str, Any], ended: bool) -> None:
    await ecs("RegisterTaskDefinition", family="g", containerDefinitions=[SLEEP])
    first = await run(ecs, count=2, clientToken="t")
    if ended:
        for task in first:
            await end(ecs, task["taskArn"])
    with pytest.raises(Refused) as caught:
        await ecs("RunTask", **{"cluster": "c", "taskDefinition": "f", "count": 2, "clientToken": "t", **other})
    assert caught.value.code == "ConflictException"
    assert caught.value.members == {"resourceIds": [first[0]["taskArn"]]}
    assert len(await listed(ecs)) == (0 if ended else 2)


async def test_a_token_whose_task_ends_at_that_moment_is_no_failure(ecs: Client, monkeypatch: Any) -> None:
    """Its pod is there when another one is made, and gone when it is looked for."""
    (task,) = await run(ecs, clientToken="t")
    ecs.world.pods.forget(the_pod(ecs, task["taskArn"]))  # as on a replica whose caches lag behind
    get = ecs.engine.get

    async def ended(resource: Any, namespace: str | None, name: str, **options: Any) -> Any:
        if resource.plural == "pods":
            monkeypatch.setattr(ecs.engine, "get", get)
            await end(ecs, task["taskArn"], name)
        return await get(resource, namespace, name, **options)

    monkeypatch.setattr(ecs.engine, "get", ended)
    (again,) = await run(ecs, clientToken="t")
    assert (again["taskArn"], again["lastStatus"]) == (task["taskArn"], "STOPPED")


def the_pod(client: Client, arn: str) -> views.Pod:
    pod = client.world.task_pod(client.namespace("c"), arn.rpartition("/")[2])
    assert pod is not None
    return pod


async def end(client: Client, arn: str, name: str = "") -> None:
    """Leave of a task its record, as whoever reconciles tasks does; `name` is its pod's where the cache lacks it."""
    pods, key = client.world.pods, arn.rpartition("/")[2]
    pod = await client.engine.get(pods.resource, client.namespace("c"), name or the_pod(client, arn).metadata.name)
    labels = {mark: pod.metadata.labels[mark] for mark in (marks.REQUEST, marks.FAMILY)}
    body: dict[str, Any] = {
        "metadata": {"name": key, "labels": labels},
        "spec": {"taskArn": arn, "lastStatus": "STOPPED"},
    }
    known = facts.of(pod)
    body["spec"]["startedBy"] = known.startedBy if known else None
    await client.world.create(client.world.stopped_tasks, client.namespace("c"), body)
    await client.world.patch(pods, client.namespace("c"), pod.metadata.name, {"metadata": {"finalizers": None}})
    await client.world.delete(pods, client.namespace("c"), pod.metadata.name, grace_seconds=0)


async def test_a_repeated_token_finds_a_task_that_has_ended(ecs: Client) -> None:
    (task,) = await run(ecs, clientToken="t")
    await end(ecs, task["taskArn"])
    (again,) = await run(ecs, clientToken="t")
    assert (again["taskArn"], again["lastStatus"]) == (task["taskArn"], "STOPPED")


async def test_lists_are_filtered_and_paged(ecs: Client) -> None:
    await ecs("RegisterTaskDefinition", family="g", containerDefinitions=[SLEEP])
    mine = [task["taskArn"] for task in await run(ecs, count=5, startedBy="me")]
    others = [task["taskArn"] for task in await run(ecs, count=2, taskDefinition="g")]
    assert await listed(ecs) == sorted(mine + others)
    assert await listed(ecs, startedBy="me") == sorted(mine)
    assert await listed(ecs, family="g") == sorted(others)
    assert await listed(ecs, launchType="FARGATE") == []
    found: list[str] = []
    token = None
    while not found or token:
        page = await ecs("ListTasks", cluster="c", maxResults=3, **({"nextToken": token} if token else {}))
        found += page["taskArns"]
        token = page.get("nextToken")
    assert found == sorted(mine + others)
    assert (await ecs.refusal("ListTasks", cluster="c", startedBy="me", family="g"))[0] == "InvalidParameterException"
    assert await ecs.refusal("ListTasks", cluster="c", serviceName="nope") == (
        "ServiceNotFoundException",
        "Service not found.",
    )


async def test_stopped_tasks_are_listed_without_a_look_at_those_that_run(ecs: Client, monkeypatch: Any) -> None:
    await ecs("RegisterTaskDefinition", family="g", containerDefinitions=[SLEEP])
    gone = [task["taskArn"] for task in await run(ecs, count=2, startedBy="me", clientToken="t")]
    for arn in gone:
        await end(ecs, arn)
    (going,) = [task["taskArn"] for task in await run(ecs, taskDefinition="g", startedBy="me")]
    await ecs("StopTask", cluster="c", task=going)
    await run(ecs, count=3, taskDefinition="g")
    by = ecs.world.pods.by

    def few(index: str, key: Any) -> Any:
        assert index != "namespace", "every task of the cluster is looked at"
        return by(index, key)

    monkeypatch.setattr(ecs.world.pods, "by", few)
    assert await listed(ecs, desiredStatus="STOPPED") == sorted([*gone, going])
    assert await listed(ecs, desiredStatus="STOPPED", startedBy="me") == sorted([*gone, going])
    assert await listed(ecs, desiredStatus="STOPPED", family="g") == [going]
    assert await listed(ecs, desiredStatus="STOPPED", launchType="EC2") == [going]  # the records here name none
    include = {"clusters": ["c"], "include": ["STATISTICS"]}
    statistics = (await ecs("DescribeClusters", **include))["clusters"][0]["statistics"]
    assert {"name": "pendingEC2TasksCount", "value": "3"} in statistics


async def test_tags_are_shown_where_asked_for_and_come_from_where_asked(ecs: Client) -> None:
    (task,) = await run(ecs, tags=[{"key": "k", "value": "ä"}], propagateTags="TASK_DEFINITION")
    arn = task["taskArn"]
    assert (await ecs("DescribeTasks", cluster="c", tasks=[arn]))["tasks"][0]["tags"] == []
    await ecs("TagResource", resourceArn=arn, tags=[{"key": "k2", "value": "v2"}])
    await ecs("UntagResource", resourceArn=arn, tagKeys=["d", "unknown"])
    wanted = [{"key": "k", "value": "ä"}, {"key": "k2", "value": "v2"}]
    assert (await ecs("DescribeTasks", cluster="c", tasks=[arn], include=["TAGS"]))["tasks"][0]["tags"] == wanted
    assert (await ecs("ListTagsForResource", resourceArn=arn))["tags"] == wanted


async def test_a_task_role_is_an_account_of_the_namespace(ecs: Client) -> None:
    role = "arn:aws:iam::123456789012:role/worker"
    await ecs("RegisterTaskDefinition", family="r", containerDefinitions=[SLEEP], taskRoleArn=role)
    await run(ecs, taskDefinition="r", count=2)
    accounts = await ecs.engine.list(SERVICE_ACCOUNTS, ecs.namespace("c"))
    annotations = [found["metadata"].get("annotations", {}) for found in accounts.items]
    given = role.replace(DEFAULT_ACCOUNT, ecs.scope.account)
    assert [a["eks.amazonaws.com/role-arn"] for a in annotations if a] == [given]


async def test_a_task_waits_for_a_namespace_that_is_still_going(ecs: Client) -> None:
    (task,) = await run(ecs)
    namespace = ecs.namespace("c")
    await ecs.engine.delete(NAMESPACES, None, namespace)
    waiting = asyncio.create_task(run(ecs))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    pod = ecs.world.task_pod(namespace, task["taskArn"].rpartition("/")[2])
    assert pod is not None
    await ecs.world.patch(ecs.world.pods, namespace, pod.metadata.name, {"metadata": {"finalizers": None}})
    await ecs.engine.delete(PODS, namespace, pod.metadata.name, grace_seconds=0)
    gone = await ecs.engine.get(NAMESPACES, None, namespace)
    gone["spec"]["finalizers"] = []
    await ecs.engine.replace(NAMESPACES, None, namespace, gone, manager="test", subresource="finalize")
    (task,) = await asyncio.wait_for(waiting, 5)
    assert task["desiredStatus"] == "RUNNING"


@on_embedded_only
async def test_a_task_finds_the_volumes_of_the_drivers(ecs: Client) -> None:
    ecs.options = Options(storage="csi")
    mount = {"sourceVolume": "files", "containerPath": "/files"}
    volume = {"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}
    await ecs(
        "RegisterTaskDefinition",
        family="stored",
        containerDefinitions=[SLEEP | {"mountPoints": [mount]}],
        volumes=[volume],
    )
    for _ in range(2):
        await run(ecs, taskDefinition="stored")
    (claim,) = (await ecs.engine.list(PERSISTENT_VOLUME_CLAIMS, ecs.namespace("c"))).items
    (found,) = (await ecs.engine.list(PERSISTENT_VOLUMES)).items
    assert found["spec"]["claimRef"]["name"] == claim["metadata"]["name"] == found["metadata"]["name"]


async def test_overrides_come_back(ecs: Client) -> None:
    override = {"name": "app", "command": ["true"], "environment": [{"name": "A", "value": "1"}]}
    (task,) = await run(ecs, overrides={"containerOverrides": [override], "cpu": "512"})
    assert task["overrides"]["containerOverrides"] == [override]
    assert task["cpu"] == "512"


async def test_a_stopped_task_is_described_from_its_record(ecs: Client) -> None:
    key = "ab" * 16
    spec = {"taskArn": TASK + key, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "group": "service:s",
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/f:1",
            "tags": [{"key": "k", "value": "v"}]}  # fmt: skip
    await run(ecs)  # so that the namespace is there
    body = {"apiVersion": "kecs.io/v1alpha1", "kind": "ECSTask", "metadata": {"name": key}, "spec": spec}
    await ecs.world.create(ecs.world.stopped_tasks, ecs.namespace("c"), body)
    (shown,) = (await ecs("DescribeTasks", cluster="c", tasks=[key], include=["TAGS"]))["tasks"]
    assert shown == {**spec, "tags": []}
    assert (await ecs("StopTask", cluster="c", task=key))["task"]["lastStatus"] == "STOPPED"
    assert await listed(ecs, desiredStatus="STOPPED", family="f") == [TASK + key]
    _, text = await ecs.refusal("TagResource", resourceArn=TASK + key, tags=[{"key": "a"}])
    assert text == "The specified task is stopped. Specify a running task and try again."
    assert await listed(ecs, desiredStatus="STOPPED", family="g") == []


async def test_a_task_that_runs_is_stopped_whatever_is_recorded_of_it(ecs: Client) -> None:
    """A restored cluster has its pod again; a cache may have its record a moment longer."""
    (task,) = await run(ecs)
    body = {"metadata": {"name": task["taskArn"].rpartition("/")[2]}, "spec": {"lastStatus": "STOPPED"}}
    await ecs.world.create(ecs.world.stopped_tasks, ecs.namespace("c"), body)
    stopped = (await ecs("StopTask", cluster="c", task=task["taskArn"], reason="enough"))["task"]
    assert stopped["stoppedReason"] == "enough"
    assert marks.STOP in the_pod(ecs, task["taskArn"]).metadata.annotations


@on_embedded_only  # a node would be everybody's
async def test_a_task_can_be_started_on_an_instance_of_ones_choice(ecs: Client) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    made = await ecs.engine.create(NODES, None, node, manager="test")
    status = {"status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "10"}}}
    await ecs.world.patch(ecs.world.nodes, None, "n1", status, subresource="status")
    key = made["metadata"]["uid"].replace("-", "")
    (instance,) = (await ecs("ListContainerInstances", cluster="c"))["containerInstanceArns"]
    assert instance.endswith(f"container-instance/c/{key}")
    answer = await ecs("StartTask", cluster="c", taskDefinition="f", containerInstances=[instance, "f" * 32])
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    (task,) = answer["tasks"]
    assert task["containerInstanceArn"] == instance
    assert await listed(ecs, containerInstance=key) == [task["taskArn"]]
    shown = await ecs("DescribeContainerInstances", cluster="c", containerInstances=[key, "0" * 32])
    (described,) = shown["containerInstances"]
    assert (described["status"], described["pendingTasksCount"]) == ("ACTIVE", 1)
    assert {r["name"]: r["integerValue"] for r in described["registeredResources"]} == {"CPU": 4096, "MEMORY": 8192}
    assert [failure["reason"] for failure in shown["failures"]] == ["MISSING"]
    target = {"targetId": key, "targetType": "container-instance"}
    await ecs("PutAttributes", cluster="c", attributes=[{"name": "stack", "value": "prod", **target}])
    (found,) = (await ecs("ListAttributes", cluster="c", targetType="container-instance", attributeName="stack"))[
        "attributes"
    ]
    assert (found["value"], found["targetId"]) == ("prod", instance)
    await ecs("DeleteAttributes", cluster="c", attributes=[{"name": "stack", **target}])
    answer = await ecs("ListAttributes", cluster="c", targetType="container-instance", attributeName="stack")
    assert answer["attributes"] == []
    drained = await ecs("UpdateContainerInstancesState", cluster="c", containerInstances=[key], status="DRAINING")
    assert drained["containerInstances"][0]["status"] == "DRAINING"
    assert (await ecs("ListContainerInstances", cluster="c", status="ACTIVE"))["containerInstanceArns"] == []


INVALID = "InvalidParameterException"
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("RunTask", {"count": 11}, INVALID, "count must be between 1 and 10."),
    ("RunTask", {"count": 0}, INVALID, "count must be between 1 and 10."),
    ("RunTask", {"taskDefinition": "nope"}, "ClientException", "TaskDefinition not found."),
    ("RunTask", {"cluster": "nope"}, "ClusterNotFoundException", "Cluster not found."),
    ("RunTask", {"overrides": {"containerOverrides": [{"name": "x", "cpu": 1}]}}, INVALID,
     "Override for container named x is not a container in the TaskDefinition."),
    ("RunTask", {"overrides": {"containerOverrides": [{"name": "app", "command": ["x" * 8192]}]}}, INVALID,
     "Container Overrides length must be at most 8192"),
    ("RunTask", {"launchType": "FARGATE"}, INVALID, "Task definition does not support launch_type FARGATE."),
    ("RunTask", {"networkConfiguration": VPC}, INVALID,
     "Network Configuration is not valid for the given networkMode of this task definition."),
    ("RunTask", {"group": "service:x"}, INVALID, "Group name must not begin with 'service:'."),
    ("RunTask", {"startedBy": "x" * 129}, INVALID, "startedBy can be at most 128 characters."),
    ("StopTask", {"task": "0" * 32}, INVALID, "The referenced task was not found."),
    ("DescribeTasks", {"tasks": []}, INVALID, "Tasks cannot be empty."),
    ("DescribeTasks", {"tasks": ["x"] * 101}, INVALID, "tasks can have at most 100 items."),
    ("StartTask", {"taskDefinition": "f", "containerInstances": []}, INVALID, "Container Instances cannot be empty."),
]  # fmt: skip


@on_embedded_only
@pytest.mark.parametrize(("operation", "members", "code", "text"), REFUSED)
async def test_refused(ecs: Client, operation: str, members: dict[str, Any], code: str, text: str) -> None:
    base = {"cluster": "c", **({"taskDefinition": "f"} if operation == "RunTask" else {})}
    assert await ecs.refusal(operation, **{**base, **members}) == (code, text)


async def test_an_inactive_definition_runs_no_more(ecs: Client) -> None:
    await ecs("DeregisterTaskDefinition", taskDefinition="f:1")
    assert await ecs.refusal("RunTask", cluster="c", taskDefinition="f:1") == (INVALID, "TaskDefinition is inactive")
    assert (await ecs.refusal("RunTask", cluster="c", taskDefinition="f"))[0] == "ClientException"


async def test_unknown_tasks_are_failures(ecs: Client) -> None:
    answer = await ecs("DescribeTasks", cluster="c", tasks=["0" * 32])
    assert answer == {"tasks": [], "failures": [{"arn": TASK + "0" * 32, "reason": "MISSING"}]}


async def test_a_cluster_with_tasks_is_not_deleted(ecs: Client) -> None:
    await run(ecs)
    assert await ecs.refusal("DeleteCluster", cluster="c") == (
        "ClusterContainsTasksException",
        "The Cluster cannot be deleted while Tasks are active.",
    )


async def test_clusters_do_not_see_each_others_tasks(ecs: Client) -> None:
    (task,) = await run(ecs)
    await ecs("CreateCluster", clusterName="other")
    key = task["taskArn"].rpartition("/")[2]
    assert (await ecs("DescribeTasks", cluster="other", tasks=[key]))["failures"][0]["reason"] == "MISSING"
    assert await ecs.refusal("DescribeTasks", cluster="other", tasks=[task["taskArn"]]) == (
        INVALID,
        "Invalid identifier: Identifier is for cluster c. Your cluster is other",
    )
    assert (await ecs("ListTasks", cluster="other"))["taskArns"] == []


@on_embedded_only  # real admission counts some moments behind
async def test_what_a_quota_refuses_is_a_failure_beside_what_runs(ecs: Client) -> None:
    await run(ecs)
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "3"}}}
    await ecs.engine.create(RESOURCE_QUOTAS, ecs.namespace("c"), quota, manager="test")
    answer = await ecs("RunTask", cluster="c", taskDefinition="f", count=4)
    assert len(answer["tasks"]) == 2
    assert [failure["reason"] for failure in answer["failures"]] == ["RESOURCE:TASKS"] * 2
    assert len(await listed(ecs)) == 3


@on_embedded_only
@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (Unavailable("down"), "Service Unavailable. Please try again later."),
        (TooManyRequests("slowly"), "Service Unavailable. Please try again later."),
        (NotStored("The disk is full."), "The disk is full."),
    ],
)
async def test_a_cluster_that_fails_half_way_is_a_failure_beside_what_runs(
    ecs: Client, monkeypatch: Any, error: ApiError, detail: str
) -> None:
    create, calls = ecs.engine.create, 0

    async def failing(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise error
        return await create(*args, **options)

    await run(ecs)  # its namespace is there
    monkeypatch.setattr(ecs.engine, "create", failing)
    answer = await ecs("RunTask", cluster="c", taskDefinition="f", count=5)
    assert len(answer["tasks"]) == 2
    told = [(failure["reason"], failure["detail"]) for failure in answer["failures"]]
    assert told == [("ServerException", detail)] * 3
    assert calls == 3  # a cluster that is down is not waited for again and again
    with pytest.raises(type(error)):
        await run(ecs)


@on_embedded_only  # a node would be everybody's
async def test_an_instance_that_goes_meanwhile_is_missing(ecs: Client, monkeypatch: Any) -> None:
    node = await ecs.engine.create(
        NODES, None, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}, manager="test"
    )
    key = node["metadata"]["uid"].replace("-", "")
    await ecs.world.patch(ecs.world.nodes, None, "n1", {"metadata": {"labels": {"known": "yes"}}})

    async def gone(*_: Any, **__: Any) -> Any:
        raise NotFound("gone")

    monkeypatch.setattr(ecs.engine, "patch", gone)
    answer = await ecs("UpdateContainerInstancesState", cluster="c", containerInstances=[key], status="DRAINING")
    assert answer["containerInstances"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


async def test_a_cluster_that_is_deleted_meanwhile_gets_no_namespace_again(ecs: Client, monkeypatch: Any) -> None:
    create = ecs.world.create

    async def after_its_end(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(ecs.world, "create", create)
        await ecs("DeleteCluster", cluster="c")
        return await create(*args, **more)

    monkeypatch.setattr(ecs.world, "create", after_its_end)
    code, _ = await ecs.refusal("RunTask", cluster="c", taskDefinition="f")
    assert code == "ClusterNotFoundException"
    assert not (await ecs.engine.list(NAMESPACES, fields=f"metadata.name={ecs.namespace('c')}")).items
