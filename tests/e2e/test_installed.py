"""More of what `k8s/` installs, with the image and on a real node, each as its users apply it."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import yaml

from tests.e2e.kubectl import Kubectl
from tests.e2e.test_controller import INSTALLED, test_the_sample_with_real_containers
from tests.installed import ROOT, Installed, installed
from tests.process import kecs
from tests.tools.test_companions import WANTED, companion
from tests.waiting import until

HOST = "kecs.example.com"
_numbers = count()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A cluster with the companions that are asked for and the image, and nothing of kecs in it yet."""
    with installed(tmp_path_factory.mktemp("installed"), Installed, *WANTED) as one:
        yield one


def above(directory: Path, **lists: str) -> Path:
    """Write a kustomization that takes one directory of `k8s/` for each list, and return where."""
    found = {name: [os.path.relpath(ROOT / "k8s" / path, directory)] for name, path in lists.items()}
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(found))
    return directory


# `kecs controller`, in the image, as its Deployment starts it.


@pytest.fixture
def kubectl(place: Installed, tmp_path: Path) -> Iterator[Kubectl]:
    found = Kubectl(place.kubeconfig, f"ecs-deployments-{next(_numbers)}", tmp_path)
    inside = Kubectl(place.kubeconfig, "kecs-controller", tmp_path)
    inside("apply", "--server-side", "-k", str(INSTALLED))
    inside("rollout", "status", "deployment/kecs-controller", "--timeout=25s")
    found("create", "namespace", found.namespace)
    yield found
    log = inside("logs", "-l", "app.kubernetes.io/name=kecs-controller", "--tail=-1")
    assert "Traceback" not in log, log
    assert "forbidden" not in log, log
    found("delete", "namespace", found.namespace, "--wait=false")
    inside("delete", "-k", str(INSTALLED))


__all__ = ["test_the_sample_with_real_containers"]


# Ways in.


@companion("gateway")
def test_a_gateway_leads_to_kecs(place: Installed, tmp_path: Path) -> None:
    """By the component `gateway` above an overlay."""
    whole = above(tmp_path, resources="overlays/dev", components="components/gateway")
    place.kubectl("apply", "--server-side", "-k", str(whole))
    call_through_envoy(place)
    (parent,) = place.kubectl.json("get", "httproute", "kecs")["status"]["parents"]
    assert {one["status"] for one in parent["conditions"]} == {"True"}
    uninstall(place)


def call_through_envoy(place: Installed) -> None:
    place.wait_for_replicas()
    (gateway,) = place.kubectl.json("get", "gateways", "-A")["items"]
    place.reach(f"http://{HOST}:8080", gateway["status"]["addresses"][0]["value"])
    until(place.answers, 30, "Envoy leads to kecs")
    ecs = place.client(region="test-envoy")
    arn = ecs.create_cluster(clusterName="c")["cluster"]["clusterArn"]
    assert ecs.list_clusters()["clusterArns"] == [arn]
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_tasks(cluster="nowhere")


def uninstall(place: Installed) -> None:
    run = kecs("uninstall", "--kubeconfig", str(place.kubeconfig), "--yes", timeout=240)
    assert run.returncode == 0, run.stderr
