"""Custom resources: their definitions, validation, defaults, pruning, columns, versions and subresources."""

from typing import Any

import pytest

from tests.contract.client import JSON_PATCH, STRATEGIC_PATCH, TABLE, Client
from tests.contract.make import Json, custom_definition, obj, version

_SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 0, "maximum": 9},
        "name": {"type": "string", "maxLength": 5, "pattern": "^[a-z]*$", "default": "it"},
        "mode": {"type": "string", "enum": ["On", "Off"], "default": "On"},
        "ratio": {"type": "number", "exclusiveMinimum": True, "minimum": 0},
        "flag": {"type": "boolean"},
        "maybe": {"type": "string", "nullable": True},
        "either": {"x-kubernetes-int-or-string": True},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "value": {"type": "integer", "default": 1}},
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "when": {"type": "string", "format": "date-time"},
    },
}
_COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "how big"},
    {"name": "Tags", "type": "string", "jsonPath": ".spec.tags[*]", "priority": 1},
    {"name": "Part", "type": "string", "jsonPath": '.spec.parts[?(@.name=="a")].value'},
    {"name": "When", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]
SPECS: dict[str, Json] = {
    "least": {"size": 1},
    "all": {
        "size": 2, "name": "abc", "mode": "Off", "ratio": 0.5, "flag": False, "maybe": None, "either": "x",
        "tags": ["a"], "set": ["a", "b"], "parts": [{"name": "a"}, {"name": "b", "value": 2}],
        "free": {"x": {"y": [1]}}, "map": {"a": 1}, "when": "2026-01-02T03:04:05Z",
    },
    "none": {},
    "unknown": {"size": 1, "odd": 1, "parts": [{"name": "a", "odd": 1}]},
    "text-for-number": {"size": "1"},
    "fraction": {"size": 1.5},
    "whole-fraction": {"size": 1.0},
    "too-big": {"size": 10},
    "too-small": {"size": -1},
    "enum": {"size": 1, "mode": "Odd"},
    "pattern": {"size": 1, "name": "A"},
    "long": {"size": 1, "name": "abcdef"},
    "exclusive": {"size": 1, "ratio": 0},
    "flag": {"size": 1, "flag": "yes"},
    "null": {"size": 1, "maybe": None, "flag": None, "mode": None},
    "either": {"size": 1, "either": 1.5},
    "too-few": {"size": 1, "tags": []},
    "too-many": {"size": 1, "tags": ["a", "b", "c"]},
    "repeated": {"size": 1, "set": ["a", "a"]},
    "repeated-key": {"size": 1, "parts": [{"name": "a"}, {"name": "a"}]},
    "no-key": {"size": 1, "parts": [{"value": 1}]},
    "map-value": {"size": 1, "map": {"a": "1"}},
    "list-for-map": {"size": 1, "map": []},
    "when": {"size": 1, "when": "yesterday"},
}  # fmt: skip


def _define(cluster: Client, token: str, *versions: Json, **spec: object) -> str:
    """Make the definition, wait until it is served, and return its path."""
    body = custom_definition(token, *versions, **spec)
    name = body["metadata"]["name"]
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    cluster.post(path.rpartition("/")[0], body)
    cluster.serves("widgets", f"{body['spec']['group']}/{versions[-1]['name']}")
    cluster.until("widgets", lambda found: found["kind"] == "WidgetList", "widgets are served")
    return path


def _widget(token: str, name: str = "it", api: str = "v1", **members: Any) -> Json:
    return obj(f"{token}.contract.test/{api}", "Widget", name, **members)


def _remove(cluster: Client, path: str) -> None:
    cluster.quietly("DELETE", path)
    cluster.until(path, lambda found: found.get("code") == 404, "the definition is gone")


def test_validation(cluster: Client, token: str) -> None:
    path = _define(cluster, token, version("v1", _SPEC))
    for case, spec in SPECS.items():
        cluster.case = case
        cluster.post("widgets", _widget(token, spec=spec))
        cluster.quietly("DELETE", "widgets/it")
    cluster.case = "strict"
    cluster.post("widgets?fieldValidation=Strict", _widget(token, spec=SPECS["unknown"]))
    cluster.case = "no spec"
    cluster.post("widgets", _widget(token))
    cluster.post("widgets", _widget(token, spec=[]))
    _remove(cluster, path)


def test_writing(cluster: Client, token: str) -> None:
    """A custom resource without subresources."""
    path = _define(cluster, token, version("v1", _SPEC, additionalPrinterColumns=_COLUMNS))
    made = cluster.post("widgets", _widget(token, spec=SPECS["all"], status={"a": 1})).json
    cluster.put("widgets/it", {**made, "spec": {"size": 3}})
    cluster.put("widgets/it", _widget(token, spec={"size": 3}))
    cluster.patch("widgets/it", {"spec": {"size": 4, "tags": ["x", "y"]}})
    cluster.patch("widgets/it", {"spec": {"size": 10}})
    cluster.patch("widgets/it", {"spec": {"size": 4}}, STRATEGIC_PATCH)
    cluster.patch("widgets/it", [{"op": "replace", "path": "/spec/size", "value": 5}], JSON_PATCH)
    cluster.patch("widgets/it", {"status": {"a": 2}})
    cluster.apply("widgets/it", _widget(token, spec={"size": 6}), "other")
    cluster.apply("widgets/it", _widget(token, spec={"parts": [{"name": "a", "value": 7}], "set": ["z"]}), "other")
    cluster.apply("widgets/it", _widget(token, spec={"odd": 1}), "other")
    cluster.get("widgets", accept=TABLE)
    cluster.get("widgets/it", accept=TABLE)
    cluster.get("widgets/it/status")
    cluster.get("widgets?fieldSelector=spec.size%3D5")
    cluster.delete("widgets/it")
    cluster.delete("widgets")
    cluster.get("widgets")
    _remove(cluster, path)


