"""What a task must not run without is refused when it is launched, with the reason, and nothing is made."""

from typing import Any

import pytest

from tests.services.conftest import Client, on_embedded_only

pytestmark = on_embedded_only  # many requests, and none about a backend

APP = {"name": "app", "image": "busybox", "memory": 64}
VOLUMES = [{"name": "disk", "configuredAtLaunch": True}]
SNAPSHOT = [
    {"name": "disk", "managedEBSVolume": {"snapshotId": "snap-1", "sizeInGiB": 5, "roleArn": "arn:aws:iam::1:role/r"}}
]
FILES = [{"type": "s3", "value": "arn:aws:s3:::bucket/x.env"}]

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "secrets",
        {"containerDefinitions": [{**APP, "secrets": [{"name": "T", "valueFrom": "/t"}]}]},
        {},
        "containerDefinitions[app].secrets cannot be carried out",
    ),
    (
        "files of variables",
        {"containerDefinitions": [{**APP, "environmentFiles": FILES}]},
        {},
        "containerDefinitions[app].environmentFiles cannot be carried out",
    ),
    (
        "a snapshot",
        {"containerDefinitions": [APP], "volumes": VOLUMES},
        {"volumeConfigurations": SNAPSHOT},
        "volumeConfigurations[disk].managedEBSVolume.snapshotId cannot be carried out",
    ),
]


@pytest.mark.parametrize(("name", "definition", "launch", "reason"), CASES, ids=[case[0] for case in CASES])
async def test_refused(
    client: Client, name: str, definition: dict[str, Any], launch: dict[str, Any], reason: str
) -> None:
    await client("CreateCluster", clusterName="c")
    role = "arn:aws:iam::123456789012:role/execution"
    await client("RegisterTaskDefinition", family="f", executionRoleArn=role, **definition)

    run = await client.refusal("RunTask", cluster="c", taskDefinition="f", **launch)
    service = await client.refusal("CreateService", cluster="c", serviceName="s", taskDefinition="f", **launch)

    for kind, message in (run, service):
        assert kind == "InvalidParameterException"
        assert message.startswith(reason)
    assert (await client("ListTasks", cluster="c"))["taskArns"] == []
    assert (await client("ListServices", cluster="c"))["serviceArns"] == []
