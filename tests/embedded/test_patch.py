"""Patches: JSON patches, merge patches, strategic merge patches."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.catalog import Catalog
from kecs.embedded.engine import Engine
from kecs.embedded.patch import merge_patch
from kecs.embedded.strategic import strategic_patch
from kecs.kube.api import Json
from kecs.kube.errors import ApiError, BadRequest, Invalid, UnsupportedMediaType
from kecs.kube.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS
from tests.embedded.test_custom import WIDGETS, definition, widget

POD = Catalog().find("", "v1", "pods").node


def pod(*containers: Json, **spec: Any) -> Json:
    return {"spec": {"containers": list(containers), **spec}}


# From the examples of RFC 7386, appendix A.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


A, B = {"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        pytest.param(pod(A, B), pod({"name": "b", "image": "y:2"}), pod(A, {"name": "b", "image": "y:2"}), id="by key"),
        pytest.param(pod(A), pod(B), pod(B, A), id="a new element goes to the front"),
        pytest.param(pod(A, B), pod({"name": "a", "$patch": "delete"}), pod(B), id="delete an element"),
        pytest.param(pod(A, B), pod({"$patch": "replace"}, A), pod(A), id="replace a list"),
        pytest.param(
            pod(A),
            {"spec": {"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}], "containers": [B]}},
            pod(A, B),
            id="order",
        ),
        pytest.param(
            {"metadata": {"finalizers": ["a/a", "b/b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/a"], "finalizers": ["c/c"]}},
            {"metadata": {"finalizers": ["c/c", "b/b"]}},
            id="plain values",
        ),
        pytest.param(
            pod(volumes=[{"name": "v", "emptyDir": {}}]),
            pod(volumes=[{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]),
            pod(volumes=[{"name": "v", "hostPath": {"path": "/x"}}]),
            id="retain keys",
        ),
        pytest.param(
            pod({**A, "command": ["x"]}),
            pod({"name": "a", "command": ["y"]}),
            pod({**A, "command": ["y"]}),
            id="atomic list",
        ),
        pytest.param({"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": None}}, {"metadata": {}}, id="null"),
        pytest.param(
            {"metadata": {"labels": {"a": "1"}}},
            {"metadata": {"labels": {"$patch": "replace", "b": "2"}}},
            {"metadata": {"labels": {"b": "2"}}},
            id="replace a map",
        ),
    ],
)
def test_strategic_patch(target: Json, patch: Json, result: Json) -> None:
    assert strategic_patch(POD, target, patch) == result


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "containers", "name", "metadata", "labels", "$patch", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(patch=st.dictionaries(st.sampled_from(["spec", "metadata", "status", "x"]), JSON, max_size=3))
def test_no_strategic_patch_does_harm(patch: Json) -> None:
    target = pod(dict(A), dict(B))
    with contextlib.suppress(ApiError):
        strategic_patch(POD, target, patch)
    assert target == pod(A, B)


@given(
    target=st.dictionaries(st.text(max_size=2), JSON, max_size=3),
    wanted=st.dictionaries(st.text(max_size=2), JSON, max_size=3),
)
def test_merge_patch_of_everything_is_idempotent(target: Json, wanted: Json) -> None:
    once = merge_patch(target, wanted)
    assert merge_patch(once, wanted) == once


async def test_json_patch(engine: Engine) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}, "data": {"k": "v"}}, manager="m")
    patch = [{"op": "test", "path": "/data/k", "value": "v"}, {"op": "add", "path": "/data/l", "value": "w"}]
    made = await engine.patch(CONFIG_MAPS, "default", "a", patch, type="json", manager="m")
    assert made["data"] == {"k": "v", "l": "w"}


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ([{"op": "test", "path": "/data/k", "value": "x"}], Invalid),
        ([{"op": "remove", "path": "/nothing"}], Invalid),
        ([{"op": "nonsense"}], Invalid),
        ([1], Invalid),
        ({"op": "add"}, BadRequest),
    ],
)
async def test_bad_json_patch_is_refused(engine: Engine, patch: Any, error: type[ApiError]) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}, "data": {"k": "v"}}, manager="m")
    with pytest.raises(error):
        await engine.patch(CONFIG_MAPS, "default", "a", patch, type="json", manager="m")


async def test_custom_resources_have_no_strategic_patch(engine: Engine) -> None:
    await engine.create(CUSTOM_RESOURCE_DEFINITIONS, None, definition(), manager="m")
    await engine.create(WIDGETS, "default", widget(), manager="m")
    with pytest.raises(UnsupportedMediaType):
        await engine.patch(WIDGETS, "default", "w", {"spec": {}}, type="strategic", manager="m")
