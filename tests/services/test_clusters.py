"""Clusters: what is created, shown, changed and deleted."""

import asyncio
from typing import Any

import pytest

from tests.services.conftest import Client, on_embedded_only

ARN = "arn:aws:ecs:us-east-1:123456789012:cluster/"


@on_embedded_only  # it counts the nodes
async def test_a_cluster_is_created_once_and_shown_with_every_list(client: Client) -> None:
    made = (await client("CreateCluster", clusterName="web", tags=[{"key": "a", "value": "b"}]))["cluster"]
    assert made["clusterArn"] == ARN + "web"
    assert made["status"] == "ACTIVE"
    assert made["tags"] == [{"key": "a", "value": "b"}]
    again = (await client("CreateCluster", clusterName="web"))["cluster"]
    assert again == made
    (shown,) = (await client("DescribeClusters", clusters=["web"]))["clusters"]
    assert shown == {
        "clusterArn": ARN + "web",
        "clusterName": "web",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": [],
        "defaultCapacityProviderStrategy": [],
    }


async def test_what_is_included_is_shown(client: Client) -> None:
    configuration = {"executeCommandConfiguration": {"logging": "DEFAULT"}}
    await client("CreateCluster", clusterName="c", tags=[{"key": "k", "value": "v"}], configuration=configuration)
    include = ["SETTINGS", "TAGS", "STATISTICS", "CONFIGURATIONS", "ATTACHMENTS"]
    (shown,) = (await client("DescribeClusters", clusters=["c"], include=include))["clusters"]
    assert shown["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert shown["tags"] == [{"key": "k", "value": "v"}]
    assert shown["configuration"] == configuration
    assert {"name": "runningEC2TasksCount", "value": "0"} in shown["statistics"]
    assert shown["attachments"] == []


async def test_services_are_counted_by_their_launch_type(client: Client) -> None:
    container = {"name": "main", "image": "i"}
    members = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "networkMode": "awsvpc"}
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[container], **members)
    await client("RegisterTaskDefinition", family="e", containerDefinitions=[container | {"memory": 8}])
    await client("CreateCluster", clusterName="c", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    launches: list[dict[str, object]] = [
        {"taskDefinition": "e"},
        {"taskDefinition": "f", "networkConfiguration": network, "launchType": "FARGATE"},
        {"taskDefinition": "f", "networkConfiguration": network,
         "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]},
    ]  # fmt: skip
    for number, launch in enumerate(launches):
        await client("CreateService", cluster="c", serviceName=f"s{number}", desiredCount=0, **launch)
    await client("CreateService", cluster="c", serviceName="gone", taskDefinition="e", desiredCount=2)
    await client("DeleteService", cluster="c", service="gone", force=True)
    (shown,) = (await client("DescribeClusters", clusters=["c"], include=["STATISTICS"]))["clusters"]
    counts = {one["name"]: int(one["value"]) for one in shown["statistics"] if "Service" in one["name"]}
    assert {name: count for name, count in counts.items() if count} == {
        "activeEC2ServiceCount": 1,
        "drainingEC2ServiceCount": 1,
        "activeFargateServiceCount": 2,
    }
    assert {"activeExternalServiceCount", "drainingFargateServiceCount"} <= set(counts)


async def test_the_unnamed_cluster_is_default_and_missing_ones_are_failures(client: Client) -> None:
    answer = await client("DescribeClusters")
    assert answer == {"clusters": [], "failures": [{"arn": ARN + "default", "reason": "MISSING"}]}
    assert (await client("CreateCluster"))["cluster"]["clusterName"] == "default"
    assert (await client("DescribeClusters"))["clusters"][0]["clusterName"] == "default"


async def test_a_list_goes_on_where_it_stopped_whatever_comes_between(client: Client) -> None:
    for name in ("a", "c", "e"):
        await client("CreateCluster", clusterName=name)
    first = await client("ListClusters", maxResults=2)
    assert first["clusterArns"] == [ARN + "a", ARN + "c"]
    await client("CreateCluster", clusterName="b")
    await client("DeleteCluster", cluster="c")
    rest = await client("ListClusters", maxResults=2, nextToken=first["nextToken"])
    assert rest == {"clusterArns": [ARN + "e"]}
    foreign = client.elsewhere(region="eu-west-1")
    assert await foreign.refusal("ListClusters", nextToken=first["nextToken"]) == (
        "InvalidParameterException",
        "Invalid token",
    )
    assert (await client.refusal("ListClusters", maxResults=101))[0] == "InvalidParameterException"


async def test_a_deleted_cluster_stays_described_and_begins_anew(client: Client) -> None:
    await client("CreateCluster", clusterName="c", tags=[{"key": "k", "value": "v"}])
    gone = (await client("DeleteCluster", cluster=ARN + "c"))["cluster"]
    assert gone["status"] == "INACTIVE"
    assert (await client("DescribeClusters", clusters=["c"]))["clusters"][0]["status"] == "INACTIVE"
    assert await client("ListClusters") == {"clusterArns": []}
    assert await client.refusal("ListTasks", cluster="c") == (
        "ClusterNotFoundException",
        "The referenced cluster was inactive.",
    )
    made = (await client("CreateCluster", clusterName="c"))["cluster"]
    assert (made["status"], made["tags"]) == ("ACTIVE", [])
    assert await client("ListClusters") == {"clusterArns": [ARN + "c"]}


async def test_scopes_never_see_each_other(client: Client) -> None:
    await client("CreateCluster", clusterName="c")
    for other in (client.elsewhere(region="eu-west-1"), client.elsewhere(account="000000000001")):
        assert (await other("ListClusters"))["clusterArns"] == []
        assert (await other("DescribeClusters", clusters=["c"]))["failures"][0]["reason"] == "MISSING"
        await other("CreateCluster", clusterName="c")
        await other("DeleteCluster", cluster="c")
    assert (await client("ListClusters"))["clusterArns"] == [ARN + "c"]


REFUSED = [
    ("CreateCluster", {"clusterName": "a b"}, "ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a b"),
    ("CreateCluster", {"clusterName": "x" * 256}, None),
    ("CreateCluster", {"settings": [{"name": "x", "value": "y"}]}, "name should be one of [containerInsights]"),
    ("CreateCluster", {"tags": [{"key": "aws:x", "value": "y"}]}, None),
    ("CreateCluster", {"tags": [{"key": "k"}, {"key": "k"}]}, None),
    ("CreateCluster", {"tags": [{"key": f"k{n}"} for n in range(51)]}, None),
    (
        "CreateCluster",
        {
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        },
        "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the "
        "cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.",
    ),
    (
        "DescribeClusters",
        {"include": ["NOPE"]},
        "include should be one of [ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS]",
    ),
    ("DescribeClusters", {"clusters": ["arn:aws:ecs:eu-west-1:123456789012:cluster/c"]}, "Invalid Region in ARN"),
    ("DescribeClusters", {"clusters": ["arn:aws:ecs:us-east-1:000000000001:cluster/c"]}, "Invalid Account ID in ARN"),
    (
        "DescribeClusters",
        {"clusters": ["arn:aws:ecs:us-east-1:123456789012:service/c/s"]},
        "Unsupported resource type: service",
    ),
    ("DescribeClusters", {"clusters": ["a.b"]}, "Cluster must match ^[a-zA-Z0-9\\-_]{1,255}$, but was a.b"),
]  # fmt: skip


@on_embedded_only
@pytest.mark.parametrize(("operation", "members", "text"), REFUSED)
async def test_refused(client: Client, operation: str, members: dict[str, object], text: str | None) -> None:
    code, message = await client.refusal(operation, **members)
    assert code == "InvalidParameterException"
    assert text is None or message == text


@pytest.mark.parametrize("operation", ["DeleteCluster", "UpdateCluster", "ListServices", "ListTasks"])
async def test_an_unknown_cluster(client: Client, operation: str) -> None:
    assert await client.refusal(operation, cluster="nope") == ("ClusterNotFoundException", "Cluster not found.")


async def test_settings_and_capacity_providers_are_replaced(client: Client) -> None:
    await client("CreateCluster", clusterName="c")
    await client("UpdateClusterSettings", cluster="c", settings=[{"name": "containerInsights", "value": "enabled"}])
    await client("UpdateCluster", cluster="c", serviceConnectDefaults={"namespace": "ns"})
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    answer = await client(
        "PutClusterCapacityProviders",
        cluster="c",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=strategy,
    )
    shown = answer["cluster"]
    assert shown["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    assert shown["serviceConnectDefaults"] == {"namespace": "ns"}
    assert shown["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert shown["defaultCapacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]


async def test_two_clients_who_change_a_cluster_at_once_lose_nothing(client: Client) -> None:
    await client("CreateCluster", clusterName="c")
    arn = ARN + "c"
    tags = [[{"key": f"k{n}", "value": "v"}] for n in range(20)]
    await asyncio.gather(*(client("TagResource", resourceArn=arn, tags=tag) for tag in tags))
    found = await client("ListTagsForResource", resourceArn=arn)
    assert len(found["tags"]) == 20


async def test_names_that_kubernetes_does_not_take_are_kept(client: Client) -> None:
    names = ["Web_App", "web-app", "WEB-APP", "x" * 255, "1st"]
    for name in names:
        await client("CreateCluster", clusterName=name)
    assert (await client("ListClusters"))["clusterArns"] == sorted(ARN + name for name in names)


@on_embedded_only
async def test_a_cluster_made_with_kubectl_is_one(client: Client) -> None:
    body = {"metadata": {"name": "k-us-east-1"}, "spec": {"clusterName": "k"}}
    await client.world.create(
        client.world.clusters, None, {"apiVersion": "kecs.io/v1alpha1", "kind": "ECSCluster", **body}
    )
    (shown,) = (await client("DescribeClusters", clusters=["k"]))["clusters"]
    assert shown["status"] == "ACTIVE"
    assert (await client("ListClusters"))["clusterArns"] == [ARN + "k"]


@on_embedded_only
async def test_a_namespace_of_somebody_else_is_no_cluster(client: Client) -> None:
    """Else DeleteCluster would take it away: a region may have any name."""
    elsewhere = client.elsewhere(region="system")
    code, message = await elsewhere.refusal("CreateCluster", clusterName="kube")
    assert (code, message) == (
        "InvalidParameterException",
        "The namespace kube-system is there already and is not that of a cluster.",
    )
    assert (await elsewhere("ListClusters"))["clusterArns"] == []


async def test_names_that_collide_are_refused_rather_than_mixed(client: Client, monkeypatch: Any) -> None:
    await client.elsewhere(region="b-c")("CreateCluster", clusterName="a")
    code, message = await client.elsewhere(region="c").refusal("CreateCluster", clusterName="a-b")
    assert code == "InvalidParameterException"
    assert message.startswith("The name a-b-c") and message.endswith(" is that of another cluster.")
    assert (await client.elsewhere(region="c")("ListClusters"))["clusterArns"] == []

    await client("CreateCluster", clusterName="c")
    container = {"name": "main", "image": "i", "memory": 8}
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[container])
    monkeypatch.setattr("kecs.model.names.service", lambda name: "same")  # as if their digests were equal
    await client("CreateService", cluster="c", serviceName="One", taskDefinition="f", desiredCount=1)
    code, message = await client.refusal("CreateService", cluster="c", serviceName="Two", taskDefinition="f")
    assert (code, message) == ("InvalidParameterException", "The name same is that of the service One.")
    answer = await client("DescribeServices", cluster="c", services=["One", "Two"])
    assert [one["serviceName"] for one in answer["services"]] == ["One"]
    assert [one["reason"] for one in answer["failures"]] == ["MISSING"]
