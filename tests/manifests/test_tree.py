"""`k8s/` and `kecs manifests`: one tree, whatever it is printed by."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import kecs
from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.process import KecsProcess
from tests.process import kecs as run_kecs

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("dev", "staging", "production")
NOT_EMBEDDED = ("LimitRange", "HorizontalPodAutoscaler", "Ingress")

needs_kubectl = pytest.mark.skipif(PROGRAM is None, reason="kubectl is not installed")


def by_name(text: str) -> dict[tuple[str, str], Any]:
    """Return the objects of a text; each is there once."""
    found = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found)
    return named


def kustomize(directory: Path) -> dict[tuple[str, str], Any]:
    command = [str(PROGRAM), "kustomize", "--load-restrictor", "LoadRestrictionsNone", str(directory)]
    return by_name(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def manifests(*arguments: str) -> dict[tuple[str, str], Any]:
    run = run_kecs("manifests", *arguments)
    assert run.returncode == 0, run.stderr
    return by_name(run.stdout)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kecs_manifests_prints_what_kustomize_builds(overlay: str) -> None:
    assert manifests("--overlay", overlay) == kustomize(ROOT / "k8s" / "overlays" / overlay)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_place_of_ones_own_is_what_an_overlay_of_ones_own_says(overlay: str, tmp_path: Path) -> None:
    """A user's overlay that changes namespace, image and version gives the same as the flags."""
    base = os.path.relpath(ROOT / "k8s" / "overlays" / overlay, tmp_path)
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "ours",
                "resources": [base],
                "images": [{"name": "kecs", "newName": "example.com:5000/team/kecs", "newTag": "1.2.3"}],
                "labels": [{"pairs": {"app.kubernetes.io/version": "1.2.3"}, "includeTemplates": True}],
            }
        )
    )
    flags = ("--namespace", "ours", "--image", "example.com:5000/team/kecs", "--version", "1.2.3")
    assert manifests("--overlay", overlay, *flags) == kustomize(tmp_path)


def test_names_to_answer_to() -> None:
    found = manifests("--overlay", "production", "--allow-host", "a.example,b.example")
    ingress = found["Ingress", "kecs"]["spec"]
    assert [rule["host"] for rule in ingress["rules"]] == ingress["tls"][0]["hosts"] == ["a.example", "b.example"]
    container = found["Deployment", "kecs"]["spec"]["template"]["spec"]["containers"][0]
    (hosts,) = (one["value"] for one in container["env"] if one["name"] == "KECS_ALLOW_HOST")
    assert hosts.endswith(".svc.cluster.local,a.example,b.example")


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("kecs", "kecs:7"),
        ("example.com:5000/kecs", "example.com:5000/kecs:7"),
        ("example.com/kecs:8", "example.com/kecs:8"),
        ("kecs@sha256:12", "kecs@sha256:12"),
    ],
)
def test_the_version_is_the_tag_of_an_image_without_one(image: str, reference: str) -> None:
    found = manifests("--image", image, "--version", "7")
    assert found["Deployment", "kecs"]["spec"]["template"]["spec"]["containers"][0]["image"] == reference


@needs_kubectl
def test_what_is_generated_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "generate_manifests.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_version_of_the_tree_is_that_of_the_program() -> None:
    release = yaml.safe_load((ROOT / "k8s" / "components" / "release" / "kustomization.yaml").read_text())
    controller = yaml.safe_load((ROOT / "k8s" / "controller" / "kustomization.yaml").read_text())
    assert [one["images"][0]["newTag"] for one in (release, controller)] == [kecs.__version__] * 2
    assert release["labels"][0]["pairs"]["app.kubernetes.io/version"] == kecs.__version__


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_variables_stand_behind_those_that_they_name(overlay: str) -> None:
    """Kubernetes leaves a name as it is that it has not met yet."""
    known: set[str] = set()
    container = manifests("--overlay", overlay)["Deployment", "kecs"]["spec"]["template"]["spec"]["containers"][0]
    for variable in container["env"]:
        assert set(re.findall(r"\$\((\w+)\)", variable.get("value", ""))) <= known
        known.add(variable["name"])
    assert {"KECS_ALLOW_HOST", "KECS_IN_CLUSTER", "KECS_LISTEN"} <= known


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_says_what_it_belongs_to(overlay: str) -> None:
    for key, each in manifests("--overlay", overlay).items():
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == "kecs", key
        assert each["metadata"]["labels"]["app.kubernetes.io/part-of"] == "kecs", key


@needs_kubectl
def test_kubernetes_takes_it(start_kecs: Callable[..., KecsProcess], tmp_path: Path) -> None:
    """Each overlay, field by field: the embedded cluster has the schemas of the real one, if not all of its kinds."""
    server = start_kecs()
    for overlay in OVERLAYS:
        kubectl = Kubectl(server.kubeconfig, overlay, tmp_path)
        found = manifests("--overlay", overlay, "--namespace", overlay).values()
        text = yaml.safe_dump_all(each for each in found if each["kind"] not in NOT_EMBEDDED)
        kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", "-", stdin=text)
        stored = kubectl.json("get", "deployment", "kecs")
        assert stored["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@needs_kubectl
def test_the_controller_is_installed_with_its_own_definition_and_rights_alone() -> None:
    found = kustomize(ROOT / "k8s" / "controller")
    assert [name for kind, name in found if kind == "CustomResourceDefinition"] == ["ecsdeployments.ecskube.ecskube"]
    (container,) = found["Deployment", "kecs-controller"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["controller"]
    rules = found["ClusterRole", "kecs-controller"]["rules"]
    assert not any("*" in rule[member] for rule in rules for member in ("apiGroups", "resources", "verbs"))
    assert "secrets" not in {resource for rule in rules for resource in rule["resources"]}
