import asyncio
from typing import Any

import msgspec
import pytest

from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS, PODS
from kecs.model import marks, objects
from kecs.reconcile.task import Replacements, Tasks, needs_look
from kecs.translate import views
from tests.reconcile.conftest import NAMESPACE, Stage, until


def pod_of(stage: Stage, name: str) -> views.Pod | None:
    return stage.world.pods.get(NAMESPACE, name)


async def running(stage: Stage, name: str) -> views.Pod:
    def found() -> views.Pod | None:
        pod = pod_of(stage, name)
        return pod if pod and pod.status.phase == "Running" else None

    pod = await until(found)
    assert pod is not None
    return pod


async def test_a_task_that_ends_is_recorded_and_let_go(stage: Stage) -> None:
    await stage.definition("exit 3", revision=2)
    name = await stage.run_task(revision=2)
    (record,) = await until(stage.records)
    await until(lambda: pod_of(stage, name) is None)
    task = record.spec
    assert (task.lastStatus, task.desiredStatus, task.stopCode) == ("STOPPED", "STOPPED", "EssentialContainerExited")
    assert task.stoppedReason == "Essential container in task exited"
    assert [container.exitCode for container in task.containers or []] == [3]
    times = [task.createdAt, task.startedAt, task.stoppingAt, task.executionStoppedAt, task.stoppedAt]
    assert all(time is not None for time in times)
    assert times == sorted(times)  # type: ignore[type-var]


async def test_a_task_that_is_stopped_says_by_whom(stage: Stage) -> None:
    name = await stage.run_task()
    await running(stage, name)
    await stage.stop_task(name)
    (record,) = await until(stage.records)
    assert (record.spec.stopCode, record.spec.stoppedReason) == ("UserInitiated", "enough")
    assert [container.exitCode for container in record.spec.containers or []] == [143]
    await until(lambda: pod_of(stage, name) is None)


async def test_a_task_that_no_node_takes_can_be_stopped(stage: Stage) -> None:
    await stage.definition("sleep 1000", revision=2, cpu=2_000_000_000)
    name = await stage.run_task(revision=2)
    await stage.stop_task(name)
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "UserInitiated"
    assert record.spec.startedAt is None
    await until(lambda: pod_of(stage, name) is None)


async def test_a_deletion_with_kubectl_is_recorded_as_a_stop(stage: Stage) -> None:
    name = await stage.run_task()
    await running(stage, name)
    await stage.api.delete(PODS, NAMESPACE, name)
    (record,) = await until(stage.records)
    assert (record.spec.stopCode, record.spec.stoppedReason) == ("UserInitiated", "Task stopped by user")


async def test_a_container_that_cannot_start_fails_the_task(stage: Stage) -> None:
    script = '{"startError": "exec: \\"nope\\": executable file not found in $PATH"}'
    await stage.definition(revision=2, environment=[{"name": "KECS_SIMULATION", "value": script}])
    name = await stage.run_task(revision=2)
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "TaskFailedToStart"
    assert (record.spec.stoppedReason or "").startswith("CannotStartContainerError: ")
    assert "executable file not found" in (record.spec.stoppedReason or "")
    assert (record.spec.containers or [])[0].reason == record.spec.stoppedReason
    await until(lambda: pod_of(stage, name) is None)


async def test_an_image_that_cannot_be_pulled_fails_the_task(stage: Stage) -> None:
    container = {"name": "app", "image": "registry.invalid/no:1", "memory": 32}
    body = {
        "apiVersion": "kecs.io/v1alpha1",
        "kind": "ECSTaskDefinition",
        "metadata": {"name": "pull.1.us-east-1", "annotations": {marks.CREATED_AT: "1.0"}},
        "spec": {"family": "pull", "revision": 1, "containerDefinitions": [container]},
    }
    await stage.world.create(stage.world.task_definitions, None, body)
    await stage.run_task(family="pull")
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "TaskFailedToStart"
    assert (record.spec.stoppedReason or "").startswith("CannotPullContainerError: ")
    assert "no such host" in (record.spec.stoppedReason or "")


async def test_the_end_of_the_essential_container_ends_the_others(stage: Stage) -> None:
    containers = [
        {"name": "app", "image": "busybox", "memory": 32, "command": ["sh", "-c", "sleep 0.2; exit 4"]},
        {"name": "side", "image": "busybox", "memory": 32, "essential": False, "command": ["sleep", "1000"]},
        {"name": "brief", "image": "busybox", "memory": 32, "essential": False, "command": ["true"]},
    ]
    body = {
        "apiVersion": "kecs.io/v1alpha1",
        "kind": "ECSTaskDefinition",
        "metadata": {"name": "pair.1.us-east-1", "annotations": {marks.CREATED_AT: "1.0"}},
        "spec": {"family": "pair", "revision": 1, "containerDefinitions": containers},
    }
    await stage.world.create(stage.world.task_definitions, None, body)
    name = await stage.run_task(family="pair")
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "EssentialContainerExited"
    assert {one.name: one.exitCode for one in record.spec.containers or []} == {"app": 4, "side": 143, "brief": 0}
    await until(lambda: pod_of(stage, name) is None)


async def test_another_finalizer_is_left_to_its_owner(stage: Stage) -> None:
    name = await stage.run_task()
    await running(stage, name)
    finalizers = [marks.TASK_FINALIZER, "example.com/hold"]
    await stage.api.patch(PODS, NAMESPACE, name, {"metadata": {"finalizers": finalizers}}, type="merge", manager="m")
    await stage.stop_task(name)
    await until(stage.records)

    def left() -> bool:
        pod = pod_of(stage, name)
        return pod is not None and pod.metadata.finalizers == ["example.com/hold"]

    await until(left)
    await stage.api.patch(PODS, NAMESPACE, name, {"metadata": {"finalizers": None}}, type="merge", manager="m")
    await until(lambda: pod_of(stage, name) is None)
    assert len(stage.records()) == 1


