"""What is read as an ECS definition, what is told of the rest, and where what is wrong stands."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.model import shapes
from kecs.model.generated import ecs

CONTAINER = {"name": "web", "image": "nginx"}
PASCAL = {"Name": "web", "Image": "nginx"}
TYPE = "AWS::ECS::TaskDefinition"

TASKS: list[tuple[str, Any]] = [
    ("API", {"family": "f", "containerDefinitions": [CONTAINER]}),
    ("CloudFormation", {"Family": "f", "ContainerDefinitions": [PASCAL]}),
    ("Properties alone", {"Properties": {"Family": "f", "ContainerDefinitions": [PASCAL]}}),
    ("a resource", {"Type": TYPE, "Properties": {"Family": "f", "ContainerDefinitions": [PASCAL]}}),
    (
        "a template",
        {"Resources": {"T": {"Type": TYPE, "Properties": {"Family": "f", "ContainerDefinitions": [PASCAL]}}}},
    ),
    ("an answer", {"taskDefinition": {"family": "f", "containerDefinitions": [CONTAINER]}, "tags": []}),
    ("a list of one", [{"family": "f", "containerDefinitions": [CONTAINER]}]),
    ("containers", [CONTAINER]),
    ("containers in capitals", [PASCAL]),
    ("no value", {"family": "f", "containerDefinitions": [CONTAINER], "cpu": None, "memory": {"Ref": "AWS::NoValue"}}),
]


@pytest.mark.parametrize("value", [value for _, value in TASKS], ids=[name for name, _ in TASKS])
def test_every_form_of_a_task_definition_is_read_alike(value: Any) -> None:
    shaped = shapes.task_definition(value, family="f")
    assert msgspec.to_builtins(shaped.value) == {"family": "f", "containerDefinitions": [CONTAINER]}
    assert shaped.ignored == []


SCALARS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Cpu": "10", "Memory": 256.0}, {"cpu": 10, "memory": 256}),
    ({"Essential": "True", "Privileged": "false"}, {"essential": True, "privileged": False}),
    ({"Environment": [{"Name": "A", "Value": 5}]}, {"environment": [{"name": "A", "value": "5"}]}),
    ({"Environment": [{"Name": "A", "Value": True}]}, {"environment": [{"name": "A", "value": "true"}]}),
    ({"Environment": [{"Name": "A", "Value": 0.5}]}, {"environment": [{"name": "A", "value": "0.5"}]}),
    ({"Command": ["sleep", 3]}, {"command": ["sleep", "3"]}),
    ({"PortMappings": [{"ContainerPort": "80"}]}, {"portMappings": [{"containerPort": 80}]}),
    ({"DockerLabels": {"A.b": 1}}, {"dockerLabels": {"A.b": "1"}}),  # keys of maps are their users' own
    ({"DockerLabels": {"Ref": "x"}}, {"dockerLabels": {"Ref": "x"}}),
    ({"Links": ["mysql"]}, {"links": ["mysql"]}),
    (
        {"LogConfiguration": {"LogDriver": "x", "Options": {"Tag": "T"}}},
        {"logConfiguration": {"logDriver": "x", "options": {"Tag": "T"}}},
    ),
]


@pytest.mark.parametrize(("given", "wanted"), SCALARS)
def test_members_and_scalars_become_those_of_the_api(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    shaped = shapes.task_definition([PASCAL | given], family="f")
    assert msgspec.to_builtins(shaped.value.containerDefinitions[0]) == CONTAINER | wanted


def test_what_cloudformation_names_otherwise_is_found() -> None:
    task = shapes.task_definition(
        {
            "ContainerDefinitions": [PASCAL],
            "ProxyConfiguration": {
                "ContainerName": "web",
                "ProxyConfigurationProperties": [{"Name": "a", "Value": "b"}],
            },
            "Volumes": [
                {
                    "Name": "v",
                    "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "AuthorizationConfig": {"IAM": "ENABLED"}},
                }
            ],
            "Cpu": 256,
        },
        family="f",
    ).value
    assert task.cpu == "256"
    assert task.proxyConfiguration and task.proxyConfiguration.properties == [ecs.KeyValuePair(name="a", value="b")]
    efs = (task.volumes or [])[0].efsVolumeConfiguration
    assert efs and efs.fileSystemId == "fs-1" and efs.authorizationConfig and efs.authorizationConfig.iam == "ENABLED"
    service = shapes.service({"PlacementStrategies": [{"Type": "spread", "Field": "host"}]}, name="s").value
    assert service.placementStrategy == [ecs.PlacementStrategy(type="spread", field="host")]


def test_what_ecs_tells_of_a_task_definition_is_left_out_and_listed() -> None:
    answer = {
        "taskDefinition": {
            "family": "f",
            "containerDefinitions": [CONTAINER],
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/f:3",
            "revision": 3,
            "status": "ACTIVE",
            "colour": "red",
        },
        "tags": [{"key": "team", "value": "a"}],
    }
    shaped = shapes.task_definition(answer)
    assert shaped.value.tags == [ecs.Tag(key="team", value="a")]
    assert [(one.path, one.reason.split()[0]) for one in shaped.ignored] == [
        ("taskDefinition.taskDefinitionArn", "Amazon"),
        ("taskDefinition.revision", "Amazon"),
        ("taskDefinition.status", "Amazon"),
        ("taskDefinition.colour", "Amazon"),
    ]
    assert shaped.ignored[-1].reason == "Amazon ECS has no such member here"


def test_what_stands_beside_a_definition_is_listed() -> None:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "T": {
                "Type": TYPE,
                "DependsOn": "Cluster",
                "Properties": {"ContainerDefinitions": [PASCAL | {"Colour": 1}]},
            },
        },
    }
    assert {one.path for one in shapes.task_definition(template, family="f").ignored} == {
        "AWSTemplateFormatVersion",
        "Resources.Cluster",
        "Resources.T.DependsOn",
        "Resources.T.Properties.ContainerDefinitions[0].Colour",
    }


def test_services_are_read_from_what_describe_services_printed() -> None:
    answer = {
        "services": [
            {
                "serviceName": "a",
                "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/c",
                "desiredCount": 2,
                "runningCount": 2,
                "deployments": [{"status": "PRIMARY", "serviceConnectConfiguration": {"enabled": True}}],
                "events": [],
            },
            {"serviceName": "b"},
        ],
        "failures": [],
    }
    first, second = shapes.services(answer)
    assert first.value.cluster == "arn:aws:ecs:eu-west-1:123456789012:cluster/c"
    assert first.value.serviceConnectConfiguration == ecs.ServiceConnectConfiguration(enabled=True)
    assert [one.path for one in first.ignored] == [
        f"services[0].{name}" for name in ("runningCount", "deployments", "events")
    ]
    assert (second.value.serviceName, second.ignored) == ("b", [])
    with pytest.raises(shapes.ShapeError, match="one service is due here, not 2"):
        shapes.service(answer)


WRONG: list[tuple[Any, str]] = [
    (5, "an object is due here, not 5"),
    (None, "an object is due here, not null"),
    ({}, "containerDefinitions: is missing: a task has one container at least"),
    ([], "containerDefinitions: is missing: a task has one container at least"),
    ({"containerDefinitions": {}}, "containerDefinitions: a list is due here, not an object"),
    ([{"Memory": "much"}], '[0].Memory: a whole number is due here, not "much"'),
    ([{"Memory": True}], "[0].Memory: a whole number is due here, not True"),
    ([{"Memory": 1.5}], "[0].Memory: a whole number is due here, not 1.5"),
    ([{"Memory": 2**31}], "[0].Memory: 2147483648 is out of range"),
    ([{"Memory": "9" * 5000}], f'[0].Memory: a whole number is due here, not "{"9" * 59}…'),
    ([{"Essential": "yes"}], '[0].Essential: true or false is due here, not "yes"'),
    ([{"Image": ["a"]}], "[0].Image: a string is due here, not a list"),
    ([{"Image": {"Ref": "Image"}}], "[0].Image: Ref is for CloudFormation to resolve: the value itself is due here"),
    ([{"Name": "a", "name": "b"}], "[0].name: is given twice, also as Name"),
    ([{"Environment": {"A": "b"}}], "[0].Environment: a list is due here, not an object"),
    (
        [{"DockerLabels": {"Fn::If": []}}],
        "[0].DockerLabels: Fn::If is for CloudFormation to resolve: the value itself is due here",
    ),
    (
        {"Properties": {"ContainerDefinitions": [{"Cpu": "x"}]}},
        'Properties.ContainerDefinitions[0].Cpu: a whole number is due here, not "x"',
    ),
    ({"Type": "AWS::S3::Bucket", "Properties": {}}, "Type: AWS::ECS::TaskDefinition is due here, not AWS::S3::Bucket"),
    ({"Resources": {}}, "Resources: one AWS::ECS::TaskDefinition is due here, not 0"),
]


@pytest.mark.parametrize(("value", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_path(value: Any, message: str) -> None:
    with pytest.raises(shapes.ShapeError) as raised:
        shapes.task_definition(value, family="f")
    assert str(raised.value) == message


def test_a_path_begins_where_the_value_stands() -> None:
    with pytest.raises(shapes.ShapeError, match=r"^spec\.Task\[0\]\.Cpu: "):
        shapes.task_definition([{"Cpu": "x"}], family="f", path="spec.Task")
    with pytest.raises(shapes.ShapeError, match=r"^family: is missing$"):
        shapes.task_definition([CONTAINER])


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["true", "80", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Properties", "Resources", "taskDefinition", "services", "deployments", "Type", "Ref", "tags"]
            )
            | st.sampled_from(
                ["ContainerDefinitions", "name", "Cpu", "environment", "Options", "loadBalancers", "family"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    for read in (lambda: [shapes.task_definition(value, family="f")], lambda: shapes.services(value, name="s")):
        try:
            found = read()
        except shapes.ShapeError as error:
            assert error.reason
            continue
        for one in found:
            again = json.loads(msgspec.json.encode(one.value))
            assert msgspec.convert(again, type(one.value)) == one.value


def _pascal(value: Any) -> Any:
    """Return a request as CloudFormation spells it, its scalars as strings. Maps keep their keys."""
    if isinstance(value, msgspec.Struct):
        members = {name: getattr(value, name) for name in value.__struct_fields__}
        return {name[0].upper() + name[1:]: _pascal(item) for name, item in members.items() if item is not None}
    if isinstance(value, list):
        return [_pascal(item) for item in value]
    if isinstance(value, dict):
        return {key: _pascal(item) for key, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


TEXTS = st.text(max_size=5)
WHOLE = st.integers(-(2**31), 2**31 - 1)
CONTAINERS = st.builds(
    ecs.ContainerDefinition,
    name=TEXTS,
    cpu=st.none() | WHOLE,
    essential=st.none() | st.booleans(),
    command=st.none() | st.lists(TEXTS, max_size=2),
    environment=st.lists(st.builds(ecs.KeyValuePair, name=TEXTS, value=TEXTS), max_size=2),
    portMappings=st.lists(st.builds(ecs.PortMapping, containerPort=WHOLE, protocol=TEXTS), max_size=2),
    dockerLabels=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
    linuxParameters=st.none()
    | st.builds(ecs.LinuxParameters, initProcessEnabled=st.booleans(), sharedMemorySize=WHOLE),
)


@given(CONTAINERS)
def test_either_case_and_any_scalar_is_the_same_definition(container: ecs.ContainerDefinition) -> None:
    shaped = shapes.task_definition([_pascal(container)], family="f")
    assert shaped.value.containerDefinitions == [container]
    assert shaped.ignored == []
