"""kubectl on what runs: rollouts, scaling, logs, waiting, services, draining."""

from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl
from tests.e2e.test_kubectl_writing import deployment

_SLEEP = ["sleep", "3600"]


@pytest.fixture
def web(kubectl: Kubectl) -> Kubectl:
    """A namespace with a Deployment of two running pods."""
    kubectl("apply", "-f", "-", stdin=deployment("busybox:1", 2, command=_SLEEP))
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    return kubectl


def test_what_a_deployment_shows(web: Kubectl) -> None:
    header, row = web.rows("get", "deployment", "-o", "wide")
    assert header == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert row[:4] + row[5:] == ["web", "2/2", "2", "2", "c", "busybox:1", "app=web"]
    header, row = web.rows("get", "replicaset")
    assert (header, row[1:4]) == (["NAME", "DESIRED", "CURRENT", "READY", "AGE"], ["2", "2", "2"])
    header, *rows = web.rows("get", "pods", "-o", "wide")
    assert header == [
        "NAME",
        "READY",
        "STATUS",
        "RESTARTS",
        "AGE",
        "IP",
        "NODE",
        "NOMINATED",
        "NODE",
        "READINESS",
        "GATES",
    ]
    assert [row[1:4] for row in rows] == [["1/1", "Running", "0"]] * 2
    shown = web("get", "all")
    assert [kind in shown for kind in ("pod/web-", "deployment.apps/web", "replicaset.apps/web-")] == [True] * 3


def test_describe(web: Kubectl) -> None:
    shown = web("describe", "deployment", "web")
    assert "Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in shown
    assert "ScalingReplicaSet" in shown
    shown = web("describe", "pods", "-l", "app=web")
    assert shown.count("Status:           Running") == 2
    assert "Scheduled" in shown


def test_rollouts(web: Kubectl) -> None:
    web("set", "image", "deployment/web", "c=busybox:2")
    assert "successfully rolled out" in web("rollout", "status", "deployment/web", "--timeout=20s")
    assert [row[0] for row in web.rows("rollout", "history", "deployment/web")[2:] if row] == ["1", "2"]
    assert "Image:\tbusybox:1" in web("rollout", "history", "deployment/web", "--revision=1")
    assert "rolled back" in web("rollout", "undo", "deployment/web")
    web("rollout", "status", "deployment/web", "--timeout=20s")
    found = web.json("get", "deployment", "web")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "busybox:1"
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_restart_replaces_every_pod(web: Kubectl) -> None:
    before = set(web("get", "pods", "-o", "name").split())
    web("rollout", "restart", "deployment/web")
    web("rollout", "status", "deployment/web", "--timeout=20s")
    web.until(lambda shown: not before & set(shown.split()), "get", "pods", "-o", "name")


def test_pause_and_resume(web: Kubectl) -> None:
    web("rollout", "pause", "deployment/web")
    web("set", "image", "deployment/web", "c=busybox:2")
    assert len(web("get", "replicaset", "-o", "name").split()) == 1
    web("rollout", "resume", "deployment/web")
    web("rollout", "status", "deployment/web", "--timeout=20s")
    assert len(web("get", "replicaset", "-o", "name").split()) == 2


def test_scale(web: Kubectl) -> None:
    assert "scaled" in web("scale", "deployment/web", "--current-replicas=2", "--replicas=3")
    web("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=20s")
    assert "Expected replicas to be 2, was 3" in web.refused(
        "scale", "deployment/web", "--current-replicas=2", "--replicas=1"
    )
    web("scale", "deployment/web", "--replicas=0")
    web("wait", "--for=delete", "pods", "-l", "app=web", "--timeout=20s")


def test_expose(web: Kubectl) -> None:
    web("expose", "deployment", "web", "--port", "80", "--target-port", "8080")
    header, row = web.rows("get", "service", "web", "-o", "wide")
    assert header == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"]
    assert [row[1], *row[3:5], row[6]] == ["ClusterIP", "<none>", "80/TCP", "app=web"]
    addresses = web.json("get", "pods")["items"]
    wanted = sorted(pod["status"]["podIP"] for pod in addresses)

    def shown(text: str) -> bool:
        return bool(text.split()) and sorted(text.split()[3].split(",")) == wanted

    web.until(shown, "get", "endpointslices", "-l", "kubernetes.io/service-name=web", "--no-headers")
    assert "Endpoints:" in web("describe", "service", "web")


