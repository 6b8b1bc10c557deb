"""`kecs export` as its users run it: from files and from a live endpoint, and its tree applied with kubectl."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.kubectl import Kubectl
from tests.export.cases import ROOT, run
from tests.process import KecsProcess, kecs

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}


def test_an_exported_tree_is_taken_by_an_api_server(
    new_kubectl: Callable[[str], Kubectl], tmp_path: Path, monkeypatch: Any
) -> None:
    """The embedded cluster does not serve autoscalers, so it is the environment without one."""
    kubectl = new_kubectl("shop-dev")
    monkeypatch.chdir(ROOT / "web")
    assert run(ROOT / "web", tmp_path / "k8s", "--kubernetes", "1.36") == 0
    overlay = str(tmp_path / "k8s/overlays/dev")

    kubectl("create", "namespace", "shop-dev")  # server-side dry runs make none to put the rest into
    told = kubectl("apply", "--dry-run=server", "-k", overlay)
    assert "deployment.apps/web created (server dry run)" in told
    assert "networkpolicy.networking.k8s.io/web created (server dry run)" in told

    kubectl("create", "secret", "generic", "web-secrets", "--from-literal=DB_PASSWORD=x")
    kubectl("apply", "-k", overlay)
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    (pod,) = kubectl.json("get", "pods", "-l", "app.kubernetes.io/name=web")["items"]
    (container,) = pod["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "web-env"}}]
    assert kubectl.json("get", "configmap", "web-env")["data"]["GREETING"] == "hello $(NAME) $$"
    assert "unchanged" in kubectl("apply", "-k", overlay)
    kubectl("delete", "--ignore-not-found", "-k", overlay)


def test_a_live_service_is_exported(kecs_server: KecsProcess, tmp_path: Path) -> None:
    ecs = kecs_server.client("ecs")
    ecs.create_cluster(clusterName="leaving")
    definition = json.loads((ROOT / "web/taskdef.json").read_text())
    del definition["containerDefinitions"][0]["secrets"]
    for _ in range(2):
        ecs.register_task_definition(**definition, tags=[{"key": "team", "value": "web"}])
    service = json.loads((ROOT / "web/service.json").read_text())
    del service["loadBalancers"]
    for at in range(12):
        ecs.create_service(**service | {"cluster": "leaving", "serviceName": f"web-{at}", "desiredCount": 0})

    def export(*arguments: str) -> Any:
        flags = ("--from-aws", "--endpoint-url", kecs_server.local_endpoint, "-o", str(tmp_path / "k8s"), *arguments)
        return kecs("export", *flags, timeout=30.0, **CREDENTIALS)

    done = export("--cluster", "leaving")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "k8s/base").iterdir())) == 14
    text = (tmp_path / "k8s/base/web-7/deployment.yaml").read_text()
    assert "image: nginx:1.27" in text
    assert "ecs-tag/team: web" in text
    assert "sources/task-definition-web-" in (tmp_path / "k8s/export-report.md").read_text()
    assert export("--cluster", "leaving", "--check").returncode == 0

    one = export("--cluster", "leaving", "--service", "web-3")
    assert one.returncode == 0
    assert not (tmp_path / "k8s/base/web-7").exists()
    missing = export("--cluster", "leaving", "--service", "gone")
    assert (missing.returncode, missing.stderr) == (
        1,
        "kecs: arn:aws:ecs:us-east-1:123456789012:service/gone: MISSING\n",
    )
    elsewhere = export("--cluster", "nowhere")
    assert elsewhere.returncode == 1
    assert elsewhere.stderr.startswith("kecs: ListServices: ClusterNotFoundException: ")


def test_what_kecs_does_not_serve_is_told(kecs_server: KecsProcess, tmp_path: Path) -> None:
    """It is Amazon ECS alone: of load balancers and security groups it knows no more than their names."""
    ecs = kecs_server.client("ecs")
    ecs.create_cluster(clusterName="alone")
    container = {"name": "web", "image": "nginx:1.27", "memory": 64, "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(family="alone", networkMode="awsvpc", containerDefinitions=[container])
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    ecs.create_service(
        cluster="alone",
        serviceName="web",
        taskDefinition="alone",
        desiredCount=0,
        loadBalancers=[{"targetGroupArn": arn, "containerName": "web", "containerPort": 80}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
    )
    flags = ("--from-aws", "--endpoint-url", kecs_server.local_endpoint, "-o", str(tmp_path / "k8s"))
    done = kecs("export", *flags, "--cluster", "alone", "--strict", timeout=30.0, **CREDENTIALS)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "k8s/export-report.json").read_text())
    gaps = [one["member"] for one in report["entries"] if "the endpoint does not tell it" in one["reason"]]
    assert sorted(gaps) == ["autoscaling", "load balancers", "security groups"]


def test_an_endpoint_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    flags = ("--from-aws", "--endpoint-url", "http://127.0.0.1:1", "-o", str(tmp_path / "k8s"))
    done = kecs("export", *flags, timeout=30.0, **CREDENTIALS)
    assert done.returncode == 1
    assert done.stderr.startswith("kecs: http://127.0.0.1:1 does not answer: ")
    assert done.stderr.count("\n") == 1
