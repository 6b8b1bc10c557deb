from tests.reconcile.conftest import NAMESPACE, Stage, until


async def test_a_task_that_ends_is_recorded_and_let_go(stage: Stage) -> None:
    await stage.definition("exit 3", revision=2)
    name = await stage.run_task(revision=2)
    (record,) = await until(stage.records)
    await until(lambda: stage.world.pods.get(NAMESPACE, name) is None)
    task = record.spec
    assert (task.lastStatus, task.desiredStatus, task.stopCode) == ("STOPPED", "STOPPED", "EssentialContainerExited")
    assert task.stoppedReason == "Essential container in task exited"
    assert [container.exitCode for container in task.containers or []] == [3]


async def test_a_task_that_is_stopped_says_by_whom(stage: Stage) -> None:
    name = await stage.run_task()
    await until(lambda: (pod := stage.world.pods.get(NAMESPACE, name)) and pod.status.phase == "Running")
    await stage.stop_task(name)
    (record,) = await until(stage.records)
    assert (record.spec.stopCode, record.spec.stoppedReason) == ("UserInitiated", "enough")
    await until(lambda: stage.world.pods.get(NAMESPACE, name) is None)
