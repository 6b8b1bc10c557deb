"""Views of pods: what they hold in common, and what stays a pod's own."""

import msgspec

from kecs.model import marks
from kecs.translate import views


def decoded(name: str, facts: str, **annotations: str) -> views.Pod:
    meta = {
        "name": name,
        "labels": {"app": "web"},
        "annotations": {**annotations, marks.TASK: facts},
        "finalizers": [marks.TASK_FINALIZER],
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u"}],
    }
    return msgspec.json.decode(msgspec.json.encode({"metadata": meta}), type=views.Pod)


def test_pods_of_a_deployment_hold_the_same_objects() -> None:
    one, other = decoded("a", '{"of":"the same"}').metadata, decoded("b", '{"of":"the same"}').metadata
    assert (one.name, other.name) == ("a", "b")
    assert one.labels is other.labels
    assert one.annotations is other.annotations
    assert one.finalizers is other.finalizers
    assert one.ownerReferences is other.ownerReferences


def test_what_differs_stays_a_pods_own() -> None:
    facts = '{"of":"two tasks"}'
    one, other = decoded("a", facts, made="1").metadata, decoded("b", facts, made="2").metadata
    assert one.annotations == {"made": "1", marks.TASK: facts}
    assert other.annotations == {"made": "2", marks.TASK: facts}
    assert one.annotations[marks.TASK] is other.annotations[marks.TASK]
    assert one.labels is other.labels
    assert decoded("c", '{"of":"another"}').metadata.labels == {"app": "web"}
