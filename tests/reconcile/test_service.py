import asyncio
from pathlib import Path
from typing import Any

import pytest

from kecs.decide import service as rules
from kecs.decide.percent import bounds
from kecs.decide.throttle import Delays
from kecs.embedded.engine import Engine
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import ContainerConfig
from kecs.embedded.node.node import Node
from kecs.embedded.node.simulated import SimulatedEngine
from kecs.kube import resources
from kecs.kube.time import epoch
from kecs.model import marks
from kecs.model.generated.ecs import (
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    HealthCheck,
    ThresholdConfiguration,
)
from kecs.model.service import described
from kecs.reconcile.context import Settings
from tests.reconcile.conftest import CLUSTER, NAMESPACE, SCOPE, SETTINGS, Stage, prepared, until
from tests.waiting import until_true

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


async def test_a_service_of_two_becomes_steady(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    status = stage.get().status
    assert (status.status, status.runningCount, status.pendingCount) == ("ACTIVE", 2, 0)
    ids = [pod.metadata.uid.replace("-", "") for pod in stage.pods()]
    messages = stage.messages()
    assert [id_ for id_ in ids if not any(id_ in message for message in messages)] == []
    assert messages[-2:] == [
        f"(service web) (deployment {status.deployments[0].id}) deployment completed.",
        "(service web) has reached a steady state.",
    ]
    assert all("has started" in message for message in messages[:-2])


async def test_a_new_revision_replaces_the_old_one_within_the_bounds(stage: Stage) -> None:
    configuration = DeploymentConfiguration(minimumHealthyPercent=50, maximumPercent=150)
    await stage.definition("sleep 1000", revision=2)
    await stage.service(desiredCount=3, deploymentConfiguration=configuration)
    await stage.steady(1)
    limit = bounds(3, 50, 150)
    seen: list[tuple[int, int]] = []

    def look(*_: object) -> None:
        alive = [pod for pod in stage.pods() if not pod.metadata.deletionTimestamp]
        ready = sum(any(one.ready for one in pod.status.containerStatuses) for pod in alive)
        seen.append((ready, len(alive)))

    stage.world.pods.subscribe(look)
    await stage.update(taskDefinition="web:2")
    await stage.steady(2)
    assert len(seen) > 6
    assert min(ready for ready, _ in seen) >= limit.minimum
    assert max(alive for _, alive in seen) <= limit.maximum
    stopped = [record.spec for record in stage.records()]
    assert {task.stopCode for task in stopped} == {"ServiceSchedulerInitiated"}
    assert all(
        (task.stoppedReason or "").startswith("Scaling activity initiated by (deployment ecs-svc/") for task in stopped
    )
    assert any("has stopped" in message for message in stage.messages())
    assert stage.messages()[-1] == "(service web) has reached a steady state."


async def test_scaling_makes_no_new_deployment(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    (before,) = stage.get().status.deployments
    await stage.update(desiredCount=4)
    await until(lambda: stage.get().status.runningCount == 4)
    await stage.update(desiredCount=1)
    await until(lambda: len(stage.pods()) == 1 and stage.get().status.runningCount == 1)
    (after,) = stage.get().status.deployments
    assert (after.id, after.rolloutState) == (before.id, "COMPLETED")
    assert (after.updatedAt or 0) > (before.updatedAt or 0)
    await until(lambda: stage.messages()[-1] == "(service web) has reached a steady state.")


async def test_a_forced_deployment_replaces_tasks_of_the_same_revision(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)
    (before,) = stage.get().status.deployments
    (old,) = stage.pods()
    patch = {"metadata": {"annotations": {marks.FORCE_NEW_DEPLOYMENT: "now"}}}
    await stage.world.patch(stage.world.services, NAMESPACE, "web", patch)
    await until(lambda: stage.get().status.deployments[0].id != before.id)
    await stage.steady(1)
    assert [pod.metadata.uid for pod in stage.pods()] != [old.metadata.uid]


async def test_a_failing_deployment_is_rolled_back(patient_stage: Stage) -> None:
    stage = patient_stage
    await stage.definition("exit 1", revision=2)
    await stage.service(
        deploymentConfiguration=DeploymentConfiguration(
            deploymentCircuitBreaker=DeploymentCircuitBreaker(enable=True, rollback=True)
        )
    )
    await stage.steady(1)
    (good,) = stage.get().status.deployments
    survivors = {pod.metadata.uid for pod in stage.pods()}
    await stage.update(taskDefinition="web:2")
    await until(lambda: any("deployment failed" in message for message in stage.messages()))
    await stage.steady(1)
    service = stage.get()
    assert service.spec.taskDefinition and service.spec.taskDefinition.endswith("web:1")
    (back,) = service.status.deployments
    assert back.id != good.id
    messages = stage.messages()
    failed = next(at for at, message in enumerate(messages) if "deployment failed: tasks failed to start." in message)
    assert f"(service web) rolling back to deployment {good.id}." in messages[failed:]
    assert messages[-1] == "(service web) has reached a steady state."
    assert survivors  # replaced by the rollback's own tasks, never before those ran
    failures = [one for one in stage.records() if one.spec.stopCode == "EssentialContainerExited"]
    assert len(failures) >= 3


async def test_a_first_deployment_that_fails_starts_no_more_tasks(patient_stage: Stage) -> None:
    stage = patient_stage
    await stage.definition("exit 1", revision=2)
    await stage.service(
        taskDefinition="web:2",
        deploymentConfiguration=DeploymentConfiguration(
            deploymentCircuitBreaker=DeploymentCircuitBreaker(enable=True, rollback=True)
        ),
    )
    await until(lambda: stage.rollout() == [("PRIMARY", "FAILED", "2")])
    await until(lambda: not stage.pods())
    ended = len(stage.records())
    await asyncio.sleep(0.5)
    assert len(stage.records()) == ended
    await stage.update(taskDefinition="web:1")
    await stage.steady(1)


async def test_tasks_that_fail_again_and_again_are_started_less_and_less_often(patient_stage: Stage) -> None:
    stage = patient_stage
    await stage.definition("exit 1", revision=2)
    await stage.service(taskDefinition="web:2", desiredCount=1)
    message = "(service web) is unable to consistently start tasks successfully. "
    await until(lambda: any(one.startswith(message) for one in stage.messages()))
    await asyncio.sleep(2)
    assert len(stage.records()) < 25
    assert sum(one.startswith(message) for one in stage.messages()) == 1
    await stage.update(taskDefinition="web:1")
    await stage.steady(1)


async def test_failing_tasks_of_a_rollout_leave_the_old_ones_alone(patient_stage: Stage) -> None:
    stage = patient_stage
    await stage.definition("exit 1", revision=2)
    await stage.service()
    await stage.steady(1)
    old = {pod.metadata.uid for pod in stage.pods()}
    await stage.update(taskDefinition="web:2")
    await until(lambda: any("unable to consistently start" in one for one in stage.messages()))
    await asyncio.sleep(1)
    assert old <= {pod.metadata.uid for pod in stage.pods() if not pod.metadata.deletionTimestamp}
    assert stage.rollout()[1:] == [("ACTIVE", "COMPLETED", "1")]
    await stage.definition("sleep 1000", revision=3)
    await stage.update(taskDefinition="web:3")
    await stage.steady(3)


async def test_a_deleted_service_drains_and_stays_describable(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    await stage.delete_service()
    await until(lambda: stage.status() == "DRAINING")
    await until(lambda: stage.status() == "INACTIVE")
    assert not stage.pods()
    assert stage.get().status.deployments == []
    assert stage.world.deployments.get(NAMESPACE, "web") is None
    assert len(stage.records()) == 2
    assert any("has stopped 2 running tasks" in message for message in stage.messages())


async def test_a_service_deleted_during_its_rollout_ends_all_the_same(stage: Stage) -> None:
    await stage.definition("sleep 1000", revision=2)
    await stage.service(desiredCount=3)
    await stage.steady(1)
    await stage.update(taskDefinition="web:2")
    await until(lambda: len(stage.rollout()) == 2)
    await stage.delete_service()
    await until(lambda: stage.status() == "INACTIVE")
    assert not stage.pods()


async def test_kubectl_delete_waits_for_the_tasks(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    await stage.world.delete(stage.world.services, NAMESPACE, "web")
    assert stage.world.services.get(NAMESPACE, "web") is not None
    await until(lambda: stage.world.services.get(NAMESPACE, "web") is None)
    assert not stage.pods()
    assert stage.status() == "INACTIVE"
    assert any("has stopped 2 running tasks" in message for message in stage.messages())
    assert len(stage.records()) == 2
    assert {record.spec.stopCode for record in stage.records()} == {"ServiceSchedulerInitiated"}


async def test_a_stopped_task_is_replaced(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)
    (pod,) = stage.pods()
    await stage.stop_task(pod.metadata.name)
    await until(lambda: stage.records() and stage.get().status.runningCount == 1)
    (record,) = stage.records()
    assert record.spec.stopCode == "UserInitiated"
    assert stage.rollout() == [("PRIMARY", "COMPLETED", "1")]


async def test_a_task_that_kubectl_deleted_was_not_scaled_in(stage: Stage) -> None:
    await stage.service(desiredCount=2)
    await stage.steady(1)
    pod = stage.pods()[0]
    await stage.api.delete(stage.world.pods.resource, NAMESPACE, pod.metadata.name)
    (record,) = await until(stage.records)
    assert record.spec.stopCode == "UserInitiated"
    await until(lambda: stage.get().status.runningCount == 2)


async def test_an_unhealthy_task_is_replaced(stage: Stage) -> None:
    check = HealthCheck(command=["CMD-SHELL", "true"], interval=5, timeout=2, retries=1)
    script = '{"health": [{"after": 0, "healthy": true}, {"after": 2, "healthy": false}]}'
    await stage.definition(
        "sleep 1000", revision=2, healthCheck=check, environment=[{"name": "KECS_SIMULATION", "value": script}]
    )
    await stage.service(taskDefinition="web:2", desiredCount=1)
    (record, *_) = await until(stage.records, seconds=15)
    assert (record.spec.stopCode, record.spec.stoppedReason) == (
        "ServiceSchedulerInitiated",
        "Task failed container health checks",
    )
    assert record.spec.healthStatus == "UNHEALTHY"
    id_ = record.metadata.name
    await until(lambda: f"(service web) (task {id_}) failed container health checks." in stage.messages())


async def test_a_task_that_never_turns_healthy_fails_its_deployment(stage: Stage) -> None:
    check = HealthCheck(command=["CMD-SHELL", "true"], interval=1, timeout=1, retries=1)
    script = '{"health": [{"after": 0, "healthy": false}]}'
    await stage.definition(
        "sleep 1000", revision=2, healthCheck=check, environment=[{"name": "KECS_SIMULATION", "value": script}]
    )
    breaker = DeploymentCircuitBreaker(
        enable=True, rollback=False, thresholdConfiguration=ThresholdConfiguration(type="COUNT", value=1)
    )
    await stage.service(
        taskDefinition="web:2",
        desiredCount=1,
        deploymentConfiguration=DeploymentConfiguration(deploymentCircuitBreaker=breaker),
    )
    await until(lambda: stage.rollout() == [("PRIMARY", "FAILED", "2")])
    assert stage.records()[0].spec.stoppedReason == "Task failed container health checks"


async def test_a_rollout_that_may_do_nothing_says_so_and_goes_on_when_it_may(stage: Stage) -> None:
    await stage.definition("sleep 1000", revision=2)
    await stage.service(
        desiredCount=1, deploymentConfiguration=DeploymentConfiguration(minimumHealthyPercent=100, maximumPercent=150)
    )
    await stage.steady(1)
    await stage.update(taskDefinition="web:2")
    await until(lambda: any("was unable to stop or start tasks" in message for message in stage.messages()))
    await asyncio.sleep(0.3)
    assert stage.rollout() == [("PRIMARY", "IN_PROGRESS", "2"), ("ACTIVE", "COMPLETED", "1")]
    await stage.update(deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 150})
    await stage.steady(2)


async def test_a_daemon_service_has_a_task_on_each_node(stage: Stage) -> None:
    await stage.definition("sleep 1000", revision=2)
    await stage.service(schedulingStrategy="DAEMON", desiredCount=None)
    await stage.steady(1)
    assert stage.get().status.runningCount == 1
    shown = described(stage.get(), SCOPE, CLUSTER, {}, "")
    assert shown.desiredCount == 1  # botocore's waiter compares it with the running ones
    await stage.update(taskDefinition="web:2")
    await stage.steady(2)
    await stage.delete_service()
    await until(lambda: stage.status() == "INACTIVE")


HELD = Settings(rules=rules.Settings(steadyAfter=0.0, delays=Delays(base=60.0, cap=60.0, brief=60.0, briefCap=60.0)))


@pytest.mark.parametrize("end", ["exit 1", "exit 0"])
async def test_a_daemon_that_ends_again_and_again_is_delayed_until_something_else_is_wanted(
    engine: Engine, end: str
) -> None:
    async with prepared(engine, HELD) as stage:
        await stage.definition(end, revision=2)
        await stage.service(schedulingStrategy="DAEMON", desiredCount=None, taskDefinition="web:2")
        await until(lambda: any("unable to consistently start" in message for message in stage.messages()))

        async def is_held() -> bool:
            """Say whether the one pod on the node is none of kecs's tasks."""
            found = (await stage.api.list(resources.PODS, NAMESPACE)).items
            return [one["metadata"].get("finalizers", []) for one in found] == [[]]

        await until_true(is_held)
        made = len(stage.records())
        assert made <= 6  # two, and as many as it takes to hold the next ones up
        await asyncio.sleep(0.3)  # time enough for some more of them
        assert len(stage.records()) == made
        assert {one.spec.stopCode for one in stage.records()} == {"EssentialContainerExited"}
        assert (stage.get().status.runningCount, stage.get().status.pendingCount) == (0, 0)
        assert described(stage.get(), SCOPE, CLUSTER, {}, "").desiredCount == 1
        (keeper,) = (await stage.api.list(resources.PODS, NAMESPACE)).items
        assert keeper["status"]["conditions"][0]["reason"] == "SchedulingGated"
        await stage.update(taskDefinition="web:1")
        await stage.steady(1)
        assert len(stage.records()) == made
        await stage.delete_service()
        await until(lambda: stage.status() == "INACTIVE")


class Failing(SimulatedEngine):
    """Starts no container, for as long as it is told so."""

    failing = True

    async def create(self, config: ContainerConfig) -> str:
        found = await super().create(config)
        if self.failing:
            await self.remove(found)  # so it cannot be started
        return found


async def test_daemons_that_run_are_left_alone_while_others_are_delayed(engine: Engine, tmp_path: Path) -> None:
    delays = Delays(base=1.0, cap=1.0, brief=60.0, briefCap=1.0)
    containers = Failing()
    second = Node(engine, containers, NodeSettings(name="second", directory=tmp_path / "second"))
    running = asyncio.create_task(second.run())
    await second.ready.wait()
    async with prepared(engine, Settings(rules=rules.Settings(steadyAfter=0.0, delays=delays))) as stage:
        await stage.service(schedulingStrategy="DAEMON", desiredCount=None)

        def strategy() -> str:
            found = stage.world.daemon_sets.get(NAMESPACE, "web")
            return found.spec.updateStrategy.type if found else ""

        await until(lambda: strategy() == "OnDelete")
        (stays,) = [pod.metadata.uid for pod in stage.pods() if pod.spec.nodeName == "node"]
        containers.failing = False
        assert stage.rollout() == [("PRIMARY", "IN_PROGRESS", "1")]
        await stage.steady(1)  # the delay is over
        assert strategy() == "RollingUpdate"
        assert stays in [pod.metadata.uid for pod in stage.pods()]
        assert stage.get().status.runningCount == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_service_waits_for_its_definition(stage: Stage) -> None:
    await stage.service(taskDefinition="later")
    await until(lambda: stage.get().status.conditions)
    (condition,) = stage.get().status.conditions
    assert (condition.type, condition.status, condition.message) == (
        "Accepted",
        "False",
        "TaskDefinition not found: later.",
    )
    await stage.definition("sleep 1000", family="later")
    await stage.steady(1)


async def test_a_misnamed_object_is_refused_with_a_reason(stage: Stage) -> None:
    await stage.world.create(
        stage.world.services,
        NAMESPACE,
        {
            "apiVersion": "kecs.io/v1alpha1",
            "kind": "ECSService",
            "metadata": {"name": "other"},
            "spec": {"serviceName": "web", "taskDefinition": "web:1"},
        },
    )
    await until(lambda: stage.get("other").status.conditions)
    assert stage.get("other").status.conditions[0].message == "The object of this service has to be named web."
    assert not stage.pods()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"desiredCount": 5001}, "desiredCount"),
        (
            {"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}},
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ),
        ({"capacityProviderStrategy": [{"capacityProvider": "mine"}]}, "is not associated with the cluster"),
    ],
)
async def test_what_kubectl_asks_for_and_ecs_refuses_is_left_alone(stage: Stage, wrong: Any, text: str) -> None:
    """From the first, and when it is edited so: what ran before goes on."""
    spec = {"serviceName": "bad", "taskDefinition": "web:1", "desiredCount": 1}
    await stage.world.create(stage.world.services, NAMESPACE, {"metadata": {"name": "bad"}, "spec": {**spec, **wrong}})
    await until(lambda: stage.get("bad").status.conditions)
    (condition,) = stage.get("bad").status.conditions
    assert (condition.type, condition.status, condition.reason) == ("Accepted", "False", "Invalid")
    assert text in condition.message
    assert text in stage.messages("bad")[-1]
    await asyncio.sleep(0.1)
    assert stage.world.deployments.get(NAMESPACE, "bad") is None

    await stage.service(desiredCount=1)
    await stage.steady(1)
    (before,) = stage.pods()
    await stage.definition("sleep 1000", revision=2)
    await stage.update(taskDefinition="web:2", **wrong)
    await until(lambda: any(one.status == "False" and text in one.message for one in stage.get().status.conditions))
    await asyncio.sleep(0.1)
    assert [pod.metadata.uid for pod in stage.pods()] == [before.metadata.uid]
    back: dict[str, Any] = {**dict.fromkeys(wrong), "desiredCount": 1}
    await stage.update(**back)
    await stage.steady(2)
    assert all(one.status == "True" for one in stage.get().status.conditions)


