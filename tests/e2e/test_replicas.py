"""Several replicas on one Kubernetes: whichever is asked answers, one acts, and any may end at any moment."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.e2e.kubectl import PROGRAM
from tests.e2e.replicas import LEASE_SECONDS, WITHIN, Load, Stage, pages, raw, writes_of_the_work
from tests.e2e.told import service
from tests.process import KecsProcess, environment, kecs
from tests.releases import newer
from tests.rig import own_cluster
from tests.waiting import until

CONTAINER = {"name": "main", "image": "example/steady", "memory": 16, "command": ["sleep", "86400"]}
SOON = {"Delay": 0.2, "MaxAttempts": 300}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    with own_cluster() as cluster:
        stage = Stage(cluster, tmp_path_factory.mktemp("replicas"))
        yield stage
        stage.close()


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    """The control plane, without a replica at the beginning and at the end."""
    yield shared
    shared.end_replicas()


def prepare(ecs: Any, name: str) -> None:
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(family=name, containerDefinitions=[CONTAINER])


def test_the_leader_is_killed_in_the_middle_of_a_rolling_update_under_load(stage: Stage) -> None:
    stage.start(3, "--steady-after", "2")
    ecs = stage.client()
    prepare(ecs, "killed")
    ecs.create_service(
        cluster="killed",
        serviceName="web",
        taskDefinition="killed",
        desiredCount=10,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 120},
    )
    ecs.get_waiter("services_stable").wait(cluster="killed", services=["web"], WaiterConfig=SOON)
    ecs.register_task_definition(family="killed", containerDefinitions=[CONTAINER])
    load = Load(stage, "killed", "killed:1")
    ecs.update_service(cluster="killed", service="web", taskDefinition="killed:2")
    until(lambda: 1 <= _running(ecs, "killed:2") < 10, 30, "the update is under way")
    leader, holder = stage.leader(), stage.holder()
    stage.drop(leader, leader.kill)
    killed = time.monotonic()
    until(lambda: stage.holder() not in ("", holder), 2 * WITHIN, "another replica leads")
    assert time.monotonic() - killed < WITHIN + 2  # and kubectl takes its time on a busy machine
    until(lambda: _rollout(ecs) == [("killed:2", "COMPLETED", 10)], 60, "the update is complete")
    load.end()
    _nothing_lost_and_nothing_twice(stage, ecs, load)


def _running(ecs: Any, definition: str) -> int:
    counts = {one["taskDefinition"]: one["runningCount"] for one in service(ecs, "killed")["deployments"]}
    return next((count for arn, count in counts.items() if arn.endswith(definition)), 0)


def _rollout(ecs: Any) -> list[tuple[str, str, int]]:
    return [
        (one["taskDefinition"].rpartition("/")[2], one["rolloutState"], one["runningCount"])
        for one in service(ecs, "killed")["deployments"]
    ]


def _nothing_lost_and_nothing_twice(stage: Stage, ecs: Any, load: Load) -> None:
    assert len(load.tasks) == len(set(load.tasks)) > 20
    running = list(pages(ecs, "list_tasks", "taskArns", cluster="killed"))
    of_service = set(pages(ecs, "list_tasks", "taskArns", cluster="killed", serviceName="web"))
    assert set(running) - of_service == set(load.tasks)  # each run is there, and none that nobody was told of
    assert len(of_service) == 10
    stopped = list(pages(ecs, "list_tasks", "taskArns", cluster="killed", desiredStatus="STOPPED"))
    assert len(stopped) == 10  # those of the old revision, none of the new one
    for task in ecs.describe_tasks(cluster="killed", tasks=stopped)["tasks"]:
        assert task["taskDefinitionArn"].endswith("killed:1")
        assert task["stopCode"] == "ServiceSchedulerInitiated"
        assert task["stoppedReason"].startswith("Scaling activity initiated by (deployment ecs-svc/")
    sets = stage.kubectl.json("get", "replicasets", "-n", "killed-us-east-1")["items"]
    assert sorted(one["spec"]["replicas"] for one in sets) == [0, 10]
    messages = Counter(event["message"] for event in service(ecs, "killed")["events"])
    done = [message for message in messages if message.endswith("deployment completed.")]
    assert [messages[message] for message in done] == [1] * len(done)
    ends = [message for message in messages.elements() if " has stopped " in message]
    told = Counter(arn for message in ends for arn in stopped if arn.rpartition("/")[2] in message)
    assert set(told.values()) <= {1}


def test_leaders_are_killed_at_any_moment(stage: Stage, record_property: Any) -> None:
    """One after the other, while a service is changed: what is there in the end is what was asked for, once."""
    moments = [random.uniform(0.0, 1.0) for _ in range(2)]
    record_property("moments", moments)
    stage.start(2, "--steady-after", "1")
    ecs = stage.client()
    prepare(ecs, "moments")
    ecs.create_service(cluster="moments", serviceName="web", taskDefinition="moments", desiredCount=3)
    load = Load(stage, "moments", "moments:1", clients=2)
    for number, moment in enumerate(moments):
        leader, holder = stage.leader(), stage.holder()
        ecs.register_task_definition(family="moments", containerDefinitions=[CONTAINER])
        ecs.update_service(
            cluster="moments", service="web", taskDefinition=f"moments:{number + 2}", desiredCount=4 + number
        )
        until(after(moment), 5, "the moment has come")
        stage.drop(leader, leader.kill)
        stage.start(1, "--steady-after", "1")
        until(lambda holder=holder: stage.holder() not in ("", holder), 2 * WITHIN, "another replica leads")  # type: ignore[misc]
    load.end()

    def rolled_out() -> bool:
        (one, *others) = service(ecs, "moments")["deployments"]
        told = (one["taskDefinition"].rpartition("/")[2], one["rolloutState"], one["runningCount"])
        return not others and told == ("moments:3", "COMPLETED", 5)

    until(rolled_out, 60, f"the last update is complete, after kills at {moments}")
    running = set(pages(ecs, "list_tasks", "taskArns", cluster="moments"))
    of_service = set(pages(ecs, "list_tasks", "taskArns", cluster="moments", serviceName="web"))
    assert (len(of_service), running - of_service) == (5, set(load.tasks))
    assert len(load.tasks) == len(set(load.tasks))


def after(seconds: float) -> Callable[[], bool]:
    """Return what says whether so much time has passed since this was called."""
    due = time.monotonic() + seconds
    return lambda: time.monotonic() >= due


def test_a_leader_that_was_stopped_for_too_long_writes_nothing_when_it_goes_on(stage: Stage) -> None:
    stage.start(2)
    leader = stage.leader()
    (other,) = (one for one in stage.replicas if one is not leader)
    ecs = stage.client(other)
    prepare(ecs, "paused")
    ecs.create_service(cluster="paused", serviceName="web", taskDefinition="paused", desiredCount=3)
    ecs.get_waiter("services_stable").wait(cluster="paused", services=["web"], WaiterConfig=SOON)
    holder, before = stage.holder(), writes_of_the_work(leader)
    os.kill(leader.pid, signal.SIGSTOP)
    try:
        ecs.update_service(cluster="paused", service="web", desiredCount=6)  # work for whoever leads
        until(lambda: stage.holder() not in ("", holder), 2 * WITHIN, "another replica leads")
    finally:
        os.kill(leader.pid, signal.SIGCONT)
    until(lambda: "leading no more" in leader.log(), 5, "it notices")
    ecs.update_service(cluster="paused", service="web", desiredCount=1)
    until(lambda: service(ecs, "paused")["runningCount"] == 1, 30, "the other one works")
    seen = stage.client(leader)
    until(lambda: service(seen, "paused")["runningCount"] == 1, 10, "it reads what has happened")
    assert writes_of_the_work(leader) == before
    assert stage.leader() is other


def test_a_leader_that_ends_in_order_is_followed_at_once(stage: Stage) -> None:
    stage.start(2)
    ecs = stage.client()
    prepare(ecs, "ended")
    load = Load(stage, "ended", "ended", clients=2)
    leader, holder = stage.leader(), stage.holder()
    stage.drop(leader, leader.stop)
    ended = time.monotonic()
    until(lambda: stage.holder() not in ("", holder), 10, "another replica leads")
    assert time.monotonic() - ended < LEASE_SECONDS  # without waiting for the lease to run out
    load.end()
    running = set(pages(ecs, "list_tasks", "taskArns", cluster="ended"))
    assert running == set(load.tasks)


def test_reads_go_on_while_the_api_server_is_away_and_writes_are_tried_again(stage: Stage) -> None:
    (replica,) = stage.start(1)
    ecs = stage.client()
    prepare(ecs, "away")
    ecs.create_service(cluster="away", serviceName="web", taskDefinition="away", desiredCount=2)
    ecs.get_waiter("services_stable").wait(cluster="away", services=["web"], WaiterConfig=SOON)
    arn = service(ecs, "away")["serviceArn"]
    for end, begin in (("freeze", "thaw"), ("pause", "resume")):
        stage.cluster.rig(end, "apiserver")
        try:
            until(lambda: _staleness(replica) >= 2, 15, "it says how old its answers are")
            for _ in range(20):
                status, _, body = raw(replica, "DescribeServices", cluster="away", services=["web"])
                assert (status, body["services"][0]["runningCount"]) == (200, 2)
            with ThreadPoolExecutor() as pool:
                writes = [
                    pool.submit(raw, replica, "CreateCluster", clusterName=f"never-{end}"),
                    pool.submit(raw, replica, "RunTask", cluster="away", taskDefinition="away"),
                    pool.submit(raw, replica, "UpdateService", cluster="away", service="web", desiredCount=2),
                    pool.submit(raw, replica, "TagResource", resourceArn=arn, tags=[{"key": "k", "value": "v"}]),
                ]
                for write in writes:
                    status, _, body = write.result()
                    assert (status, body["__type"]) == (503, "ServiceUnavailable")
        finally:
            stage.cluster.rig(begin, "apiserver")
        until(lambda: _staleness(replica) == 0, 30, "it has caught up")
        ecs.update_service(cluster="away", service="web", desiredCount=3)
        until(lambda: service(ecs, "away")["runningCount"] == 3, 30, "it acts again")
        ecs.update_service(cluster="away", service="web", desiredCount=2)
        until(lambda: service(ecs, "away")["runningCount"] == 2, 30, "it acts again")


def _staleness(replica: Any) -> int:
    return int(raw(replica, "ListClusters")[1].get("x-kecs-staleness-seconds", 0))


def test_a_write_is_read_at_once_here_and_elsewhere_by_who_asks_for_it(stage: Stage) -> None:
    first, second, third = (stage.client(one) for one in stage.start(3))
    second.meta.events.register("before-send.ecs", _strong)
    prepare(first, "strong")
    for number in range(20):
        name = f"c{number}"
        first.create_cluster(clusterName=name)
        assert first.describe_clusters(clusters=[name])["failures"] == []
        assert second.describe_clusters(clusters=[name])["failures"] == []
        (task,) = first.run_task(cluster="strong", taskDefinition="strong")["tasks"]
        arn = task["taskArn"]
        assert first.describe_tasks(cluster="strong", tasks=[arn])["failures"] == []
        assert second.describe_tasks(cluster="strong", tasks=[arn])["failures"] == []
        until(lambda arn=arn: not third.describe_tasks(cluster="strong", tasks=[arn])["failures"], 5, "the watch tells")  # type: ignore[misc]


def _strong(request: Any, **_: Any) -> None:
    request.headers["x-kecs-consistency"] = "strong"


def test_stopped_tasks_stay_as_they_were_whoever_leads(stage: Stage) -> None:
    stage.start(2)
    ecs = stage.client()
    prepare(ecs, "kept")
    short = {**CONTAINER, "image": "example/steady", "command": ["sh", "-c", "exit 3"]}
    ecs.register_task_definition(family="short", containerDefinitions=[short])
    arns = [task["taskArn"] for task in ecs.run_task(cluster="kept", taskDefinition="kept", count=2)["tasks"]]
    arns += [task["taskArn"] for task in ecs.run_task(cluster="kept", taskDefinition="short")["tasks"]]
    ecs.get_waiter("tasks_running").wait(cluster="kept", tasks=arns[:2], WaiterConfig=SOON)
    ecs.stop_task(cluster="kept", task=arns[0], reason="enough")
    ecs.get_waiter("tasks_stopped").wait(cluster="kept", tasks=[arns[0], arns[2]], WaiterConfig=SOON)
    before = ecs.describe_tasks(cluster="kept", tasks=[arns[0], arns[2]])["tasks"]
    assert [task["stopCode"] for task in before] == ["UserInitiated", "EssentialContainerExited"]
    assert before[1]["containers"][0]["exitCode"] == 3
    # One more ends while nobody is there to see it.
    for replica in list(stage.replicas):
        stage.drop(replica, replica.kill)
    pod = next(
        one["metadata"]["name"]
        for one in stage.kubectl.json("get", "pods", "-n", "kept-us-east-1")["items"]
        if one["metadata"]["uid"].replace("-", "") == arns[1].rpartition("/")[2]
    )
    stage.kubectl.run("delete", "pod", pod, "-n", "kept-us-east-1", "--wait=false")
    stage.start(2)
    assert ecs.describe_tasks(cluster="kept", tasks=[arns[0], arns[2]])["tasks"] == before
    ecs.get_waiter("tasks_stopped").wait(cluster="kept", tasks=[arns[1]], WaiterConfig=SOON)
    (gone,) = ecs.describe_tasks(cluster="kept", tasks=[arns[1]])["tasks"]
    assert gone["containers"][0]["exitCode"] in (137, 143)
    assert gone["stoppedReason"]


def test_two_releases_work_side_by_side_and_what_is_stored_moves_to_the_newer_version(stage: Stage) -> None:
    (old,) = stage.start(1)
    ecs = stage.client()
    prepare(ecs, "two")
    ecs.create_service(cluster="two", serviceName="web", taskDefinition="two", desiredCount=2)
    ecs.get_waiter("services_stable").wait(cluster="two", services=["web"], WaiterConfig=SOON)
    load = Load(stage, "two", "two", clients=2)
    (new,) = stage.start(1, PYTHONPATH=str(newer(stage.directory)))
    assert (stage.leader(), " leading " in new.log()) == (old, False)
    assert set(stored_versions(stage)) == {("v1alpha1", "v1beta1")}
    by_old, by_new = stage.client(old), stage.client(new)
    by_new.update_service(cluster="two", service="web", desiredCount=3)
    until(lambda: service(by_old, "two")["runningCount"] == 3, 20, "the older one acts for the newer one")

    stage.drop(old, old.stop)
    until(lambda: set(stored_versions(stage)) == {("v1beta1",)}, 20, "everything is stored in the newer version")
    assert stage.leader() is new
    (back,) = stage.start(1)  # somebody goes back
    stage.drop(new, new.stop)
    by_back = stage.client(back)
    by_back.update_service(cluster="two", service="web", desiredCount=1)
    until(lambda: service(by_back, "two")["runningCount"] == 1, 20, "the older one works again")
    assert set(stored_versions(stage)) == {("v1beta1",)}
    load.end()
    running = set(pages(ecs, "list_tasks", "taskArns", cluster="two"))
    assert running - set(pages(ecs, "list_tasks", "taskArns", cluster="two", serviceName="web")) == set(load.tasks)
    assert len(load.tasks) == len(set(load.tasks)) > 20


def stored_versions(stage: Stage) -> list[tuple[str, ...]]:
    found = stage.kubectl.json("get", "customresourcedefinitions")["items"]
    return [tuple(one["status"]["storedVersions"]) for one in found if one["spec"]["group"] == "kecs.io"]


def test_uninstalling_removes_the_nodes_that_kecs_was(stage: Stage) -> None:
    """The node that outlives it is another's; on kecs's own there is a pod that is none of its tasks, too."""
    stage.kubectl("cordon", "node")
    try:
        replica = KecsProcess(
            stage.directory / "registers", "--lease-duration", f"{LEASE_SECONDS:g}", cluster=stage.cluster.kubeconfig
        ).start()
        (own,) = (one for one in names_of(stage, "nodes") if one != "node")
        ecs = replica.client()
        prepare(ecs, "own")
        ecs.create_service(cluster="own", serviceName="web", taskDefinition="own", desiredCount=2)
        ecs.get_waiter("services_stable").wait(cluster="own", services=["web"], WaiterConfig=SOON)
        stage.kubectl("run", "stranger", "-n", "default", "--image=example/steady", "--", "sleep", "86400")
        ready = ("--for=condition=Ready", "pod/stranger", "--timeout=20s")
        stage.kubectl("wait", "-n", "default", *ready)
        replica.kill()
        long_ago = json.dumps({"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}})  # else it looks for some seconds
        stage.kubectl("patch", "lease", own, "-n", "kube-node-lease", "--type=merge", "--patch", long_ago)
        gone = kecs("uninstall", "--kubeconfig", str(stage.cluster.kubeconfig), "--yes", timeout=120)
        assert (gone.returncode, f"the node {own} is gone" in gone.stdout) == (0, True), gone
        assert names_of(stage, "nodes") == ["node"]
        assert names_of(stage, "leases", "-n", "kube-node-lease") == ["node"]
        assert names_of(stage, "pods", "--all-namespaces") == []
        assert stage.kubectl.run("get", "namespace", "own-us-east-1").returncode
    finally:
        stage.kubectl("uncordon", "node")


def names_of(stage: Stage, *what: str) -> list[str]:
    return [one["metadata"]["name"] for one in stage.kubectl.json("get", *what)["items"]]


RIGHTS: dict[str, list[str]] = {
    "kecs.io": ["*"],
    "ecskube.ecskube": ["*"],
    "apps": ["deployments", "replicasets"],
    "": ["pods", "namespaces", "services", "serviceaccounts", "resourcequotas", "events", "secrets", "configmaps"],
    "networking.k8s.io": ["networkpolicies"],
    "rbac.authorization.k8s.io": ["roles", "rolebindings"],
    "policy": ["poddisruptionbudgets"],
    "coordination.k8s.io": ["leases"],
}


def limited(stage: Stage, name: str, *rules: dict[str, Any]) -> Path:
    """Return the kubeconfig of an account that may do what the rules say."""
    apply = partial(stage.kubectl, "apply", "-n", "default", "-f", "-")
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules)}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    apply(stdin={"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}})
    apply(stdin=role)
    apply(stdin={**role, "kind": "ClusterRoleBinding", "rules": None, "roleRef": reference, "subjects": [subject]})
    return acting_as(stage, name, "default")


def acting_as(stage: Stage, account: str, namespace: str) -> Path:
    """Return the kubeconfig of a service account."""
    token = stage.kubectl("create", "token", account, "-n", namespace)
    config = stage.kubectl.json("config", "view", "--raw")
    config["users"][0]["user"] = {"token": token}
    path = stage.directory / f"{account}.kubeconfig"
    path.write_text(json.dumps(config))
    return path


EVERYTHING = ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]})


def give_one_seat(stage: Stage, account: str) -> None:
    """Let the API server work on one request of an account at a time, and refuse what comes beside it.

    Seats are shares of six hundred, so another level takes most of the shares.
    """
    group = "flowcontrol.apiserver.k8s.io"
    refuse = {"lendablePercent": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
    for name, shares in (("narrow", 1), ("wide", 600)):
        level = {"type": "Limited", "limited": {"nominalConcurrencyShares": shares, **refuse}}
        body = {"apiVersion": f"{group}/v1", "kind": "PriorityLevelConfiguration", "metadata": {"name": name}}
        stage.kubectl("apply", "-f", "-", stdin={**body, "spec": level})
    subject = {"kind": "ServiceAccount", "serviceAccount": {"name": account, "namespace": "default"}}
    resources = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "namespaces": ["*"], "clusterScope": True}
    flow = {
        "priorityLevelConfiguration": {"name": "narrow"},
        "matchingPrecedence": 50,
        "rules": [{"subjects": [subject], "resourceRules": [resources]}],
    }
    body = {"apiVersion": f"{group}/v1", "kind": "FlowSchema", "metadata": {"name": "narrow"}}
    stage.kubectl("apply", "-f", "-", stdin={**body, "spec": flow})


def test_writes_are_carried_through_and_reads_go_on_where_the_api_server_gives_one_seat(stage: Stage) -> None:
    kubeconfig = limited(stage, "narrow", *EVERYTHING)
    give_one_seat(stage, "narrow")
    until(lambda: "narrow" in stage.kubectl("get", "--raw", _LEVELS), 10, "the level is in force")
    replica = KecsProcess(stage.directory / "narrow", "--engine", "auto", cluster=kubeconfig).start()
    ecs = replica.client()
    try:
        prepare(ecs, "narrow")
        ecs.create_service(cluster="narrow", serviceName="web", taskDefinition="narrow", desiredCount=5)
        with ThreadPoolExecutor() as pool:
            runs = [
                pool.submit(raw, replica, "RunTask", cluster="narrow", taskDefinition="narrow", count=2)
                for _ in range(6)
            ]
            reads = []
            while not all(run.done() for run in runs):
                began = time.monotonic()
                assert raw(replica, "ListTasks", cluster="narrow")[0] == 200
                reads.append(time.monotonic() - began)
                time.sleep(0.05)
        assert sorted(reads)[len(reads) // 2] < 0.5, "reads have waited for the API server"
        answers = [run.result() for run in runs]
        assert [(status, len(body["tasks"]), body["failures"]) for status, _, body in answers] == [(200, 2, [])] * 6
        ecs.get_waiter("services_stable").wait(cluster="narrow", services=["web"], WaiterConfig=SOON)
        assert len(ecs.list_tasks(cluster="narrow")["taskArns"]) == 6 * 2 + 5, "nothing is lost, nothing done twice"
        refused = re.search(r"^narrow,.*", stage.kubectl("get", "--raw", _LEVELS), re.MULTILINE)
        assert refused
        assert int(refused[0].split(",")[7]) >= 3, "the API server has refused some requests at first"
        assert replica.log().count(" leading ") == 1
    finally:
        replica.stop()


_LEVELS = "/debug/api_priority_and_fairness/dump_priority_levels"


def test_what_kecs_may_not_do_is_named_and_the_rest_goes_on(stage: Stage) -> None:
    prepare(stage.client(stage.start(1)[0]), "limited")
    stage.end_replicas()
    allowed = [{"apiGroups": [group], "resources": kinds, "verbs": ["*"]} for group, kinds in RIGHTS.items()]
    only_read = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch", "delete"]}
    without_pods = [{**rule, "resources": [one for one in rule["resources"] if one != "pods"]} for rule in allowed]
    kubeconfig = limited(stage, "reads-pods", *without_pods, only_read)
    replica = KecsProcess(stage.directory / "limited", "--engine", "auto", cluster=kubeconfig).start()
    try:
        assert 'cannot list resource "nodes"' in replica.log()
        assert 'cannot get resource "customresourcedefinitions"' in replica.log()
        ecs = replica.client()
        assert ecs.list_container_instances(cluster="limited")["containerInstanceArns"] == []
        answer = ecs.run_task(cluster="limited", taskDefinition="limited")
        assert [failure["reason"] for failure in answer["failures"]] == ["ACCESS"]
        assert 'cannot create resource "pods"' in answer["failures"][0]["detail"]
        ecs.create_service(cluster="limited", serviceName="web", taskDefinition="limited", desiredCount=1)
        until(lambda: service(ecs, "limited")["runningCount"] == 1, 30, "the task of the service runs")
        ecs.delete_service(cluster="limited", service="web", force=True)
    finally:
        replica.stop()


# Rights of the installation that somebody takes away, and gives back while kecs runs.
TAKEN = {
    "services": {"create", "patch"},
    "poddisruptionbudgets": {"list", "watch"},
    "nodes": {"patch"},
}
CANNOT = 'is forbidden: User "system:serviceaccount:kecs-system:kecs" cannot {} resource "{}" in API group "{}"'


def test_a_right_that_is_taken_from_the_installation_is_named_and_missed_no_more_when_it_is_back(stage: Stage) -> None:
    prepare(stage.client(stage.start(1)[0]), "taken")  # the definitions and the namespace of kecs are there then
    stage.end_replicas()
    rules, kubeconfig = installed_rights(stage)
    less = [
        {**rule, "resources": [one], "verbs": [verb for verb in rule["verbs"] if verb not in TAKEN.get(one, ())]}
        for rule in rules
        for one in rule["resources"]
    ]
    give(stage, [rule for rule in less if rule["verbs"]])
    replica = KecsProcess(stage.directory / "taken", "--engine", "auto", cluster=kubeconfig).start()
    try:
        ecs = replica.client()
        ports = {**CONTAINER, "portMappings": [{"containerPort": 80}]}
        ecs.register_task_definition(family="taken", containerDefinitions=[ports])
        ecs.create_service(cluster="taken", serviceName="web", taskDefinition="taken", desiredCount=2)
        ecs.get_waiter("services_stable").wait(cluster="taken", services=["web"], WaiterConfig=SOON)
        until(lambda: 'cannot list resource "poddisruptionbudgets"' in replica.log(), 10, "the log names it")
        told = f'(service web) was unable to write the Service web. Reason: services "web" {CANNOT}'
        told = f'{told.format("patch", "services", "")} in the namespace "taken-us-east-1"'
        assert told in [event["message"] for event in service(ecs, "taken")["events"]]
        (instance,) = ecs.list_container_instances(cluster="taken")["containerInstanceArns"]
        attribute = {"name": "a", "targetType": "container-instance", "targetId": instance}
        for change in (
            partial(ecs.update_container_instances_state, containerInstances=[instance], status="DRAINING"),
            partial(ecs.put_attributes, attributes=[attribute]),
        ):
            with pytest.raises(ClientError) as refused:
                change(cluster="taken")
            error = refused.value.response["Error"]
            assert error["Code"] == "AccessDeniedException"
            assert CANNOT.format("patch", "nodes", "") in error["Message"]
        assert replica.log().count('cannot patch resource "nodes"') == 2

        give(stage, rules)
        until(lambda: len(of_service(stage)) == 2, 30, "the Service and the budget are there")
        ecs.put_attributes(cluster="taken", attributes=[attribute])
        ecs.delete_attributes(cluster="taken", attributes=[attribute])
        ecs.delete_service(cluster="taken", service="web", force=True)
        until(lambda: not of_service(stage), 30, "they are gone")
    finally:
        replica.stop()


def installed_rights(stage: Stage) -> tuple[list[dict[str, Any]], Path]:
    """Install the account of kecs; return what it may do in the whole cluster, and a kubeconfig of it."""
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    objects = [one for one in yaml.safe_load_all(kecs("manifests").stdout) if one["kind"] in kinds]
    stage.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))
    (role,) = (one for one in objects if one["kind"] == "ClusterRole")
    return role["rules"], acting_as(stage, "kecs", "kecs-system")


def give(stage: Stage, rules: list[dict[str, Any]]) -> None:
    stage.kubectl("patch", "clusterrole", "kecs", "--type=merge", "--patch", json.dumps({"rules": rules}))


def of_service(stage: Stage) -> list[str]:
    return names_of(stage, "services,poddisruptionbudgets", "-n", "taken-us-east-1", "-l", "kecs.io/service=web")


def test_a_cache_that_kecs_cannot_do_without_is_named(stage: Stage) -> None:
    stage.start(1)  # what there has to be, it makes
    stage.end_replicas()
    without_pods = [
        {"apiGroups": [group], "resources": [kind for kind in kinds if kind != "pods"], "verbs": ["*"]}
        for group, kinds in RIGHTS.items()
    ]
    kubeconfig = limited(stage, "no-pods", *without_pods)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    command = [sys.executable, "-m", "kecs", "serve", "--kubeconfig", str(kubeconfig), "--listen", address]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        told = until(lambda: _readiness(address), 20, "it answers")
        assert told == (503, 'waiting for pods; pods is forbidden: User "system:serviceaccount:default:no-pods" cannot '
                        'list resource "pods" in API group "" at the cluster scope\n')  # fmt: skip
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()


def _readiness(address: str) -> tuple[int, str] | None:
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode()
        return (error.code, text) if text.startswith("waiting for pods;") else None  # the other caches are in
    except OSError:
        return None
