"""kecs in a cluster as `kubectl apply` installs it: called through its Service, with its own rights."""

import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests import releases
from tests.engine import IMAGE
from tests.installed import NAMESPACE, Installed, installed
from tests.metrics.test_page import samples
from tests.process import kecs as run_kecs
from tests.waiting import until

REGION = "test-replicas"
FAST = {"Delay": 1, "MaxAttempts": 60}
SLEEPER = {"name": "app", "image": IMAGE, "memory": 32, "command": ["sleep", "600"], "stopTimeout": 2}


@pytest.fixture(scope="module")
def kecs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("installed"), Installed) as one:
        one.apply("dev")
        yield one
        assert "Traceback" not in one.log()


def test_what_a_container_did_is_told(kecs: Installed) -> None:
    ecs = kecs.client(region="test-told")
    ecs.create_cluster(clusterName="c")
    command = ["sh", "-c", "exit 7"]
    ecs.register_task_definition(family="f", containerDefinitions=[{**SLEEPER, "command": command}])
    arn = ecs.run_task(cluster="c", taskDefinition="f")["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_stopped").wait(cluster="c", tasks=[arn], WaiterConfig=FAST)
    (task,) = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"]
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)


def test_the_figures(kecs: Installed) -> None:
    kecs.client(region="test-figures").list_clusters()
    found = scrape(kecs)
    assert found["kecs_leader", ()] == 1
    assert found["kecs_requests_total", (("code", "200"), ("error", ""), ("operation", "ListClusters"))] >= 1
    asked = {
        dict(labels)["method"] for name, labels in found if name == "kecs_kubernetes_request_duration_seconds_count"
    }
    assert {"GET", "WATCH"} <= asked


def scrape(kecs: Installed) -> Any:
    connection = http.client.HTTPConnection(f"kecs.{NAMESPACE}.svc", 9090, timeout=10)
    connection.request("GET", "/metrics")
    return samples(connection.getresponse().read())


# Rights.

# What is granted and what the test below does not make kecs do: for each, when it is done.
RARELY = {
    ("customresourcedefinitions/status", "patch"): "when a release stores objects in a newer version",
    ("ecstaskdefinitions", "patch"): "when a release stores objects in a newer version",
    ("ecstasks", "patch"): "when a release stores objects in a newer version",
    ("ecsdeployments", "patch"): "when a release stores objects in a newer version, or an autoscaler scales one",
    ("ecsdeployments/finalizers", "update"): "where an admission plugin asks for it that is off by default",
    ("ecsclusters", "delete"): "an hour after DeleteCluster",
    ("ecsclusters", "get"): "an hour after DeleteCluster",
    ("ecstasks", "delete"): "an hour after a task has stopped",
    ("ecsservices/finalizers", "update"): "where an admission plugin asks for it that is off by default",
    ("events", "list"): "when the node of a daemon has no pod of it",
    ("events", "create"): "when something is kept that is not acted on",
    ("pods", "get"): "when two requests change one task at the same time",
    ("rolebindings", "get"): "when one that no cache knows has the name of an account's",
    ("roles", "get"): "when one that no cache knows has the name of an account's",
    ("rolebindings", "delete"): "when somebody has bound the account of a task role to another role",
    ("serviceaccounts", "get"): "before the account of an ECSDeployment's task role is written over",
    ("replicasets", "patch"): "in rollouts whose pace Kubernetes cannot keep by itself",
}