async def test_a_note_written_by_hand_is_a_stop(stage: Stage) -> None:
    name = await stage.run_task()
    await running(stage, name)
    note = {"metadata": {"annotations": {marks.STOP: "please"}}}
    await stage.api.patch(PODS, NAMESPACE, name, note, type="merge", manager="m")
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "UserInitiated"


async def test_a_task_costs_its_record_and_two_writes_at_its_end(stage: Stage) -> None:
    calls: list[str] = []
    api = stage.api

    class Counting:
        def __getattr__(self, name: str) -> Any:
            if name in ("create", "patch", "apply", "delete", "replace"):
                calls.append(name)
            return getattr(api, name)

    await stage.definition("exit 0", revision=2)
    name = await stage.run_task(revision=2)
    await until(stage.records)
    await until(lambda: pod_of(stage, name) is None)
    counting: Any = Counting()
    object.__setattr__(stage.world, "api", counting)
    msgspec.structs.force_setattr(stage.context, "api", counting)
    name = await stage.run_task(revision=2)
    await until(lambda: len(stage.records()) == 2 and pod_of(stage, name) is None)
    assert calls == ["create", "create", "patch", "delete"]  # the first one is the pod itself


def seen(
    name: str, *, deployment: str = "d", deleting: bool = False, created: str = "2030-01-01T00:00:10Z"
) -> views.Pod:
    meta = objects.Meta(
        name=name,
        uid=name,
        creationTimestamp=created,
        deletionTimestamp="2030-01-01T00:00:40Z" if deleting else None,
        deletionGracePeriodSeconds=30 if deleting else None,
        annotations={marks.DEPLOYMENT_ID: deployment},
        finalizers=[marks.TASK_FINALIZER],
    )
    return views.Pod(metadata=meta)


def test_a_task_is_replaced_when_another_one_of_its_deployment_appears_after_its_deletion() -> None:
    deleted_at = 1893456010.0
    known = Replacements()
    known.see(None, seen("listed"))
    known.begin()
    known.see(seen("a"), seen("a", deleting=True))
    assert not known.has(seen("a", deleting=True), deleted_at)
    known.see(None, seen("other", deployment="e"))
    known.see(None, seen("listed late", created="2030-01-01T00:00:09Z"))
    assert not known.has(seen("a", deleting=True), deleted_at)
    known.see(None, seen("b"))
    assert known.has(seen("a", deleting=True), deleted_at)
    known.see(seen("b"), seen("b", deleting=True))
    assert not known.has(seen("b", deleting=True), deleted_at)


def test_a_healthy_pod_needs_no_look() -> None:
    pod = seen("a")
    assert not needs_look(pod)
    pod.status.containerStatuses = (
        views.ContainerStatus(name="app", ready=True, state=views.ContainerState(running=views.Running())),
    )
    assert not needs_look(pod)
    pod.status.containerStatuses[0].ready = False
    assert needs_look(pod)
    assert needs_look(seen("a", deleting=True))


@pytest.mark.parametrize("of_service", [False, True], ids=["alone", "of a service"])
async def test_a_task_whose_pod_is_torn_away_is_recorded(stage: Stage, of_service: bool) -> None:
    """As by a `kubectl delete --force` after somebody has taken the finalizer off."""
    if of_service:
        await stage.service(desiredCount=1)
        await stage.steady(1)
        name = stage.pods()[0].metadata.name
    else:
        name = await stage.run_task()
    pod = await running(stage, name)
    pods = stage.world.pods.resource
    change = {"metadata": {"finalizers": None}}
    await stage.api.patch(pods, NAMESPACE, name, change, type="merge", manager="kubectl")
    await stage.api.delete(pods, NAMESPACE, name, grace_seconds=0)
    (record,) = await until(stage.records)
    assert record.metadata.name == pod.metadata.uid.replace("-", "")
    assert (record.spec.lastStatus, record.spec.stopCode) == ("STOPPED", "UserInitiated")
    if of_service:
        await until(lambda: len(stage.pods()) == 1 and stage.get().status.runningCount == 1)


async def test_a_task_whose_pod_comes_back_is_not_recorded(stage: Stage) -> None:
    """As when the cluster is restored, and a replica begins to lead that has seen the pod go before."""
    pod = await running(stage, await stage.run_task())
    standby = Tasks(stage.context)
    standby._on_pod(pod, None)
    work = asyncio.create_task(standby.run())
    await until(lambda: not standby._vanished)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not stage.records()


async def test_a_task_ends_without_a_record_where_none_can_be_kept(stage: Stage) -> None:
    """Somebody has taken the resource away: the task waits for it to come back, unless its cluster goes as well."""
    crds = CUSTOM_RESOURCE_DEFINITIONS
    definition = await stage.api.get(crds, None, "ecstasks.kecs.io")
    await stage.api.delete(crds, None, "ecstasks.kecs.io")
    first = await stage.run_task()
    await stage.stop_task(first)
    await asyncio.sleep(0.3)
    assert pod_of(stage, first) is not None
    for member in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        definition["metadata"].pop(member, None)
    await stage.api.create(crds, None, {**definition, "status": {}}, manager="test")
    (record,) = await until(stage.records, seconds=20)
    assert record.spec.stopCode == "UserInitiated"

    second = await stage.run_task()
    await stage.api.delete(crds, None, "ecstasks.kecs.io")
    await stage.world.delete(stage.world.clusters, None, NAMESPACE)
    await until(lambda: pod_of(stage, second) is None and stage.world.clusters.get(None, NAMESPACE) is None)
