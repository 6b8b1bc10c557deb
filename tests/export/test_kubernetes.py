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


SLEEP = ["sh", "-c", "trap exit TERM; while true; do sleep 1; done"]
CONTAINER: Json = {"name": "app", "image": IMAGE, "cpu": 5, "memory": 16, "command": SLEEP, "stopTimeout": 2}
HEALTHY = {"command": ["CMD-SHELL", "true"], "interval": 5}
VALUES = {
    "REFERENCE": "$(HOME) $$(HOME) $$",
    "LINES": "one\n  two\n\nthree\n",
    "UNICODE": "grüße 🐳",
    "SWITCH": "on",
    "NUMBER": "1e3",
    "QUOTES": "'\"\\",
    "SPACES": "  a\tb ",
}
# What a service is made of beside one container that sleeps, by its name.
KINDS: dict[str, tuple[Json, Json]] = {
    "plain": ({}, {}),
    "values": ({"containers": [{"environment": [{"name": k, "value": v} for k, v in VALUES.items()]}]}, {}),
    "commands": (
        {"containers": [{"entryPoint": ["sh", "-c"], "command": ["echo '$(HOME) $$' > /said; sleep 999"]}]},
        {},
    ),
    "order": (
        {
            "containers": [
                {
                    "dependsOn": [
                        {"containerName": "proxy", "condition": "HEALTHY"},
                        {"containerName": "migrate", "condition": "SUCCESS"},
                        {"containerName": "fails", "condition": "COMPLETE"},
                    ]
                },
                {"name": "proxy", "healthCheck": HEALTHY, "startTimeout": 30},
                {"name": "migrate", "essential": False, "command": ["true"]},
                {"name": "fails", "essential": False, "command": ["sh", "-c", "exit 3"]},
            ]
        },
        {},
    ),
    "volumes": (
        {
            "containers": [
                {"mountPoints": [{"sourceVolume": "Shared_Files", "containerPath": "/files"}]},
                {
                    "name": "writer",
                    "command": ["sh", "-c", "echo hello > /files/said; sleep 999"],
                    "volumesFrom": [{"sourceContainer": "app"}],
                    "linuxParameters": {"sharedMemorySize": 8, "tmpfs": [{"containerPath": "/scratch", "size": 8}]},
                },
            ],
            "volumes": [{"name": "Shared_Files"}],
        },
        {},
    ),
    "locked": (
        {
            "containers": [
                {
                    "user": "1000:1000",
                    "readonlyRootFilesystem": True,
                    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
                    "dockerSecurityOptions": ["no-new-privileges"],
                }
            ]
        },
        {},
    ),
    "secrets": (
        {
            "executionRoleArn": "arn:aws:iam::123456789012:role/x",
            "containers": [{"secrets": [{"name": "TOKEN", "valueFrom": "token"}]}],
        },
        {},
    ),
    "links": ({"containers": [{"links": ["other:db"]}, {"name": "other"}], "networkMode": "bridge"}, {}),
    "Odd_Name": ({"containers": [{"name": "Odd_App"}]}, {}),
    "everywhere": ({}, {"schedulingStrategy": "DAEMON"}),
    "several": ({}, {"desiredCount": 2, "placementStrategy": [{"type": "spread", "field": "instanceId"}]}),
    "checked": ({"containers": [{"healthCheck": HEALTHY}]}, {"healthCheckGracePeriodSeconds": 5}),
}


def several_services() -> list[Json]:
    """Return a definition and a service for each kind, and a definition that no service refers to."""
    found: list[Json] = []
    for name, (definition, service) in KINDS.items():
        given = {key: one for key, one in definition.items() if key != "containers"}
        containers = [{**CONTAINER, **one} for one in definition.get("containers", [{}])]
        found.append({"family": name, "networkMode": "awsvpc", "containerDefinitions": containers, **given})
        found.append({"serviceName": name, "taskDefinition": name, **service})
    task = {**CONTAINER, "command": ["sh", "-c", "exit 0"]}
    return [*found, {"family": "nightly", "networkMode": "awsvpc", "containerDefinitions": [task]}]


def test_a_dozen_services_run_as_they_were_meant(
    kubernetes_node: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kubectl = Kubectl(kubernetes_node.kubeconfig, "export-dozen-dev", tmp_path)
    Path("all.json").write_text(json.dumps(several_services()))
    flags = ("--namespace", "export-dozen", "--kubernetes", f"1.{NEWEST}")
    assert export.main(["all.json", "-o", "k8s", *flags]) == 0
    try:
        kubectl("create", "namespace", kubectl.namespace)
        kubectl("create", "secret", "generic", "secrets-secrets", "--from-literal=TOKEN=hidden")
        kubectl("apply", "-k", "k8s/overlays/dev")
        workloads = kubectl("get", "deployments,daemonsets", "-o", "name").split()
        assert len(workloads) == len(KINDS)
        for workload in workloads:
            kubectl("rollout", "status", workload, "--timeout=90s")

        def say(name: str, command: str) -> str:
            return kubectl("exec", f"deployment/{name}", "-c", "app", "--", "sh", "-c", command)

        for name, value in VALUES.items():
            assert say("values", f'printf %s "${name}"') == value
        assert say("commands", "cat /said") == "$(HOME) $$\n"
        assert say("volumes", "cat /files/said") == "hello\n"
        assert say("locked", "id -u; touch /x 2>&1 || true").startswith("1000\ntouch: /x: Read-only file system")
        assert say("secrets", "echo $TOKEN") == "hidden\n"
        assert "127.0.0.1" in say("links", "cat /etc/hosts | grep -w db")
        assert kubectl.json("get", "deployment", "odd-name")["spec"]["template"]["spec"]["containers"][0]["name"] == (
            "odd-app"
        )
        kubectl("create", "job", "--from=cronjob/nightly", "run")
        kubectl("wait", "--for=condition=Complete", "job/run", "--timeout=25s")
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", "-k", "k8s/overlays/dev")
