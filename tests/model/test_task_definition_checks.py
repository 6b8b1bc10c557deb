"""What RegisterTaskDefinition refuses, in ECS's words; each case is a valid definition with one thing wrong."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.model import task_definition_checks
from kecs.model.errors import AwsError, ClientException
from kecs.model.generated import ecs

APP: dict[str, Any] = {"name": "app", "image": "nginx", "memory": 128}
SIDE: dict[str, Any] = {"name": "side", "image": "envoy", "memory": 64, "essential": False}


def definition(*containers: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"family": "f", "containerDefinitions": list(containers) or [APP], **members}


def fargate(*containers: dict[str, Any], **members: Any) -> dict[str, Any]:
    settings = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    return definition(*containers, **{**settings, **members})


def refusal(request: dict[str, Any]) -> str:
    with pytest.raises(ClientException) as caught:
        task_definition_checks.check(msgspec.convert(request, ecs.RegisterTaskDefinitionRequest))
    return caught.value.message


ACCEPTED = {
    "the least": definition(),
    "fargate": fargate(),
    "fargate in vCPU and GB": fargate(cpu=".25 vCPU", memory="0.5 GB"),
    "a reservation only": definition({"name": "app", "image": "a", "memoryReservation": 64}),
    "memory of the task only": definition({"name": "app", "image": "a"}, memory="512"),
    "ten containers": definition(*({**APP, "name": f"c{n}"} for n in range(10))),
    "a chain of dependencies": definition(
        {**APP, "dependsOn": [{"containerName": "side", "condition": "START"}]},
        {**SIDE, "dependsOn": [{"containerName": "third", "condition": "COMPLETE"}]},
        {**SIDE, "name": "third"},
    ),
    "one host port for two protocols": definition(
        {
            **APP,
            "portMappings": [
                {"containerPort": 53, "hostPort": 53, "protocol": "tcp"},
                {"containerPort": 53, "hostPort": 53, "protocol": "udp"},
            ],
        }
    ),
    "one container port of two containers in bridge mode": definition(
        {**APP, "portMappings": [{"containerPort": 80}]}, {**SIDE, "portMappings": [{"containerPort": 80}]}
    ),
    "the longest names": definition({**APP, "name": "A_" * 127 + "b"}, family="F-" * 127 + "f"),
    "a health check within bounds": definition(
        {**APP, "healthCheck": {"command": ["CMD", "true"], "interval": 5, "timeout": 60, "retries": 10}}
    ),
}


@pytest.mark.parametrize("request_", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(request_: dict[str, Any]) -> None:
    task_definition_checks.check(msgspec.convert(request_, ecs.RegisterTaskDefinitionRequest))


def needs(condition: str, **target: Any) -> dict[str, Any]:
    return definition({**APP, "dependsOn": [{"containerName": "side", "condition": condition}]}, {**SIDE, **target})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no family": (definition(family=""), "Family should not be null or empty."),
    "a bad family": (definition(family="a.b"), "Family contains invalid characters."),
    "a long family": (definition(family="a" * 256), "Family contains invalid characters."),
    "no containers": ({"family": "f", "containerDefinitions": []}, "Container list cannot be empty."),
    "eleven containers": (
        definition(*({**APP, "name": f"c{n}"} for n in range(11))),
        "Container list can have at most 10 items.",
    ),
    "no name": (definition({"image": "a", "memory": 5}), "Container.name should not be null or empty."),
    "no image": (definition({"name": "a", "memory": 5}), "Container.image should not be null or empty."),
    "a name twice": (definition(APP, APP), "Container names must be unique within a task definition."),
    "nothing essential": (definition(SIDE), "Task definition doesn't have any essential container"),
    "no memory": (
        definition({"name": "app", "image": "a"}),
        "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified.",
    ),
    "more reserved than there is": (
        definition({**APP, "memoryReservation": 512}),
        "Invalid setting for container 'app'. 'memory' must be greater than or equal to 'memoryReservation'.",
    ),
    "more memory than the task": (
        definition({**APP, "memory": 1024}, memory="512"),
        "Invalid setting for container 'app'. The 'memory' setting for container 'app' is greater than for the task.",
    ),
    "more cpu than the task": (
        definition({**APP, "cpu": 200}, {**SIDE, "cpu": 100}, cpu="256"),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    "cpu of no kind": (
        definition(cpu="much"),
        "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS "
        "Developer Guide.",
    ),
    "an unknown network mode": (
        definition(networkMode="mesh"),
        "networkMode should be one of [bridge,host,awsvpc,none]",
    ),
    "an unknown volume": (
        definition({**APP, "mountPoints": [{"sourceVolume": "nope", "containerPath": "/x"}]}),
        "Unknown volume 'nope'.",
    ),
    "a volume twice": (
        definition(volumes=[{"name": "v"}, {"name": "v"}]),
        "Volume names must be unique within a task definition.",
    ),
    "an unknown dependency": (
        definition({**APP, "dependsOn": [{"containerName": "nope", "condition": "START"}]}),
        "Cannot depend on container + 'nope' because it does not exist",
    ),
    "waiting for an essential end": (
        needs("SUCCESS", essential=True),
        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
    ),
    "health that is not checked": (
        needs("HEALTHY"),
        "A dependency container with HEALTHY condition must have health check configured",
    ),
    "a cycle of dependencies": (
        definition(
            {**APP, "dependsOn": [{"containerName": "side", "condition": "START"}]},
            {**SIDE, "dependsOn": [{"containerName": "app", "condition": "START"}]},
        ),
        "Container dependencies should not have a cycle",
    ),
    "a cycle of links": (
        definition({**APP, "links": ["side"]}, {**SIDE, "links": ["app:web"]}),
        "Container links should not have a cycle",
    ),
    "a link in awsvpc": (
        definition({**APP, "links": ["side"]}, SIDE, networkMode="awsvpc"),
        "Links are not supported when networkMode=awsvpc.",
    ),
    "a hostname in awsvpc": (
        definition({**APP, "hostname": "h"}, networkMode="awsvpc"),
        "hostname is not supported on container when networkMode=awsvpc.",
    ),
    "another host port in awsvpc": (
        definition({**APP, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}, networkMode="awsvpc"),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    "another host port in host mode": (
        definition({**APP, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}, networkMode="host"),
        "When networkMode=host, the host ports and container ports in port mappings must match.",
    ),
    "a port twice in awsvpc": (
        definition(
            {**APP, "portMappings": [{"containerPort": 80}]},
            {**SIDE, "portMappings": [{"containerPort": 80}]},
            networkMode="awsvpc",
        ),
        "TCP container port '80' is used multiple times in task when networkMode=awsvpc.",
    ),
    "a host port twice": (
        definition(
            {**APP, "portMappings": [{"containerPort": 80, "hostPort": 80}]},
            {**SIDE, "portMappings": [{"containerPort": 81, "hostPort": 80}]},
        ),
        "TCP host port '80' is used multiple times in task.",
    ),
    "overlapping ranges": (
        definition(
            {**APP, "portMappings": [{"containerPortRange": "8080-8085"}]},
            {**SIDE, "portMappings": [{"containerPortRange": "8085-8090"}]},
            networkMode="awsvpc",
        ),
        "TCP container port '8085' is used multiple times in task when networkMode=awsvpc.",
    ),
    "a range backwards": (
        definition({**APP, "portMappings": [{"containerPortRange": "90-80"}]}),
        "Invalid 'containerPortRange' setting for container 'app'.",
    ),
    "a port and a range": (
        definition({**APP, "portMappings": [{"containerPortRange": "80-90", "containerPort": 80}]}),
        "Invalid port mapping for container 'app', cannot specify both single port and port range.",
    ),
    "a log driver without its options": (
        definition({**APP, "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": "x"}}}),
        "Log driver awslogs requires options: awslogs-group",
    ),
    "a slow health check": (
        definition({**APP, "healthCheck": {"command": ["CMD", "x"], "interval": 301}}),
        "Health check interval must be less than or equal to the maximum allowed value 300 for container 'app'",
    ),
    "secrets that nobody may read": (
        definition({**APP, "secrets": [{"name": "A", "valueFrom": "a"}]}),
        "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    ),
    "a secret that is a variable": (
        definition(
            {**APP, "environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "valueFrom": "a"}]},
            executionRoleArn="arn:aws:iam::123456789012:role/r",
        ),
        "The secret name must be unique and not shared with any new or existing environment variables set on the "
        "container, such as 'A'.",
    ),
    "firelens without its router": (
        definition({**APP, "logConfiguration": {"logDriver": "awsfirelens"}}),
        "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be "
        "configured in one of the containers.",
    ),
    "EFS with access but no encryption": (
        definition(
            volumes=[
                {
                    "name": "v",
                    "efsVolumeConfiguration": {"fileSystemId": "fs", "authorizationConfig": {"iam": "ENABLED"}},
                }
            ]
        ),
        "EFS IAM authorization requires TransitEncryption to be enabled.",
    ),
    "fargate in bridge mode": (fargate(networkMode="bridge"), "Fargate only supports network mode 'awsvpc'."),
    "fargate without cpu": (fargate(cpu=None), "Fargate requires that 'cpu' be defined at the task level."),
    "fargate without memory": (fargate(memory=None), "Fargate requires that 'memory' be defined at the task level."),
    "fargate of no size": (
        fargate(cpu="256", memory="4096"),
        "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for "
        "the valid values.",
    ),
    "small windows on fargate": (
        fargate(cpu="512", memory="2048", runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}),
        "No Fargate configuration exists for given values: 512 CPU, 2048 memory. See the Amazon ECS documentation for "
        "the valid values.",
    ),
    "privileged on fargate": (
        fargate({**APP, "privileged": True}),
        "Fargate requires that the \u2018privileged\u2019 setting be \u2018false\u2019 at the container level.",
    ),
    "a host path on fargate": (
        fargate(volumes=[{"name": "v", "host": {"sourcePath": "/x"}}]),
        "Fargate compatible task definitions do not support sourcePath",
    ),
    "a capability on fargate": (
        fargate({**APP, "linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}}),
        "NET_ADMIN is not allowed on Fargate.",
    ),
    "logs without a prefix on fargate": (
        fargate(
            {
                **APP,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-region": "x", "awslogs-group": "g"},
                },
            }
        ),
        "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
    ),
    "ephemeral storage on EC2": (
        definition(ephemeralStorage={"sizeInGiB": 30}),
        "Tasks using the EC2 launch type do not support EphemeralStorage.",
    ),
    "little ephemeral storage": (
        fargate(ephemeralStorage={"sizeInGiB": 20}),
        "EphemeralStorage size should be at least 21",
    ),
    "much ephemeral storage": (
        fargate(ephemeralStorage={"sizeInGiB": 201}),
        "EphemeralStorage size should be at most 200",
    ),
    "a part that lacks something": (
        definition({**APP, "ulimits": [{"name": "nofile"}]}),
        "Ulimit.softLimit should not be null or empty.",
    ),
}


@pytest.mark.parametrize(("request_", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(request_: dict[str, Any], text: str) -> None:
    assert refusal(request_) == text


def test_a_definition_of_more_than_64_kilobytes_is_refused_with_its_length() -> None:
    text = refusal(definition({**APP, "environment": [{"name": f"V{n}", "value": "x" * 1000} for n in range(70)]}))
    assert text.startswith("Actual length: '7") and text.endswith("'. Max allowed length is '65536' bytes.")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(APP)), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = sorted({*ecs.ContainerDefinition.__struct_fields__})


@given(st.dictionaries(st.sampled_from(MEMBERS), ANY, max_size=6), st.sampled_from(["awsvpc", "bridge", "host", None]))
def test_never_anything_but_an_aws_error(container: dict[str, Any], mode: str | None) -> None:
    try:
        request = msgspec.convert(definition({**APP, **container}, networkMode=mode), ecs.RegisterTaskDefinitionRequest)
    except msgspec.ValidationError:
        return
    try:
        task_definition_checks.check(request)
    except AwsError as error:
        assert error.http_code == 400


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [({}, False), ({"a": []}, False), ({"a": ["a"]}, True), ({"a": ["b"], "b": ["c"], "c": ["a"]}, True),
     ({"a": ["b", "c"], "b": ["c"], "c": []}, False)],
)  # fmt: skip
def test_cycles(graph: dict[str, list[str]], cycle: bool) -> None:
    assert task_definition_checks.has_cycle(graph) is cycle
