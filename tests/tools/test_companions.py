"""The companions that KECS_TEST_WITH names, on one cluster: each does once what it is there for."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.engine import IMAGE
from tests.rig import Cluster, own_cluster
from tests.tools.kubectl import kubectl
from tests.waiting import until

WANTED = os.environ.get("KECS_TEST_WITH", "").replace(",", " ").split()


def companion(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(name not in WANTED, reason=f"KECS_TEST_WITH does not name {name}")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(*WANTED, node=True) as started:
        yield started


def container(command: str, **more: object) -> dict[str, object]:
    return {"name": "main", "image": IMAGE, "command": ["sh", "-c", command], **more}


def deployment(name: str, spec: Mapping[str, object], replicas: int = 1) -> dict[str, object]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 0, **spec}},
        },
    }


def apply(cluster: Cluster, *manifests: dict[str, object]) -> None:
    kubectl(cluster, "apply", "-f", "-", stdin="\n---\n".join(json.dumps(manifest) for manifest in manifests))


def read(cluster: Cluster, *what: str) -> Any:
    return json.loads(kubectl(cluster, "get", *what, "-o", "json"))


@companion("gateway")
def test_a_route_shares_requests_out_by_weight(cluster: Cluster) -> None:
    for name in ("blue", "green"):
        page = f"mkdir /www && echo {name} >/www/index.html && exec httpd -f -p 80 -h /www"
        probe = {"tcpSocket": {"port": 80}, "periodSeconds": 1}
        apply(cluster, deployment(name, {"containers": [container(page, readinessProbe=probe)]}))
        kubectl(cluster, "expose", "deployment", name, "--port", "80")
        kubectl(cluster, "rollout", "status", f"deployment/{name}", "--timeout=60s")
    backends = [{"name": "blue", "port": 80, "weight": 3}, {"name": "green", "port": 80, "weight": 1}]
    parents = [{"name": "gateway", "namespace": "gateway"}]
    route: dict[str, object] = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    spec = {"parentRefs": parents, "rules": [{"backendRefs": backends}]}
    apply(cluster, {**route, "metadata": {"name": "colours"}, "spec": spec})
    address = read(cluster, "gateway", "-n", "gateway", "gateway")["status"]["addresses"][0]["value"]
    fetch = f"for i in $(seq 200); do wget -q -O- http://{address}:8080/ || true; done"
    pod = kubectl(cluster, "get", "pods", "-l", "app=blue", "-o", "name").strip()
    counts = until(lambda: _counts(kubectl(cluster, "exec", pod, "--", "sh", "-c", fetch)), 60, "200 pages")
    assert 110 < counts["blue"] < 190


def _counts(pages: str) -> dict[str, int] | None:
    words = pages.split()
    return {word: words.count(word) for word in words} if len(words) == 200 else None


@companion("metrics")
def test_a_busy_deployment_is_scaled_out(cluster: Cluster) -> None:
    resources = {"requests": {"cpu": "50m"}}
    busy = {"containers": [container("while true; do :; done", resources=resources)]}
    apply(cluster, deployment("busy", busy))
    kubectl(cluster, "autoscale", "deployment", "busy", "--min", "1", "--max", "2", "--cpu-percent", "50")
    until(lambda: read(cluster, "deployment", "busy")["spec"]["replicas"] == 2, 120, "a second replica")
    kubectl(cluster, "delete", "deployment,hpa", "busy")


@companion("rollouts")
def test_a_canary_waits_and_is_promoted(cluster: Cluster) -> None:
    labels = {"app": "canary"}

    def rollout(version: str) -> dict[str, object]:
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container(f"sleep {version}")]}}
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": template,
            "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
        }
        return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "canary"}, "spec": spec}

    def phase() -> str:
        return str(read(cluster, "rollout", "canary").get("status", {}).get("phase"))

    apply(cluster, rollout("1000"))
    until(lambda: phase() == "Healthy", 60, "the first version")
    apply(cluster, rollout("2000"))
    until(lambda: phase() == "Paused", 60, "a canary that waits")
    promote = json.dumps({"status": {"pauseConditions": None}})
    kubectl(cluster, "patch", "rollout", "canary", "--subresource=status", "--type=merge", "-p", promote)
    until(lambda: phase() == "Healthy", 60, "the second version")


@companion("kwok")
def test_hundreds_of_pods_are_played(cluster: Cluster) -> None:
    spec = {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "containers": [container("")],
    }
    apply(cluster, deployment("crowd", spec, 300))
    kubectl(cluster, "rollout", "status", "deployment/crowd", "--timeout=80s")
    kubectl(cluster, "delete", "deployment", "crowd", "--cascade=foreground", "--timeout=80s")
