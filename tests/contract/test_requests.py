"""Requests that are wrong, in every way that a client can be."""

import json

import pytest

from tests.contract.client import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Client
from tests.contract.make import config_map, deployment, obj

_GOOD = json.dumps(config_map("it", a="b"))


BODIES = {
    "empty": ("application/json", ""),
    "no-json": ("application/json", "{"),
    "trailing": ("application/json", "{} {}"),
    "list": ("application/json", "[]"),
    "text": ("application/json", '"x"'),
    "null": ("application/json", "null"),
    "no-name": ("application/json", '{"data": {"a": "b"}}'),
    "name-only": ("application/json", '{"metadata": {"name": "it"}}'),
    "other-kind": ("application/json", '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "it"}}'),
    "other-version": ("application/json", '{"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "it"}}'),
    "unknown-kind": ("application/json", '{"apiVersion": "x/v1", "kind": "Odd", "metadata": {"name": "it"}}'),
    "kind-only": ("application/json", '{"kind": "ConfigMap", "metadata": {"name": "it"}}'),
    "number-for-text": ("application/json", '{"metadata": {"name": "it"}, "data": {"a": 1}}'),
    "text-for-map": ("application/json", '{"metadata": {"name": "it"}, "data": "x"}'),
    "metadata-list": ("application/json", '{"metadata": []}'),
    "name-number": ("application/json", '{"metadata": {"name": 1}}'),
    "labels-number": ("application/json", '{"metadata": {"name": "it", "labels": {"a": 1}}}'),
    "with-version": ("application/json", '{"metadata": {"name": "it", "resourceVersion": "1"}}'),
    "repeated": ("application/json", '{"metadata": {"name": "it"}, "data": {"a": "1", "a": "2"}}'),
    "case": ("application/json", '{"metadata": {"name": "it"}, "Data": {"a": "1"}}'),
    "yaml": ("application/yaml", "metadata:\n  name: it\ndata:\n  a: b\n"),
    "bad-yaml": ("application/yaml", "a: [b"),
    "no-type": ("", _GOOD),
    "charset": ("application/json; charset=utf-8", _GOOD),
    "other-type": ("text/plain", _GOOD),
    "form": ("application/x-www-form-urlencoded", _GOOD),
}  # fmt: skip


def test_bodies(cluster: Client) -> None:
    for case, (content_type, body) in BODIES.items():
        cluster.case = case
        cluster.post("configmaps", body.encode(), **{"content-type": content_type})
        cluster.quietly("DELETE", "configmaps/it")


METADATA = {
    "capital": {"name": "It"},
    "underscore": {"name": "a_b"},
    "long": {"name": "a" * 254},
    "dot": {"name": "a."},
    "empty": {"name": ""},
    "generated": {"generateName": "it-"},
    "generated-long": {"generateName": "i" * 70},
    "other-namespace": {"name": "it", "namespace": "default"},
    "label-key": {"name": "it", "labels": {"a b": "c"}},
    "label-value": {"name": "it", "labels": {"a": "b c"}},
    "label-long": {"name": "it", "labels": {"a": "b" * 64}},
    "label-prefix": {"name": "it", "labels": {"A.b/c": "d"}},
    "annotation-key": {"name": "it", "annotations": {"a b": "c"}},
    "finalizer": {"name": "it", "finalizers": ["plain"]},
    "finalizer-bad": {"name": "it", "finalizers": ["a/b/c"]},
    "owner": {"name": "it", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}]},
    "two-controllers": {"name": "it", "ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": name, "controller": True} for name in "ab"]},
    "given-uid": {"name": "it", "uid": "mine", "creationTimestamp": "2026-01-02T03:04:05Z", "generation": 7},
    "deletion": {"name": "it", "deletionTimestamp": "2026-01-02T03:04:05Z", "selfLink": "x"},
}  # fmt: skip


