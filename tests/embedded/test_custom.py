"""Custom resources: what a definition brings, and how its schema is kept."""

import asyncio
import copy
from pathlib import Path
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.kube.api import Json, Resource
from kecs.kube.errors import AlreadyExists, BadRequest, Invalid, NotFound
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS

WIDGETS: Resource[Json] = Resource("example.io", "v1", "Widget", "widgets", True, dict[str, Any])
OLD_WIDGETS: Resource[Json] = Resource("example.io", "v1alpha1", "Widget", "widgets", True, dict[str, Any])

SCHEMA: Json = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 0, "maximum": 9},
                "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
                "title": {"type": "string", "pattern": "^[a-z]*$", "maxLength": 5},
                "port": {"x-kubernetes-int-or-string": True},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "note": {"type": "string", "nullable": True},
                "plain": {"type": "string"},
                "parts": {
                    "type": "array",
                    "maxItems": 3,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["id"],
                    "items": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}, "weight": {"type": "integer", "default": 1}},
                    },
                },
                "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
    },
}


def definition(**version: Any) -> Json:
    base = {"served": True, "schema": {"openAPIV3Schema": SCHEMA}, "subresources": {"status": {}}}
    return {
        "metadata": {"name": "widgets.example.io"},
        "spec": {
            "group": "example.io",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
            "scope": "Namespaced",
            "versions": [
                {**base, "name": "v1alpha1", "storage": False},
                {**base, "name": "v1", "storage": True, **version},
            ],
        },
    }


@pytest.fixture
async def widgets(engine: Engine) -> Engine:
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(), manager="m")
    return engine


def widget(name: str = "w", **spec: Any) -> Json:
    return {"metadata": {"name": name}, "spec": {"size": 1, **spec}}


