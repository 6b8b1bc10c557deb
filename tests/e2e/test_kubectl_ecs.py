"""ECS through kubectl: what is made by one is made by the other."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl
from tests.process import KecsProcess
from tests.waiting import until

_SPEC = {"containerDefinitions": [{"name": "main", "image": "busybox", "command": ["sleep", "3600"], "memory": 64}]}


def _object(kind: str, name: str, /, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "kecs.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


@pytest.fixture
def ecs(kecs_server: KecsProcess) -> Any:
    return kecs_server.client()


def test_made_by_kubectl(kubectl: Kubectl, new_kubectl: Callable[[str], Kubectl], ecs: Any) -> None:
    cluster = f"{kubectl.namespace}-made"
    namespace = f"{cluster}-us-east-1"
    kubectl("apply", "-f", "-", stdin=_object("ECSCluster", namespace, clusterName=cluster))
    kubectl("wait", "--for=jsonpath={.status.status}=ACTIVE", f"ecscluster/{namespace}", "--timeout=20s")
    kubectl("apply", "-f", "-", stdin=_object("ECSTaskDefinition", cluster, family=cluster, **_SPEC))
    kubectl.until(lambda shown: f"{cluster}.1.us-east-1" in shown, "get", "ecstaskdefinitions")
    inside = new_kubectl(namespace)
    web = _object("ECSService", "web", serviceName="web", cluster=cluster, taskDefinition=cluster, desiredCount=1)
    inside("apply", "-f", "-", stdin=web)
    ecs.get_waiter("services_stable").wait(
        cluster=cluster, services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    (service,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
    assert (service["status"], service["runningCount"]) == ("ACTIVE", 1)
    inside("wait", "--for=jsonpath={.status.rolloutState}=COMPLETED", "ecsservice/web", "--timeout=20s")
    header, row = inside.rows("get", "ecsservices")
    assert header == ["NAME", "SERVICE", "STATUS", "DESIRED", "RUNNING", "PENDING", "ROLLOUT", "AGE"]
    assert row[:7] == ["web", "web", "ACTIVE", "1", "1", "0", "COMPLETED"]
    inside("scale", "ecsservice/web", "--replicas=2")
    inside("wait", "--for=jsonpath={.status.runningCount}=2", "ecsservice/web", "--timeout=20s")
    inside("delete", "ecsservice", "web", "--timeout=20s")
    ecs.get_waiter("services_inactive").wait(
        cluster=cluster, services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    inside("apply", "-f", "-", stdin=web)  # its name is free at once
    inside("wait", "--for=jsonpath={.status.runningCount}=1", "ecsservice/web", "--timeout=20s")
    inside("delete", "ecsservice", "web", "--timeout=20s")
    kubectl("delete", "ecscluster", namespace, "--timeout=20s")
    assert "NotFound" in kubectl.refused("get", "namespace", namespace)


def test_made_by_the_api(kubectl: Kubectl, ecs: Any) -> None:
    cluster = f"{kubectl.namespace}-api"
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(family=cluster, **_SPEC)
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=cluster, desiredCount=1)
    namespace = f"{cluster}-us-east-1"
    kubectl("wait", "--for=jsonpath={.status.runningCount}=1", "ecsservice/web", "-n", namespace, "--timeout=20s")
    kubectl("rollout", "status", "deployment/web", "-n", namespace, "--timeout=20s")
    (task,) = ecs.list_tasks(cluster=cluster)["taskArns"]
    (pod,) = kubectl.json("get", "pods", "-n", namespace)["items"]
    assert pod["metadata"]["uid"].replace("-", "") == task.rpartition("/")[2]
    ecs.delete_service(cluster=cluster, service="web", force=True)
    kubectl("wait", "--for=delete", f"pod/{pod['metadata']['name']}", "-n", namespace, "--timeout=20s")
    kubectl.until(lambda shown: "ServiceSchedulerInitiated" in shown, "get", "ecstasks", "-n", namespace)


def test_a_name_that_is_not_the_object_s_own_is_told(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=_object("ECSCluster", f"{kubectl.namespace}-x", clusterName="other"))
    kubectl("wait", "--for=condition=Accepted=False", f"ecscluster/{kubectl.namespace}-x", "--timeout=20s")
    kubectl("delete", "ecscluster", f"{kubectl.namespace}-x", "--timeout=20s")


def test_what_kubectl_changes_of_a_service_is_put_back(kubectl: Kubectl, ecs: Any) -> None:
    cluster = f"{kubectl.namespace}-drift"
    namespace = f"{cluster}-us-east-1"
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(family=cluster, **_SPEC)
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=cluster, desiredCount=1)
    kubectl("wait", "--for=jsonpath={.status.runningCount}=1", "ecsservice/web", "-n", namespace, "--timeout=20s")
    kubectl("scale", "deployment/web", "-n", namespace, "--replicas=3")
    kubectl("delete", "pdb/web", "-n", namespace)
    wanted = {
        "(service web) the Deployment web was changed by somebody else and has been put back.",
        "(service web) the PodDisruptionBudget web was deleted by somebody else and has been put back.",
    }

    def told() -> bool:
        (service,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
        return wanted <= {event["message"] for event in service["events"]}

    until(told, 20, "both are told")
    kubectl("get", "pdb/web", "-n", namespace)
    kubectl("wait", "--for=jsonpath={.spec.replicas}=1", "deployment/web", "-n", namespace, "--timeout=20s")
    ecs.delete_service(cluster=cluster, service="web", force=True)
