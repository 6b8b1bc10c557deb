"""What happens to a real cluster under a live kecs: policies, namespaces, workloads, definitions, nodes."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.kubectl import PROGRAM
from tests.e2e.replicas import Stage, writes_of_the_work
from tests.e2e.told import messages, service
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
        stage = Stage(cluster, tmp_path_factory.mktemp("hand"))
        stage.start(1)
        yield stage
        stage.end_replicas()
        stage.close()


def with_service(stage: Stage, cluster: str) -> Any:
    """Return a client, and have a service of two tasks."""
    ecs = stage.client()
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(family=cluster, containerDefinitions=[CONTAINER])
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=cluster, desiredCount=2)
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=["web"], WaiterConfig=SOON)
    return ecs


POLICY = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "no-pods"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
            ]
        },
        "validations": [{"expression": "false", "message": "images of example are not allowed"}],
    },
}
BINDING = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "no-pods"},
    "spec": {
        "policyName": "no-pods",
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "policy-us-east-1"}}},
    },
}


def test_a_policy_that_refuses_pods_is_told_and_nothing_runs_hot(stage: Stage) -> None:
    ecs = with_service(stage, "policy")
    stage.kubectl("apply", "-f", "-", stdin=POLICY)
    stage.kubectl("apply", "-f", "-", stdin=BINDING)

    def refused() -> str | None:
        answer = ecs.run_task(cluster="policy", taskDefinition="policy")
        for task in answer["tasks"]:  # the policy is not in force yet
            ecs.stop_task(cluster="policy", task=task["taskArn"])
        return answer["failures"][0]["detail"] if answer["failures"] else None

    assert "images of example are not allowed" in until(refused, 20, "a task is refused")
    ecs.update_service(cluster="policy", service="web", desiredCount=4)
    told = "images of example are not allowed"
    until(lambda: any(told in one for one in messages(ecs, "policy")), 20, "the service tells it")
    (replica,) = stage.replicas
    writes, began = writes_of_the_work(replica), time.monotonic()
    until(lambda: time.monotonic() > began + 5, 10, "it has had time to run hot")
    assert writes_of_the_work(replica) - writes <= 5
    assert sum(told in one for one in messages(ecs, "policy")) == 1
    stage.kubectl("delete", "validatingadmissionpolicybinding", "no-pods")
    until(lambda: service(ecs, "policy")["runningCount"] == 4, 60, "the service goes on")


def test_a_namespace_that_is_deleted_takes_services_and_tasks_along_and_comes_back(stage: Stage) -> None:
    ecs = with_service(stage, "emptied")
    ecs.run_task(cluster="emptied", taskDefinition="emptied")
    stage.kubectl("delete", "namespace", "emptied-us-east-1", "--wait=false")
    until(lambda: ecs.list_services(cluster="emptied")["serviceArns"] == [], 60, "its services are gone")
    until(lambda: ecs.list_tasks(cluster="emptied")["taskArns"] == [], 60, "its tasks are gone")
    (cluster,) = ecs.describe_clusters(clusters=["emptied"])["clusters"]
    assert cluster["status"] == "ACTIVE"

    def again() -> bool:
        try:
            answer = ecs.run_task(cluster="emptied", taskDefinition="emptied")
        except ClientError:
            return False
        return bool(answer["tasks"])

    until(again, 60, "a task runs there again")


def test_a_deployment_that_somebody_edits_or_deletes_is_put_back(stage: Stage) -> None:
    ecs = with_service(stage, "edited")
    there = ("-n", "edited-us-east-1")
    stage.kubectl("scale", "deployment", "web", "--replicas=5", *there)
    put_back = "the Deployment web was {} by somebody else and has been put back."
    until(lambda: told(ecs, put_back.format("changed")), 20, "the service tells it")
    until(lambda: service(ecs, "edited")["runningCount"] == 2, 30, "it is as it was")
    stage.kubectl("delete", "deployment", "web", *there)
    until(lambda: told(ecs, put_back.format("deleted")), 20, "the service tells it")
    ecs.get_waiter("services_stable").wait(cluster="edited", services=["web"], WaiterConfig=SOON)


def told(ecs: Any, text: str) -> bool:
    return any(text in one for one in messages(ecs, "edited"))


def test_a_definition_that_is_removed_and_comes_back(stage: Stage) -> None:
    """The records of stopped tasks go with it; the rest goes on, and tasks can be stopped again when it is back."""
    ecs = with_service(stage, "undefined")
    saved = stage.kubectl.json("get", "customresourcedefinition", "ecstasks.kecs.io")
    (task,) = ecs.run_task(cluster="undefined", taskDefinition="undefined")["tasks"]
    ecs.get_waiter("tasks_running").wait(cluster="undefined", tasks=[task["taskArn"]], WaiterConfig=SOON)
    stage.kubectl("delete", "customresourcedefinition", "ecstasks.kecs.io")
    ecs.stop_task(cluster="undefined", task=task["taskArn"])
    ecs.update_service(cluster="undefined", service="web", desiredCount=3)
    until(lambda: service(ecs, "undefined")["runningCount"] == 3, 30, "services go on")
    for name in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
        saved["metadata"].pop(name, None)
    saved.pop("status")
    stage.kubectl("create", "-f", "-", stdin=saved)
    ecs.get_waiter("tasks_stopped").wait(cluster="undefined", tasks=[task["taskArn"]], WaiterConfig=SOON)
    (ended,) = ecs.describe_tasks(cluster="undefined", tasks=[task["taskArn"]])["tasks"]
    assert ended["stopCode"] == "UserInitiated"


# Nodes that fall silent, go, or are drained.


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
    ecs = with_service(stage, cluster)
    (task,) = ecs.run_task(cluster=cluster, taskDefinition=cluster)["tasks"]
    ecs.get_waiter("tasks_running").wait(cluster=cluster, tasks=[task["taskArn"]], WaiterConfig=SOON)
    of_service = ecs.list_tasks(cluster=cluster, serviceName="web")["taskArns"]
    stage.kubectl("uncordon", "node")
    return ecs, task["taskArn"], of_service


def replaced(ecs: Any, cluster: str, before: list[str]) -> bool:
    """Say whether the service has two tasks that run, and none of those before."""
    arns = ecs.list_tasks(cluster=cluster, serviceName="web")["taskArns"]
    return service(ecs, cluster)["runningCount"] == 2 and not set(arns) & set(before)


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
