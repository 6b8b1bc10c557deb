"""A reconciler that is killed between any two steps leaves nothing that its successor does not finish."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

from kecs.embedded.engine import Engine
from kecs.kube.api import Api
from tests.reconcile.conftest import NAMESPACE, SETTINGS, Stage, until

_WRITES = ("create", "replace", "patch", "apply", "delete")


class MortalApi:
    """Lets a number of writes through and then kills its user: before the write, or right after it."""

    def __init__(self, api: Api, writes: int, *, after: bool) -> None:
        self._api = api
        self._left = writes
        self._after = after
        self.died = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._api, name)
        if name not in _WRITES:
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.died.is_set():
                await asyncio.Event().wait()  # nothing of a dead process comes through
            self._left -= 1
            if self._left >= 0:
                return await method(*args, **kwargs)
            self.died.set()
            if self._after:
                await method(*args, **kwargs)
            return await asyncio.Event().wait()

        return call


class Scene(NamedTuple):
    """What is there before, what happens while the mortal reconciler works, and how it has to end."""

    prepare: Callable[[Stage], Coroutine[Any, Any, None]]
    act: Callable[[Stage], Coroutine[Any, Any, None]]
    outcome: Callable[[Stage], Coroutine[Any, Any, None]]
    fewest: int  # writes that it takes


async def _nothing(stage: Stage) -> None:
    pass


async def _start(stage: Stage) -> None:
    await stage.run_task(revision=2)
    await stage.service()


async def _started(stage: Stage) -> None:
    await stage.steady(1)
    await until(lambda: [record.spec.group for record in stage.records()] == ["family:web"])
    await until(lambda: len(stage.world.pods.values()) == 2)
    (record,) = stage.records()
    assert record.spec.stopCode == "EssentialContainerExited"
    assert stage.get().status.runningCount == 2
    _told_once(stage)


async def _serve(stage: Stage) -> None:
    await stage.service(desiredCount=1)
    await stage.steady(1)


async def _update(stage: Stage) -> None:
    await stage.update(taskDefinition="web:3")


async def _updated(stage: Stage) -> None:
    await stage.steady(3)
    await until(lambda: len(stage.world.pods.values()) == 1)
    assert [record.spec.stopCode for record in stage.records()] == ["ServiceSchedulerInitiated"]
    assert stage.get().status.runningCount == 1


async def _delete(stage: Stage) -> None:
    await stage.update(taskDefinition="web:3")
    await stage.delete_service()


async def _deleted(stage: Stage) -> None:
    await until(lambda: stage.status() == "INACTIVE")
    assert not stage.pods()
    assert len(stage.records()) in (1, 2)  # the rollout may have begun
    assert stage.world.deployments.get(NAMESPACE, "web") is None


def _told_once(stage: Stage) -> None:
    messages = stage.messages()
    for pod in stage.pods():
        id_ = pod.metadata.uid.replace("-", "")
        assert sum(id_ in message for message in messages) == 1


SCENES = {
    "start": Scene(_nothing, _start, _started, 10),
    "rollout": Scene(_serve, _update, _updated, 5),
    "deletion": Scene(_serve, _delete, _deleted, 5),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scene", SCENES)
async def test_killed_at_each_write(engine: Engine, scene: str, after: bool) -> None:
    stage = Stage(engine, SETTINGS)
    async with stage.running():
        await stage.cluster()
        await stage.definition("sleep 1000")
        await stage.definition("exit 3", revision=2)
        await stage.definition("sleep 1000", revision=3)
    writes = 0
    while not await _survived(engine, SCENES[scene], writes, after=after):
        writes += 1
    assert writes >= SCENES[scene].fewest


async def _survived(engine: Engine, scene: Scene, writes: int, *, after: bool) -> bool:
    """Play a scene with a reconciler that may write so often; return whether it came to the end by itself."""
    before = Stage(engine, SETTINGS)
    async with before.running():
        await scene.prepare(before)
    mortal = MortalApi(engine, writes, after=after)
    first = Stage(mortal, SETTINGS)
    async with first.running():
        first.world.api = engine  # what the operations write does not count
        await scene.act(first)
        first.world.api = mortal
        done = asyncio.create_task(scene.outcome(first))
        died = asyncio.create_task(mortal.died.wait())
        await asyncio.wait({done, died}, return_when=asyncio.FIRST_COMPLETED)
        survived = done.done()
        died.cancel()
        if survived:
            await done
        done.cancel()
    second = Stage(engine, SETTINGS)
    async with second.running():
        await scene.outcome(second)
        await _clear(second)
    return survived


async def _clear(stage: Stage) -> None:
    await stage.world.delete(stage.world.services, NAMESPACE, "web")
    await until(lambda: stage.world.services.get(NAMESPACE, "web") is None and not stage.pods())
    for record in stage.records():
        await stage.world.delete(stage.world.stopped_tasks, NAMESPACE, record.metadata.name)
