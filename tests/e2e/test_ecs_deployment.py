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


def test_definitions_from_files(kubectl: Kubectl, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text("containerDefinitions:\n- name: web\n  image: busybox\n  memory: 32\n  command: [sleep, 600]\n")
    service = tmp_path / "service.json"
    service.write_text(json.dumps({"services": [{"serviceName": "web", "desiredCount": 1, "status": "ACTIVE"}]}))
    kubectl("create", "configmap", "defs", f"--from-file={task}", f"--from-file={service}")
    spec = {
        "TaskFrom": {"configMapKeyRef": {"name": "defs", "key": "task.yaml"}},
        "ServiceFrom": {"configMapKeyRef": {"name": "defs", "key": "service.json"}},
    }
    kubectl("create", "-f", "-", stdin=deployment("files", **spec))
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/files", "--timeout=20s")
    kubectl("scale", "ecsdeployment/files", "--replicas=2")
    kubectl("wait", "--for=jsonpath={.status.runningCount}=2", "ecsdeployment/files", "--timeout=20s")
    warnings = kubectl.json("get", "ecsdeployment", "files")["status"]["warnings"]
    assert [one.split()[0] for one in warnings] == [
        "serviceName",
        "desiredCount",
        "configmap/defs[service.json].services[0].status",
    ]
    changed = task.read_text().replace("busybox", "busybox:2")
    kubectl("patch", "configmap", "defs", "--type=merge", "-p", json.dumps({"data": {"task.yaml": changed}}))
    images = "jsonpath={.items[*].spec.containers[*].image}"
    kubectl.until(lambda shown: shown.split() == ["busybox:2"] * 2, "get", "pods", "-l", "demo=true", "-o", images)
    kubectl("delete", "configmap", "defs")
    kubectl("wait", "--for=condition=Degraded", "ecsdeployment/files", "--timeout=20s")
    kubectl.until(lambda shown: "there is no ConfigMap defs" in shown, "describe", "ecsdeployment", "files")
    kubectl.until(lambda shown: "ConfigMapMissing" in shown, "get", "events")


TASK = [{"Name": "a", "Image": "i"}]
SOURCE = {"configMapKeyRef": {"name": "m"}}
NOT_CHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the "
    "existing errors to complete validation"
)
FULL = "Invalid value: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
GRACE = "Invalid value: Health check grace period is only valid for services configured to use load balancers"
LAUNCH = (
    "Invalid value: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try "
    "again."
)
# What is refused at creation, and the words for it, on a real API server and on the embedded one.
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    (
        {},
        [
            '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)',
            "spec.Task: Required value",
            NOT_CHECKED,
        ],
    ),
    (
        {"Task": [{**TASK[0], "Memory": "much"}]},
        ["spec.Task[0].Memory: Invalid value: \"much\": spec.Task[0].Memory in body should match '^[+-]?[0-9]{1,10}$'"],
    ),
    (
        {"task": {"Properties": {"containerDefinitions": {}}}},
        [
            'spec.task.Properties.containerDefinitions: Invalid value: "object": '
            'spec.task.Properties.containerDefinitions in body must be of type array: "object"',
            NOT_CHECKED,
        ],
    ),
    (
        {"Task": {"ContainerDefinitions": [{"name": "a"}]}},
        [
            '<nil>: Invalid value: "": "spec.Task.ContainerDefinitions[0]" must validate at least one schema (anyOf)',
            "spec.Task.ContainerDefinitions[0].Image: Required value",
            '<nil>: Invalid value: "": "spec.Task.ContainerDefinitions[0]" must validate all the schemas (allOf)',
            NOT_CHECKED,
        ],
    ),
    ({"Task": TASK, "task": TASK}, ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']),
    ({"task": TASK, "TaskFrom": SOURCE}, ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']),
    (
        {"taskFrom": SOURCE, "TaskFrom": SOURCE},
        ["spec: Invalid value: TaskFrom and taskFrom are one member: give it once"],
    ),
    (
        {"Task": TASK, "Service": {}, "serviceFrom": SOURCE},
        ["spec: Invalid value: the service is given more than once: give one of Service and ServiceFrom, in one case"],
    ),
    (
        {"Task": TASK, "replicas": 5001},
        ["spec.replicas: Invalid value: 5001: spec.replicas in body should be less than or equal to 5000"],
    ),
    ({"TaskFrom": {"configMapKeyRef": {}}}, ["spec.TaskFrom.configMapKeyRef.name: Required value", NOT_CHECKED]),
    (
        {"Task": TASK, "service": {"deploymentConfiguration": {"MaximumPercent": "100", "minimumHealthyPercent": 100}}},
        [f"spec.service.deploymentConfiguration: {FULL}"],
    ),
    (
        {"Task": TASK, "Service": {"Properties": {"HealthCheckGracePeriodSeconds": "5"}}},
        [f"spec.Service.Properties: {GRACE}"],
    ),
    (
        {"Task": TASK, "Service": {"LaunchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "a"}]}},
        [f"spec.Service: {LAUNCH}"],
    ),
    (
        {"Task": TASK, "Service": {"launchType": "FARGATE", "SchedulingStrategy": "DAEMON", "PlacementStrategy": [{}]}},
        [
            "spec.Service: Invalid value: The daemon scheduling strategy does not support placement strategies. "
            "Remove the placement strategy and try again",
            "spec.Service: Invalid value: The daemon scheduling strategy is not supported with FARGATE launch type.",
        ],
    ),
    (
        {"Task": TASK, "Service": {"SchedulingStrategy": "BOTH"}},
        [
            'spec.Service.SchedulingStrategy: Unsupported value: "BOTH": supported values: "REPLICA", "DAEMON"',
            NOT_CHECKED,
        ],
    ),
]
ACCEPTED: list[dict[str, Any]] = [
    {"Task": TASK, "Service": {"HealthCheckGracePeriodSeconds": "0", "LaunchType": None, "DesiredCount": "3"}},
    {"Task": TASK, "Service": {"HealthCheckGracePeriodSeconds": 5, "loadBalancers": [{"ContainerPort": "80"}]}},
    {"Task": TASK, "Service": {"LaunchType": "EC2", "capacityProviderStrategy": []}},
    {"TaskFrom": SOURCE, "serviceFrom": SOURCE},
    {"task": {"containerDefinitions": [{"name": "a", "Image": "i"}]}, "replicas": 0},
]


def test_what_a_schema_and_its_rules_can_tell_is_refused_at_creation(kubectl: Kubectl) -> None:
    for spec, messages in REFUSED:
        told = kubectl.refused("create", "--dry-run=server", "-f", "-", stdin=deployment("wrong", **spec)).strip()
        begin = 'The ECSDeployment "wrong" is invalid: '
        said = [line.removeprefix("* ") for line in told.removeprefix(begin).strip().splitlines()]
        assert sorted(said) == sorted(messages), spec
    for spec in ACCEPTED:
        kubectl("create", "--dry-run=server", "-f", "-", stdin=deployment("right", **spec))


def test_an_autoscaler_finds_a_count(kubectl: Kubectl, kecs_server: KecsProcess) -> None:
    """The embedded cluster has no autoscalers."""
    if kecs_server.kubeconfig.is_relative_to(kecs_server.data):
        return
    task = [{"Name": "web", "Image": "busybox", "Memory": 32}]
    kubectl("create", "-f", "-", stdin=deployment("web", Task=task, Service={"DesiredCount": 2}))
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/web", "--timeout=20s")
    scale = ("get", "ecsdeployment", "web", "--subresource=scale")
    assert "does not exist" in kubectl.refused(*scale)
    kubectl("autoscale", "ecsdeployment/web", "--min=2", "--max=4", "--cpu-percent=70")
    kubectl("wait", "--for=jsonpath={.spec.replicas}=2", "ecsdeployment/web", "--timeout=10s")
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/web", "--timeout=10s")
    found = kubectl.json(*scale)
    assert (found["spec"], found["status"]["replicas"]) == ({"replicas": 2}, 2)
    assert found["status"]["selector"] == "kecs.io/service=web"


@pytest.mark.parametrize("service", [{"SchedulingStrategy": "DAEMON"}, {"DesiredCount": 1}], ids=["daemon", "replica"])
def test_why_no_pods_are_made_is_told_whatever_makes_them(kubectl: Kubectl, service: dict[str, Any]) -> None:
    kubectl("create", "quota", "none", "--hard=pods=0")
    kubectl.until(lambda shown: shown == "0", "get", "quota", "none", "-o", "jsonpath={.status.hard.pods}")
    task = [{"Name": "web", "Image": "busybox", "Memory": 32}]
    kubectl("create", "-f", "-", stdin=deployment("web", Task=task, Service=service))
    kubectl("wait", "--for=condition=Degraded", "ecsdeployment/web", "--timeout=20s")
    told = kubectl.json("get", "ecsdeployment", "web")["status"]["conditions"]
    (degraded,) = [one for one in told if one["type"] == "Degraded"]
    # Without the pod, which has another name at each attempt.
    assert (degraded["reason"], degraded["message"][:20]) == ("FailedCreate", "exceeded quota: none")
    kubectl("delete", "quota", "none")
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/web", "--timeout=25s")


def test_the_level_of_the_namespace_is_kept_to(kubectl: Kubectl, kecs_server: KecsProcess) -> None:
    """The embedded cluster, of one user alone, has no such levels."""
    if kecs_server.kubeconfig.is_relative_to(kecs_server.data):
        return
    kubectl("label", "namespace", kubectl.namespace, "pod-security.kubernetes.io/enforce=baseline")
    kubectl("create", "-f", str(SAMPLE))
    kubectl("wait", "--for=condition=Degraded", "ecsdeployment/ecs-demo-deploy", "--timeout=20s")
    told = kubectl.json("get", "ecsdeployment", "ecs-demo-deploy")["status"]["conditions"]
    (degraded,) = [one for one in told if one["type"] == "Degraded"]
    assert degraded["reason"] == "FailedCreate"
    assert "violates PodSecurity" in degraded["message"]
    assert "hostPort" in degraded["message"]
    assert not kubectl("get", "pods", "-o", "name")
