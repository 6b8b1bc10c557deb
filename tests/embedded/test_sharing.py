"""Sharing changes what objects cost, never what they say."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.controllers import views as controller_views
from kecs.embedded.engine import Engine
from kecs.embedded.entry import Entry, stored_tail, tail, text
from kecs.embedded.node import views as node_views
from kecs.embedded.sharing import decoder
from kecs.kube.api import Json
from kecs.kube.resources import PODS
from kecs.translate import views


class Part(msgspec.Struct):
    words: list[str] = []


class Whole(msgspec.Struct):
    name: str
    spec: Part
    metadata: dict[str, str] = {}
    count: int | None = None


POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "web-1",
        "namespace": "n",
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"kecs.io/role": "task"},
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r", "controller": True}
        ],
    },
    "spec": {"nodeName": "kecs", "containers": [{"name": "main", "image": "x"}]},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [
            {"name": "main", "ready": True, "restartCount": 0, "image": "x", "imageID": "", "state": {"running": {}}}
        ],
    },
}


@pytest.mark.parametrize("view", [views.Pod, controller_views.Pod, node_views.PodGlance])
@pytest.mark.parametrize("without", ["", "status", "labels"])
def test_says_what_plain_decoding_says(view: Any, without: str) -> None:
    pod = {**POD, "metadata": {**POD["metadata"]}}
    pod.pop(without, None)
    pod["metadata"].pop(without, None)
    text = msgspec.json.encode(pod)
    assert msgspec.to_builtins(decoder(view)(text)) == msgspec.to_builtins(msgspec.json.decode(text, type=view))


def test_equal_parts_are_one() -> None:
    decode = decoder(Whole)
    one = decode(b'{"name": "one", "spec": {"words": ["a"]}, "count": 1}')
    two = decode(b'{"name": "two", "spec": {"words": ["a"]}}')
    assert one == Whole("one", Part(["a"]), {}, 1)
    assert two == Whole("two", Part(["a"]))
    assert one.spec is two.spec


@pytest.mark.parametrize(
    "text", [b'{"name": "one"}', b'{"name": 1, "spec": {}}', b'{"name": "one", "spec": {"words": 1}}']
)
def test_refuses_what_plain_decoding_refuses(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Whole)
    with pytest.raises(msgspec.ValidationError):
        decoder(Whole)(text)


_PREFIX = b'{"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":"'
_MEMBERS = st.dictionaries(
    st.sampled_from(["name", "labels", "annotations", "phase", "podIP", "conditions", "other"]),
    st.one_of(st.text(max_size=3), st.integers(0, 9), st.lists(st.text(max_size=2), max_size=2)),
    max_size=4,
)


@given(metadata=_MEMBERS, rest=st.dictionaries(st.sampled_from(["spec", "status", "more"]), _MEMBERS | st.none()))
def test_the_pieces_of_a_pod_say_what_it_says(metadata: Json, rest: Json) -> None:
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **rest}
    entry = Entry(1, "n", "p", 7, tail(body), ())
    said = {**body, "metadata": {**metadata, "resourceVersion": "7"}}
    assert msgspec.json.decode(text(_PREFIX, entry)) == said
    again = Entry(1, "n", "p", 7, stored_tail("pods", b"".join(entry.tail)), ())
    assert msgspec.json.decode(text(_PREFIX, again)) == said


async def test_pods_of_a_template_hold_one_copy_of_what_they_have_in_common(tmp_path: Path) -> None:
    """Ten thousand pods took 36 MB of text, of which five parts in six are the same."""
    engine = Engine.open(tmp_path)
    env = [{"name": f"NAME_{number}", "value": "x" * 50} for number in range(20)]
    metadata = {"generateName": "web-", "labels": {"app": "web"}, "annotations": {"note": "y" * 500}}
    for _ in range(5):
        body = {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "i", "env": env}]}}
        made = await engine.create(PODS, "default", body, manager="m")
        binding = {"metadata": {"name": made["metadata"]["name"]}, "target": {"name": "node"}}
        name = made["metadata"]["name"]
        await engine.create(PODS, "default", binding, manager="s", name=name, subresource="binding")

    def own_bytes() -> int:
        entries = engine.store.namespaces("pods")["default"].values()
        return len(b"".join({id(piece): piece for entry in entries for piece in entry.tail}.values()))

    assert own_bytes() < 5 * 300 + 3000
    before = await engine.list(PODS, "default")
    await engine.close()
    engine = Engine.open(tmp_path)
    assert own_bytes() < 5 * 300 + 3000
    assert (await engine.list(PODS, "default")).items == before.items
    entries = engine.store.namespaces("pods")["default"].values()
    assert len({id(entry.owners) for entry in entries}) <= 2  # one for each second that they were made in
    await engine.close()
