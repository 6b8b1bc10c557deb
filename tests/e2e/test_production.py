"""The overlay `production`, with the image and on a real node: who reaches it, and how."""

from collections.abc import Iterator

import pytest

from tests.e2e.kubectl import Kubectl
from tests.e2e.test_installed import call_through_envoy, uninstall
from tests.engine import IMAGE
from tests.installed import NAMESPACE, Installed, installed
from tests.tools.test_companions import WANTED, companion
from tests.waiting import until

SERVICE = f"kecs.{NAMESPACE}.svc.cluster.local"
TARGET = "AmazonEC2ContainerServiceV20141113"
PAGE = "mkdir /tmp/w; echo page >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """An installation in a cluster with the companions that are asked for, which may not be called from here."""
    with installed(tmp_path_factory.mktemp("production"), Installed, *WANTED) as one:
        one.begin("production")
        one.kubectl("scale", "deployment/kecs", "--replicas=3")  # as the autoscaler does when it looks next
        one.wait_for_replicas()
        yield one
        uninstall(one)


@companion("gateway")
def test_its_ingress_leads_to_kecs(production: Installed) -> None:
    """Without the certificate, which is its users' own, as plain HTTP."""
    call_through_envoy(production)


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
def test_the_policies_let_in_who_may_call_and_nobody_else(production: Installed) -> None:
    client = Caller(production, "of-clients", "kecs.io/client=true")
    monitor = Caller(production, "of-monitoring", "kecs.io/monitoring=true")
    stranger = Caller(production, "of-strangers")
    until(lambda: "clusterArns" in client.call("ListClusters"), 30, "a client is answered")
    assert "ACTIVE" in client.call("CreateCluster", '{"clusterName":"c"}')  # so kecs reaches the API server
    assert "kecs_leader" in monitor.fetch(f"{SERVICE}:9090/metrics")
    assert [one.call("ListClusters") for one in (monitor, stranger)] == ["", ""]
    assert [one.fetch(f"{SERVICE}:9090/metrics") for one in (client, stranger)] == ["", ""]

    production.reach_service()  # from this machine, which is in no namespace
    assert not production.answers()

    # Out of kecs's own pods nothing goes but to the API server.
    assert stranger.fetch(f"{client.address}:8080") == "page"
    connect = f"import socket; socket.create_connection(('{client.address}', 8080), 2)"
    assert "TimeoutError" in production.kubectl.refused("exec", "deployment/kecs", "--", "python3", "-c", connect)