async def test_definition_is_established_and_served(widgets: Engine) -> None:
    made = await widgets.get(CUSTOM_RESOURCE_DEFINITIONS, None, "widgets.example.io")
    assert {one["type"]: one["status"] for one in made["status"]["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    assert made["status"]["storedVersions"] == ["v1"]
    assert made["spec"]["names"]["listKind"] == "WidgetList"
    kind = widgets.catalog.find("example.io", "v1", "widgets")
    assert kind.short_names == ("wd",) and kind.preferred


async def test_unknown_members_are_pruned_and_defaults_filled_in(widgets: Engine) -> None:
    body = widget(nonsense=1, free={"x": 1}, parts=[{"id": "a", "y": 1}])
    made = await widgets.create(WIDGETS, "default", body, manager="m")
    assert made["spec"] == {"size": 1, "mode": "a", "free": {"x": 1}, "parts": [{"id": "a", "weight": 1}]}


async def test_null_becomes_the_default_or_goes_unless_it_is_allowed(widgets: Engine) -> None:
    made = await widgets.create(WIDGETS, "default", widget(mode=None, plain=None, note=None), manager="m")
    assert made["spec"] == {"size": 1, "mode": "a", "note": None}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"size": "x"}, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'),
        ({"size": 1.5}, 'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"'),
        ({"size": -1}, "spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0"),
        ({"size": 10}, "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9"),
        ({"mode": "c"}, 'spec.mode: Unsupported value: "c": supported values: "a", "b"'),
        ({"title": "A"}, "spec.title: Invalid value: \"A\": spec.title in body should match '^[a-z]*$'"),
        ({"title": "abcdef"}, "spec.title: Too long: may not be more than 5 bytes"),
        (
            {"port": True},
            'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
        ),
        ({"parts": [{}]}, "spec.parts[0].id: Required value"),
        ({"parts": [{"id": "a"}, {"id": "a"}]}, 'spec.parts[1]: Duplicate value: {"id":"a"}'),
        ({"parts": [{"id": str(i)} for i in range(4)]}, "spec.parts: Too many: 4: must have at most 3 items"),
        (
            {"tags": {"a": 1}},
            'spec.tags.a: Invalid value: "integer": spec.tags.a in body must be of type string: "integer"',
        ),
    ],
)
async def test_invalid_objects_are_refused_in_words_of_kubernetes(widgets: Engine, spec: Json, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        await widgets.create(WIDGETS, "default", widget(**spec), manager="m")
    assert refused.value.message == f'Widget.example.io "w" is invalid: {text}'


async def test_missing_required_members_are_named(widgets: Engine) -> None:
    with pytest.raises(Invalid, match="spec: Required value"):
        await widgets.create(WIDGETS, "default", {"metadata": {"name": "w"}}, manager="m")


async def test_every_served_version_shows_the_object(widgets: Engine) -> None:
    await widgets.create(WIDGETS, "default", widget(), manager="m")
    shown = await widgets.get(OLD_WIDGETS, "default", "w")
    assert shown["apiVersion"] == "example.io/v1alpha1" and shown["spec"]["size"] == 1


async def test_generation_counts_the_spec_and_not_the_status(widgets: Engine) -> None:
    made = await widgets.create(WIDGETS, "default", {**widget(), "status": {"ready": True}}, manager="m")
    assert made["metadata"]["generation"] == 1 and "status" not in made
    ready = {"status": {"ready": True}}
    made = await widgets.patch(WIDGETS, "default", "w", ready, type="merge", manager="m", subresource="status")
    assert made["metadata"]["generation"] == 1 and made["status"] == {"ready": True}
    made = await widgets.patch(WIDGETS, "default", "w", {"spec": {"size": 2}}, type="merge", manager="m")
    assert made["metadata"]["generation"] == 2 and made["status"] == {"ready": True}


async def test_apply_merges_by_the_keys_of_the_schema(widgets: Engine) -> None:
    def body(**spec: Any) -> Json:
        return {"apiVersion": "example.io/v1", "kind": "Widget", **widget(**spec)}

    await widgets.apply(WIDGETS, "default", "w", body(parts=[{"id": "a", "weight": 2}]), manager="a")
    both = await widgets.apply(WIDGETS, "default", "w", body(parts=[{"id": "b"}]), manager="b")
    assert both["spec"]["parts"] == [{"id": "a", "weight": 2}, {"id": "b", "weight": 1}]
    left = await widgets.apply(WIDGETS, "default", "w", body(), manager="a")
    assert left["spec"]["parts"] == [{"id": "b", "weight": 1}]


async def test_strict_validation_names_what_is_unknown(widgets: Engine) -> None:
    kind = widgets.kind(WIDGETS)
    with pytest.raises(BadRequest, match=r'strict decoding error: unknown field "spec\.nonsense"'):
        await widgets.write(kind, Write("create", "default", "", widget(nonsense=1), "m", validation="Strict"))
    warned = await widgets.write(kind, Write("create", "default", "", widget(nonsense=1), "m", validation="Warn"))
    assert warned.warnings == ['unknown field "spec.nonsense"']


async def test_deleting_a_definition_removes_its_objects(widgets: Engine) -> None:
    await widgets.create(WIDGETS, "default", widget(), manager="m")
    await widgets.delete(CUSTOM_RESOURCE_DEFINITIONS, None, "widgets.example.io")

    async def gone() -> None:
        while True:
            try:
                await widgets.get(CUSTOM_RESOURCE_DEFINITIONS, None, "widgets.example.io")
            except NotFound:
                return
            await asyncio.sleep(0)

    await asyncio.wait_for(gone(), 5)
    with pytest.raises(NotFound, match="the server could not find the requested resource"):
        await widgets.list(WIDGETS)


async def test_definition_must_be_named_after_its_plural_and_group(engine: Engine) -> None:
    body = definition()
    body["metadata"]["name"] = "wrong"
    with pytest.raises(Invalid, match=r'metadata.name: Invalid value: "wrong": must be spec.names.plural'):
        await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, body, manager="m")


