"""RunTask, DescribeTasks, ListTasks, StopTask."""

from tests.services.conftest import Client

SLEEP = {"name": "app", "image": "busybox", "memory": 64, "command": ["sleep", "60"]}


async def prepared(client: Client, **definition: object) -> None:
    await client("CreateCluster", clusterName="c")
    await client("RegisterTaskDefinition", **{"family": "f", "containerDefinitions": [SLEEP], **definition})


async def test_a_task_is_run_described_listed_and_stopped(client: Client) -> None:
    await prepared(client)
    made = await client("RunTask", cluster="c", taskDefinition="f", startedBy="me")
    assert made["failures"] == []
    (task,) = made["tasks"]
    assert task["lastStatus"] in ("PROVISIONING", "PENDING")
    assert task["desiredStatus"] == "RUNNING"
    assert task["group"] == "family:f"
    assert task["startedBy"] == "me"
    arn = task["taskArn"]
    described = await client("DescribeTasks", cluster="c", tasks=[arn])
    assert described["tasks"] == [task]
    assert (await client("ListTasks", cluster="c"))["taskArns"] == [arn]
    stopped = await client("StopTask", cluster="c", task=arn, reason="enough")
    assert stopped["task"]["desiredStatus"] == "STOPPED"
    assert stopped["task"]["stoppedReason"] == "enough"
    assert stopped["task"]["stopCode"] == "UserInitiated"
    assert (await client("ListTasks", cluster="c"))["taskArns"] == []
    assert (await client("ListTasks", cluster="c", desiredStatus="STOPPED"))["taskArns"] == [arn]
