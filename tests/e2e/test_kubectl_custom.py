"""kubectl on custom resources: definitions, validation, columns, subresources, explanations, kecs's own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl

Json = dict[str, Any]

_PART = {"name": {"type": "string"}, "n": {"type": "integer"}}
_SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "description": "How large it is."},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": _PART},
        },
    },
}
_COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def _definition(group: str) -> Json:
    schema = {"type": "object", "properties": {"spec": _SPEC, "status": _STATUS}}
    subresources = {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}}
    version = {"served": True, "schema": {"openAPIV3Schema": schema}, "subresources": subresources}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"boxes.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Box", "plural": "boxes", "singular": "box", "shortNames": ["bx"], "categories": ["all"]},
            "versions": [
                {**version, "name": "v1", "storage": True, "additionalPrinterColumns": _COLUMNS},
                {**version, "name": "v1beta1", "storage": False},
            ],
        },
    }


_STATUS = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "conditions": {
            "type": "array",
            "items": {"type": "object", "properties": {"type": {"type": "string"}, "status": {"type": "string"}}},
        },
    },
}


class Boxes(Kubectl):
    """kubectl where the kind Box is served, in a group of the test's own."""

    group = ""

    def box(self, name: str = "it", version: str = "v1", **spec: Any) -> Json:
        """Return a Box."""
        return {"apiVersion": f"{self.group}/{version}", "kind": "Box", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def boxes(kubectl: Kubectl) -> Boxes:
    found = object.__new__(Boxes)
    found.__dict__.update(kubectl.__dict__)
    found.group = f"{kubectl.namespace}.example.com"
    found("create", "-f", "-", stdin=_definition(found.group))
    found("wait", "--for=condition=Established", f"crd/boxes.{found.group}", "--timeout=20s")
    return found


def test_columns(boxes: Boxes) -> None:
    boxes("create", "-f", "-", stdin=boxes.box(size=3))
    status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    boxes("patch", f"boxes.{boxes.group}", "it", "--subresource=status", "--type=merge", "-p", status)
    header, row = boxes.rows("get", f"boxes.{boxes.group}")
    assert (header, row[:3]) == (["NAME", "SIZE", "READY", "AGE"], ["it", "3", "True"])
    header, row = boxes.rows("get", f"box.{boxes.group}", "-o", "wide")
    assert (header, row[:4]) == (["NAME", "SIZE", "COLOUR", "READY", "AGE"], ["it", "3", "red", "True"])
    assert boxes.rows("get", f"boxes.v1beta1.{boxes.group}")[0] == ["NAME", "AGE"]
    assert f"box.{boxes.group}/it" in boxes("get", "all")


def test_validation(boxes: Boxes) -> None:
    refused = boxes.refused("create", "-f", "-", stdin=boxes.box(size=0, colour="green"))
    assert "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1" in refused
    assert 'spec.colour: Unsupported value: "green": supported values: "red", "blue"' in refused
    assert "spec.size: Required value" in boxes.refused("create", "-f", "-", stdin=boxes.box())
    assert 'unknown field "spec.odd"' in boxes.refused("create", "-f", "-", stdin=boxes.box(size=1, odd=1))


def test_apply_and_patch(boxes: Boxes) -> None:
    assert "created" in boxes("apply", "-f", "-", stdin=boxes.box(size=1, parts=[{"name": "a", "n": 1}]))
    assert "configured" in boxes("apply", "-f", "-", stdin=boxes.box(size=2, colour="blue"))
    assert boxes.json("get", f"box.{boxes.group}", "it")["spec"] == {"size": 2, "colour": "blue"}
    boxes("patch", f"box.{boxes.group}", "it", "--type=merge", "-p", '{"spec":{"size":5}}')
    boxes("scale", f"box.{boxes.group}", "it", "--replicas=7")
    assert boxes.json("get", f"box.{boxes.group}", "it")["spec"]["size"] == 7


def test_server_side_apply_merges_by_key(boxes: Boxes) -> None:
    def apply(manager: str, *parts: Json) -> None:
        arguments = ["apply", "--server-side", "--field-manager", manager, "-f", "-"]
        boxes(*arguments, stdin=boxes.box(size=1, parts=list(parts)))

    apply("one", {"name": "a", "n": 1})
    apply("two", {"name": "b", "n": 2})
    assert boxes.json("get", f"box.{boxes.group}", "it")["spec"]["parts"] == [
        {"name": "a", "n": 1},
        {"name": "b", "n": 2},
    ]
    apply("one")
    assert boxes.json("get", f"box.{boxes.group}", "it")["spec"]["parts"] == [{"name": "b", "n": 2}]


def test_both_versions(boxes: Boxes) -> None:
    boxes("create", "-f", "-", stdin=boxes.box(version="v1beta1", size=1))
    assert boxes.json("get", f"boxes.v1.{boxes.group}", "it")["apiVersion"] == f"{boxes.group}/v1"
    assert boxes.json("get", f"boxes.v1beta1.{boxes.group}", "it")["apiVersion"] == f"{boxes.group}/v1beta1"


def test_explain_and_discovery(boxes: Boxes) -> None:
    shown = boxes("explain", "box.spec", "--api-version", f"{boxes.group}/v1")
    assert "size\t<integer> -required-\n    How large it is." in shown
    assert "enum: red, blue" in shown
    rows = {row[0]: row[1:] for row in boxes.rows("api-resources", "--api-group", boxes.group)}
    assert rows["boxes"] == ["bx", f"{boxes.group}/v1", "true", "Box"]


def test_deletion_of_the_definition_takes_its_objects(boxes: Boxes) -> None:
    boxes("create", "-f", "-", stdin=boxes.box(size=1))
    boxes("delete", "crd", f"boxes.{boxes.group}", "--timeout=20s")
    assert "the server doesn't have a resource type" in boxes.refused("get", f"boxes.{boxes.group}")
    boxes("create", "-f", "-", stdin=_definition(boxes.group))
    boxes("wait", "--for=condition=Established", f"crd/boxes.{boxes.group}", "--timeout=20s")
    assert boxes("get", f"boxes.{boxes.group}", "-o", "name") == ""


def test_kinds_of_kecs(kubectl: Kubectl) -> None:
    for kind in ("ecsclusters", "ecsservices", "ecstaskdefinitions", "ecstasks"):
        assert kubectl.run("get", kind).returncode == 0
    assert "desiredCount\t<integer>" in kubectl("explain", "ecsservice.spec")


def test_other_namespace(kubectl: Kubectl, new_kubectl: Callable[[str], Kubectl]) -> None:
    nowhere = new_kubectl("nowhere")
    assert 'namespaces "nowhere" not found' in nowhere.refused("create", "configmap", "it")
