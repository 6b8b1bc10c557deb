"""Tags of everything that has them, account settings, capacity providers."""

from typing import Any

import pytest

from tests.services.conftest import Client, on_embedded_only

PREFIX = "arn:aws:ecs:us-east-1:123456789012:"
APP = {"name": "app", "image": "nginx", "memory": 64}
INVALID = "InvalidParameterException"


@pytest.fixture
async def ecs(client: Client) -> Client:
    await client("CreateCluster", clusterName="c")
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[APP])
    await client("CreateService", cluster="c", serviceName="s", taskDefinition="f")
    return client


@pytest.mark.parametrize("resource", ["cluster/c", "service/c/s", "task-definition/f:1"])
async def test_tags_are_put_replaced_and_taken_off(ecs: Client, resource: str) -> None:
    arn = PREFIX + resource
    await ecs("TagResource", resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b"}])
    await ecs("TagResource", resourceArn=arn, tags=[{"key": "a", "value": "2"}])
    assert (await ecs("ListTagsForResource", resourceArn=arn))["tags"] == [
        {"key": "a", "value": "2"},
        {"key": "b", "value": ""},
    ]
    await ecs("UntagResource", resourceArn=arn, tagKeys=["a", "nope"])
    assert (await ecs("ListTagsForResource", resourceArn=arn))["tags"] == [{"key": "b", "value": ""}]
    many = [{"key": f"k{n}", "value": "v"} for n in range(50)]
    assert (await ecs.refusal("TagResource", resourceArn=arn, tags=many))[0] == INVALID


@on_embedded_only
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"resourceArn": PREFIX + "cluster/nope", "tags": [{"key": "a"}]}, "ClusterNotFoundException"),
        ({"resourceArn": PREFIX + "service/c/nope", "tags": [{"key": "a"}]}, "InvalidParameterException"),
        ({"resourceArn": PREFIX + "task/c/" + "0" * 32, "tags": [{"key": "a"}]}, INVALID),
        ({"resourceArn": PREFIX + "task-definition/f:9", "tags": [{"key": "a"}]}, INVALID),
        ({"resourceArn": "c", "tags": [{"key": "a"}]}, INVALID),
        ({"resourceArn": "arn:aws:s3:::bucket/x", "tags": [{"key": "a"}]}, INVALID),
        ({"resourceArn": PREFIX + "cluster/c", "tags": []}, INVALID),
        ({"resourceArn": PREFIX + "cluster/c", "tags": [{"key": "AWS:a"}]}, INVALID),
        ({"resourceArn": PREFIX + "cluster/c", "tags": [{"key": "a", "value": "x" * 257}]}, INVALID),
        ({"resourceArn": PREFIX + "cluster/c", "tags": [{"key": "x" * 129}]}, INVALID),
        ({"resourceArn": PREFIX + "cluster/c", "tags": [{"key": "a;b"}]}, INVALID),
    ],
)
async def test_tags_that_are_refused(ecs: Client, members: dict[str, Any], code: str) -> None:
    assert (await ecs.refusal("TagResource", **members))[0] == code


async def test_settings_are_kept_and_have_defaults(client: Client) -> None:
    root = "arn:aws:iam::123456789012:root"
    assert await client("ListAccountSettings") == {"settings": []}
    default = {"name": "taskLongArnFormat", "value": "enabled", "principalArn": root, "type": "user"}
    answer = await client("ListAccountSettings", name="taskLongArnFormat", effectiveSettings=True)
    assert answer == {"settings": [default]}
    made = (await client("PutAccountSetting", name="containerInsights", value="enhanced"))["setting"]
    assert made == {"name": "containerInsights", "value": "enhanced", "principalArn": root, "type": "user"}
    assert (await client("ListAccountSettings"))["settings"] == [made]
    assert (await client.elsewhere(region="eu-west-1")("ListAccountSettings"))["settings"] == []
    user = "arn:aws:iam::123456789012:user/Me"
    await client("PutAccountSetting", name="containerInsights", value="disabled", principalArn=user)
    (own,) = (await client("ListAccountSettings", principalArn=user))["settings"]
    assert (own["value"], own["principalArn"]) == ("disabled", user)
    await client("DeleteAccountSetting", name="containerInsights")
    assert (await client("ListAccountSettings"))["settings"] == []
    names: list[str] = []
    token = None
    while not names or token:
        page = await client("ListAccountSettings", effectiveSettings=True, maxResults=4, **_token(token))
        names += [setting["name"] for setting in page["settings"]]
        token = page.get("nextToken")
    assert len(names) == 11 and names == sorted(names)


def _token(token: str | None) -> dict[str, str]:
    return {"nextToken": token} if token else {}


@on_embedded_only
@pytest.mark.parametrize(("name", "value"), [("nope", "enabled"), ("taskLongArnFormat", "maybe")])
async def test_settings_that_are_refused(client: Client, name: str, value: str) -> None:
    assert (await client.refusal("PutAccountSetting", name=name, value=value))[0] == INVALID


async def test_the_capacity_providers_of_fargate_are_there(client: Client) -> None:
    answer = await client("DescribeCapacityProviders", capacityProviders=["FARGATE", "mine"])
    assert [found["name"] for found in answer["capacityProviders"]] == ["FARGATE"]
    assert answer["failures"] == [{"arn": PREFIX + "capacity-provider/mine", "reason": "MISSING"}]
    answer = await client("DescribeCapacityProviders")
    assert [found["name"] for found in answer["capacityProviders"]] == ["FARGATE", "FARGATE_SPOT"]


async def test_a_setting_is_kept_though_its_map_goes_meanwhile(client: Client, monkeypatch: Any) -> None:
    await client("PutAccountSetting", name="containerInsights", value="enabled")
    replace = client.engine.replace

    async def gone(resource: Any, namespace: str | None, name: str, *args: Any, **options: Any) -> Any:
        monkeypatch.setattr(client.engine, "replace", replace)
        await client.engine.delete(resource, namespace, name)
        return await replace(resource, namespace, name, *args, **options)

    monkeypatch.setattr(client.engine, "replace", gone)
    await client("PutAccountSetting", name="containerInsights", value="disabled")
    (found,) = (await client("ListAccountSettings", name="containerInsights"))["settings"]
    assert found["value"] == "disabled"
