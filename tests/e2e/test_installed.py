"""More of what `k8s/` installs, with the image and on a real node, each as its users apply it."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import yaml

from tests.e2e.kubectl import Kubectl
from tests.e2e.test_controller import INSTALLED, test_the_sample_with_real_containers
from tests.engine import IMAGE
from tests.installed import NAMESPACE, ROOT, Installed, installed
from tests.process import kecs
from tests.tools.test_companions import WANTED, companion
from tests.waiting import until

HOST = "kecs.example.com"
SERVICE = f"kecs.{NAMESPACE}.svc.cluster.local"
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


@companion("gateway")
def test_an_ingress_leads_to_kecs(place: Installed) -> None:
    """That of the overlay `production`; without the certificate, which is its users' own, as plain HTTP."""
    place.begin("production")
    call_through_envoy(place)
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


# Network policies, as the companion enforces them.


TARGET = "AmazonEC2ContainerServiceV20141113"
PAGE = "mkdir /tmp/w; echo page >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w"


class Caller:
    """A pod in a namespace of its own, whose labels say what it may."""

    def __init__(self, place: Installed, name: str, *labels: str) -> None:
        self.kubectl = Kubectl(place.kubeconfig, name, place.data.parent)
        self.kubectl("create", "namespace", name)
        if labels:
            self.kubectl("label", "namespace", name, *labels)
        self.kubectl("run", "caller", "--image", IMAGE, "--", "sh", "-c", PAGE)
        self.kubectl("wait", "--for=condition=Ready", "pod/caller", "--timeout=25s")
        self.address = self.kubectl("get", "pod", "caller", "-o", "jsonpath={.status.podIP}")

    def call(self, operation: str, body: str = "{}") -> str:
        """Call an operation of kecs and return the answer; empty when there is none."""
        headers = ("Content-Type: application/x-amz-json-1.1", f"X-Amz-Target: {TARGET}.{operation}")
        return self.fetch(f"{SERVICE}:4566", *(f"--header={one}" for one in headers), f"--post-data={body}")

    def fetch(self, place: str, *flags: str) -> str:
        """Fetch a page, and return it; empty when it is not there within two seconds."""
        fetch = ("timeout", "2", "wget", "-q", "-O-", *flags, f"http://{place}")
        return self.kubectl.run("exec", "caller", "--", *fetch).stdout.strip()


@companion("policies")
def test_the_policies_let_in_who_may_call_and_nobody_else(place: Installed) -> None:
    place.begin("production")
    client = Caller(place, "of-clients", "kecs.io/client=true")
    monitor = Caller(place, "of-monitoring", "kecs.io/monitoring=true")
    stranger = Caller(place, "of-strangers")
    place.wait_for_replicas()
    until(lambda: "clusterArns" in client.call("ListClusters"), 30, "a client is answered")
    assert "ACTIVE" in client.call("CreateCluster", '{"clusterName":"c"}')  # so kecs reaches the API server
    assert "kecs_leader" in monitor.fetch(f"{SERVICE}:9090/metrics")
    assert [one.call("ListClusters") for one in (monitor, stranger)] == ["", ""]
    assert [one.fetch(f"{SERVICE}:9090/metrics") for one in (client, stranger)] == ["", ""]

    # Out of kecs's own pods nothing goes but to the API server.
    assert stranger.fetch(f"{client.address}:8080") == "page"
    connect = f"import socket; socket.create_connection(('{client.address}', 8080), 2)"
    assert "TimeoutError" in place.kubectl.refused("exec", "deployment/kecs", "--", "python3", "-c", connect)
    uninstall(place)
