"""What must never happen, whatever is asked: a defect behind an answer, an answer that is no JSON.

(A real API server answers 500 to some odd requests, and so does this one, in its words.)
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kecs.embedded.engine import Engine
from kecs.embedded.http.auth import ensure_token
from kecs.embedded.http.door import Door
from tests.embedded.http.conftest import TABLE, Client

Json = dict[str, Any]

_NAMESPACED = "/api/v1/namespaces/default"
_PATHS = [
    f"{_NAMESPACED}/configmaps",
    f"{_NAMESPACED}/configmaps/a",
    f"{_NAMESPACED}/pods",
    f"{_NAMESPACED}/pods/p",
    f"{_NAMESPACED}/pods/p/status",
    f"{_NAMESPACED}/pods/p/binding",
    f"{_NAMESPACED}/pods/p/eviction",
    f"{_NAMESPACED}/services",
    f"{_NAMESPACED}/resourcequotas",
    "/api/v1/namespaces",
    "/api/v1/namespaces/default/finalize",
    "/api/v1/nodes",
    "/apis/apps/v1/namespaces/default/deployments",
    "/apis/apps/v1/namespaces/default/deployments/web",
    "/apis/apps/v1/namespaces/default/deployments/web/scale",
    "/apis/apps/v1/namespaces/default/deployments/web/status",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis",
    "/openapi/v3/api/v1",
]
_QUERIES = [
    "",
    "limit=1",
    "continue=e30",
    "labelSelector=a+in+(b)",
    "labelSelector=%3D",
    "fieldSelector=metadata.name!%3Da",
    "resourceVersion=1&resourceVersionMatch=NotOlderThan",
    "dryRun=All",
    "fieldManager=m&force=true",
    "fieldValidation=Strict",
    "propagationPolicy=Foreground&gracePeriodSeconds=0",
    "includeObject=Object",
    "pretty=true",
]
_TYPES = [
    "application/json",
    "application/yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "application/vnd.kubernetes.protobuf",
]
_NAMES = st.sampled_from(["metadata", "name", "labels", "spec", "status", "data", "template", "containers", "selector"])
_KEYS = _NAMES | st.sampled_from(
    ["kind", "apiVersion", "replicas", "op", "path", "value", "$patch", "group", "versions"]
)
_LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5) | _NAMES
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)


def _body(value: Any) -> bytes:
    return value if isinstance(value, bytes) else msgspec.json.encode(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    st.sampled_from(_PATHS),
    st.sampled_from(_QUERIES),
    st.sampled_from(_TYPES),
    st.dictionaries(_KEYS, _VALUES, max_size=4) | _VALUES | st.binary(max_size=20),
    st.sampled_from(["application/json", TABLE, "application/yaml"]),
)
def test_any_request_has_an_answer(
    tmp_path: Path, method: str, path: str, query: str, content_type: str, body: Any, accept: str
) -> None:
    async def ask() -> None:
        engine = Engine.open()
        client = Client(Door(engine, tmp_path), ensure_token(tmp_path))
        await client.post(f"{_NAMESPACED}/configmaps", {"metadata": {"name": "a"}})
        pod = {"containers": [{"name": "c", "image": "busybox"}]}
        await client.post(f"{_NAMESPACED}/pods", {"metadata": {"name": "p"}, "spec": pod})
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}}
        await client.post("/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "web"}, "spec": spec})
        reply = await client.ask(
            method,
            f"{path}?{query}",
            b"" if method == "GET" else _body(body),
            content_type=content_type,
            accept=accept,
        )
        assert b"Internal error occurred" not in reply.body
        if reply.headers.get("content-type") == "application/json" and reply.body:
            assert isinstance(reply.json, dict)
        await engine.close()

    asyncio.run(ask())


_TERM: Json = {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
_APART: Json = {
    "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "z", "labelSelector": _TERM}],
}
_POD: Json = {
    "restartPolicy": "Always",
    "nodeSelector": {"a": "b"},
    "volumes": [{"name": "v", "configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}}, {"name": "e"}],
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}],
    "affinity": {"podAntiAffinity": _APART},
    "initContainers": [{"name": "i", "image": "busybox", "restartPolicy": "Always"}],
    "containers": [
        {
            "name": "c",
            "image": "busybox",
            "command": ["a"],
            "env": [
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
            "volumeMounts": [{"name": "v", "mountPath": "/x"}],
            "livenessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 3},
            "lifecycle": {"preStop": {"exec": {"command": ["a"]}}},
            "securityContext": {"runAsUser": 1, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}
_SELECTOR: Json = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]}
_OWNER: Json = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
_BOX: Json = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer", "default": 1, "enum": [1, 2]}},
}
_VERSION: Json = {
    "name": "v1",
    "served": True,
    "storage": True,
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}},
    "additionalPrinterColumns": [{"name": "N", "type": "integer", "jsonPath": ".spec.n"}],
    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _BOX}}},
}
_OBJECTS: dict[str, Json] = {
    f"{_NAMESPACED}/pods": {"metadata": {"name": "n", "labels": {"a": "b"}}, "spec": _POD},
    f"{_NAMESPACED}/services": {
        "metadata": {"name": "n", "annotations": {"a": "b"}},
        "spec": {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"name": "p", "port": 80, "targetPort": "web"}]},
    },
    f"{_NAMESPACED}/resourcequotas": {"metadata": {"name": "n"}, "spec": {"hard": {"pods": "3", "limits.cpu": 2}}},
    f"{_NAMESPACED}/secrets": {
        "metadata": {"name": "n"},
        "type": "Opaque",
        "data": {"a": "Yg=="},
        "stringData": {"c": "d"},
    },
    "/api/v1/nodes": {
        "metadata": {"name": "n"},
        "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        "status": {"capacity": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]},
    },
    "/apis/apps/v1/namespaces/default/deployments": {
        "metadata": {"name": "n", "finalizers": ["example.com/a"], "ownerReferences": [_OWNER]},
        "spec": {
            "replicas": 2,
            "selector": _SELECTOR,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": _POD},
        },
    },
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
        "metadata": {"name": "n"},
        "spec": {"minAvailable": "50%", "selector": _SELECTOR},
    },
    "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings": {
        "metadata": {"generateName": "n-"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "b"}],
    },
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {
        "metadata": {"name": "boxes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Box", "plural": "boxes", "shortNames": ["bx"]},
            "versions": [_VERSION],
        },
    },
}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value inside an object."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in [(*path, key), *_places(one, (*path, key))]]


def _changed(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """Return a copy in which the value at a path is another."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy


