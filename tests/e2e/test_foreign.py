"""Somebody's own object with the name of what a service needs, on both backends."""

from collections.abc import Callable

import pytest

from tests.e2e.kubectl import Kubectl
from tests.process import KecsProcess
from tests.waiting import until

SOON = {"Delay": 0.2, "MaxAttempts": 300}


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


@pytest.mark.parametrize("resource", ["deployment", "service"])
def test_it_is_left_alone_and_told_and_when_it_goes_kecs_carries_on(
    kecs_server: KecsProcess, new_kubectl: Callable[[str], Kubectl], resource: str
) -> None:
    ecs, cluster = kecs_server.client(), f"theirs-{resource}"
    kubectl = new_kubectl(f"{cluster}-us-east-1")
    ecs.create_cluster(clusterName=cluster)
    ports = [{"containerPort": 80}]
    container = {"name": "main", "image": "example/steady", "memory": 16, "portMappings": ports}
    ecs.register_task_definition(family=cluster, containerDefinitions=[container])
    options = {"deployment": ["--image=theirs", "--replicas=0"], "service": ["clusterip", "--tcp=1234"]}[resource]
    name = [*options[:1], "web", *options[1:]] if resource == "service" else ["web", *options]
    kubectl("create", resource, *name)
    shape = "jsonpath={.metadata.uid} {.metadata.labels} {.metadata.ownerReferences} {.spec}"
    theirs = kubectl("get", resource, "web", "-o", shape)
    ecs.create_service(cluster=cluster, serviceName="web", taskDefinition=cluster, desiredCount=1)

    def told() -> bool:
        (found,) = ecs.describe_services(cluster=cluster, services=["web"])["services"]
        text = f"The {resource.capitalize()} web is there already, and is somebody else's."
        return any(text in event["message"] for event in found["events"])

    until(told, 20, "the service tells it")
    assert kubectl("get", resource, "web", "-o", shape) == theirs
    kubectl("delete", resource, "web")
    ecs.get_waiter("services_stable").wait(cluster=cluster, services=["web"], WaiterConfig=SOON)
    until(lambda: "ECSService" in kubectl.run("get", resource, "web", "-o", shape).stdout, 30, "kecs has made its own")
    ecs.delete_service(cluster=cluster, service="web", force=True)
    ecs.get_waiter("services_inactive").wait(cluster=cluster, services=["web"], WaiterConfig=SOON)
