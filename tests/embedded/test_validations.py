"""Rules of custom resources that are known by their texts, and those that are not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kecs.embedded.catalog import Rules
from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.kube.api import Resource
from kecs.kube.errors import Invalid
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES

THINGS: Resource[dict[str, Any]] = Resource("example.com", "v1", "Thing", "things", True, dict)
EVEN = "self % 2 == 0"
RULES: Rules = {
    EVEN: lambda value: value % 2 == 0,
    "has(self.a)": lambda value: "a" in value,
    "has(self.c)": lambda value: "c" in value,
}
_NUMBER = {"type": "integer", "maximum": 9, "x-kubernetes-validations": [{"rule": EVEN, "message": "must be even"}]}


def definition(spec: dict[str, Any]) -> dict[str, Any]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": spec, "status": {"type": "object", "properties": {"done": {"type": "boolean"}}}},
            }
        },
        "subresources": {"status": {}},
    }
    names = {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {"metadata": {"name": "things.example.com"}, "spec": spec}


SPEC = {
    "type": "object",
    "x-kubernetes-validations": [{"rule": "has(self.a)"}],
    "properties": {
        "a": _NUMBER,
        "list": {"type": "array", "items": _NUMBER},
        "map": {"type": "object", "additionalProperties": _NUMBER},
        "mode": {"type": "string", "enum": ["On"]},
    },
}


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine.open(rules=RULES)
    await engine.create(NAMESPACES, None, {"metadata": {"name": "n"}}, manager="test")
    yield engine
    await engine.close()


async def make(engine: Engine, spec: dict[str, Any]) -> None:
    body = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": spec}
    await engine.create(THINGS, "n", body, manager="test")


BROKEN: list[tuple[dict[str, Any], list[str]]] = [
    ({"a": 1}, ["spec.a: Invalid value: must be even"]),
    ({}, ["spec: Invalid value: failed rule: has(self.a)"]),
    ({"a": 2, "list": [2, 3]}, ["spec.list[1]: Invalid value: must be even"]),
    ({"a": 2, "map": {"x": 1}}, ["spec.map.x: Invalid value: must be even"]),
    (
        {"a": 11},
        [
            "spec.a: Invalid value: 11: spec.a in body should be less than or equal to 9",
            "spec.a: Invalid value: must be even",
        ],
    ),
    (
        {"a": 1, "mode": "Off"},
        [
            'spec.mode: Unsupported value: "Off": supported values: "On"',
            "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
            "correct the existing errors to complete validation",
        ],
    ),
]


@pytest.mark.parametrize(("spec", "problems"), BROKEN)
async def test_a_known_rule_is_kept_to(engine: Engine, spec: dict[str, Any], problems: list[str]) -> None:
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(SPEC), manager="test")
    with pytest.raises(Invalid) as raised:
        await make(engine, spec)
    causes = (raised.value.details or {})["causes"]
    assert [f"{one['field']}: {one['message']}" for one in causes] == problems
    await make(engine, {"a": 4, "list": [2], "map": {"x": 0}})


async def test_an_object_outlives_a_rule_that_comes_later(engine: Engine) -> None:
    plain = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(plain), manager="test")
    await make(engine, {"a": 1, "b": 1})
    strict = {**plain, "x-kubernetes-validations": [{"rule": "has(self.c)"}], "not": {"required": ["a", "b"]}}
    await engine.patch(
        CUSTOM_RESOURCE_DEFINITIONS, None, "things.example.com", {"spec": definition(strict)["spec"]},
        type="merge", manager="test",
    )  # fmt: skip
    patch = {"status": {"done": True}}
    await engine.patch(THINGS, "n", "t", patch, type="merge", manager="test", subresource="status")
    with pytest.raises(Invalid, match=r"must not validate the schema"):
        await engine.patch(THINGS, "n", "t", {"spec": {"a": 3}}, type="merge", manager="test")


async def test_who_brings_a_rule_that_is_not_evaluated_hears_of_it(engine: Engine) -> None:
    kind = engine.catalog.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    known = await engine.write(kind, Write("create", None, "", definition(SPEC), "test"))
    assert known.warnings == []
    other = definition({**SPEC, "x-kubernetes-validations": [{"rule": "self.a > 1"}]})
    (told,) = (await engine.write(kind, Write("patch", None, "things.example.com", other, "test"))).warnings
    assert told == (
        "spec.versions[0].schema.openAPIV3Schema: x-kubernetes-validations are kept and not evaluated: this cluster "
        "has no CEL"
    )
