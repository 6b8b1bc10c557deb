"""Whatever is sent, the answer is an object or an error of the API; never another exception."""

import asyncio
import contextlib
import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.kube.api import Json, Resource
from kecs.kube.errors import ApiError
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS
from tests.embedded.test_apply import deployment
from tests.embedded.test_custom import definition, widget

GOOD: list[tuple[tuple[str, str, str], Json]] = [
    (("", "v1", "configmaps"), {"metadata": {"name": "x", "labels": {"a": "b"}}, "data": {"k": "v"}}),
    (("", "v1", "secrets"), {"metadata": {"name": "x"}, "stringData": {"k": "v"}, "data": {"l": "dg=="}}),
    (
        ("", "v1", "pods"),
        {
            "metadata": {"name": "x", "finalizers": ["a/b"], "ownerReferences": []},
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "image": "i",
                        "ports": [{"containerPort": 80}],
                        "env": [{"name": "a", "value": "b"}],
                        "resources": {"limits": {"cpu": "1"}},
                        "livenessProbe": {"httpGet": {"port": 80}},
                        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                    }
                ],
                "volumes": [{"name": "v", "configMap": {"name": "c"}}],
                "tolerations": [{"key": "a", "operator": "Exists"}],
            },
        },
    ),
    (
        ("", "v1", "services"),
        {"metadata": {"name": "x"}, "spec": {"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}},
    ),
    (("apps", "v1", "deployments"), {**deployment(), "metadata": {"name": "x"}}),
    (
        ("policy", "v1", "poddisruptionbudgets"),
        {"metadata": {"name": "x"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}},
    ),
    (("", "v1", "resourcequotas"), {"metadata": {"name": "x"}, "spec": {"hard": {"secrets": "10"}}}),
    (("", "v1", "namespaces"), {"metadata": {"name": "x"}, "spec": {"finalizers": ["kubernetes"]}}),
    (("apiextensions.k8s.io", "v1", "customresourcedefinitions"), definition()),
    (
        ("rbac.authorization.k8s.io", "v1", "rolebindings"),
        {
            "metadata": {"name": "x"},
            "roleRef": {"kind": "Role", "name": "r"},
            "subjects": [{"kind": "User", "name": "u"}],
        },
    ),
]

GOOD.append((("example.io", "v1", "widgets"), {**widget("x", parts=[{"id": "a"}], tags={"a": "b"}), "status": {}}))

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        "x",
        "-",
        0,
        -1,
        2**63,
        1.5,
        True,
        [],
        {},
        [None],
        [""],
        [{}],
        {"": ""},
        {"a": None},
        {"a": {}},
        "9" * 300,
    ]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*path, index))
    return found


def _replaced(body: Json, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    found: Any = copy.deepcopy(body)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    return found


def _resource(kind: Kind) -> Resource[Json]:
    return Resource(kind.group, kind.version, kind.kind, kind.plural, kind.namespaced, dict[str, Any])


async def _try(kind_key: tuple[str, str, str], good: Json, bad: Any, junk: Any) -> None:
    engine = Engine.open()
    if kind_key[0] == "example.io":
        await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(), manager="m")
    kind = engine.catalog.find(*kind_key)
    namespace = "default" if kind.namespaced else None
    name = good["metadata"]["name"]

    async def send(verb: Any, body: Any, **more: Any) -> None:
        with contextlib.suppress(ApiError):
            await engine.write(kind, Write(verb, namespace, name if verb != "create" else "", body, "m", **more))

    await send("create", bad, validation="Strict")
    await send("create", bad)
    await send("apply", bad, force=True)
    await send("create", good)
    for patch_type in ("merge", "strategic", "json"):
        await send("patch", bad, patch_type=patch_type)
    await send("replace", bad)
    await send("patch", {"status": junk}, subresource="status")
    await send("replace", bad, subresource="status")
    await send("patch", {"spec": {"replicas": junk}}, subresource="scale")
    await send("create", bad, subresource="binding")
    await send("create", bad, subresource="eviction")
    await send("apply", bad, force=True)
    for one in (await engine.list(_resource(kind))).items:
        assert one["metadata"]["name"] and one["metadata"]["uid"]
    await engine.close()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_body_makes_anything_but_an_answer(data: st.DataObject) -> None:
    kind_key, good = data.draw(st.sampled_from(GOOD))
    path = data.draw(st.sampled_from(_places(good)))
    junk = data.draw(JUNK)
    asyncio.run(_try(kind_key, good, _replaced(good, path, junk), junk))
