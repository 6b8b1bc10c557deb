"""The generated model: current, complete, and fit for what clients send."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from kecs.model import errors, objects
from kecs.model.generated import ecs, ecs_limits
from kecs.model.generated.ecs_operations import ECS

ROOT = Path(__file__).resolve().parents[2]
MODEL = ServiceModel(Loader().load_service_model("ecs", "service-2"), "ecs")
EXAMPLES = Loader().load_service_model("ecs", "examples-1")["examples"]


def test_what_is_checked_in_is_what_the_generator_writes() -> None:
    run = subprocess.run(
        [sys.executable, "tools/generate_model.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_every_operation_is_in_the_table() -> None:
    assert sorted(ECS.operations) == sorted(MODEL.operation_names)
    for name, operation in ECS.operations.items():
        published = MODEL.operation_model(name)
        assert operation.request.__name__ == published.input_shape.name
        assert list(operation.request.__struct_fields__) == list(published.input_shape.members)


@pytest.mark.parametrize("name", sorted(shape.name for shape in MODEL.error_shapes))
def test_every_modelled_exception_can_be_raised(name: str) -> None:
    error = getattr(errors, name)("why")
    assert isinstance(error, errors.AwsError)
    assert (error.code, error.message) == (name, "why")
    assert error.http_code == (500 if name == "ServerException" else 400)
    assert name in errors.__all__


def test_the_tree_of_errors_names_every_common_one() -> None:
    tree = re.findall(r"[├└]── (\w+) +(\d+)", errors.__doc__ or "")
    common = {
        name: getattr(errors, name).http_code
        for name in errors.__all__
        if getattr(errors, name).__module__ == errors.__name__
    }
    assert {name: int(code) for name, code in tree} == common


def test_an_exception_carries_its_own_members() -> None:
    error = errors.ConflictException("taken", resourceIds=["a", "b"])
    assert error.members() == {"resourceIds": ["a", "b"]}


@pytest.mark.parametrize(
    ("name", "example"),
    [(name, example) for name, examples in sorted(EXAMPLES.items()) for example in examples],
    ids=lambda value: value if isinstance(value, str) else value["id"],
)
def test_published_examples_go_through_the_structs_unchanged(name: str, example: dict[str, Any]) -> None:
    operation = ECS.operations[name]
    sent = example.get("input", {})
    assert json.loads(msgspec.json.encode(msgspec.convert(sent, operation.request))) == known(sent, name, "input_shape")
    if operation.response and "output" in example:
        answered = untimed(example["output"])
        got = json.loads(msgspec.json.encode(msgspec.convert(answered, operation.response)))
        assert got == known(answered, name, "output_shape")


def untimed(value: Any) -> Any:
    """Give an example's timestamps, which are texts, the form that they have on the wire."""
    if isinstance(value, dict):
        return {key: untimed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [untimed(item) for item in value]
    return 1.5 if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) else value


def known(value: dict[str, Any], name: str, side: str) -> dict[str, Any]:
    """Return the example's members that the model has: a few examples are older than it."""
    return {key: item for key, item in value.items() if key in getattr(MODEL.operation_model(name), side).members}


def test_integers_keep_their_width() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"count": 2147483648}', type=ecs.RunTaskRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"count": true}', type=ecs.RunTaskRequest)


def test_a_kubectl_made_object_decodes_with_a_part_of_its_spec() -> None:
    body = b'{"metadata": {"name": "web"}, "spec": {"containerDefinitions": [{"name": "a"}], "added": 1}}'
    definition = msgspec.json.decode(body, type=objects.TaskDefinition)
    assert definition.spec.family == ""
    assert definition.spec.containerDefinitions[0].name == "a"


def test_limits_name_members_that_exist() -> None:
    tables: tuple[dict[str, Any], ...] = (ecs_limits.BY_MEMBER, ecs_limits.REQUIRED, ecs_limits.RANGES)
    for table in tables:
        for structure, members in table.items():
            assert set(members) <= set(getattr(ecs, structure).__struct_fields__)
    assert ecs_limits.BY_MEMBER["CreateServiceRequest"]["launchType"] == ecs_limits.LaunchType
    assert ecs_limits.RANGES["CapacityProviderStrategyItem"]["weight"] == (0, 1000)


def test_every_struct_has_every_published_member() -> None:
    for name in MODEL.shape_names:
        shape = MODEL.shape_for(name)
        if shape.type_name == "structure" and not shape.metadata.get("exception") and not shape.is_document_type:
            assert list(getattr(ecs, name).__struct_fields__) == list(shape.members)
