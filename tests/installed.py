"""kecs installed in a real cluster as a user installs it, and called through its Service."""

import json
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import yaml

from tests import releases
from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.process import KecsProcess
from tests.process import kecs as run_kecs
from tests.rig import Cluster, own_cluster
from tests.waiting import until

NAMESPACE = "kecs-system"
ROOT = Path(__file__).resolve().parent.parent
Sort = TypeVar("Sort", bound="Installed")
_addresses: dict[str, str] = {}  # of names that only the cluster's own DNS knows
_resolve = socket.getaddrinfo


def _resolved(host: Any, *arguments: Any, **options: Any) -> Any:
    return _resolve(_addresses.get(host, host), *arguments, **options)


class Installed(KecsProcess):
    """kecs in a cluster. `client()` and `endpoint` are those of a process on this machine."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        super().__init__(home / "none", cluster=cluster.kubeconfig)
        self.address = ""
        """Of the Service."""
        self.cluster = cluster
        self.kubectl = Kubectl(cluster.kubeconfig, NAMESPACE, home)
        self._route = ""

    def apply(self, overlay: str) -> None:
        """Install an overlay, with little asked of the one node, and return once every replica is ready."""
        self.begin(overlay)
        self.wait()

    def begin(self, overlay: str) -> None:
        """Begin to install an overlay."""
        self._apply(yaml.safe_load_all(run_kecs("manifests", "--overlay", overlay).stdout))

    def upgrade(self, overlay: str, place: Path) -> None:
        """Begin to install another release, which is at `place`: its definitions first, then the rest."""
        self.cluster.rig("load", _image("--source", str(place / "kecs")))
        run = run_kecs("manifests", "--overlay", overlay, PYTHONPATH=str(place))
        rest = [each for each in yaml.safe_load_all(run.stdout) if each["kind"] != "CustomResourceDefinition"]
        self._apply([*releases.definitions(place), *rest])

    def _apply(self, objects: Iterable[dict[str, Any]]) -> None:
        whole = list(objects)
        for each in whole:
            if each["kind"] == "Deployment":
                (container,) = each["spec"]["template"]["spec"]["containers"]
                container["resources"]["requests"]["cpu"] = "20m"
        self.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(whole))

    def wait(self) -> None:
        """Return once the rollout is over and the Service leads to it."""
        self.wait_for_replicas()
        self.reach_service()
        until(self.answers, 60, "the Service leads to kecs")  # the node learns of it after the replicas are ready

    def wait_for_replicas(self) -> None:
        """Return once the rollout is over."""
        until(self._is_rolled_out, 300, "kecs is rolled out")

    def answers(self) -> bool:
        """Say whether something that is ready answers at the endpoint."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/readyz", timeout=1):
                return True
        except OSError:
            return False

    def _is_rolled_out(self) -> bool:
        found = self.kubectl.json("get", "deployment", "kecs")
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        counts = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        return status.get("observedGeneration") == found["metadata"]["generation"] and counts == [wanted] * 3

    def is_half_rolled_out(self) -> bool:
        """Say whether some replicas are of the newest template, and some are not."""
        found = self.kubectl.json("get", "deployment", "kecs")
        status = found.get("status", {})
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return seen and 1 <= int(status.get("updatedReplicas", 0)) < int(status["replicas"])

    def replicas(self) -> int:
        """Return how many are wanted."""
        return int(self.kubectl.json("get", "deployment", "kecs")["spec"]["replicas"])

    def pods(self) -> list[str]:
        """Return the names of the pods that are ready and stay."""
        found = self.kubectl.json("get", "pods", "-l", "app.kubernetes.io/name=kecs")["items"]
        return [
            pod["metadata"]["name"]
            for pod in found
            if not pod["metadata"].get("deletionTimestamp")
            and any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
        ]

    def holder(self) -> str:
        """Return which process leads: of which pod, and which of those that the pod has had; empty when nobody does."""
        lease = self.kubectl.json("get", "lease", "kecs")
        return str(lease["spec"].get("holderIdentity") or "")

    def leader(self) -> str:
        """Return the name of the pod that leads; empty when nobody does."""
        return self.holder().partition("_")[0]

    def kill_leader(self) -> str:
        """Kill the process that leads, which its node starts anew; return which it was."""
        holder = until(self.holder, 40, "a replica leads")
        pod = self.kubectl.json("get", "pod", holder.partition("_")[0])
        container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
        containerd = ("ctr", "--address", "/run/containerd/containerd.sock", "--namespace", "k8s.io")
        self.cluster.rig("run", *containerd, "tasks", "kill", "--signal", "SIGKILL", container)
        return holder

    def log(self) -> str:
        """Return what all pods have written."""
        return self.kubectl("logs", "-l", "app.kubernetes.io/name=kecs", "--tail=-1", "--prefix")

    def audited(self) -> list[dict[str, Any]]:
        """Return what it has asked of the API server."""
        assert self.cluster.directory
        lines = (self.cluster.directory / "logs" / "audit.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def forbidden(self) -> list[str]:
        """Return what it has asked for and may not have by its rights; a quota refuses with the same code."""
        decision = "authorization.k8s.io/decision"
        asked = self.audited()
        return [event["requestURI"] for event in asked if event.get("annotations", {}).get(decision) == "forbid"]

    def reach(self, endpoint: str, address: str) -> None:
        """Call it at an endpoint from now on, whose name has this address."""
        self.endpoint = endpoint
        _addresses[str(urlsplit(endpoint).hostname)] = address
        socket.getaddrinfo = _resolved
        self._clients.clear()

    def reach_service(self) -> None:
        """Call it at its Service from now on, whose address this machine gets a way to."""
        self.address = address = self.kubectl("get", "service", "kecs", "-o", "jsonpath={.spec.clusterIP}")
        self.reach(f"http://kecs.{NAMESPACE}.svc:4566", address)
        if self._route == f"{address}/32":
            return
        self._lose_way()
        node = re.search(r"https://([0-9.]+):", self.cluster.kubeconfig.read_text())
        assert node
        self._route = f"{address}/32"
        subprocess.run(["ip", "route", "replace", self._route, "via", node[1]], check=True)

    def leave(self) -> None:
        """Leave nothing of it on this machine."""
        self._lose_way()

    def _lose_way(self) -> None:
        if self._route:
            subprocess.run(["ip", "route", "del", self._route], check=False, stderr=subprocess.DEVNULL)


@cache
def _image(*flags: str) -> str:
    build = [sys.executable, str(ROOT / "tools" / "image" / "build"), *flags]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def installed(home: Path, sort: type[Sort], *companions: str) -> Iterator[Sort]:
    """A cluster with a real node that has the image of kecs, and nothing of kecs in it yet."""
    if PROGRAM is None or shutil.which("apt-get") is None:
        pytest.skip("installing kecs needs kubectl, and Debian or Ubuntu for its image")
    with own_cluster(*companions, node=True) as cluster:
        if cluster.directory is None:
            pytest.skip("installing kecs needs a cluster of the tests' own, not KECS_TEST_KUBECONFIG")
        cluster.rig("load", _image())
        home.mkdir(exist_ok=True)
        one = sort(cluster, home)
        try:
            yield one
        finally:
            one.leave()
