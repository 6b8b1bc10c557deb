"""Services: creating, updating, describing, listing, deleting. Nobody reconciles here: shown is what was asked for."""

import asyncio
from typing import Any

import msgspec
import pytest

from kecs.model import service as model
from tests.services.conftest import Client, on_embedded_only

APP = {"name": "app", "image": "nginx", "memory": 64, "portMappings": [{"containerPort": 80}]}
ARN = "arn:aws:ecs:us-east-1:123456789012:service/"
VPC = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


@pytest.fixture
async def ecs(client: Client) -> Client:
    await client("CreateCluster", clusterName="c")
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[APP])
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[APP])
    await client(
        "RegisterTaskDefinition",
        family="vpc",
        containerDefinitions=[APP],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )
    return client


async def create(client: Client, name: str = "s", **members: Any) -> dict[str, Any]:
    asked = {"cluster": "c", "serviceName": name, "taskDefinition": "f:1", "desiredCount": 2, **members}
    answer = await client("CreateService", **asked)
    found: dict[str, Any] = answer["service"]
    return found


async def describe(client: Client, name: str = "s", **members: Any) -> dict[str, Any]:
    answer = await client("DescribeServices", cluster="c", services=[name], **members)
    (found,) = answer["services"]
    return dict(found)


async def test_a_service_is_shown_with_everything_that_ecs_shows(ecs: Client) -> None:
    made = await create(ecs)
    (deployment,) = made.pop("deployments")
    created = made.pop("createdAt")
    assert made == {
        "serviceArn": ARN + "c/s",
        "serviceName": "s",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 0,
        "pendingCount": 0,
        "launchType": "EC2",
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/f:1",
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
        },
        "events": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "tags": [],
        "createdBy": "arn:aws:iam::123456789012:root",
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "DISABLED",
    }
    identity = deployment["id"]
    assert identity.startswith("ecs-svc/") and len(identity) == 8 + 19
    assert deployment == {
        "id": identity,
        "status": "PRIMARY",
        "taskDefinition": made["taskDefinition"],
        "desiredCount": 0,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": deployment["createdAt"],
        "updatedAt": deployment["createdAt"],
        "launchType": "EC2",
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {identity} in progress.",
    }
    assert created <= deployment["createdAt"]
    shown = await describe(ecs)
    del made["tags"]  # shown only where asked for
    assert {name: value for name, value in shown.items() if name in made} == made


async def test_fargate_services_name_their_platform_and_role(ecs: Client) -> None:
    made = await create(ecs, taskDefinition="vpc", launchType="FARGATE", networkConfiguration=VPC)
    assert made["platformVersion"] == "LATEST"
    assert made["deployments"][0]["platformVersion"] == "1.4.0"
    assert made["roleArn"].endswith("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    assert made["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1"],
        "securityGroups": [],
        "assignPublicIp": "DISABLED",
    }


async def test_creation_is_idempotent_for_the_same_and_refused_for_another(ecs: Client) -> None:
    first = await create(ecs, clientToken="t")
    again = await create(ecs, clientToken="t")
    assert again["deployments"] == first["deployments"]
    assert await ecs.refusal("CreateService", cluster="c", serviceName="s", taskDefinition="f:1", desiredCount=3) == (
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    )


async def test_only_a_change_of_what_tasks_are_made_of_is_a_new_deployment(ecs: Client) -> None:
    made = await create(ecs)
    scaled = (await ecs("UpdateService", cluster="c", service="s", desiredCount=5))["service"]
    assert scaled["desiredCount"] == 5
    assert [d["id"] for d in scaled["deployments"]] == [d["id"] for d in made["deployments"]]
    renewed = (await ecs("UpdateService", cluster="c", service="s", taskDefinition="f"))["service"]
    assert renewed["taskDefinition"].endswith("f:2")
    assert renewed["deployments"][0]["id"] != made["deployments"][0]["id"]
    forced = (await ecs("UpdateService", cluster="c", service="s", forceNewDeployment=True))["service"]
    assert forced["deployments"][0]["id"] != renewed["deployments"][0]["id"]
    same = (await ecs("UpdateService", cluster="c", service="s", taskDefinition="f:2"))["service"]
    assert same["deployments"][0]["id"] == forced["deployments"][0]["id"]


