"""What kubectl shows: tables, documents, watches, descriptions, explanations."""

import json
from typing import Any

import pytest
import yaml

from tests.e2e.kubectl import Kubectl


@pytest.fixture
def maps(kubectl: Kubectl) -> Kubectl:
    """A namespace with the config maps a (x=1, two keys) and b (x=2, one key)."""
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"x": str(i + 1)}}, "data": data}
        for i, (name, data) in enumerate({"b": {"k": "v", "l": "w"}, "a": {"k": "v"}}.items())
    ]
    kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": items})
    return kubectl


def test_table(maps: Kubectl) -> None:
    header, *rows = maps.rows("get", "configmaps")
    assert header == ["NAME", "DATA", "AGE"]
    assert [row[:2] for row in rows] == [["a", "1"], ["b", "2"]]
    assert maps.rows("get", "cm", "a", "--no-headers")[0][:2] == ["a", "1"]
    assert maps.rows("get", "cm", "--show-labels")[1][-1] == "x=2"
    assert maps.rows("get", "cm", "-L", "x")[0] == ["NAME", "DATA", "AGE", "X"]


def test_sorted(maps: Kubectl) -> None:
    assert [row[0] for row in maps.rows("get", "cm", "--sort-by", "{.metadata.labels.x}")[1:]] == ["b", "a"]


def test_selected(maps: Kubectl) -> None:
    assert maps("get", "cm", "-l", "x in (1,7)", "-o", "name") == "configmap/b\n"
    assert maps("get", "cm", "-l", "x!=1", "-o", "name") == "configmap/a\n"
    assert maps("get", "cm", "--field-selector", "metadata.name=a", "-o", "name") == "configmap/a\n"
    assert "No resources found" in maps.run("get", "cm", "-l", "x=9").stderr


def test_in_pages(maps: Kubectl) -> None:
    assert maps("get", "cm", "--chunk-size", "1", "-o", "name") == "configmap/a\nconfigmap/b\n"


def test_all_namespaces(maps: Kubectl) -> None:
    header, *rows = maps.rows("get", "cm", "-A")
    assert header[:2] == ["NAMESPACE", "NAME"]
    assert {row[1] for row in rows if row[0] == maps.namespace} == {"a", "b"}


def test_documents(maps: Kubectl) -> None:
    one = yaml.safe_load(maps("get", "cm", "a", "-o", "yaml"))
    assert (one["apiVersion"], one["kind"], one["data"]) == ("v1", "ConfigMap", {"k": "v"})
    assert "managedFields" not in one["metadata"]
    shown = json.loads(maps("get", "cm", "a", "-o", "json", "--show-managed-fields"))
    assert shown["metadata"]["managedFields"][0]["manager"] == "kubectl-create"
    many = maps.json("get", "cm")
    assert [(item["kind"], item["metadata"]["name"]) for item in many["items"]] == [
        ("ConfigMap", "a"),
        ("ConfigMap", "b"),
    ]
    assert maps("get", "cm", "-o", "jsonpath={.items[*].metadata.name}") == "a b"
    assert maps.rows("get", "cm", "-o", "custom-columns=N:.metadata.name,K:.data.k") == [
        ["N", "K"],
        ["a", "v"],
        ["b", "v"],
    ]


def test_missing(maps: Kubectl) -> None:
    assert maps.refused("get", "cm", "zz") == 'Error from server (NotFound): configmaps "zz" not found\n'
    assert maps("get", "cm", "zz", "--ignore-not-found") == ""
    assert "the server doesn't have a resource type" in maps.refused("get", "oddities")


def test_watch(maps: Kubectl) -> None:
    with maps.follow("get", "configmaps", "-w") as followed:
        assert followed.line().split() == ["NAME", "DATA", "AGE"]
        assert followed.line("b").split()[:2] == ["b", "2"]
        maps("create", "configmap", "c")
        assert followed.line("c ").split()[:2] == ["c", "0"]


def test_watch_with_events(maps: Kubectl) -> None:
    with maps.follow("get", "cm", "a", "-w", "--output-watch-events") as followed:
        assert followed.line().split() == ["EVENT", "NAME", "DATA", "AGE"]
        assert followed.line("ADDED").split()[:3] == ["ADDED", "a", "1"]
        maps("label", "cm", "a", "y=z")
        followed.line("MODIFIED")
        maps("delete", "cm", "a")
        followed.line("DELETED")


def test_wide_nodes(kubectl: Kubectl) -> None:
    header, row = kubectl("get", "nodes", "-o", "wide").splitlines()
    titles = "NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME"
    assert header.split() == titles.split()
    assert row.split()[1] == "Ready"


def test_describe(maps: Kubectl) -> None:
    assert "k:\n----\nv\n" in maps("describe", "cm", "a")
    for what in (["namespace", maps.namespace], ["node"], ["serviceaccount"]):
        assert "Name:" in maps("describe", *what)


def test_resources(kubectl: Kubectl) -> None:
    rows = {row[0]: row[1:] for row in kubectl.rows("api-resources")}
    assert rows["pods"] == ["po", "v1", "true", "Pod"]
    assert rows["deployments"] == ["deploy", "apps/v1", "true", "Deployment"]
    assert rows["nodes"] == ["no", "v1", "false", "Node"]
    assert {"v1", "apps/v1", "kecs.io/v1alpha1"} <= set(kubectl("api-versions").split())
    verbs = kubectl("api-resources", "--api-group", "apps", "-o", "wide").splitlines()[1]
    assert "create,delete,deletecollection,get,list,patch,update,watch" in verbs


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("pods", ["KIND:       Pod", "VERSION:    v1", "spec\t<PodSpec>"]),
        ("deployments.spec.template.spec.containers", ["FIELD: containers <[]Container>", "image\t<string>"]),
        ("deploy.spec.strategy.type", ["FIELD: type <string>", "ENUM:\n    Recreate\n    RollingUpdate"]),
        ("networkpolicies.spec", ["GROUP:      networking.k8s.io", "podSelector\t<LabelSelector>"]),
        ("crd.spec.versions", ["FIELD: versions <[]CustomResourceDefinitionVersion>"]),
    ],
)
def test_explain(kubectl: Kubectl, path: str, texts: list[str]) -> None:
    shown = kubectl("explain", path)
    assert not [text for text in texts if text not in shown], shown


def test_explain_everything_below(kubectl: Kubectl) -> None:
    shown = kubectl("explain", "pods.spec.containers.env", "--recursive")
    assert "    configMapKeyRef\t<ConfigMapKeySelector>\n      key\t<string> -required-" in shown


def test_version_and_health(kubectl: Kubectl) -> None:
    version: Any = kubectl.json("version")["serverVersion"]
    assert (version["major"], version["minor"]) == ("1", "36")
    assert kubectl("get", "--raw", "/readyz") == "ok"
    assert "is running at https://127.0.0.1:" in kubectl("cluster-info")


def test_who_may_do_what(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "create", "pods") == "yes\n"
    assert "kecs-admin" in kubectl("auth", "whoami")
    assert "*.*" in kubectl("auth", "can-i", "--list")
