"""The custom resource definitions: they take what the Structs hold, refuse what ECS refuses, and are installed once."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from kecs.crds import definitions, ecs_deployment_rules
from kecs.crds.installation import install
from kecs.crds.schema import schema_of
from kecs.embedded.engine import Engine
from kecs.kube.errors import Invalid
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES
from kecs.model import objects
from kecs.world import resources

CONTAINER = {"name": "app", "image": "a", "memory": 64, "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
             "dockerLabels": {"a": "b"}, "environment": [{"name": "A", "value": ""}]}  # fmt: skip


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine.open()
    await install(engine)
    await engine.create(NAMESPACES, None, {"metadata": {"name": "n"}}, manager="test")
    yield engine
    await engine.close()


def body(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "kecs.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


async def test_a_second_installation_writes_nothing(engine: Engine) -> None:
    before = (await engine.list(CUSTOM_RESOURCE_DEFINITIONS)).resource_version
    await install(engine)
    assert (await engine.list(CUSTOM_RESOURCE_DEFINITIONS)).resource_version == before


async def test_an_older_definition_is_brought_up_to_date(engine: Engine) -> None:
    name = "ecsservices.kecs.io"
    old = {"metadata": {"annotations": {"kecs.io/schema": "older"}}, "spec": {"names": {"shortNames": ["old"]}}}
    await engine.patch(CUSTOM_RESOURCE_DEFINITIONS, None, name, old, type="merge", manager="test")
    await install(engine)
    found = await engine.get(CUSTOM_RESOURCE_DEFINITIONS, None, name)
    assert found["spec"]["names"]["shortNames"] == ["ecssvc"]
    assert found["metadata"]["annotations"]["kecs.io/schema"] != "older"


async def test_what_is_stored_comes_back(engine: Engine) -> None:
    spec = {"family": "f", "revision": 1, "containerDefinitions": [CONTAINER]}
    made = await engine.create(resources.TASK_DEFINITIONS, None, body("ECSTaskDefinition", "f", spec), manager="test")
    assert msgspec.to_builtins(made.spec) == spec


@pytest.mark.parametrize(
    ("kind", "namespace", "spec"),
    [
        ("ECSTaskDefinition", None, {"family": "f"}),
        ("ECSTaskDefinition", None, {"family": "f", "containerDefinitions": [{**CONTAINER, "memory": "64"}]}),
        ("ECSTaskDefinition", None, {"family": "f", "containerDefinitions": [CONTAINER], "networkMode": "mesh"}),
        ("ECSService", "n", {"serviceName": "s", "desiredCount": 2**31}),
        ("ECSService", "n", {}),
        ("ECSCluster", None, {"tags": {"a": "b"}}),
    ],
)
async def test_what_ecs_could_not_read_is_refused(
    engine: Engine, kind: str, namespace: str | None, spec: dict[str, Any]
) -> None:
    (resource,) = [found.resource for found in definitions.KINDS if found.resource.kind == kind]
    with pytest.raises(Invalid):
        await engine.create(resource, namespace, body(kind, "x", spec), manager="test")


async def test_a_service_is_scaled_as_a_deployment_is(engine: Engine) -> None:
    spec = {"serviceName": "s", "taskDefinition": "f", "desiredCount": 1}
    await engine.create(resources.SERVICES, "n", body("ECSService", "s", spec), manager="test")
    patch = {"spec": {"replicas": 4}}
    await engine.patch(resources.SERVICES, "n", "s", patch, type="merge", manager="test", subresource="scale")
    assert (await engine.get(resources.SERVICES, "n", "s")).spec.desiredCount == 4


@pytest.mark.parametrize("kind", definitions.KINDS, ids=lambda kind: kind.singular)
def test_schemas_are_structural_and_complete(kind: definitions.Kind) -> None:
    (version,) = definitions.definition(kind)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    _check_structural(schema)
    spec = kind.resource.type.__annotations__["spec"]
    assert set(schema["properties"]["spec"]["properties"]) == set(spec.__struct_fields__)


def _check_structural(schema: dict[str, Any]) -> None:
    assert schema.get("type") or any(
        schema.get(f"x-kubernetes-{each}") for each in ("preserve-unknown-fields", "int-or-string")
    )
    for inner in schema.get("properties", {}).values():
        _check_structural(inner)
    for member in ("items", "additionalProperties"):
        if member in schema:
            _check_structural(schema[member])


def test_every_rule_is_known_to_the_embedded_cluster_and_used() -> None:
    """A rule that only CEL knows would hold on a real API server alone."""
    found = set(_rules([definitions.definition(kind) for kind in definitions.KINDS]))
    assert found == set(ecs_deployment_rules.PREDICATES)


def _rules(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one["rule"] for one in value.get("x-kubernetes-validations", ()))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _rules(one)


def test_types_become_schemas() -> None:
    schema = schema_of(objects.StoppedTask, strict=False)
    spec = schema["properties"]["spec"]["properties"]
    assert spec["version"] == {"type": "integer", "format": "int64"}
    assert spec["createdAt"] == {"type": "number"}
    assert spec["containers"]["items"]["properties"]["exitCode"]["format"] == "int32"
    assert schema_of(objects.ServiceStatus, strict=False)["properties"]["runningCount"]["default"] == 0