async def test_an_update_changes_what_it_names_and_nothing_else(ecs: Client) -> None:
    breaker = {"enable": True, "rollback": True}
    await create(ecs, deploymentConfiguration={"deploymentCircuitBreaker": breaker, "minimumHealthyPercent": 50})
    await ecs("UpdateService", cluster="c", service="s", deploymentConfiguration={"maximumPercent": 150})
    shown = await describe(ecs)
    assert shown["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": breaker,
        "maximumPercent": 150,
        "minimumHealthyPercent": 50,
        "strategy": "ROLLING",
    }
    assert shown["desiredCount"] == 2


async def test_updates_at_once_are_all_there(ecs: Client) -> None:
    await create(ecs)
    await asyncio.gather(
        ecs("UpdateService", cluster="c", service="s", desiredCount=7),
        ecs("UpdateService", cluster="c", service="s", enableExecuteCommand=True),
        ecs("UpdateService", cluster="c", service="s", taskDefinition="f:2"),
        ecs("TagResource", resourceArn=ARN + "c/s", tags=[{"key": "k", "value": "v"}]),
    )
    shown = await describe(ecs, include=["TAGS"])
    assert (shown["desiredCount"], shown["enableExecuteCommand"]) == (7, True)
    assert shown["taskDefinition"].endswith("f:2")
    assert shown["tags"] == [{"key": "k", "value": "v"}]


async def test_a_deleted_service_drains_and_is_listed_no_more(ecs: Client) -> None:
    await create(ecs)
    assert await ecs.refusal("DeleteService", cluster="c", service="s") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    gone = (await ecs("DeleteService", cluster="c", service="s", force=True))["service"]
    assert (gone["status"], gone["desiredCount"]) == ("DRAINING", 0)
    assert (await ecs("ListServices", cluster="c"))["serviceArns"] == []
    assert (await describe(ecs))["status"] == "DRAINING"
    assert await ecs.refusal("UpdateService", cluster="c", service="s", desiredCount=1) == (
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
    )
    assert await ecs.refusal("CreateService", cluster="c", serviceName="s", taskDefinition="f") == (
        "InvalidParameterException",
        "Unable to Start a service that is still Draining.",
    )
    assert await ecs.refusal("DeleteCluster", cluster="c") == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )
    again = (await ecs("DeleteService", cluster="c", service="s", force=True))["service"]
    assert again["status"] == "DRAINING"


async def test_a_service_scaled_to_zero_is_deleted_without_force(ecs: Client) -> None:
    await create(ecs, desiredCount=0)
    assert (await ecs("DeleteService", cluster="c", service=ARN + "c/s"))["service"]["status"] == "DRAINING"


async def test_an_inactive_service_can_be_created_anew(ecs: Client) -> None:
    """Also by several at once: what is over has left its name to whoever comes first."""
    await create(ecs, desiredCount=0)
    await ecs("DeleteService", cluster="c", service="s")
    await replace_by_record(ecs)
    assert (await describe(ecs))["status"] == "INACTIVE"
    assert await ecs.refusal("DeleteService", cluster="c", service="s") == (
        "ServiceNotFoundException",
        "Service not found.",
    )
    made = await asyncio.gather(*(create(ecs, desiredCount=3) for _ in range(8)))
    assert {(one["status"], one["desiredCount"], one["createdAt"]) for one in made} == {
        ("ACTIVE", 3, made[0]["createdAt"])
    }
    assert (await ecs("ListServices", cluster="c"))["serviceArns"] == [ARN + "c/s"]
    (record,) = ecs.world.services.by("record", (ecs.namespace("c"), "s"))
    await ecs.world.delete(ecs.world.services, ecs.namespace("c"), record.metadata.name)
    assert (await describe(ecs))["status"] == "ACTIVE"
    assert (await ecs("ListServices", cluster="c"))["serviceArns"] == [ARN + "c/s"]


async def replace_by_record(client: Client) -> None:
    """Do what whoever reconciles services does when a deleted one has no tasks any more."""
    found = client.world.service(client.namespace("c"), "s")
    assert found is not None
    await client.world.create(
        client.world.services, client.namespace("c"), msgspec.to_builtins(model.record_of(found, 1.0))
    )
    await client.world.patch(client.world.services, client.namespace("c"), "s", {"metadata": {"finalizers": None}})
    await client.world.delete(client.world.services, client.namespace("c"), "s")


