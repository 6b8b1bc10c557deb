"""What the user of an ECSDeployment wrote: where it is found, and what is said when it is not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.model.ecs_deployment import EcsDeployment, EcsDeploymentSpec
from kecs.model.ecs_deployment_reading import UnreadableError, read, references
from kecs.model.objects import Meta

TASK = '[{"name": "web", "image": "i"}]'
YAML = """\
Properties:
  ContainerDefinitions:
    - {Name: web, Image: i, Memory: 0512, Environment: [{Name: A, Value: 1.10}, {Name: B, Value: 2026-01-01}]}
  Cpu: null
"""


def one(**spec: Any) -> EcsDeployment:
    return EcsDeployment(metadata=Meta(name="shop.a"), spec=msgspec.convert(spec, EcsDeploymentSpec))


def source(name: str, key: str = "") -> dict[str, Any]:
    return {"configMapKeyRef": {"name": name, **({"key": key} if key else {})}}


def test_a_definition_in_a_config_map_is_json_or_yaml() -> None:
    found = read(one(taskFrom=source("m", "a")), {"m": {"a": TASK, "b": ""}})
    assert (found.task.family, found.service) == ("shop-a", None)
    (container,) = read(one(TaskFrom=source("m")), {"m": {"only": YAML}}).task.containerDefinitions
    assert container.memory == 512
    assert [variable.value for variable in container.environment or ()] == ["1.10", "2026-01-01"]


def test_null_in_quotes_is_a_text() -> None:
    task = "[{name: web, image: i, memory: null, environment: [{name: A, value: 'null'}, {name: B, value: \"~\"}]}]"
    task = f"containerDefinitions: {task}"
    (container,) = read(one(TaskFrom=source("m")), {"m": {"a": task}}).task.containerDefinitions
    assert container.memory is None
    assert [variable.value for variable in container.environment or ()] == ["null", "~"]


def test_every_reference_is_known() -> None:
    spec = one(TaskFrom=source("a"), serviceFrom=source("b", "k")).spec
    assert [(each.name, each.key) for each in references(spec)] == [("a", ""), ("b", "k")]


WRONG: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {}, "Invalid", "spec: Task or TaskFrom is missing"),
    ({"TaskFrom": source("m")}, {"m": None}, "ConfigMapMissing", "there is no ConfigMap m"),
    ({"TaskFrom": source("m")}, {"m": {}}, "ConfigMapMissing", "has 0 keys"),
    ({"TaskFrom": source("m")}, {"m": {"a": "", "b": ""}}, "ConfigMapMissing", "has 2 keys"),
    ({"TaskFrom": source("m", "x")}, {"m": {"a": ""}}, "ConfigMapMissing", "ConfigMap m has no key x"),
    ({"TaskFrom": source("m")}, {"m": {"a": '{"a": '}}, "Invalid", "configmap/m[a]: line 1, column 7: Expecting value"),
    ({"TaskFrom": source("m")}, {"m": {"a": "a: [b\nc: d"}}, "Invalid", "configmap/m[a]: line "),
    ({"TaskFrom": source("m")}, {"m": {"a": "text"}}, "Invalid", "configmap/m[a]: a definition is due here"),
    ({"TaskFrom": source("m")}, {"m": {"a": ""}}, "Invalid", "configmap/m[a]: a definition is due here"),
    ({"TaskFrom": source("m")}, {"m": {"a": "a: &x [1]\nb: *x"}}, "Invalid", "aliases of YAML are not followed"),
    ({"TaskFrom": source("m")}, {"m": {"a": "a: \x00"}}, "Invalid", "neither JSON nor YAML"),
    ({"TaskFrom": source("m")}, {"m": {"a": "[" * 100_000}}, "Invalid", "configmap/m[a]: "),
    ({"TaskFrom": source("m")}, {"m": {"a": "x" * 300_000}}, "Invalid", "longer than 256 KiB"),
    ({"Task": 5}, {}, "Invalid", "spec.Task: an object is due here, not 5"),
    ({"Task": [], "TaskFrom": source("m")}, {"m": None}, "Invalid", "spec.TaskFrom: is given twice, also as spec.Task"),
]


@pytest.mark.parametrize(("spec", "config_maps", "reason", "message"), WRONG)
def test_what_cannot_be_read_is_named(
    spec: dict[str, Any], config_maps: dict[str, Any], reason: str, message: str
) -> None:
    with pytest.raises(UnreadableError) as raised:
        read(one(**spec), config_maps)
    assert raised.value.reason == reason
    assert message in raised.value.message


@given(st.text(max_size=40) | st.text(alphabet='{}[]:,"\n -&*ab1', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(one(TaskFrom=source("m")), {"m": {"a": text}})
    except UnreadableError as error:
        assert error.message
