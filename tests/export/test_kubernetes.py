"""Exported trees on a real Kubernetes: taken whole, and a few of them run, updated, undone, scaled and drained."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from kecs.export.choices import NEWEST
from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.engine import IMAGE
from tests.export.cases import CASES, run
from tests.export.test_cases import FOREIGN, build
from tests.export.test_published import TAKEN, sources
from tests.rig import Cluster
from tests.waiting import until

Json = dict[str, Any]
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kubectl is not installed")


@contextmanager
def spaces(kubectl: Kubectl, names: set[str]) -> Iterator[None]:
    """Namespaces for a while."""
    for name in sorted(names):
        kubectl("create", "namespace", name)
    try:
        yield
    finally:
        kubectl("delete", "namespace", "--wait=false", *sorted(names))


def test_an_api_server_takes_every_case(
    kubernetes_control: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All cases and all published definitions, for production, by a server-side dry run."""
    bodies: list[Json] = []
    for case in CASES:
        monkeypatch.chdir(case)
        assert run(case, tmp_path / case.name, "--kubernetes", f"1.{NEWEST}", "--namespace", f"export-{case.name}") == 0
        bodies += yaml.safe_load_all(build(tmp_path / case.name / "overlays/production"))
    monkeypatch.chdir(tmp_path)
    Path("all.json").write_text(json.dumps([part for one in TAKEN for part in sources(one)]))
    assert export.main(["all.json", "-o", "k8s", "--kubernetes", f"1.{NEWEST}", "--namespace", "export-all"]) == 0
    bodies += yaml.safe_load_all(build(Path("k8s/overlays/production")))

    mine = [one for one in bodies if one["apiVersion"].split("/")[0] not in FOREIGN]
    made = {one["metadata"]["name"] for one in mine if one["kind"] == "Namespace"}
    with spaces(Kubectl(kubernetes_control.kubeconfig, "default", tmp_path), made):
        for name in sorted(made):
            kubectl = Kubectl(kubernetes_control.kubeconfig, name, tmp_path)
            rest = [one for one in mine if one["metadata"].get("namespace") == name]
            told = kubectl(
                "apply", "--dry-run=server", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": rest}
            )
            assert told.count("(server dry run)") == len(rest)
        loose = [one for one in mine if "namespace" not in one["metadata"] and one["kind"] != "Namespace"]
        kubectl("apply", "--dry-run=server", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": loose})


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Export a service of a real image, with these environment variables, into `k8s`."""
    monkeypatch.chdir(tmp_path)

    def write(**variables: str) -> None:
        container = {
            "name": "app",
            "image": IMAGE,
            "cpu": 10,
            "memory": 32,
            "command": ["sh", "-c", "mkdir -p /www; echo up > /www/up; exec httpd -f -p 8080 -h /www"],
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": name, "value": value} for name, value in variables.items()],
            "healthCheck": {"command": ["CMD-SHELL", "wget -q -O - http://127.0.0.1:8080/up"], "interval": 5},
        }
        definition = {"family": "app", "networkMode": "awsvpc", "containerDefinitions": [container]}
        service = {
            "serviceName": "app",
            "taskDefinition": "app",
            "desiredCount": 3,
            "deploymentConfiguration": {"minimumHealthyPercent": 67, "maximumPercent": 200},
        }
        Path("all.json").write_text(json.dumps([definition, service]))
        flags = ("--namespace", "export-run", "--kubernetes", f"1.{NEWEST}")
        assert export.main(["all.json", "-o", "k8s", *flags]) == 0

    return write


def test_a_tree_runs_and_is_updated_and_undone(
    kubernetes_node: Cluster, service: Callable[..., None], tmp_path: Path
) -> None:
    kubectl = Kubectl(kubernetes_node.kubeconfig, "export-run-production", tmp_path)
    overlay = "k8s/overlays/production"
    try:
        service(VERSION="1")
        kubectl("apply", "-k", overlay)
        kubectl("rollout", "status", "deployment/app", "--timeout=60s")
        assert variable(kubectl) == "1"

        autoscaler = kubectl.json("get", "hpa", "app")
        assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (3, 20)
        assert autoscaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
        policy = kubectl.json("get", "networkpolicy", "app")
        assert policy["spec"]["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]

        service(VERSION="2")  # a changed variable alone is a new rollout
        kubectl("apply", "-k", overlay)
        kubectl("rollout", "status", "deployment/app", "--timeout=60s")
        assert variable(kubectl) == "2"
        kubectl("rollout", "undo", "deployment/app")
        kubectl("rollout", "status", "deployment/app", "--timeout=60s")
        assert len(kubectl.json("get", "replicasets")["items"]) == 2

        def allowed() -> bool:
            status = kubectl.json("get", "pdb", "app")["status"]
            return (status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)

        assert kubectl.json("get", "pdb", "app")["spec"]["maxUnavailable"] == "33%"
        until(allowed, 30, "the budget to have seen all three")
        with ThreadPoolExecutor() as pool:  # as drains of all nodes at once
            evicted = list(pool.map(lambda pod: evict(kubectl, pod), staying(kubectl)))
        assert len(evicted) == 3
        assert 1 <= sum(evicted) < 3
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", "-k", overlay)


def variable(kubectl: Kubectl) -> str:
    pod = staying(kubectl)[0]
    return kubectl("exec", pod, "--", "sh", "-c", "echo $VERSION").strip()


def staying(kubectl: Kubectl) -> list[str]:
    """Return the names of the pods that are not about to go: who is may always be evicted."""
    found = kubectl.json("get", "pods")["items"]
    return [pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]]


def evict(kubectl: Kubectl, name: str) -> bool:
    """Ask for the eviction of a pod, as a drain does; return whether it was granted."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": kubectl.namespace}}
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{name}/eviction"
    return kubectl.run("create", "--raw", path, "-f", "-", stdin=body).returncode == 0