async def test_lists_have_ten_to_a_page(ecs: Client) -> None:
    await asyncio.gather(*(create(ecs, f"s{n:02d}") for n in range(12)))
    first = await ecs("ListServices", cluster="c")
    assert len(first["serviceArns"]) == 10
    rest = await ecs("ListServices", cluster="c", nextToken=first["nextToken"])
    assert first["serviceArns"] + rest["serviceArns"] == [f"{ARN}c/s{n:02d}" for n in range(12)]
    assert "nextToken" not in rest
    assert (await ecs("ListServices", cluster="c", launchType="FARGATE"))["serviceArns"] == []
    assert len((await ecs("ListServices", cluster="c", maxResults=100))["serviceArns"]) == 12


async def test_unknown_services_are_failures(ecs: Client) -> None:
    answer = await ecs("DescribeServices", cluster="c", services=["x", ARN + "c/y"])
    assert answer["services"] == []
    assert answer["failures"] == [
        {"arn": ARN + "x", "reason": "MISSING"},
        {"arn": ARN + "c/y", "reason": "MISSING"},
    ]


async def test_status_and_live_counts_are_shown_together(ecs: Client) -> None:
    made = await create(ecs)
    identity = made["deployments"][0]["id"]
    status = {
        "deployments": [{"id": identity, "status": "PRIMARY", "desiredCount": 2, "rolloutState": "COMPLETED"}],
        "events": [{"id": "e", "createdAt": 1.5, "message": "(service s) has reached a steady state."}],
    }
    await ecs.world.patch(ecs.world.services, ecs.namespace("c"), "s", {"status": status}, subresource="status")
    shown = await describe(ecs)
    assert [d["rolloutState"] for d in shown["deployments"]] == ["COMPLETED"]
    assert shown["deployments"][0]["desiredCount"] == 2
    assert shown["events"] == status["events"]
    renewed = (await ecs("UpdateService", cluster="c", service="s", forceNewDeployment=True))["service"]
    assert [(d["status"], d["desiredCount"]) for d in renewed["deployments"]] == [("PRIMARY", 0), ("ACTIVE", 2)]


async def test_a_service_made_with_kubectl_is_one(ecs: Client) -> None:
    body = {"metadata": {"name": "k"}, "spec": {"serviceName": "k", "taskDefinition": "f"}}
    await ecs("ListTasks", cluster="c")
    await create(ecs)  # so that the namespace is there
    kind = {"apiVersion": "kecs.io/v1alpha1", "kind": "ECSService"}
    await ecs.world.create(ecs.world.services, ecs.namespace("c"), {**kind, **body})
    shown = await describe(ecs, "k")
    assert (shown["desiredCount"], shown["launchType"]) == (1, "EC2")
    assert shown["taskDefinition"].endswith("task-definition/f:2")
    scaled = (await ecs("UpdateService", cluster="c", service="k", desiredCount=4))["service"]
    assert scaled["desiredCount"] == 4


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"serviceName": "a b"}, "InvalidParameterException",
     "ServiceName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a b"),
    ({"taskDefinition": "nope"}, "ClientException", "TaskDefinition not found."),
    ({"desiredCount": -1}, "InvalidParameterException", "desiredCount must be at least 0"),
    ({"launchType": "NOPE"}, "InvalidParameterException",
     "launchType should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]"),
    ({"launchType": "FARGATE"}, "InvalidParameterException", "Task definition does not support launch_type FARGATE."),
    ({"networkConfiguration": VPC}, "InvalidParameterException",
     "Network Configuration is not valid for the given networkMode of this task definition."),
    ({"taskDefinition": "vpc"}, "InvalidParameterException",
     "Network Configuration must be provided when networkMode 'awsvpc' is specified."),
    ({"launchType": "EC2", "platformVersion": "1.4.0"}, "InvalidParameterException",
     "The platform version must be null when specifying an EC2 launch type."),
    ({"launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}, "InvalidParameterException",
     "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."),
    ({"schedulingStrategy": "DAEMON"}, "InvalidParameterException",
     "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and "
     "try again"),
    ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}, "InvalidParameterException",
     "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."),
    ({"deploymentConfiguration": {"minimumHealthyPercent": 101}}, "InvalidParameterException",
     "minimumHealthyPercent must be at most 100"),
    ({"loadBalancers": [{"targetGroupArn": "t", "containerName": "nope", "containerPort": 80}]},
     "InvalidParameterException", "The container nope does not exist in the task definition."),
    ({"loadBalancers": [{"targetGroupArn": "t", "containerName": "app", "containerPort": 8080}]},
     "InvalidParameterException", "The container app did not have a container port 8080 defined."),
    ({"healthCheckGracePeriodSeconds": 10}, "InvalidParameterException",
     "Health check grace period is only valid for services configured to use load balancers"),
    ({"placementStrategy": [{"type": "random", "field": "cpu"}]}, "InvalidParameterException",
     "random field should not be specified."),
    ({"cluster": "nope"}, "ClusterNotFoundException", "Cluster not found."),
]  # fmt: skip