def test_metadata(cluster: Client) -> None:
    for case, metadata in METADATA.items():
        cluster.case = case
        cluster.post("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        cluster.quiet_patch("configmaps/it", {"metadata": {"finalizers": None}})
        cluster.quietly("DELETE", "configmaps/it")


@pytest.mark.parametrize("validation", ["", "Ignore", "Warn", "Strict", "Odd"])
def test_unknown_fields(cluster: Client, validation: str) -> None:
    body = deployment("it", odd=1)
    body["spec"]["template"]["spec"]["containers"][0]["odd"] = {"a": 1}
    query = f"?fieldValidation={validation}" if validation else ""
    cluster.post(f"deployments{query}", {**body, "spec": {**body["spec"], "paused": True}})
    cluster.quietly("POST", "configmaps", config_map("it"))
    cluster.patch(f"configmaps/it{query}", {"odd": 1})
    cluster.patch(f"configmaps/it{query}", {"odd": 1}, STRATEGIC_PATCH)
    cluster.put(f"configmaps/it{query}", {**config_map("it"), "odd": 1})
    cluster.patch(f"configmaps/it?fieldManager=m{query.replace('?', '&')}", {**config_map("it"), "odd": 1}, APPLY_PATCH)


def test_paths(cluster: Client) -> None:
    """What is not there, and what is there and does not do that."""
    namespace = cluster.namespace
    for path in (
        "/nothing",
        "/api/v2",
        "/api/v1/nothing",
        "/apis/nothing.example.com/v1/things",
        "/apis/apps/v2/deployments",
        f"/api/v1/namespaces/{namespace}/nothing/it",
        f"/api/v1/namespaces/{namespace}/configmaps/it/status",
        f"/api/v1/namespaces/{namespace}/configmaps/it/nothing/more",
        f"/api/v1/namespaces/{namespace}/nodes",
        "/api/v1/configmaps/it",
        f"/api/v1/namespaces/{namespace}-missing",
        f"/api/v1/namespaces/{namespace}-missing/configmaps",
        f"/api/v1/namespaces/{namespace}-missing/configmaps/it",
    ):
        cluster.get(path)
    cluster.post(f"/api/v1/namespaces/{namespace}-missing/configmaps", config_map("it"))
    cluster.post("configmaps/it", config_map("it"))
    cluster.post("/api/v1/configmaps", config_map("it"))
    cluster.put("configmaps", config_map("it"))
    cluster.patch("configmaps", {})
    cluster.delete("/api/v1/configmaps")
    cluster.ask("PROPFIND", "configmaps")
    cluster.ask("OPTIONS", "configmaps")


PATCHES = {
    "json-object": (JSON_PATCH, {"op": "add"}),
    "json-op": (JSON_PATCH, [{"op": "odd", "path": "/data/a"}]),
    "json-path": (JSON_PATCH, [{"op": "add", "path": "data", "value": {}}]),
    "json-no-value": (JSON_PATCH, [{"op": "add", "path": "/data/x"}]),
    "json-replace-missing": (JSON_PATCH, [{"op": "replace", "path": "/data/x", "value": "1"}]),
    "json-copy": (JSON_PATCH, [{"op": "copy", "from": "/data/a", "path": "/data/x"}]),
    "json-move": (JSON_PATCH, [{"op": "move", "from": "/data/a", "path": "/data/x"}]),
    "json-move-missing": (JSON_PATCH, [{"op": "move", "from": "/data/y", "path": "/data/x"}]),
    "json-escape": (JSON_PATCH, [{"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},
                                     {"op": "replace", "path": "/metadata/annotations/a~1b", "value": "d"}]),
    "json-test": (JSON_PATCH, [{"op": "test", "path": "/data/a", "value": "b"}]),
    "json-name": (JSON_PATCH, [{"op": "replace", "path": "/metadata/name", "value": "x"}]),
    "json-empty": (JSON_PATCH, []),
    "merge-list": (MERGE_PATCH, []),
    "merge-name": (MERGE_PATCH, {"metadata": {"name": "x"}}),
    "merge-namespace": (MERGE_PATCH, {"metadata": {"namespace": "x"}}),
    "merge-uid": (MERGE_PATCH, {"metadata": {"uid": "x"}}),
    "merge-kind": (MERGE_PATCH, {"kind": "Secret"}),
    "merge-version": (MERGE_PATCH, {"apiVersion": "v2"}),
    "merge-created": (MERGE_PATCH, {"metadata": {"creationTimestamp": None, "generation": 9}}),
    "merge-empty": (MERGE_PATCH, {}),
    "merge-null": (MERGE_PATCH, {"data": None}),
    "merge-bad-version": (MERGE_PATCH, {"metadata": {"resourceVersion": "x"}}),
    "strategic-type": (STRATEGIC_PATCH, {"data": "x"}),
    "strategic-directive": (STRATEGIC_PATCH, {"data": {"$patch": "replace", "c": "d"}}),
    "strategic-delete": (STRATEGIC_PATCH, {"data": {"$patch": "delete"}}),
    "apply-no-kind": (APPLY_PATCH, {"metadata": {"name": "it"}}),
    "apply-other-name": (APPLY_PATCH, config_map("other")),
    "apply-list": (APPLY_PATCH, []),
    "apply-type": (APPLY_PATCH, {**config_map("it"), "data": "x"}),
    "apply-managed": (APPLY_PATCH, obj("v1", "ConfigMap", "it") | {"metadata": {"name": "it", "managedFields": []}}),
    "type": ("application/json", {}),
    "no-type": ("", {}),
}  # fmt: skip


def test_patches(cluster: Client) -> None:
    for case, (media_type, body) in PATCHES.items():
        cluster.case = case
        cluster.quietly("POST", "configmaps", config_map("it", a="b"))
        cluster.patch("configmaps/it?fieldManager=m", body, media_type)
        cluster.quietly("DELETE", "configmaps/it")


OPTIONS = {
    "long-manager": "fieldManager=" + "m" * 129,
    "force": "force=true&fieldManager=m",
    "dry-run": "dryRun=Odd",
    "dry-run-twice": "dryRun=All&dryRun=All",
    "pretty": "pretty=true",
    "odd": "odd=1",
}  # fmt: skip


def test_options(cluster: Client) -> None:
    for case, query in OPTIONS.items():
        cluster.case = case
        cluster.quietly("POST", "configmaps", config_map("it", a="b"))
        cluster.patch(f"configmaps/it?{query}", {"data": {"c": "d"}})
        cluster.post(f"configmaps?{query}", config_map("other"))
        cluster.quietly("DELETE", "configmaps")


def test_apply_wants_a_manager(cluster: Client) -> None:
    cluster.patch("configmaps/it", config_map("it"), APPLY_PATCH)
    cluster.patch("configmaps/it?fieldManager=", config_map("it"), APPLY_PATCH)


DELETIONS = {
    "propagation": {"propagationPolicy": "Odd"},
    "both": {"propagationPolicy": "Orphan", "orphanDependents": True},
    "grace": {"gracePeriodSeconds": "x"},
    "negative": {"gracePeriodSeconds": -1},
    "version": {"preconditions": {"resourceVersion": "1"}},
    "dry-run": {"dryRun": ["Odd"]},
    "unknown": {"odd": 1},
    "kind": {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"},
    "meta-kind": {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"},
    "other-kind": {"kind": "ConfigMap", "apiVersion": "v1"},
}  # fmt: skip


def test_deletions(cluster: Client) -> None:
    for case, body in DELETIONS.items():
        cluster.case = case
        cluster.quietly("POST", "configmaps", config_map("it", a="b"))
        cluster.delete("configmaps/it", body)


def test_strangers(cluster: Client) -> None:
    """Who has no token, or a wrong one."""
    stranger = cluster.stranger()
    stranger.get("configmaps", authorization="Bearer wrong")
    stranger.post("configmaps", config_map("it"), authorization="Bearer wrong")
    stranger.get("configmaps", authorization="Basic wrong")
    cluster.notes += stranger.notes


def test_too_large(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", a="x" * (1 << 20)))
    cluster.post("configmaps", config_map("it", a="x" * (3 << 20)))
