"""Exported trees under the controllers that they are for, those of them that KECS_TEST_WITH names, on one cluster.

Argo Rollouts promotes and aborts an exported Rollout, Contour with Envoy serves an exported HTTPRoute to real pods, and
metrics-server has an exported autoscaler scale, and one of an ECSDeployment, which is what is not exported.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from tests.engine import IMAGE
from tests.export.test_cases import build
from tests.process import environment
from tests.rig import Cluster, own_cluster
from tests.tools.kubectl import kubectl
from tests.tools.test_companions import WANTED, companion
from tests.waiting import until

Json = dict[str, Any]
PAGE = "mkdir -p /www; echo $VERSION > /www/index.html; exec httpd -f -p 8080 -h /www"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/app/0123456789abcdef"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(*WANTED, node=True) as started:
        yield started


class Tree:
    """An exported service of a real image, in the environment dev of a namespace of its own."""

    def __init__(self, cluster: Cluster, directory: Path, name: str, *flags: str, command: str = PAGE) -> None:
        self.space = f"{name}-dev"
        self._cluster = cluster
        self._directory = directory
        self._flags = flags
        self._command = command
        self._name = name

    def apply(self, version: str, *beside: Json, **service: Any) -> None:
        """Export it with that version in a variable, and apply it."""
        container = {
            "name": "app",
            "image": IMAGE,
            "cpu": 20,
            "memory": 32,
            "command": ["sh", "-c", self._command],
            "stopTimeout": 2,
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "VERSION", "value": version}],
        }
        definition = {"family": "app", "networkMode": "awsvpc", "containerDefinitions": [container]}
        whole = {"serviceName": "app", "taskDefinition": "app", "desiredCount": 1, **service}
        (self._directory / "all.json").write_text(json.dumps([definition, whole, *beside]))
        flags = ("--namespace", self._name, "--kubernetes", "1.36", *self._flags)
        assert export.main([str(self._directory / "all.json"), "-o", str(self._directory / "k8s"), *flags]) == 0
        kubectl(self._cluster, "apply", "-k", str(self._directory / "k8s/overlays/dev"))

    def read(self, *what: str) -> Any:
        """Return objects of its namespace."""
        return json.loads(kubectl(self._cluster, "-n", self.space, "get", *what, "-o", "json"))

    def run(self, *what: str) -> str:
        """Run kubectl in its namespace."""
        return kubectl(self._cluster, "-n", self.space, *what)


@companion("rollouts")
def test_argo_promotes_and_aborts_an_exported_rollout(cluster: Cluster, tmp_path: Path) -> None:
    tree = Tree(cluster, tmp_path, "canary", "--rollouts", "argo")
    strategy = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 50, "canaryBakeTimeInMinutes": 60}}

    def phase() -> str:
        return str(tree.read("rollout", "app").get("status", {}).get("phase"))

    def versions() -> set[str]:
        revision = tree.read("rollout", "app")["status"]["stableRS"]
        return {pod["metadata"]["labels"]["rollouts-pod-template-hash"] for pod in tree.read("pods")["items"]} - {
            revision
        }

    tree.apply("1", deploymentConfiguration=strategy)
    until(lambda: phase() == "Healthy", 60, "the first version")
    stable = tree.read("rollout", "app")["status"]["stableRS"]

    tree.apply("2", deploymentConfiguration=strategy)
    until(lambda: phase() == "Paused", 60, "a canary that waits")
    assert versions()
    promote = json.dumps({"status": {"pauseConditions": None}})
    tree.run("patch", "rollout", "app", "--subresource=status", "--type=merge", "-p", promote)
    until(lambda: phase() == "Healthy", 60, "the second version")
    promoted = tree.read("rollout", "app")["status"]["stableRS"]
    assert promoted != stable

    tree.apply("3", deploymentConfiguration=strategy)
    until(lambda: phase() == "Paused", 60, "another canary that waits")
    tree.run("patch", "rollout", "app", "--subresource=status", "--type=merge", "-p", '{"status": {"abort": true}}')
    until(lambda: phase() == "Degraded" and not versions(), 60, "the canary's end")
    assert tree.read("rollout", "app")["status"]["stableRS"] == promoted


@companion("rollouts")
def test_argo_switches_an_exported_blue_green_rollout(cluster: Cluster, tmp_path: Path) -> None:
    tree = Tree(cluster, tmp_path, "bluegreen", "--rollouts", "argo")

    def active() -> str:
        return str(tree.read("service", "app")["spec"]["selector"].get("rollouts-pod-template-hash"))

    tree.apply("1", deploymentConfiguration={"strategy": "BLUE_GREEN"})
    until(lambda: tree.read("rollout", "app").get("status", {}).get("phase") == "Healthy", 60, "the first version")
    blue = active()
    tree.apply("2", deploymentConfiguration={"strategy": "BLUE_GREEN"})
    until(lambda: active() != blue, 60, "the switch")
    assert tree.read("service", "app-preview")["spec"]["selector"]["rollouts-pod-template-hash"] == active()


@companion("gateway")
def test_contour_serves_an_exported_route(cluster: Cluster, tmp_path: Path) -> None:
    tree = Tree(cluster, tmp_path, "served", "--traffic", "gateway", "--gateway", "gateway/gateway")
    conditions = [
        {"Field": "host-header", "Values": ["app.example.com"]},
        {"Field": "path-pattern", "Values": ["/", "/index.html"]},
    ]
    rule = {"Priority": "1", "Conditions": conditions, "Actions": [{"Type": "forward", "TargetGroupArn": ARN}]}
    balancers = [{"targetGroupArn": ARN, "containerName": "app", "containerPort": 8080}]
    tree.apply("7", {"Rules": [rule]}, loadBalancers=balancers)
    tree.run("rollout", "status", "deployment/app", "--timeout=60s")

    gateway = json.loads(kubectl(cluster, "-n", "gateway", "get", "gateway", "gateway", "-o", "json"))
    address = f"http://{gateway['status']['addresses'][0]['value']}:8080"
    pod = tree.run("get", "pods", "-o", "name").split()[0]

    def fetch(path: str, host: str) -> str:
        command = f"wget -q -O- --header 'Host: {host}' {address}{path} 2>&1 || true"
        return tree.run("exec", pod, "--", "sh", "-c", command).strip()

    assert until(lambda: fetch("/", "app.example.com") == "7", 60, "the page")
    assert "404" in fetch("/", "other.example.com")
    assert "404" in fetch("/more", "app.example.com")
    route = tree.read("httproute", "app")
    assert {one["status"] for one in route["status"]["parents"][0]["conditions"]} == {"True"}


@companion("metrics")
def test_an_exported_autoscaler_scales(cluster: Cluster, tmp_path: Path) -> None:
    """Its environment dev has none, so the base is applied, which has the service's own."""
    tree = Tree(cluster, tmp_path, "busy", command="while true; do :; done")
    resource = {"ResourceId": "service/default/app", "ScalableDimension": "ecs:service:DesiredCount"}
    tracking = {
        "TargetValue": 50.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    policy = {**resource, "PolicyName": "cpu", "TargetTrackingScalingPolicyConfiguration": tracking}
    beside = (
        {"ScalableTargets": [{**resource, "MinCapacity": 1, "MaxCapacity": 2}]},
        {"ScalingPolicies": [policy]},
    )
    tree.apply("1", *beside)
    for body in yaml.safe_load_all(build(tmp_path / "k8s/base")):
        if body["kind"] == "HorizontalPodAutoscaler":
            body["metadata"]["namespace"] = tree.space
            kubectl(cluster, "apply", "-f", "-", stdin=json.dumps(body))
    until(lambda: tree.read("deployment", "app")["spec"]["replicas"] == 2, 150, "a second replica")
    tree.run("delete", "hpa,deployment", "app")


@pytest.fixture
def controller(cluster: Cluster, tmp_path: Path) -> Iterator[None]:
    """`kecs controller`, at work on the cluster."""
    command = [sys.executable, "-m", "kecs", "controller", "--kubeconfig", str(cluster.kubeconfig)]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(command, env=environment(), stdout=out, cwd=tmp_path)
    until(lambda: "kecs controller ready" in (tmp_path / "out").read_text(), 30, "it is ready")
    yield
    process.terminate()
    process.wait(20)


@companion("metrics")
@pytest.mark.usefixtures("controller")
def test_an_autoscaler_scales_an_ecs_deployment(cluster: Cluster) -> None:
    busy = {"Name": "app", "Image": IMAGE, "Cpu": 20, "Memory": 32, "Command": ["sh", "-c", "while true; do :; done"]}
    body = {
        "apiVersion": "ecskube.ecskube/v1alpha1",
        "kind": "ECSDeployment",
        "metadata": {"name": "app"},
        "spec": {"Task": [{**busy, "StopTimeout": 2}], "Service": {"DesiredCount": 1}},
    }
    space = ("-n", "autoscaled")
    kubectl(cluster, "create", "namespace", "autoscaled")
    kubectl(cluster, *space, "create", "-f", "-", stdin=json.dumps(body))
    kubectl(cluster, *space, "autoscale", "ecsdeployment/app", "--min=1", "--max=2", "--cpu-percent=50")

    def read(what: str) -> Any:
        return json.loads(kubectl(cluster, *space, "get", what, "-o", "json"))

    until(lambda: read("ecsdeployment/app").get("status", {}).get("runningCount") == 2, 150, "a second task")
    assert read("hpa/app")["status"]["desiredReplicas"] == 2
    kubectl(cluster, *space, "delete", "hpa,ecsdeployment", "app")


@companion("rollouts")
def test_argo_sets_weights_through_an_exported_ingress(cluster: Cluster, tmp_path: Path) -> None:
    """The controllers of the Ingresses are not here: what Argo Rollouts tells them is looked at."""
    balancers = [{"targetGroupArn": ARN, "containerName": "app", "containerPort": 8080}]
    strategy = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 30, "canaryBakeTimeInMinutes": 60}}

    def canary(tree: Tree) -> None:
        def phase() -> str:
            return str(tree.read("rollout", "app").get("status", {}).get("phase"))

        for version, wanted in (("1", "Healthy"), ("2", "Paused")):
            tree.apply(version, deploymentConfiguration=strategy, loadBalancers=balancers)
            until(lambda wanted=wanted: phase() == wanted, 60, wanted)  # type: ignore[misc]

    (tmp_path / "nginx").mkdir()
    nginx = Tree(cluster, tmp_path / "nginx", "nginx", "--rollouts", "argo", "--ingress-class", "nginx")
    canary(nginx)
    made = nginx.read("ingress", "app-app-canary")
    assert made["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] == "30"
    assert made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "app-canary"

    (tmp_path / "alb").mkdir()
    alb = Tree(cluster, tmp_path / "alb", "alb", "--rollouts", "argo", "--ingress-class", "alb")
    canary(alb)
    action = alb.read("ingress", "app")["metadata"]["annotations"]["alb.ingress.kubernetes.io/actions.app"]
    groups = json.loads(action)["ForwardConfig"]["TargetGroups"]
    assert {one["ServiceName"]: int(one["Weight"]) for one in groups} == {"app": 70, "app-canary": 30}
    assert {one["ServicePort"] for one in groups} == {"8080"}


def test_a_budget_holds_under_a_drain(cluster: Cluster, tmp_path: Path) -> None:
    """There is no second node: a drain takes what the budget lets go, and no more until that is ready elsewhere."""
    tree = Tree(cluster, tmp_path, "drained")
    tree.apply("1", desiredCount=3)
    tree.run("scale", "deployment/app", "--replicas=3")
    tree.run("rollout", "status", "deployment/app", "--timeout=60s")
    (node,) = json.loads(kubectl(cluster, "get", "nodes", "-l", "type!=kwok", "-o", "json"))["items"]
    name = node["metadata"]["name"]
    before = {pod["metadata"]["name"] for pod in tree.read("pods")["items"]}

    def left() -> set[str]:
        pods = tree.read("pods")["items"]
        return {pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]} & before

    drain = ["kubectl", "--kubeconfig", str(cluster.kubeconfig), "drain", name, "--timeout=8s"]
    drain += ["--ignore-daemonsets", "--delete-emptydir-data", "--pod-selector=app.kubernetes.io/part-of=drained"]
    try:
        done = subprocess.run(drain, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert "would violate the pod's disruption budget" in done.stderr
        assert len(left()) == 2
        assert tree.read("deployment", "app")["status"]["availableReplicas"] == 2
    finally:
        kubectl(cluster, "uncordon", name)
    tree.run("rollout", "status", "deployment/app", "--timeout=60s")
    tree.run("delete", "deployment", "app")