@on_embedded_only
@pytest.mark.parametrize(("members", "code", "text"), REFUSED)
async def test_refused(ecs: Client, members: dict[str, Any], code: str, text: str) -> None:
    asked = {"cluster": "c", "serviceName": "s", "taskDefinition": "f:1", "desiredCount": 2, **members}
    assert await ecs.refusal("CreateService", **asked) == (code, text)


async def test_updates_that_are_refused(ecs: Client) -> None:
    await create(ecs)
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    _, text = await ecs.refusal("UpdateService", cluster="c", service="s", capacityProviderStrategy=strategy)
    assert text.startswith("When switching from launch type to capacity provider strategy on an existing service")
    await ecs("DeregisterTaskDefinition", taskDefinition="f:2")
    assert await ecs.refusal("UpdateService", cluster="c", service="s", taskDefinition="f:2") == (
        "ClientException",
        "TaskDefinition is inactive",
    )
    assert await ecs.refusal("UpdateService", cluster="c", service="nope") == (
        "ServiceNotFoundException",
        "Service not found.",
    )
    _, text = await ecs.refusal("DescribeServices", cluster="c", services=[ARN + "other/s"])
    assert text == "Invalid identifier: Identifier is for cluster other. Your cluster is c"
    assert (await ecs.refusal("DescribeServices", cluster="c", services=["x"] * 11))[1] == (
        "service names can have at most 10 items."
    )


async def test_names_that_kubernetes_does_not_take_are_kept(ecs: Client) -> None:
    names = ["A_b", "a-b", "x" * 255, "0"]
    for name in names:
        made = await create(ecs, name)
        assert made["serviceName"] == name
    found = await ecs("DescribeServices", cluster="c", services=names)
    assert [service["serviceName"] for service in found["services"]] == names
    assert (await ecs("ListServices", cluster="c"))["serviceArns"] == [f"{ARN}c/{name}" for name in sorted(names)]
    for name in names:
        await ecs("DeleteService", cluster="c", service=name, force=True)


async def test_what_is_stored_names_the_deployment(ecs: Client) -> None:
    made = await create(ecs)
    stored = ecs.world.service(ecs.namespace("c"), "s")
    assert stored is not None
    wanted = msgspec.json.decode(stored.metadata.annotations["kecs.io/deployment"])
    assert wanted["id"] == made["deployments"][0]["id"]
    assert stored.metadata.finalizers == ["kecs.io/service"]


async def test_deployments_and_revisions_have_arns_of_their_own(ecs: Client) -> None:
    made = await create(ecs)
    number = made["deployments"][0]["id"].rpartition("/")[2]
    (brief,) = (await ecs("ListServiceDeployments", cluster="c", service="s"))["serviceDeployments"]
    assert brief["serviceDeploymentArn"].endswith(f":service-deployment/c/s/{number}")
    assert (brief["status"], brief["serviceArn"]) == ("IN_PROGRESS", ARN + "c/s")
    unknown = brief["serviceDeploymentArn"][:-1] + "x"
    answer = await ecs("DescribeServiceDeployments", serviceDeploymentArns=[brief["serviceDeploymentArn"], unknown])
    (shown,) = answer["serviceDeployments"]
    assert answer["failures"] == [{"arn": unknown, "reason": "MISSING"}]
    arn = shown["targetServiceRevision"]["arn"]
    assert arn == brief["targetServiceRevisionArn"]
    (revision,) = (await ecs("DescribeServiceRevisions", serviceRevisionArns=[arn]))["serviceRevisions"]
    assert revision["taskDefinition"] == made["taskDefinition"]
    assert revision["containerImages"] == [{"containerName": "app", "image": "nginx"}]
    done = await ecs("ListServiceDeployments", cluster="c", service="s", status=["SUCCESSFUL"])
    assert done["serviceDeployments"] == []