def granted(kecs: Installed) -> set[tuple[str, str]]:
    """Return the verbs on resources that kecs may use."""
    roles = [kecs.kubectl.json("get", "clusterrole", "kecs"), kecs.kubectl.json("get", "role", "kecs")]
    return {
        (resource, verb)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def use_everything(kecs: Installed) -> None:
    """Call what needs a right of its own."""
    ecs = kecs.client(region="test-rights")
    limit = [{"key": "kecs.io/quota-tasks", "value": "20"}]
    ecs.create_cluster(clusterName="c", tags=limit)
    ecs.put_account_setting(name="taskLongArnFormat", value="enabled")
    ecs.put_account_setting(name="taskLongArnFormat", value="enabled")
    role = "arn:aws:iam::123456789012:role/r"
    definition = {"family": "f", "taskRoleArn": role}
    ports = [{"containerPort": 80}]
    answer = ecs.register_task_definition(**definition, containerDefinitions=[{**SLEEPER, "portMappings": ports}])
    tags = [{"key": "a", "value": "b"}]
    ecs.tag_resource(resourceArn=answer["taskDefinition"]["taskDefinitionArn"], tags=tags)
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=2)
    ecs.create_service(cluster="c", serviceName="d", taskDefinition="f", schedulingStrategy="DAEMON")
    stable = ecs.get_waiter("services_stable")
    stable.wait(cluster="c", services=["s", "d"], WaiterConfig=FAST)
    ecs.register_task_definition(**definition, containerDefinitions=[{**SLEEPER, "command": ["sleep", "601"]}])
    ecs.update_service(cluster="c", service="s", taskDefinition="f", desiredCount=1)
    stable.wait(cluster="c", services=["s"], WaiterConfig=FAST)
    tasks = [ecs.run_task(cluster="c", taskDefinition="f", clientToken="t")["tasks"][0]["taskArn"] for _ in range(2)]
    assert tasks[0] == tasks[1]
    ecs.get_waiter("tasks_running").wait(cluster="c", tasks=tasks[:1], WaiterConfig=FAST)
    ecs.tag_resource(resourceArn=tasks[0], tags=tags)
    (instance,) = ecs.list_container_instances(cluster="c")["containerInstanceArns"]
    attribute = {"name": "disk", "value": "ssd", "targetType": "container-instance", "targetId": instance}
    ecs.put_attributes(cluster="c", attributes=[attribute])
    ecs.delete_attributes(cluster="c", attributes=[attribute])
    ecs.stop_task(cluster="c", task=tasks[0])
    ecs.get_waiter("tasks_stopped").wait(cluster="c", tasks=tasks[:1], WaiterConfig=FAST)
    arn = ecs.describe_clusters(clusters=["c"])["clusters"][0]["clusterArn"]
    ecs.untag_resource(resourceArn=arn, tagKeys=["kecs.io/quota-tasks"])
    for service in ("s", "d"):
        ecs.delete_service(cluster="c", service=service, force=True)
        ecs.get_waiter("services_inactive").wait(cluster="c", services=[service], WaiterConfig=FAST)
    for revision in ("f:1", "f:2"):
        ecs.deregister_task_definition(taskDefinition=revision)
    ecs.delete_task_definitions(taskDefinitions=["f:1", "f:2"])
    ecs.delete_cluster(cluster="c")

    def is_gone() -> bool:
        return bool(kecs.kubectl.run("get", "namespace", "c-test-rights").returncode)

    until(is_gone, 60, "the cluster's namespace is gone")


def use_deployments(kecs: Installed) -> None:
    """Have an ECSDeployment made, changed and removed in a namespace of its user's."""
    kubectl, space = kecs.kubectl, ("-n", "default")
    kubectl("create", "configmap", "service", "--from-literal=service=DesiredCount: 1", *space)
    task = {"NetworkMode": "none", "ContainerDefinitions": [{**SLEEPER, "command": ["sleep", "600"]}]}
    one = {
        "apiVersion": "ecskube.ecskube/v1alpha1",
        "kind": "ECSDeployment",
        "metadata": {"name": "used"},
        "spec": {"task": task, "serviceFrom": {"configMapKeyRef": {"name": "service"}}},
    }
    kubectl("create", "-f", "-", *space, stdin=one)
    kubectl("wait", "--for=condition=Ready", "ecsdeployment/used", "--timeout=25s", *space)
    change = {"spec": {"task": {"NetworkMode": None}}}
    kubectl("patch", "ecsdeployment", "used", "--type=merge", "-p", json.dumps(change), *space)
    kubectl("wait", "--for=delete", "networkpolicy/used", "--timeout=25s", *space)
    kubectl("delete", "ecsdeployment/used", "configmap/service", *space)


def test_nothing_is_forbidden_and_little_is_allowed_that_is_not_used(kecs: Installed) -> None:
    use_everything(kecs)
    use_deployments(kecs)
    assert kecs.forbidden() == []
    used = {
        ("/".join(filter(None, (about["resource"], about.get("subresource")))), event["verb"])
        for event in kecs.audited()
        if (about := event.get("objectRef"))
    }
    used |= {(resource, "create") for resource, verb in used if verb == "patch"}  # apply makes what is not there
    assert granted(kecs) - used <= set(RARELY)


# What begins and ends with a cluster that has nothing of kecs.


@pytest.fixture(scope="module")
def bare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("bare"), Installed) as one:
        yield one


@pytest.fixture
def bare(bare_cluster: Installed) -> Iterator[Installed]:
    yield bare_cluster
    uninstall(bare_cluster, "--yes")