async def test_times_have_milliseconds_as_aws_writes_them(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)
    (deployment,) = stage.get().status.deployments
    assert deployment.updatedAt == round(deployment.updatedAt or 0.0, 3)


async def test_a_definition_deregistered_while_in_use_goes_on(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)
    name = "web.1.us-east-1"
    await stage.world.patch(
        stage.world.task_definitions, None, name, {"status": {"status": "INACTIVE"}}, subresource="status"
    )
    await stage.update(desiredCount=2)
    await until(lambda: stage.get().status.runningCount == 2)


async def test_what_is_kept_but_not_acted_on_is_told_with_each_deployment(stage: Stage) -> None:
    await stage.service(desiredCount=1, placementStrategy=[{"type": "binpack", "field": "memory"}])
    await stage.steady(1)
    warnings = [message for message in stage.messages() if "is kept but not acted on" in message]
    assert len(warnings) == 1
    assert warnings[0].startswith("(service web) placementStrategy")


async def test_a_quota_that_is_used_up_is_told_once(stage: Stage) -> None:
    tags = [{"key": "kecs.io/quota-tasks", "value": "1"}]
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"spec": {"tags": tags}})
    await until(lambda: stage.world.clusters.get(None, NAMESPACE).status.observedGeneration == 2)  # type: ignore[union-attr]
    await stage.service(desiredCount=2)
    await until(lambda: any("unable to place a task. Reason: exceeded quota" in one for one in stage.messages()))
    await asyncio.sleep(0.3)
    assert sum("unable to place a task" in one for one in stage.messages()) == 1
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, {"spec": {"tags": []}})
    await stage.steady(1, seconds=20)


