"""Replicas whose clocks disagree with each other's and with the cluster's, one after the other at work."""

import time

import pytest

from kecs.embedded.engine import Engine
from tests.reconcile.conftest import PATIENT, Stage, prepared, until

HOUR = 3600.0
INCONSISTENT = "(service web) is unable to consistently start tasks successfully."


@pytest.mark.parametrize("offset", [-HOUR, HOUR])
async def test_failing_tasks_are_delayed_and_not_forgotten(engine: Engine, offset: float) -> None:
    async with prepared(engine, PATIENT, lambda: time.time() + offset) as stage:
        await stage.definition("exit 1", revision=2)
        await stage.service()
        await stage.steady(1)
        await stage.update(taskDefinition="web:2")
        await held_up(stage)
        await stage.update(taskDefinition="web:1")
        await stage.steady(1)
        for record in stage.records():
            task = record.spec
            times = [task.createdAt, task.startedAt, task.stoppingAt, task.executionStoppedAt, task.stoppedAt]
            known = [one for one in times if one is not None]
            assert known == sorted(known)


async def held_up(stage: Stage) -> None:
    """Wait until tasks that fail have had to wait, and have been tried again all the same."""
    await until(lambda: any(one.startswith(INCONSISTENT) for one in stage.messages()))
    for _ in range(2):
        failed = len(stage.records())
        await until(lambda failed=failed: len(stage.records()) > failed)  # type: ignore[misc]
    assert len(stage.records()) < 25
    assert sum(one.startswith(INCONSISTENT) for one in stage.messages()) == 1


@pytest.mark.parametrize("offset", [-HOUR, HOUR])
async def test_another_leader_with_another_clock_goes_on_and_tells_nothing_twice(engine: Engine, offset: float) -> None:
    async with prepared(engine, PATIENT, lambda: time.time() + offset) as first:
        await first.definition("exit 1", revision=2)
        await first.service(taskDefinition="web:2", desiredCount=1)
        await first.service("good", desiredCount=1)
        await held_up(first)
        await first.steady(1, "good")
    second = Stage(engine, PATIENT)
    async with second.running():
        await held_up(second)
        steady = second.messages("good")
        await second.update("good", desiredCount=2)
        await until(lambda: second.get("good").status.runningCount == 2)
        await until(lambda: len(second.messages("good")) == len(steady) + 2)
        assert second.messages("good")[-1].endswith("has reached a steady state.")
        await second.update(taskDefinition="web:1")
        await second.steady(1)
