"""Sharing changes what objects cost, never what they say."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.controllers import views as controller_views
from kecs.embedded.node import views as node_views
from kecs.embedded.sharing import decoder
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