async def test_definition_twice_already_exists(widgets: Engine) -> None:
    with pytest.raises(AlreadyExists):
        await widgets.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(), manager="m")


async def test_scale_of_a_custom_resource_follows_its_paths(engine: Engine) -> None:
    paths = {
        "specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.count",
        "labelSelectorPath": ".status.sel",
    }
    await engine.create(
        CUSTOM_RESOURCE_DEFINITIONS, None, definition(subresources={"status": {}, "scale": paths}), manager="m"
    )
    await engine.create(WIDGETS, "default", widget(), manager="m")
    scale = await engine.get(WIDGETS, "default", "w", subresource="scale")
    assert scale["spec"] == {"replicas": 1} and scale["status"] == {"replicas": 0}
    patch = {"spec": {"replicas": 4}}
    await engine.patch(WIDGETS, "default", "w", patch, type="merge", manager="m", subresource="scale")
    assert (await engine.get(WIDGETS, "default", "w"))["spec"]["size"] == 4
    with pytest.raises(Invalid, match=r"spec\.size in body should be less than or equal to 9"):
        patch = {"spec": {"replicas": 10}}
        await engine.patch(WIDGETS, "default", "w", patch, type="merge", manager="m", subresource="scale")


async def test_custom_resources_are_served_again_after_a_restart(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path, durable=True)
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(), manager="m")
    made = await engine.create(WIDGETS, "default", widget(), manager="m")
    await engine.close()
    engine = Engine.open(tmp_path)
    assert await engine.get(WIDGETS, "default", "w") == made
    await engine.close()


def _with_one_version() -> Json:
    body = definition()
    body["spec"]["versions"] = [{**body["spec"]["versions"][1], "schema": {"openAPIV3Schema": copy.deepcopy(SCHEMA)}}]
    return body


def _changed(path: str, value: Any) -> Json:
    """Return a definition with one member changed; a path is like `spec.versions.0.name`."""
    body = _with_one_version()
    at: Any = body
    *parents, last = path.split(".")
    for part in parents:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    at[last] = value
    return body


_SCHEMA = "spec.versions.0.schema.openAPIV3Schema"
_HOISTED = "spec.validation.openAPIV3Schema"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("spec.group", "nodot", 'spec.group: Invalid value: "nodot": should be a domain with at least one dot'),
        (
            "spec.group",
            "x.k8s.io",
            "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups",
        ),
        ("spec.scope", "X", 'spec.scope: Unsupported value: "X": supported values: "Cluster", "Namespaced"'),
        ("spec.scope", None, "spec.scope: Required value"),
        ("spec.names.kind", "a b", 'spec.names.kind: Invalid value: "a b": may have mixed case, but should otherwise'),
        ("spec.names.shortNames", ["A_"], 'spec.names.shortNames[0]: Invalid value: "A_": a DNS-1035 label must'),
        ("spec.preserveUnknownFields", True, "spec.preserveUnknownFields: Invalid value: true: cannot set to true"),
        ("spec.conversion.strategy", "X", 'spec.conversion.strategy: Unsupported value: "X": supported values: "None"'),
        ("spec.conversion.strategy", "Webhook", "spec.conversion.webhookClientConfig: Required value: required when"),
        ("spec.versions", [], "must have exactly one version marked as storage version"),
        ("spec.versions.0.name", "V_", 'spec.versions[0].name: Invalid value: "V_": a DNS-1035 label must'),
        ("spec.versions.0.schema", None, "spec.versions[0].schema.openAPIV3Schema: Required value"),
        (_SCHEMA, {"type": "array", "items": {"type": "string"}}, f'{_HOISTED}.type: Invalid value: "array": must be'),
        (f"{_SCHEMA}.type", "", f"{_HOISTED}.type: Required value: must not be empty at the root"),
        (f"{_SCHEMA}.properties.x", {}, f"{_HOISTED}.properties[x].type: Required value: must not be empty for spec"),
        (f"{_SCHEMA}.properties.x", {"type": "foo"}, f'{_HOISTED}.properties[x].type: Unsupported value: "foo"'),
        (f"{_SCHEMA}.properties.x", {"type": "array"}, f"{_HOISTED}.properties[x].items: Required value: must be spec"),
        (f"{_SCHEMA}.properties.x", {"$ref": "y"}, f"{_HOISTED}.properties[x].$ref: Forbidden: $ref is not supported"),
        (
            f"{_SCHEMA}.properties.x",
            {"type": "integer", "default": "y"},
            f'{_HOISTED}.properties[x].default: Invalid value: "string":  in body must be of type integer: "string"',
        ),
        (
            f"{_SCHEMA}.properties.x",
            {"type": "object", "properties": {"y": {"type": "string"}}, "additionalProperties": {"type": "string"}},
            f"{_HOISTED}.properties[x].additionalProperties: Forbidden: additionalProperties and properties are mutual",
        ),
        (
            f"{_SCHEMA}.properties.x",
            {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"},
            f"{_HOISTED}.properties[x].x-kubernetes-list-map-keys: Required value: must not be empty if",
        ),
        (
            "spec.versions.0.additionalPrinterColumns",
            [{"name": "a", "type": "x", "jsonPath": "a"}],
            'spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number',
        ),
        (
            "spec.versions.0.subresources",
            {"scale": {"specReplicasPath": ".x"}},
            'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
        ),
    ],
)
async def test_a_definition_that_cannot_be_served_is_refused(engine: Engine, path: str, value: Any, text: str) -> None:
    """What was once taken made the server fail at the first object."""
    body = _changed(path, value)
    body["metadata"]["name"] = f"{body['spec']['names']['plural']}.{body['spec']['group']}"
    with pytest.raises(Invalid) as refused:
        await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, body, manager="m")
    assert text in refused.value.message