def test_subresources(cluster: Client, token: str) -> None:
    schema = {"type": "object", "properties": {"replicas": {"type": "integer"}, "x": {"type": "string"}}}
    scale = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    path = _define(cluster, token, version("v1", schema, subresources={"status": {}, "scale": scale}))
    cluster.post("widgets", _widget(token, spec={"replicas": 2}, status={"replicas": 9}))
    cluster.patch("widgets/it", {"status": {"replicas": 8}})
    change = {"status": {"replicas": 1, "selector": "a=b"}, "spec": {"x": "y"}, "metadata": {"labels": {"a": "b"}}}
    cluster.patch("widgets/it/status", change)
    cluster.get("widgets/it/scale")
    cluster.patch("widgets/it/scale", {"spec": {"replicas": 3}})
    cluster.patch("widgets/it/scale", {"spec": {"replicas": 3}}, STRATEGIC_PATCH)
    cluster.get("widgets/it")
    cluster.apply("widgets/it/status", _widget(token, status={"replicas": 4}), force="true")
    cluster.quiet_patch("widgets/it", {"spec": {"replicas": None}})
    cluster.get("widgets/it/scale")
    _remove(cluster, path)


def test_versions(cluster: Client, token: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}
    old = version("v1alpha1", schema, storage=False, deprecated=True)
    told = version("v1beta1", schema, storage=False, deprecated=True, deprecationWarning="use v1")
    path = _define(cluster, token, old, told, version("v0", schema, served=False, storage=False), version("v1", schema))
    group = f"/apis/{token}.contract.test"
    cluster.post("widgets", _widget(token, spec={}))
    for name in ("v1alpha1", "v1beta1", "v1", "v0"):
        cluster.get(f"{group}/{name}/namespaces/{cluster.namespace}/widgets/it")
    cluster.until(group, lambda found: len(found.get("versions", ())) == 3, "the versions are told")
    cluster.get(group)
    cluster.get(f"{group}/v1")
    cluster.get(f"{group}/v0")
    _remove(cluster, path)


def test_selectable_fields(cluster: Client, token: str) -> None:
    schema = {"type": "object", "properties": {"color": {"type": "string"}, "size": {"type": "integer"}}}
    path = _define(cluster, token, version("v1", schema, selectableFields=[{"jsonPath": ".spec.color"}]))
    for name, color in (("one", "red"), ("two", "blue")):
        cluster.quietly("POST", "widgets", _widget(token, name, spec={"color": color}))
    cluster.get("widgets?fieldSelector=spec.color%3Dred")
    cluster.get("widgets?fieldSelector=spec.color%21%3Dred")
    cluster.get("widgets?fieldSelector=spec.size%3D1")
    _remove(cluster, path)


def test_a_definition_goes_with_its_objects(cluster: Client, token: str) -> None:
    path = _define(cluster, token, version("v1", {"type": "object"}))
    held = _widget(token, "held", spec={})
    held["metadata"]["finalizers"] = ["a.test/held"]
    made = cluster.quietly("POST", "widgets", held).version
    cluster.quietly("POST", "widgets", _widget(token, "it", spec={}))
    with cluster.watch(f"widgets?resourceVersion={made}") as watch:
        cluster.quietly("DELETE", path)
        cluster.until("widgets/held", lambda found: "deletionTimestamp" in found["metadata"], "it is marked")
        cluster.until("widgets/it", lambda found: found.get("code") == 404, "the other is gone")
        cluster.post("widgets", _widget(token, "late", spec={}))
        cluster.quiet_patch("widgets/held", {"metadata": {"finalizers": None}})
        kinds = [(event["type"], event["object"]["metadata"]["name"]) for event in watch.take(4)]
    assert sorted(kinds) == [("ADDED", "it"), ("DELETED", "held"), ("DELETED", "it"), ("MODIFIED", "held")]
    cluster.notes.pop()  # in which order they go is nobody's business
    cluster.until(path, lambda found: found.get("code") == 404, "the definition is gone")
    cluster.until("widgets", lambda found: found.get("code") == 404, "widgets are not served any more")
    cluster.get("widgets")


DEFINITIONS: dict[str, Json] = {
    "no-versions": {"versions": []},
    "no-storage": {"versions": [version("v1", {"type": "object"}, storage=False)]},
    "two-storage": {"versions": [version("v1", {"type": "object"}), version("v2", {"type": "object"})]},
    "same-version": {"versions": [version("v1", {"type": "object"}), version("v1", {"type": "object"}, storage=False)]},
    "no-schema": {"versions": [{"name": "v1", "served": True, "storage": True}]},
    "no-type": {"versions": [version("v1", {"properties": {"a": {}}})]},
    "scope": {"scope": "Odd"},
    "default": {"versions": [version("v1", {"type": "object", "properties": {"a": {"type": "string", "default": 1}}})]},
    "kind": {"names": {"kind": "widget", "plural": "widgets"}},
    "plural": {"names": {"kind": "Widget", "plural": "others"}},
    "group": {"group": "other.test"},
}


@pytest.mark.parametrize("case", DEFINITIONS)
def test_definitions_that_cannot_be(cluster: Client, token: str, case: str) -> None:
    body = custom_definition(token, version("v1", {"type": "object"}))
    body["spec"] |= DEFINITIONS[case]
    cluster.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All", body)