@st.composite
def _odd_objects(draw: st.DrawFn) -> tuple[str, Json]:
    """Return a collection's path and an object for it that is right but for one value."""
    path = draw(st.sampled_from(sorted(_OBJECTS)))
    return path, _changed(_OBJECTS[path], draw(st.sampled_from(_places(_OBJECTS[path]))), draw(_VALUES))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_odd_objects(), st.sampled_from(["POST", "PUT", "apply", "merge", "strategic"]))
def test_an_odd_value_anywhere_is_refused_in_order(tmp_path: Path, odd: tuple[str, Json], how: str) -> None:
    path, body = odd

    async def ask() -> None:
        engine = Engine.open()
        client = Client(Door(engine, tmp_path), ensure_token(tmp_path))
        if how == "POST":
            reply = await client.post(path, body)
        else:
            made = await client.post(path, _OBJECTS[path])
            assert made.status == 201, made.json
            named = f"{path}/{made.json['metadata']['name']}?fieldManager=m"
            whole = {"apiVersion": made.json["apiVersion"], "kind": made.json["kind"], **body}
            method, target, media_type = {
                "PUT": ("PUT", named, "json"),
                "apply": ("PATCH", f"{named}&force=true", "apply-patch+yaml"),
                "merge": ("PATCH", named, "merge-patch+json"),
                "strategic": ("PATCH", named, "strategic-merge-patch+json"),
            }[how]
            reply = await client.ask(method, target, whole, content_type=f"application/{media_type}")
        assert b"Internal error occurred" not in reply.body
        await engine.close()

    asyncio.run(ask())
