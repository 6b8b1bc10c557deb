"""An exported service moved from one simulated node to another, where KECS_TEST_WITH names kwok."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.export.test_companions import Tree
from tests.rig import Cluster, own_cluster
from tests.tools.kubectl import kubectl


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster("kwok") as started:
        yield started


def test_a_drain_moves_an_exported_service_a_pod_at_a_time(cluster: Cluster, tmp_path: Path) -> None:
    """Between two simulated nodes, where a pod is ready at once; the budget lets one go at a time."""
    fake = {"kwok.x-k8s.io/node": "fake"}
    metadata: dict[str, Any] = {"name": "kwok-1", "annotations": fake, "labels": {"type": "kwok"}}
    other = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
    kubectl(cluster, "apply", "-f", "-", stdin=json.dumps(other))
    ample = {"cpu": "100", "memory": "1Ti", "pods": "100"}
    status = json.dumps({"status": {"capacity": ample, "allocatable": ample}})
    kubectl(cluster, "patch", "node", "kwok-1", "--subresource=status", "--type=merge", "-p", status)
    kubectl(cluster, "cordon", "kwok-1")
    tree = Tree(cluster, tmp_path, "moved")
    tree.apply("1", desiredCount=4)
    tolerated = [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]
    placed = {"nodeSelector": {"type": "kwok"}, "tolerations": tolerated}
    patch = json.dumps({"spec": {"replicas": 4, "template": {"spec": placed}}})
    tree.run("patch", "deployment", "app", "--type=merge", "-p", patch)
    tree.run("rollout", "status", "deployment/app", "--timeout=60s")
    kubectl(cluster, "uncordon", "kwok-1")
    least = 4
    drain = ["kubectl", "--kubeconfig", str(cluster.kubeconfig), "drain", "kwok-0", "--timeout=80s"]
    drain += ["--ignore-daemonsets", "--delete-emptydir-data", "--pod-selector=app.kubernetes.io/part-of=moved"]
    with subprocess.Popen(drain, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None:
            least = min(least, tree.read("deployment", "app")["status"].get("availableReplicas", 0))
        told = process.stdout.read() if process.stdout else ""
    kubectl(cluster, "uncordon", "kwok-0")
    assert process.returncode == 0, told
    assert least >= 3
    nodes = {pod["spec"]["nodeName"] for pod in tree.read("pods")["items"]}
    assert nodes == {"kwok-1"}