async def test_the_storage_version_moves_and_the_old_one_stays_until_all_is_rewritten(engine: Engine) -> None:
    """Objects are shown in every served version; a version goes only after its definition says that none is in it."""
    body = _with_one_version()
    (old,) = body["spec"]["versions"]
    name = body["metadata"]["name"]
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, body, manager="m")
    await engine.create(WIDGETS, "default", {"metadata": {"name": "w"}, "spec": {"size": 3}}, manager="m")
    versions = [{**old, "storage": False}, {**old, "name": "v2", "storage": True}]

    async def change(change: Json, subresource: str = "") -> Json:
        return await engine.patch(
            CUSTOM_RESOURCE_DEFINITIONS, None, name, change, type="merge", manager="m", subresource=subresource
        )

    changed = await change({"spec": {"versions": versions}})
    assert changed["status"]["storedVersions"] == [old["name"], "v2"]
    second = Resource(WIDGETS.group, "v2", WIDGETS.kind, WIDGETS.plural, True, dict[str, Any])
    shown = await engine.get(second, "default", "w")
    assert (shown["apiVersion"], shown["spec"]["size"]) == (f"{WIDGETS.group}/v2", 3)
    with pytest.raises(Invalid, match=r"status.storedVersions\[0\]: Invalid value: .*: must appear in spec.versions"):
        await change({"spec": {"versions": versions[1:]}})
    await change({"status": {"storedVersions": ["v2"]}}, "status")
    assert (await change({"spec": {"versions": versions[1:]}}))["status"]["storedVersions"] == ["v2"]
    with pytest.raises(NotFound):
        await engine.get(WIDGETS, "default", "w")
    assert (await engine.get(second, "default", "w"))["spec"]["size"] == 3


async def test_what_a_definition_is_about_does_not_change(widgets: Engine) -> None:
    name = definition()["metadata"]["name"]
    with pytest.raises(Invalid, match=r'spec\.scope: Invalid value: "Cluster": field is immutable'):
        await widgets.patch(
            CUSTOM_RESOURCE_DEFINITIONS, None, name, {"spec": {"scope": "Cluster"}}, type="merge", manager="m"
        )
