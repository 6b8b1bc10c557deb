"""The clusters of the tests themselves (`tools/kubernetes/rig`): what they can do, and that nothing is left of them."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.engine import IMAGE
from tests.rig import Cluster
from tests.tools.kubectl import kubectl
from tests.waiting import until


def test_the_control_plane_makes_pods_that_wait_for_a_node(kubernetes_control: Cluster) -> None:
    kubectl(kubernetes_control, "create", "deployment", "waiting", "--image", IMAGE)
    try:
        pods = until(
            lambda: kubectl(kubernetes_control, "get", "pods", "-l", "app=waiting", "-o", "name").split(), 20, "a pod"
        )
        assert len(pods) == 1
    finally:
        kubectl(kubernetes_control, "delete", "deployment", "waiting", "--wait=false")


def test_containers_run_and_reach_services_by_name(kubernetes_node: Cluster) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "page", "labels": {"app": "page"}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "page",
                    "image": IMAGE,
                    "command": ["sh", "-c", "mkdir /www && echo hello >/www/index.html && exec httpd -f -p 80 -h /www"],
                    "readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 1},
                }
            ],
        },
    }
    kubectl(kubernetes_node, "create", "namespace", "rig-names")
    try:
        kubectl(kubernetes_node, "-n", "rig-names", "apply", "-f", "-", stdin=json.dumps(pod))
        kubectl(kubernetes_node, "-n", "rig-names", "expose", "pod", "page", "--port", "80")
        kubectl(kubernetes_node, "-n", "rig-names", "wait", "pod/page", "--for=condition=Ready", "--timeout=60s")
        command = ("exec", "page", "--", "wget", "-q", "-O-", "http://page.rig-names.svc.cluster.local")
        # The rules of a new service are there a moment after its endpoints.
        assert until(lambda: _try(kubernetes_node, "-n", "rig-names", *command), 20, "the page by name") == "hello\n"
    finally:
        kubectl(kubernetes_node, "delete", "namespace", "rig-names", "--wait=false")


def test_parts_end_and_start_again_and_nothing_is_left(
    start_kubernetes: Callable[..., Cluster], tmp_path: Path
) -> None:
    cluster = start_kubernetes()
    assert cluster.directory
    name = json.loads((cluster.directory / "rig.json").read_text())["name"]
    assert _traces(name)
    kubectl(cluster, "create", "configmap", "before")
    cluster.rig("snapshot", str(tmp_path / "snapshot"))
    cluster.rig("pause", "apiserver")
    assert "apiserver: ended" in cluster.rig("parts")
    cluster.rig("resume", "apiserver")
    kubectl(cluster, "create", "configmap", "after")
    assert int(cluster.rig("compact")) > 1
    cluster.rig("restore", str(tmp_path / "snapshot"))
    kept = kubectl(cluster, "get", "configmaps", "-o", "name").split()
    assert "configmap/before" in kept
    assert "configmap/after" not in kept
    cluster.rig("down")
    assert not cluster.directory.exists()
    assert _traces(name) == []


def _try(cluster: Cluster, *arguments: str) -> str:
    try:
        return kubectl(cluster, *arguments)
    except AssertionError:
        return ""


def _traces(name: str) -> list[str]:
    """Return what a cluster has on the host: links, groups, processes."""
    hierarchies = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]
    groups = [str(place / name) for place in hierarchies if (place / name).exists()]
    links = [path.name for path in Path("/sys/class/net").iterdir() if path.name == name]
    members = [
        path.parent.name for path in Path("/proc").glob("[0-9]*/cgroup") if path.exists() and name in _read(path)
    ]
    return groups + links + members


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
