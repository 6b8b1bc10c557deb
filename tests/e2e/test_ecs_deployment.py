"""ECSDeployments through kubectl: the flow that the sample promises, and what comes after it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kubectl import Kubectl
from tests.process import KecsProcess

SAMPLE = Path(__file__).parents[2] / "samples" / "ecsdeployment.json"


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


def deployment(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "ecskube.ecskube/v1alpha1",
        "kind": "ECSDeployment",
        "metadata": {"name": name, "labels": {"demo": "true"}},
        "spec": spec,
    }


def gone(kubectl: Kubectl) -> None:
    """Wait until nothing is left. A garbage collector learns of a definition half a minute after it was made."""
    for _ in range(3):
        waited = kubectl.run("wait", "--for=delete", "deployment,service,pod,pdb", "-l", "demo=true", "--timeout=20s")
        if waited.returncode == 0:
            break
    kubectl.until(lambda shown: not shown.strip(), "get", "deployment,service,pod,pdb", "-l", "demo=true", "-o", "name")


def test_the_sample(kubectl: Kubectl) -> None:
    kubectl("create", "-f", str(SAMPLE))
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/ecs-demo-deploy", "--timeout=30s")
    header, row = kubectl.rows("get", "svc", "-l", "demo=true")
    service = dict(zip(header, row, strict=True))
    assert (service["NAME"], service["TYPE"]) == ("ecs-demo-deploy", "LoadBalancer")
    assert service["PORT(S)"].startswith("80:")
    assert kubectl.rows("get", "deployments", "-l", "demo=true")[1][:2] == ["ecs-demo-deploy", "1/1"]
    (pod,) = kubectl.rows("get", "pods", "-l", "demo=true")[1:]
    assert pod[0].startswith("ecs-demo-deploy-")
    assert pod[1:3] == ["2/2", "Running"]
    kubectl("rollout", "status", "deployment/ecs-demo-deploy", "--timeout=10s")
    header, row = kubectl.rows("get", "ecsdeployment")
    assert header == ["NAME", "READY", "DESIRED", "RUNNING", "REASON", "ADDRESS", "AGE"]
    assert row[:5] == ["ecs-demo-deploy", "True", "1", "1", "Available"]
    kubectl("delete", "ecsdeployment", "ecs-demo-deploy")
    gone(kubectl)


def test_the_sample_is_what_is_said_of_it() -> None:
    spec = json.loads(SAMPLE.read_text())["spec"]
    containers = spec["Task"]["Properties"]["ContainerDefinitions"]
    assert [one["Name"] for one in containers] == ["wordpress", "mysql"]
    assert set(spec["Service"]) == {"DesiredCount", "HealthCheckGracePeriodSeconds", "LoadBalancers", "TaskDefinition"}