def make_things(kecs: Installed) -> None:
    """A cluster with a service, a task that runs and one that has stopped, an attribute on a node, an ECSDeployment."""
    task = {"TaskRoleArn": "r", "NetworkMode": "none", "ContainerDefinitions": [SLEEPER]}
    body = {
        "apiVersion": "ecskube.ecskube/v1alpha1",
        "kind": "ECSDeployment",
        "metadata": {"name": "mine", "namespace": "default"},
        "spec": {"Task": task, "Service": {"DesiredCount": 1}},
    }
    kecs.kubectl("create", "-n", "default", "-f", "-", stdin=body)
    kecs.kubectl("wait", "-n", "default", "--for=condition=Ready", "ecsdeployment/mine", "--timeout=25s")
    ecs = kecs.client(region="test-leave")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="f", containerDefinitions=[SLEEPER], taskRoleArn="r")
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=2)
    ecs.get_waiter("services_stable").wait(cluster="c", services=["s"], WaiterConfig=FAST)
    stopped, running = (ecs.run_task(cluster="c", taskDefinition="f")["tasks"][0]["taskArn"] for _ in range(2))
    ecs.stop_task(cluster="c", task=stopped)
    ecs.get_waiter("tasks_stopped").wait(cluster="c", tasks=[stopped], WaiterConfig=FAST)
    ecs.get_waiter("tasks_running").wait(cluster="c", tasks=[running], WaiterConfig=FAST)
    (instance,) = ecs.list_container_instances(cluster="c")["containerInstanceArns"]
    ecs.put_attributes(
        cluster="c", attributes=[{"name": "a", "targetType": "container-instance", "targetId": instance}]
    )


def uninstall(kecs: Installed, *flags: str) -> str:
    run = run_kecs("uninstall", "--kubeconfig", str(kecs.kubeconfig), *flags, timeout=240)
    assert run.returncode == 0, run.stderr
    return run.stdout


def everything(kecs: Installed) -> set[str]:
    """Return the names of all that there is in the cluster but what comes and goes by itself."""
    kinds = kecs.kubectl("api-resources", "--verbs=list", "-o", "name").split()
    kept = [kind for kind in kinds if kind.partition(".")[0] not in ("events", "leases", "endpoints", "endpointslices")]
    return set(kecs.kubectl("get", ",".join(kept), "--all-namespaces", "-o", "name").split())


def test_uninstalling_leaves_nothing_behind(bare: Installed) -> None:
    kecs = bare
    before = everything(kecs)
    kecs.apply("production")
    make_things(kecs)
    would = uninstall(kecs)
    # one has just stopped
    assert re.match(r"1 clusters, 1 services, [34] tasks, 1 ECSDeployments with theirs would go", would)
    assert kecs.client(region="test-leave").list_clusters()["clusterArns"]
    uninstall(kecs, "--yes")
    assert everything(kecs) == before
    (node,) = kecs.kubectl.json("get", "nodes")["items"]
    assert not [name for name in node["metadata"]["labels"] if "kecs.io" in name]
    uninstall(kecs, "--yes")  # again, with nothing left

    # And again, with kecs gone in the middle of it all: its pods killed, its Deployment and a definition deleted.
    kecs.apply("dev")
    make_things(kecs)
    kecs.kubectl("delete", "deployment", "kecs", "--wait=false")
    kecs.kubectl("delete", "pods", "--all", "--force", "--grace-period=0")
    kecs.kubectl("delete", "--wait=false", "crd", "ecstasks.kecs.io")
    kecs.kubectl("delete", "--wait=false", "namespace", "c-test-leave")
    uninstall(kecs, "--yes")
    assert everything(kecs) == before


def test_a_pod_that_nobody_is_left_to_record_is_released(bare: Installed) -> None:
    kecs = bare
    kecs.apply("dev")
    make_things(kecs)
    kecs.kubectl("delete", "deployment", "kecs")
    until(lambda: not kecs.kubectl("get", "pods", "-o", "name"), 90, "kecs has ended")
    kecs.kubectl("delete", "pods", "--all", "-n", "c-test-leave", "--wait=false")
    kecs.kubectl("delete", "deployments", "--all", "-n", "c-test-leave")

    def held() -> list[str]:
        found = kecs.kubectl.json("get", "pods", "-n", "c-test-leave")["items"]
        return [pod["metadata"]["name"] for pod in found if pod["metadata"].get("finalizers")]

    until(lambda: len(held()) >= 3, 30, "the pods are held")
    assert "pods are held no more" in uninstall(kecs, "--release-pods")
    until(lambda: not held(), 30, "no pod is held")
    assert kecs.kubectl("get", "ecsservices", "-n", "c-test-leave", "-o", "name")


# Replicas.


class Load:
    """Clients that run one task after the other, retrying as SDKs do; every answer is kept."""

    def __init__(self, kecs: Installed) -> None:
        self._client = kecs.client(region=REGION, attempts=10)
        self._ended = threading.Event()
        self.tasks: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                answer = self._client.run_task(cluster="c", taskDefinition="load", startedBy="load")
                self.failures += [str(failure) for failure in answer["failures"]]
                made = [task["taskArn"] for task in answer["tasks"]]
                self.tasks += made
                while not self._ended.wait(0.5) and not self._have_stopped(made):
                    pass
            except (BotoCoreError, ClientError) as error:
                self.failures.append(str(error))

    def _have_stopped(self, tasks: list[str]) -> bool:
        found = self._client.describe_tasks(cluster="c", tasks=tasks)["tasks"]
        return all(task["lastStatus"] == "STOPPED" for task in found)

    @contextmanager
    def under(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.run) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join(120)


