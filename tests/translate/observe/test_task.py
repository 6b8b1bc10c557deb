"""A pod's life, and what a caller of DescribeTasks sees of it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from kecs.model.generated import ecs
from kecs.model.objects import StopNote
from kecs.translate import facts
from kecs.translate.observe import counts
from kecs.translate.observe.container import look
from kecs.translate.observe.task import has_ended, stop_note, stopped, task
from tests.translate.observe.pods import START, TASK_ID, LivePod, node

VPC = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}}
CHECKED = {"healthCheck": {"command": ["CMD", "true"], "interval": 10, "retries": 2, "startPeriod": 5}}


def seen(pod: LivePod) -> ecs.Task:
    found = task(pod.view)
    assert found is not None
    return found


def first(pod: LivePod) -> ecs.Container:
    return (seen(pod).containers or [])[0]


LIVES: list[tuple[str, Callable[[LivePod], Any], str, str]] = [
    ("made", lambda pod: pod, "PROVISIONING", "RUNNING"),
    ("bound", lambda pod: pod.bind(), "PENDING", "RUNNING"),
    ("prepared", lambda pod: pod.bind().prepare(), "PENDING", "RUNNING"),
    ("image not there", lambda pod: pod.bind().prepare().wait("app", "ErrImagePull"), "PENDING", "RUNNING"),
    ("running", lambda pod: pod.bind().prepare().start(), "RUNNING", "RUNNING"),
    ("not ready", lambda pod: pod.bind().prepare().start(ready=False), "RUNNING", "RUNNING"),
    ("noted", lambda pod: pod.bind().prepare().start().note(), "STOPPING", "STOPPED"),
    ("deleted", lambda pod: pod.bind().prepare().start().delete(), "STOPPING", "STOPPED"),
    ("deleted before it was bound", lambda pod: pod.delete(), "DEPROVISIONING", "STOPPED"),
    ("noted before it was bound", lambda pod: pod.note(), "STOPPING", "STOPPED"),
    ("deleted while pulling", lambda pod: pod.bind().prepare().delete(), "STOPPING", "STOPPED"),
    ("deleted at once", lambda pod: pod.bind().prepare().delete(0), "DEPROVISIONING", "STOPPED"),
    ("ended", lambda pod: pod.bind().prepare().start().end(), "DEPROVISIONING", "STOPPED"),
    ("turned away", lambda pod: pod.bind().finish(), "DEPROVISIONING", "STOPPED"),
]


@pytest.mark.parametrize(("name", "live", "last", "desired"), LIVES, ids=[life[0] for life in LIVES])
def test_status(name: str, live: Callable[[LivePod], Any], last: str, desired: str) -> None:
    pod = LivePod()
    live(pod)

    assert (seen(pod).lastStatus, seen(pod).desiredStatus) == (last, desired)


TWO = {"containerDefinitions": [{}, {"name": "helper", "essential": False}]}
SIDECAR = {
    "containerDefinitions": [
        {"dependsOn": [{"containerName": "db", "condition": "HEALTHY"}]},
        {"name": "db", **CHECKED},
    ]
}
INIT = {
    "containerDefinitions": [
        {"dependsOn": [{"containerName": "migrate", "condition": "SUCCESS"}]},
        {"name": "migrate", "essential": False, "command": ["true"]},
    ]
}
RESTARTED = {"containerDefinitions": [{"restartPolicy": {"enabled": True, "ignoredExitCodes": [3]}}]}


def test_one_of_two_containers_runs() -> None:
    assert seen(LivePod(TWO).bind().prepare().start()).lastStatus == "PENDING"


def test_a_task_runs_on_when_a_container_that_is_not_essential_ends() -> None:
    pod = LivePod(TWO).bind().prepare().start().start("helper").end("helper", 1)

    found = seen(pod)
    assert found.lastStatus == "RUNNING"
    assert [one.lastStatus for one in found.containers or []] == ["RUNNING", "STOPPED"]
    assert (found.containers or [])[1].exitCode == 1
    assert counts.unready_but_running([pod.view]) == 1


def test_an_essential_end_stops_the_task_while_others_run() -> None:
    found = seen(LivePod(TWO).bind().prepare().start().start("helper").end("app", 137, "OOMKilled"))

    assert (found.lastStatus, found.desiredStatus) == ("STOPPING", "STOPPED")
    assert (found.containers or [])[0].reason == "OutOfMemoryError: Container killed due to memory usage"
    assert found.stopCode is None  # nobody has decided yet


def test_the_init_part_is_pending() -> None:
    pod = LivePod(INIT).bind().prepare().start("migrate")
    assert seen(pod).lastStatus == "PENDING"
    assert seen(pod.end("migrate").start()).lastStatus == "RUNNING"


def test_a_sidecar_that_ends_is_a_container_that_ended() -> None:
    """Kubernetes starts a sidecar again for ever; ECS starts nothing again unless asked to."""
    pod = LivePod(SIDECAR).bind().prepare().start("db").start().end("db", 2)
    assert seen(pod).lastStatus == "STOPPING"
    pod.back_off("db").start("db")
    assert seen(pod).lastStatus == "STOPPING"
    assert [one.exitCode for one in seen(pod).containers or []] == [None, 2]


def test_a_restart_policy_keeps_the_task_running() -> None:
    pod = LivePod(RESTARTED).bind().prepare().start()
    began = seen(pod).startedAt
    pod.tick(400).end("app", 1).back_off("app")
    assert (seen(pod).lastStatus, seen(pod).startedAt) == ("RUNNING", began)
    pod.start()
    assert (seen(pod).lastStatus, seen(pod).startedAt) == ("RUNNING", began)


def test_a_task_has_not_ended_while_kubernetes_may_start_its_container_again() -> None:
    pod = LivePod(RESTARTED).bind().prepare().start().tick(400).note().end("app", 1)
    assert seen(pod).lastStatus == "STOPPING"
    assert seen(pod.delete()).lastStatus == "DEPROVISIONING"


@pytest.mark.parametrize(
    ("ran", "code", "status"),
    [(400, 3, "DEPROVISIONING"), (10, 1, "STOPPING")],
    ids=["ignored exit code", "ended too early"],
)
def test_a_restart_policy_has_its_limits(ran: int, code: int, status: str) -> None:
    pod = LivePod(RESTARTED).bind().prepare().start().tick(ran).end("app", code)

    assert seen(pod).lastStatus == status
    assert first(pod).exitCode == code


def test_health() -> None:
    pod = LivePod({"containerDefinitions": [CHECKED]}, service={}).bind().prepare()
    assert seen(pod).healthStatus == "UNKNOWN"
    assert seen(pod.start(ready=False)).healthStatus == "UNKNOWN"
    assert seen(pod.ready("app", True)).healthStatus == "HEALTHY"
    assert seen(pod.ready("app", False)).healthStatus == "UNHEALTHY"
    assert seen(pod.ready("app", True)).healthStatus == "HEALTHY"


def test_a_task_that_never_turns_healthy_is_unhealthy_in_the_end() -> None:
    pod = LivePod({"containerDefinitions": [CHECKED]}, service={}).bind().prepare().start(ready=False)
    known = facts.of(pod.view)
    assert known is not None
    (one,) = look(pod.view, known)

    assert one.unhealthyAt == START + pod.now + 5 + 2 * 10
    assert not one.is_unhealthy(one.unhealthyAt - 1)
    assert one.is_unhealthy(one.unhealthyAt)


def test_health_is_that_of_essential_checked_containers() -> None:
    both = {"containerDefinitions": [{}, {"name": "helper", "essential": False, **CHECKED}]}
    pod = LivePod(both).bind().prepare().start().start("helper").ready("helper", False)

    found = seen(pod)
    assert found.healthStatus == "UNKNOWN"
    assert [one.healthStatus for one in found.containers or []] == ["UNKNOWN", "UNHEALTHY"]


def test_what_is_always_there() -> None:
    found = msgspec.to_builtins(seen(LivePod({"containerDefinitions": [{"cpu": 10, "memory": 64}]})))

    always = (
        "attachments attributes availabilityZone clusterArn containers cpu createdAt desiredStatus "
        "enableExecuteCommand group healthStatus lastStatus launchType memory overrides tags taskArn "
        "taskDefinitionArn version"
    )
    assert set(found) == set(always.split())
    assert found["overrides"] == {"containerOverrides": [{"name": "app"}], "inferenceAcceleratorOverrides": []}
    assert (found["cpu"], found["memory"], found["version"], found["tags"]) == ("10", "64", 1, [])
    assert found["createdAt"] == START + 0.25
    assert found["taskArn"] == f"arn:aws:ecs:us-east-1:123456789012:task/shop/{TASK_ID}"
    assert found["taskDefinitionArn"] == "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"
    assert set(found["containers"][0]) == {
        *("containerArn", "taskArn", "name", "image", "lastStatus", "healthStatus", "networkInterfaces"),
        *("networkBindings", "cpu", "memory"),
    }


def test_fargate() -> None:
    sizes = {"networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    found = seen(LivePod(sizes, run={"launchType": "FARGATE", **VPC}))

    assert (found.platformVersion, found.platformFamily, found.cpu, found.memory) == ("1.4.0", "Linux", "256", "512")
    assert found.ephemeralStorage == ecs.EphemeralStorage(sizeInGiB=20)
    assert found.containerInstanceArn is None


def test_an_instance_runs_a_task_of_launch_type_ec2() -> None:
    pod = LivePod().bind()
    found = task(pod.view, node("us-east-1c"))

    assert found is not None
    assert found.containerInstanceArn == (
        "arn:aws:ecs:us-east-1:123456789012:container-instance/shop/11111111222243338444555555555555"
    )
    assert found.availabilityZone == "us-east-1c"
    assert found.attributes == [ecs.Attribute(name="ecs.cpu-architecture", value="arm64")]
    assert (found.connectivity, found.connectivityAt) == ("CONNECTED", START + 1)


def test_the_network_interface_of_a_task() -> None:
    pod = LivePod({"networkMode": "awsvpc"}, run=VPC)

    def attachment() -> tuple[str | None, dict[str | None, str | None]]:
        (one,) = seen(pod).attachments or []
        return one.status, {detail.name: detail.value for detail in one.details or []}

    assert attachment() == ("PRECREATED", {"subnetId": "subnet-1"})
    pod.bind().prepare().start()
    status, details = attachment()
    assert status == "ATTACHED"
    assert list(details) == ["subnetId", "networkInterfaceId", "macAddress", "privateDnsName", "privateIPv4Address"]
    assert details["privateDnsName"] == "ip-10-1-0-7.ec2.internal"
    (interface,) = first(pod).networkInterfaces or []
    assert interface.privateIpv4Address == "10.1.0.7"
    assert interface.attachmentId == (seen(pod).attachments or [])[0].id
    assert first(pod).networkBindings is None
    record = stopped(pod.end().view, StopNote("UserInitiated", "x", START + 9.0), START + 10.0)
    assert record is not None
    assert [one.status for one in record.attachments or []] == ["DELETED"]


def test_the_ports_of_a_task_on_a_bridge() -> None:
    ports = {"portMappings": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "protocol": "udp"}]}
    pod = LivePod({"networkMode": "bridge", "containerDefinitions": [ports]}).bind().prepare()
    assert first(pod).networkBindings == []

    bindings = first(pod.start()).networkBindings or []
    assert [(one.bindIP, one.containerPort, one.hostPort, one.protocol) for one in bindings] == [
        ("0.0.0.0", 80, 8080, "tcp"),
        ("10.1.0.7", 81, 81, "udp"),
    ]


def test_a_container_that_runs() -> None:
    one = first(LivePod().bind().prepare().start())

    assert one.runtimeId == "app-0"
    assert one.imageDigest == "sha256:" + "ab" * 32
    assert one.exitCode is None
    assert one.containerArn is not None
    assert one.containerArn.startswith(f"arn:aws:ecs:us-east-1:123456789012:container/shop/{TASK_ID}/")


def test_the_record_of_a_stopped_task() -> None:
    pod = LivePod(TWO).bind().prepare().start().start("helper").note().delete().end("app", 143).end("helper", 137)
    note = stop_note(pod.view)
    assert note is not None
    before = seen(pod)
    found = stopped(pod.view, note, START + 100.0)

    assert found is not None
    assert (found.lastStatus, found.desiredStatus) == ("STOPPED", "STOPPED")
    assert (found.stopCode, found.stoppedReason) == ("UserInitiated", "enough")
    assert [(one.lastStatus, one.exitCode) for one in found.containers or []] == [("STOPPED", 143), ("STOPPED", 137)]
    times = [
        *(found.createdAt, found.connectivityAt, found.pullStartedAt, found.pullStoppedAt, found.startedAt),
        *(found.stoppingAt, found.executionStoppedAt, found.stoppedAt),
    ]
    assert times == [START + second for second in (0.25, 1, 2, 3, 4, 5.5, 8, 100)]
    assert (found.version or 0) > (before.version or 0)


ERRORS = [
    ("ErrImagePull", "no such image", "CannotPullContainerError: no such image"),
    (
        "ImagePullBackOff",
        'Back-off pulling image "x": ErrImagePull: no such image',
        "CannotPullContainerError: no such image",
    ),
    ("InvalidImageName", "", "CannotPullContainerError: InvalidImageName"),
    ("CreateContainerError", "bad mount", "CannotCreateContainerError: bad mount"),
    ("RunContainerError", "exec: not found", "CannotStartContainerError: exec: not found"),
    (
        "CreateContainerConfigError",
        'secret "x" not found',
        'ResourceInitializationError: unable to pull secrets or registry auth: secret "x" not found',
    ),
    ("ContainerCreating", "", ""),
    ("CrashLoopBackOff", "back-off 10s", ""),
]


@pytest.mark.parametrize(("reason", "message", "error"), ERRORS, ids=[reason for reason, _, _ in ERRORS])
def test_why_a_container_does_not_start(reason: str, message: str, error: str) -> None:
    pod = LivePod().bind().prepare().wait("app", reason, message)
    known = facts.of(pod.view)
    assert known is not None

    assert look(pod.view, known)[0].error == error


def test_a_command_that_is_not_there() -> None:
    pod = LivePod().bind().prepare().end("app", 128, "StartError", "exec: nosuch: not found")
    record = stopped(pod.view, StopNote("TaskFailedToStart", "CannotStartContainerError: x", 1.0), START + 9.0)

    assert record is not None
    (one,) = record.containers or []
    assert (one.reason, one.exitCode) == ("CannotStartContainerError: exec: nosuch: not found", None)
    assert record.startedAt is None


def test_a_task_that_never_started() -> None:
    pod = LivePod(TWO).bind().prepare().wait("app", "ErrImagePull", "gone").delete()
    pod.lose("app").lose("helper").finish()
    record = stopped(
        pod.view, StopNote("TaskFailedToStart", "CannotPullContainerError: gone", START + 3.5), START + 9.0
    )

    assert record is not None
    assert [(one.lastStatus, one.exitCode, one.reason) for one in record.containers or []] == [
        ("STOPPED", None, "CannotPullContainerError: gone"),
        ("STOPPED", None, None),
    ]
    assert record.startedAt is None
    assert record.executionStoppedAt is None


def test_a_failed_dependency_that_may_fail_keeps_its_exit_code() -> None:
    body = {
        "containerDefinitions": [
            {"dependsOn": [{"containerName": "warm", "condition": "COMPLETE"}]},
            {"name": "warm", "essential": False, "command": ["sh", "-c", "exit 3"]},
        ]
    }
    pod = LivePod(body).bind().prepare().start("warm").end("warm", 0, message="3").start()

    assert [one.exitCode for one in seen(pod).containers or []] == [None, 3]
    assert seen(pod).lastStatus == "RUNNING"


def test_a_pod_that_is_no_task() -> None:
    pod = LivePod()
    pod.body["metadata"]["annotations"]["kecs.io/task"] = "{not json"

    assert task(pod.view) is None
    assert counts.unready_but_running([pod.view]) == 0


def test_a_note_that_is_no_note_is_none() -> None:
    pod = LivePod().note()
    pod.body["metadata"]["annotations"]["kecs.io/stop"] = "soon"

    assert stop_note(pod.view) is None
    assert not has_ended(pod.view, [])
