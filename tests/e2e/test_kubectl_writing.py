"""What kubectl writes: create, apply in both ways, diff, edit, patch, label, replace, delete."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl

Json = dict[str, Any]


def deployment(image: str = "busybox:1", replicas: int = 0, **container: Any) -> Json:
    """Return a Deployment named web."""
    containers = [{"name": "c", "image": image, **container}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}},
        },
    }


def _container(kubectl: Kubectl) -> Json:
    found = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("arguments", "kind", "path", "value"),
    [
        ("configmap it --from-literal=a=b", "configmap", ["data"], {"a": "b"}),
        ("secret generic it --from-literal=a=b", "secret", ["data"], {"a": "Yg=="}),
        ("serviceaccount it", "serviceaccount", ["metadata", "name"], "it"),
        ("deployment it --image=busybox --replicas=0", "deployment", ["spec", "replicas"], 0),
        ("deployment it --image=a --replicas=0 --port=80", "deployment", ["spec", "paused"], None),
        ("service clusterip it --tcp=80:8080", "service", ["spec", "ports", 0, "targetPort"], 8080),
        ("service nodeport it --tcp=80 --node-port=30123", "service", ["spec", "ports", 0, "nodePort"], 30123),
        ("service externalname it --external-name=example.com", "service", ["spec", "externalName"], "example.com"),
        ("role it --verb=get --resource=pods", "role", ["rules", 0, "resources"], ["pods"]),
        ("rolebinding it --role=r --user=u", "rolebinding", ["subjects", 0, "name"], "u"),
        ("quota it --hard=pods=3", "quota", ["spec", "hard"], {"pods": "3"}),
        ("poddisruptionbudget it --selector=a=b --min-available=50%", "pdb", ["spec", "minAvailable"], "50%"),
        ("poddisruptionbudget it --selector=a=b --max-unavailable=0", "pdb", ["spec", "maxUnavailable"], 0),
        ("ingress it --rule=a.example.com/=web:80", "ingress", ["spec", "rules", 0, "host"], "a.example.com"),
    ],
)  # fmt: skip
def test_create_by_words(kubectl: Kubectl, arguments: str, kind: str, path: list[str | int], value: Any) -> None:
    """These come as protobuf."""
    assert "created" in kubectl("create", *arguments.split())
    found = kubectl.json("get", kind, "it")
    for step in path:
        found = found[step] if isinstance(step, int) else found.get(step)
    assert found == value


def test_run_makes_a_pod(kubectl: Kubectl) -> None:
    kubectl("run", "it", "--image", "busybox", "--env", "A=b", "--port", "80", "--labels", "x=y", "--", "sleep", "600")
    pod = kubectl.json("get", "pod", "it")
    assert pod["metadata"]["labels"] == {"x": "y"}
    assert pod["spec"]["containers"][0]["args"] == ["sleep", "600"]


def test_create_refuses_what_is_there(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "it")
    wanted = 'configmaps "it" already exists\n'
    assert kubectl.refused("create", "configmap", "it").endswith(wanted)


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    body = deployment()
    body["spec"]["odd"] = 1
    assert 'strict decoding error: unknown field "spec.odd"' in kubectl.refused("create", "-f", "-", stdin=body)
    warned = kubectl.run("create", "-f", "-", "--validate=warn", stdin=body)
    assert 'unknown field "spec.odd"' in warned.stderr
    assert not warned.returncode


def test_invalid_objects_are_refused(kubectl: Kubectl) -> None:
    body = deployment()
    body["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    refused = kubectl.refused("create", "-f", "-", stdin=body)
    assert 'The Deployment "web" is invalid: spec.template.metadata.labels: Invalid value:' in refused


def test_apply(kubectl: Kubectl) -> None:
    assert (
        kubectl("apply", "-f", "-", stdin=deployment(env=[{"name": "A", "value": "1"}]))
        == "deployment.apps/web created\n"
    )
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=deployment(env=[{"name": "A", "value": "1"}]))
    kubectl("set", "env", "deployment/web", "OTHER=x")
    changed = deployment("busybox:2", env=[{"name": "B", "value": "2"}])
    assert "configured" in kubectl("apply", "-f", "-", stdin=changed)
    container = _container(kubectl)
    assert container["image"] == "busybox:2"
    assert {one["name"]: one["value"] for one in container["env"]} == {"B": "2", "OTHER": "x"}


def test_apply_prunes(kubectl: Kubectl) -> None:
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"set": "it"}}} for name in "ab"
    ]
    both = {"apiVersion": "v1", "kind": "List", "items": maps}
    kubectl("apply", "-f", "-", stdin=both)
    pruned = kubectl(
        "apply", "-f", "-", "--prune", "-l", "set=it", "--prune-allowlist=core/v1/ConfigMap", stdin=maps[0]
    )
    assert "configmap/b pruned" in pruned


def test_apply_on_the_server(kubectl: Kubectl) -> None:
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", stdin=deployment())
    other = ["apply", "--server-side", "--field-manager", "other", "-f", "-"]
    clash = kubectl.refused(*other, stdin=deployment("busybox:2"))
    assert (
        'Apply failed with 1 conflict: conflict with "kubectl": .spec.template.spec.containers[name="c"].image' in clash
    )
    kubectl(*other, "--force-conflicts", stdin=deployment("busybox:2"))
    assert _container(kubectl)["image"] == "busybox:2"


def test_apply_moves_to_the_server(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=deployment())
    moved = kubectl.run("apply", "--server-side", "-f", "-", stdin=deployment())
    assert (moved.returncode, moved.stderr) == (0, "")
    managers = kubectl.json("get", "deployment", "web", "--show-managed-fields")["metadata"]["managedFields"]
    assert {(one["manager"], one["operation"]) for one in managers} >= {("kubectl", "Apply")}
    assert "kubectl-client-side-apply" not in {one["manager"] for one in managers}


def test_last_applied(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=deployment())
    assert '"image":"busybox:1"' in kubectl("apply", "view-last-applied", "deployment/web", "-o", "json").replace(
        " ", ""
    )


def test_diff(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=deployment())
    assert not kubectl.run("diff", "-f", "-", stdin=deployment()).returncode
    different = kubectl.run("diff", "-f", "-", stdin=deployment("busybox:2", replicas=3))
    assert different.returncode == 1
    changes = {line for line in different.stdout.splitlines() if line[:1] in "+-" and line[1:2] == " "}
    assert {change for change in changes if "generation" not in change} == {
        "-  replicas: 0",
        "+  replicas: 3",
        "-      - image: busybox:1",
        "+      - image: busybox:2",
    }
    assert kubectl.json("get", "deployment", "web")["spec"]["replicas"] == 0


def test_dry_run(kubectl: Kubectl) -> None:
    assert "created (server dry run)" in kubectl("create", "-f", "-", "--dry-run=server", stdin=deployment())
    assert "NotFound" in kubectl.refused("get", "deployment", "web")


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"busybox:9"}]}}}}'),
        ("merge", '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"busybox:9"}]}}}}'),
        ("json", '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"busybox:9"}]'),
    ],
)
def test_patch(kubectl: Kubectl, kind: str, patch: str) -> None:
    kubectl("create", "-f", "-", stdin=deployment(env=[{"name": "A", "value": "1"}]))
    assert "patched" in kubectl("patch", "deployment", "web", "--type", kind, "-p", patch)
    container = _container(kubectl)
    assert (container["image"], "env" in container) == ("busybox:9", kind != "merge")


def test_patch_of_a_subresource(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=deployment())
    kubectl("patch", "deployment", "web", "--subresource", "scale", "--type", "merge", "-p", '{"spec":{"replicas":2}}')
    assert kubectl.json("get", "deployment", "web")["spec"]["replicas"] == 2
    assert kubectl.json("get", "deployment", "web", "--subresource", "scale")["kind"] == "Scale"


def test_labels_and_annotations(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "it")
    assert "labeled" in kubectl("label", "configmap", "it", "a=b", "c=d")
    assert "unlabeled" in kubectl("label", "configmap", "it", "a-")
    assert "already has a value" in kubectl.refused("label", "configmap", "it", "c=e")
    kubectl("label", "--overwrite", "configmap", "it", "c=e")
    kubectl("annotate", "configmap", "it", "note=some words")
    metadata = kubectl.json("get", "configmap", "it")["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"c": "e"}, {"note": "some words"})


def test_edit(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl("create", "configmap", "it", "--from-literal=a=b")
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nexec sed -i 's/a: b/a: c/' \"$1\"\n")
    editor.chmod(0o700)
    assert "edited" in kubectl("edit", "configmap", "it", KUBE_EDITOR=str(editor))
    assert kubectl.json("get", "configmap", "it")["data"] == {"a": "c"}


def test_replace(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=deployment())
    found = kubectl.json("get", "deployment", "web")
    found["spec"]["replicas"] = 1
    assert "replaced" in kubectl("replace", "-f", "-", stdin=found)
    assert "the object has been modified" in kubectl.refused("replace", "-f", "-", stdin=found)
    assert "replaced" in kubectl("replace", "--force", "-f", "-", stdin=deployment())


def test_delete(kubectl: Kubectl) -> None:
    for name in "abcd":
        kubectl("create", "configmap", name)
    first, second = kubectl("delete", "configmap", "a", "b").splitlines()
    assert first.startswith('configmap "a" deleted')
    assert second.startswith('configmap "b" deleted')
    kubectl("label", "configmap", "c", "x=y")
    kubectl("delete", "configmap", "-l", "x=y")
    assert kubectl("get", "cm", "-o", "name") == "configmap/d\n"
    kubectl("delete", "configmap", "--all")
    assert kubectl("get", "cm", "-o", "name") == ""
    assert "NotFound" in kubectl.refused("delete", "configmap", "a")


@pytest.mark.parametrize(("cascade", "survives"), [("background", False), ("foreground", False), ("orphan", True)])
def test_cascade(kubectl: Kubectl, cascade: str, survives: bool) -> None:
    kubectl("create", "-f", "-", stdin=deployment())
    name = kubectl.until(bool, "get", "replicaset", "-o", "name").strip()
    kubectl("delete", "deployment", "web", f"--cascade={cascade}")
    assert "NotFound" in kubectl.refused("get", "deployment", "web")
    if survives:
        owners = kubectl.json("get", name)["metadata"].get("ownerReferences", [])
        assert owners == []
    else:
        kubectl("wait", "--for=delete", name, "--timeout=20s")


def test_deletion_of_a_namespace(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "it")
    kubectl("create", "-f", "-", stdin=deployment(replicas=1))
    kubectl("delete", "namespace", kubectl.namespace, "--timeout=20s")
    assert "NotFound" in kubectl.refused("get", "namespace", kubectl.namespace)
    assert kubectl("get", "all,cm", "-o", "name") == ""
