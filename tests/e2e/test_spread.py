"""Where the replicas of the overlay `production` lie, and what its disruption budget keeps, over simulated nodes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.installed import NAMESPACE
from tests.process import environment, kecs
from tests.rig import Cluster, own_cluster
from tests.waiting import until

ZONES = {"a1": "zone-a", "a2": "zone-a", "b1": "zone-b", "c1": "zone-c"}
DRAIN = ("--ignore-daemonsets", "--delete-emptydir-data")


@pytest.fixture
def kubectl(tmp_path: Path) -> Iterator[Kubectl]:
    """A control plane with a node for each name, in its zone."""
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    with own_cluster() as cluster, ExitStack() as nodes:
        found = Kubectl(cluster.kubeconfig, NAMESPACE, tmp_path)
        for name, zone in ZONES.items():
            nodes.enter_context(node(cluster, tmp_path / name, name))
            found("label", "node", name, f"topology.kubernetes.io/zone={zone}", "--overwrite")
        yield found


@contextmanager
def node(cluster: Cluster, directory: Path, name: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.node", str(cluster.kubeconfig), str(directory), name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True)
    assert process.stdout
    try:
        assert process.stdout.readline() == "node ready\n"
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def where(kubectl: Kubectl) -> set[str]:
    """Return the nodes of the replicas that are ready and stay."""
    pods = kubectl.json("get", "pods", "-l", "app.kubernetes.io/name=kecs")["items"]
    return {pod["spec"]["nodeName"] for pod in pods if is_ready(pod)}


def is_ready(pod: dict[str, Any]) -> bool:
    ready = [one["status"] for one in pod["status"].get("conditions", ()) if one["type"] == "Ready"]
    return ready == ["True"] and "deletionTimestamp" not in pod["metadata"]


def test_replicas_lie_apart_and_a_drain_takes_one_at_a_time(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=kecs("manifests", "--overlay", "production").stdout)
    kubectl("scale", "deployment/kecs", "--replicas=3")  # as the autoscaler does when it looks next
    at_first = until(lambda: found if len(found := where(kubectl)) == 3 else None, 60, "three replicas on three nodes")
    assert {ZONES[name] for name in at_first} == set(ZONES.values())

    # With no other node for its replacement, the second one stays where it is.
    (spare,) = ZONES.keys() - at_first
    first, second, third = sorted(at_first)
    kubectl("cordon", spare)
    kubectl("drain", first, *DRAIN, "--timeout=25s")
    refused = kubectl.refused("drain", second, *DRAIN, "--timeout=3s")
    assert "Cannot evict pod as it would violate the pod's disruption budget" in refused
    assert where(kubectl) == {second, third}

    kubectl("uncordon", spare)
    kubectl("drain", second, *DRAIN, "--timeout=25s")
    kubectl("uncordon", first)
    until(lambda: where(kubectl) == {spare, third, first}, 60, "three replicas on the other nodes")