async def test_a_service_whose_containers_wait_for_each_other_is_refused(stage: Stage) -> None:
    containers = [
        {"name": a, "image": "i", "memory": 32, "dependsOn": [{"containerName": b, "condition": "START"}]}
        for a, b in (("x", "y"), ("y", "x"))
    ]
    body = {
        "apiVersion": "kecs.io/v1alpha1",
        "kind": "ECSTaskDefinition",
        "metadata": {"name": "ring.1.us-east-1"},
        "spec": {"family": "ring", "revision": 1, "containerDefinitions": containers},
    }
    await stage.world.create(stage.world.task_definitions, None, body)
    await stage.service(taskDefinition="ring")
    await until(lambda: stage.get().status.conditions)
    assert stage.get().status.conditions[0].status == "False"
    assert len(stage.messages()) == 1


async def test_a_rollout_goes_on_when_containers_that_may_end_have_ended(stage: Stage) -> None:
    """Such a pod is NotReady for good. Kubernetes waited for it before it took an old one away, for ever."""
    for revision in (1, 2):
        containers = [
            {"name": "app", "image": "i", "memory": 32},
            {"name": "helper", "image": "i", "memory": 32, "essential": False, "command": ["false"]},
        ]
        body = {
            "apiVersion": "kecs.io/v1alpha1",
            "kind": "ECSTaskDefinition",
            "metadata": {"name": f"helped.{revision}.us-east-1"},
            "spec": {"family": "helped", "revision": revision, "containerDefinitions": containers},
        }
        await stage.world.create(stage.world.task_definitions, None, body)
    await stage.service(taskDefinition="helped:1")
    await stage.steady(1)
    await stage.update(taskDefinition="helped:2")
    await stage.steady(2)
    assert len([pod for pod in stage.pods() if not pod.metadata.deletionTimestamp]) == 2