def test_evicted_by_drain(web: Kubectl) -> None:
    pod = web("get", "pods", "-o", "name").split()[0]
    name = pod.removeprefix("pod/")
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": web.namespace}}
    path = f"/api/v1/namespaces/{web.namespace}/pods/{name}/eviction"
    assert '"status":"Success"' in web("create", "--raw", path, "-f", "-", stdin=body)
    web("wait", "--for=delete", pod, "--timeout=20s")


def _pod(name: str, script: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "busybox", "command": ["sh", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "containers": [container], **spec},
    }


def test_logs(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "echo one; echo two"))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/it", "--timeout=20s")
    assert kubectl("logs", "it") == "one\ntwo\n"
    assert kubectl("logs", "it", "--tail", "1") == "two\n"
    assert kubectl("logs", "pod/it", "-c", "main", "--timestamps").splitlines()[0].endswith("Z one")
    assert "container odd is not valid for pod it" in kubectl.refused("logs", "it", "-c", "odd")
    assert 'pods "nobody" not found' in kubectl.refused("logs", "nobody")


def test_followed_logs(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "echo one; sleep 1; echo two"))
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/it", "--timeout=20s")
    with kubectl.follow("logs", "-f", "it") as followed:
        assert [followed.line(), followed.line()] == ["one", "two"]
        assert followed.end() == 0


@pytest.mark.parametrize(
    ("script", "status"), [("true", "Completed"), ("false", "Error"), ("exit 3", "Error"), ("sleep 600", "Running")]
)
def test_status_of_a_pod(kubectl: Kubectl, script: str, status: str) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", script))
    kubectl.until(lambda shown: shown.split()[2:3] == [status], "get", "pod", "it", "--no-headers")


def test_pod_that_goes_through_its_states(kubectl: Kubectl) -> None:
    init = [{"name": "first", "image": "busybox", "command": ["sleep", "1"]}]
    kubectl("create", "-f", "-", stdin=_pod("before", "sleep 600"))
    with kubectl.follow("get", "pods", "-w") as followed:
        followed.line("before")
        kubectl("create", "-f", "-", stdin=_pod("it", "sleep 600", initContainers=init))
        assert followed.line("it ").split()[1:3] == ["0/1", "Pending"]
        followed.line("Init:0/1")
        followed.line("Running")
        kubectl("delete", "pod", "it", "--wait=false")
        followed.line("Terminating")


def test_crash_loop(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "exit 1", restartPolicy="Always"))
    kubectl.until(lambda shown: "CrashLoopBackOff" in shown and " ago)" in shown, "get", "pod", "it")


def test_wait(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "sleep 600"))
    assert "condition met" in kubectl("wait", "--for=condition=Ready", "pod/it", "--timeout=20s")
    assert "timed out" in kubectl.refused("wait", "--for=delete", "pod/it", "--timeout=1s")


def test_events(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "sleep 600"))
    kubectl.until(lambda shown: "Scheduled" in shown, "get", "events", "--field-selector", "involvedObject.name=it")
    header = kubectl.rows("get", "events")[0]
    assert header == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert "Pod/it" in kubectl("events", "--for", "pod/it")


def test_quota(kubectl: Kubectl) -> None:
    kubectl("create", "quota", "it", "--hard=pods=1")
    kubectl.until(lambda shown: "pods: 0/1" in shown, "get", "quota")
    kubectl("create", "-f", "-", stdin=_pod("one", "sleep 600"))
    refused = kubectl.refused("create", "-f", "-", stdin=_pod("two", "sleep 600"))
    assert 'pods "two" is forbidden: exceeded quota: it, requested: pods=1, used: pods=1, limited: pods=1' in refused


def test_exec_says_what_it_cannot(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=_pod("it", "sleep 600"))
    kubectl("wait", "--for=condition=Ready", "pod/it", "--timeout=20s")
    assert "exec needs a connection" in kubectl.refused("exec", "it", "--", "ls")
