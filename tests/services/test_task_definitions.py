"""Task definitions: registering, describing, listing, deregistering, deleting."""

import asyncio
from typing import Any

import pytest

from kecs.kube.errors import NotFound, Unavailable
from tests.services.conftest import Client

APP = {"name": "app", "image": "nginx", "memory": 64}
PREFIX = "arn:aws:ecs:us-east-1:123456789012:task-definition/"


async def register(client: Client, family: str = "f", **members: Any) -> dict[str, Any]:
    answer = await client("RegisterTaskDefinition", **{"family": family, "containerDefinitions": [APP], **members})
    found: dict[str, Any] = answer["taskDefinition"]
    return found


async def test_what_is_registered_comes_back_with_what_ecs_fills_in(client: Client) -> None:
    container = {
        **APP,
        "portMappings": [{"containerPort": 80}],
        "environment": [{"name": "A", "value": ""}],
        "command": [],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"},
        },
    }
    role = "arn:aws:iam::123456789012:role/r"
    made = await register(
        client,
        containerDefinitions=[container],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1 vCPU",
        memory="2GB",
        executionRoleArn=role,
        volumes=[{"name": "v"}],
    )
    registered = made.pop("registeredAt")
    assert registered > 1.7e9
    assert made == {
        "taskDefinitionArn": PREFIX + "f:1",
        "containerDefinitions": [
            {
                **container,
                "cpu": 0,
                "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
                "essential": True,
                "mountPoints": [],
                "volumesFrom": [],
                "systemControls": [],
            }
        ],
        "family": "f",
        "executionRoleArn": role,
        "networkMode": "awsvpc",
        "revision": 1,
        "volumes": [{"name": "v", "host": {}}],
        "status": "ACTIVE",
        "requiresAttributes": [
            {"name": "com.amazonaws.ecs.capability.logging-driver.awslogs"},
            {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.19"},
            {"name": "ecs.capability.execution-role-awslogs"},
            {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"},
            {"name": "ecs.capability.task-eni"},
        ],
        "placementConstraints": [],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "2048",
        "registeredBy": "arn:aws:iam::123456789012:root",
    }
    described = (await client("DescribeTaskDefinition", taskDefinition="f:1"))["taskDefinition"]
    assert described.pop("registeredAt") == registered
    assert described == made


async def test_a_description_registered_again_is_the_same(client: Client) -> None:
    first = await register(client, containerDefinitions=[{**APP, "portMappings": [{"containerPort": 8080}]}])
    derived = ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
               "registeredBy")  # fmt: skip
    again = await register(client, **{name: value for name, value in first.items() if name not in derived})
    assert again["revision"] == 2
    for shown in (first, again):
        for name in ("taskDefinitionArn", "revision", "registeredAt"):
            del shown[name]
    assert first == again


async def test_a_definition_is_found_by_family_revision_and_arn(client: Client) -> None:
    for _ in range(3):
        await register(client)
    await client("DeregisterTaskDefinition", taskDefinition="f:3")
    for text, revision in (("f", 2), ("f:1", 1), (PREFIX + "f:3", 3), (PREFIX + "f", 2)):
        found = await client("DescribeTaskDefinition", taskDefinition=text)
        assert found["taskDefinition"]["revision"] == revision
    for text in ("nope", "f:4", "f:0", "f:x", "", "f:1:2", "a b"):
        assert await client.refusal("DescribeTaskDefinition", taskDefinition=text) == (
            "ClientException",
            "Unable to describe task definition.",
        )
    assert await client.refusal(
        "DescribeTaskDefinition", taskDefinition="arn:aws:ecs:eu-west-1:123456789012:task-definition/f:1"
    ) == ("InvalidParameterException", "Invalid Region in ARN")


async def test_tags_stand_beside_the_definition(client: Client) -> None:
    tags = [{"key": "k", "value": "é"}]
    answer = await client("RegisterTaskDefinition", family="f", containerDefinitions=[APP], tags=tags)
    assert answer["tags"] == tags
    assert "tags" not in await client("DescribeTaskDefinition", taskDefinition="f")
    assert (await client("DescribeTaskDefinition", taskDefinition="f", include=["TAGS"]))["tags"] == tags
    await register(client, "g")
    assert (await client("DescribeTaskDefinition", taskDefinition="g", include=["TAGS"]))["tags"] == []


async def test_deregistering_twice_is_fine_and_revisions_never_come_again(client: Client) -> None:
    await register(client)
    await register(client)
    for _ in range(2):
        gone = (await client("DeregisterTaskDefinition", taskDefinition="f:2"))["taskDefinition"]
        assert gone["status"] == "INACTIVE"
        assert gone["deregisteredAt"] >= gone["registeredAt"]
    assert (await register(client))["revision"] == 3
    assert await client.refusal("DeregisterTaskDefinition", taskDefinition="f") == (
        "ClientException",
        "Revision is missing.",
    )
    assert (await client.refusal("DeregisterTaskDefinition", taskDefinition="f:9"))[0] == "ClientException"


async def test_only_inactive_revisions_are_deleted(client: Client) -> None:
    for _ in range(2):
        await register(client)
    await client("DeregisterTaskDefinition", taskDefinition="f:2")
    answer = await client("DeleteTaskDefinitions", taskDefinitions=["f:2", "f:1", "f:7", "f"])
    assert [found["status"] for found in answer["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert answer["failures"] == [
        {
            "arn": "f:1",
            "reason": "The specified task definition is still in ACTIVE status. Please deregister the target and try "
            "again.",
        },
        {
            "arn": "f:7",
            "reason": "The specified task definition does not exist. Specify a valid account, family, revision and try "
            "again.",
        },
        {
            "arn": "f",
            "reason": "The specified task definition identifier is invalid. Specify a valid name or ARN and try again.",
        },
    ]
    listed = await client("ListTaskDefinitions", status="DELETE_IN_PROGRESS")
    assert listed["taskDefinitionArns"] == [PREFIX + "f:2"]


async def test_lists_are_sorted_by_family_and_number_and_paged(client: Client) -> None:
    for _ in range(11):
        await register(client, "f")
    await register(client, "f-1")
    await register(client, "a")
    names = ["a:1", *(f"f:{n}" for n in range(1, 12)), "f-1:1"]
    assert await listed(client) == names
    assert await listed(client, sort="DESC", maxResults=4) == names[::-1]
    assert await listed(client, familyPrefix="f", maxResults=3) == [f"f:{n}" for n in range(1, 12)]
    assert await listed(client, status="INACTIVE") == []
    assert (await client.refusal("ListTaskDefinitions", sort="UP"))[1] == "sort should be one of [ASC,DESC]"


async def listed(client: Client, **members: Any) -> list[str]:
    found, token = [], None
    while True:
        page = await client("ListTaskDefinitions", **members, **({"nextToken": token} if token else {}))
        found += [arn.removeprefix(PREFIX) for arn in page["taskDefinitionArns"]]
        token = page.get("nextToken")
        if not token:
            return found


async def test_families_are_listed_by_what_is_left_of_them(client: Client) -> None:
    for family in ("web", "web-api", "old"):
        await register(client, family)
    await client("DeregisterTaskDefinition", taskDefinition="old:1")
    families = {status: (await client("ListTaskDefinitionFamilies", status=status))["families"]
                for status in ("ACTIVE", "INACTIVE", "ALL")}  # fmt: skip
    assert families == {"ACTIVE": ["web", "web-api"], "INACTIVE": ["old"], "ALL": ["old", "web", "web-api"]}
    assert (await client("ListTaskDefinitionFamilies", familyPrefix="web-"))["families"] == ["web-api"]


@pytest.mark.parametrize("writers", [16])
async def test_many_writers_of_one_family_all_get_a_revision_of_their_own(client: Client, writers: int) -> None:
    made = await asyncio.gather(*(register(client) for _ in range(writers)))
    assert sorted(found["revision"] for found in made) == list(range(1, writers + 1))


async def test_scopes_have_families_of_their_own(client: Client) -> None:
    await register(client)
    other = client.elsewhere(region="eu-central-1")
    assert (await other("ListTaskDefinitions"))["taskDefinitionArns"] == []
    made = await register(other)
    assert made["taskDefinitionArn"] == "arn:aws:ecs:eu-central-1:123456789012:task-definition/f:1"


async def test_a_revision_that_could_not_be_stored_is_given_again(client: Client, monkeypatch: Any) -> None:
    await register(client)

    async def down(*_: Any, **__: Any) -> Any:
        raise Unavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(client.engine, "create", down)
        with pytest.raises(Unavailable):
            await register(client)
    assert (await register(client))["revision"] == 2


async def test_a_revision_that_goes_meanwhile_is_not_there(client: Client, monkeypatch: Any) -> None:
    await register(client)
    await register(client)
    await client("DeregisterTaskDefinition", taskDefinition="f:1")

    async def gone(*_: Any, **__: Any) -> Any:
        raise NotFound("gone")

    monkeypatch.setattr(client.engine, "patch", gone)
    code, message = await client.refusal("DeregisterTaskDefinition", taskDefinition="f:2")
    assert (code, message) == ("ClientException", "The specified task definition does not exist.")
    answer = await client("DeleteTaskDefinitions", taskDefinitions=["f:1"])
    assert answer["taskDefinitions"] == []
    assert "does not exist" in answer["failures"][0]["reason"]