async def test_a_template_that_kubectl_changed_is_put_right(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)
    (before,) = stage.world.replica_sets.by("service", (NAMESPACE, "web"))
    second = epoch(before.metadata.creationTimestamp) + 1  # times are whole seconds
    await until(lambda: stage.context.now() >= second)
    containers = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "other"}]}}}}
    await stage.api.patch(
        stage.world.deployments.resource, NAMESPACE, "web", containers, type="strategic", manager="kubectl"
    )
    await until(lambda: len(stage.world.replica_sets.by("service", (NAMESPACE, "web"))) == 2)

    def right() -> bool:
        sets = stage.world.replica_sets.by("service", (NAMESPACE, "web"))
        return [one.metadata.name for one in sets if one.spec.replicas] == [before.metadata.name]

    await until(right)
    await until(lambda: len(stage.pods()) == 1 and stage.get().status.runningCount == 1)
    assert len(stage.rollout()) == 1


async def test_a_look_at_a_steady_service_writes_nothing(engine: Engine) -> None:
    async with prepared(engine, SETTINGS) as stage:
        await stage.service()
        await stage.steady(1)
        told = stage.messages()
    again = Stage(engine, SETTINGS)
    async with again.running():
        await asyncio.sleep(0.3)  # everything was looked at once, as after a restart
        before = await version(again)
        pod = again.pods()[0]
        label = {"metadata": {"labels": {"example.com/any": "thing"}}}
        await again.world.patch(again.world.pods, NAMESPACE, pod.metadata.name, label)
        await asyncio.sleep(0.3)
        assert await version(again) == before + 1, "only the label"
        assert again.messages() == told


async def version(stage: Stage) -> int:
    """Return the version of the newest write."""
    return int((await stage.api.list(stage.world.services.resource)).resource_version)


async def test_fifty_services_at_once_become_steady(stage: Stage) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(stage.service(f"s{number}", desiredCount=1))
    for number in range(50):
        await stage.steady(1, f"s{number}", seconds=30)