def test_replicas_come_and_go_under_load(bare: Installed, tmp_path: Path) -> None:
    """Three replicas; the leader is killed amid a rollout of a service, and again amid an upgrade of kecs itself."""
    kecs, newer = bare, releases.newer(tmp_path)
    kecs.apply("production")
    until(lambda: kecs.replicas() == len(kecs.pods()) == 3, 60, "the autoscaler has made three replicas")
    before = len(kecs.forbidden())
    ecs = kecs.client(region=REGION, attempts=10)
    ecs.create_cluster(clusterName="c")
    once = {**SLEEPER, "command": ["true"]}
    ecs.register_task_definition(family="load", containerDefinitions=[once])
    ecs.register_task_definition(family="web", containerDefinitions=[SLEEPER])
    one_by_one = {"minimumHealthyPercent": 100, "maximumPercent": 125}
    ecs.create_service(
        cluster="c", serviceName="web", taskDefinition="web:1", desiredCount=4, deploymentConfiguration=one_by_one
    )
    stable = ecs.get_waiter("services_stable")
    stable.wait(cluster="c", services=["web"], WaiterConfig=FAST)
    load = Load(kecs)
    with load.under():
        ecs.register_task_definition(family="web", containerDefinitions=[{**SLEEPER, "command": ["sleep", "601"]}])
        ecs.update_service(cluster="c", service="web", taskDefinition="web:2")
        until(lambda: 1 <= new_tasks(ecs) < 4, 60, "the rollout is under way")
        killed = kecs.kill_leader()
        assert 1 <= new_tasks(ecs) < 4
        until(lambda: kecs.holder() not in ("", killed), 40, "another replica leads")
        stable.wait(cluster="c", services=["web"], WaiterConfig=FAST)
        kecs.upgrade("production", newer)
        until(kecs.is_half_rolled_out, 60, "old and new replicas are there")
        killed = kecs.kill_leader()
        until(lambda: kecs.holder() not in ("", killed), 40, "another replica leads")
        kecs.wait()
        until(lambda: kecs.leader() in kecs.pods(), 40, "a new replica leads")
        until(lambda: stored_versions(kecs) == {("v1beta1",)}, 20, "everything is stored in the newer version")
    assert load.failures == []
    check_load(ecs, load.tasks)
    check_service(ecs)
    assert kecs.forbidden()[before:] == []  # to the newer release, too


def stored_versions(kecs: Installed) -> set[tuple[str, ...]]:
    found = kecs.kubectl.json("get", "customresourcedefinitions")["items"]
    return {tuple(one["status"]["storedVersions"]) for one in found if one["spec"]["group"] == "kecs.io"}


def new_tasks(ecs: Any) -> int:
    """Return how many tasks of the newer definition run."""
    (service,) = ecs.describe_services(cluster="c", services=["web"])["services"]
    counts = {one["taskDefinition"]: one["runningCount"] for one in service["deployments"]}
    return next((int(count) for arn, count in counts.items() if arn.endswith("web:2")), 0)


def check_load(ecs: Any, tasks: list[str]) -> None:
    """Every task that was answered has run to its end, and there is no other."""
    assert len(tasks) > 10
    assert len(set(tasks)) == len(tasks)

    def ended() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = []
        for first in range(0, len(tasks), 100):
            answer = ecs.describe_tasks(cluster="c", tasks=tasks[first : first + 100])
            assert answer["failures"] == []
            found += answer["tasks"]
        return found if all(task["lastStatus"] == "STOPPED" for task in found) else None

    found = until(ended, 120, "every task has stopped")
    assert {(task["stopCode"], task["containers"][0]["exitCode"]) for task in found} == {
        ("EssentialContainerExited", 0)
    }
    pages = ecs.get_paginator("list_tasks").paginate(cluster="c", startedBy="load", desiredStatus="STOPPED")
    assert sorted(arn for page in pages for arn in page["taskArns"]) == sorted(tasks)


def check_service(ecs: Any) -> None:
    """The rollout made the tasks that it had to make, and none twice."""
    (service,) = ecs.describe_services(cluster="c", services=["web"])["services"]
    (deployment,) = service["deployments"]
    assert (deployment["rolloutState"], deployment["runningCount"], deployment["failedTasks"]) == ("COMPLETED", 4, 0)
    assert deployment["taskDefinition"].endswith("web:2")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="c", serviceName="web", desiredStatus=status)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster="c", tasks=arns)["tasks"]
    made = Counter(task["taskDefinitionArn"].rpartition("/")[2] for task in tasks)
    assert made == {"web:1": 4, "web:2": 4}
