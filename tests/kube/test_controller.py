import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kecs.kube.controller import Controller
from kecs.kube.errors import Conflict, Unavailable


@asynccontextmanager
async def running(controller: Controller[str]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(controller.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Recorder:
    """Reconciles by answering from a list; counts what ran at once."""

    def __init__(self, *answers: float | Exception | None) -> None:
        self.answers = list(answers)
        self.calls: list[str] = []
        self.current = self.most = 0
        self.called = asyncio.Event()

    async def __call__(self, key: str) -> float | None:
        self.current += 1
        self.most = max(self.most, self.current)
        await asyncio.sleep(0)
        self.current -= 1
        self.calls.append(key)
        self.called.set()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.calls) < count:
                self.called.clear()
                await self.called.wait()


async def test_every_key_is_looked_at_with_at_most_the_workers_at_once() -> None:
    recorder = Recorder()
    controller = Controller("test", recorder, workers=3)
    for number in range(20):
        controller.add(str(number))
        controller.add(str(number))
    async with running(controller):
        await recorder.until(20)
        assert sorted(recorder.calls, key=int) == [str(number) for number in range(20)]
        assert recorder.most == 3


async def test_one_key_is_never_in_work_twice() -> None:
    recorder = Recorder()
    controller = Controller("test", recorder, workers=3)
    async with running(controller):
        for _ in range(5):
            controller.add("a")
            await asyncio.sleep(0)
        await recorder.until(2)
        assert recorder.most == 1


async def test_a_failure_is_tried_again_and_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    recorder = Recorder(Unavailable("no server"), KeyError("a bug"), Conflict("somebody was faster"))
    async with running(controller := Controller("test", recorder, first=0.001)):
        controller.add("a")
        await recorder.until(4)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "test: a: no server; again in 0.001 s"
    assert lines[1].startswith("test: a: KeyError; again in 0.002 s ("), "its message may quote a secret"
    assert lines[1].partition(" (")[2].startswith(f"{__name__}:"), "not where it is installed"
    assert len(lines) == 2  # a conflict is everyday
    assert not any(record.exc_info for record in caplog.records)


async def test_a_number_is_when_to_look_again() -> None:
    recorder = Recorder(0.01, None)
    async with running(controller := Controller("test", recorder)):
        controller.add("a")
        await recorder.until(2)
        assert controller.idle


async def test_changes_among_many_objects_share_a_look() -> None:
    recorder = Recorder()
    async with running(controller := Controller("test", recorder)):
        for _ in range(50):
            controller.add_among("few", 5)
            controller.add_among("many", 1000)
            await asyncio.sleep(0)
        assert recorder.calls.count("few") > 5
        async with asyncio.timeout(5):
            while "many" not in recorder.calls:
                await asyncio.sleep(0.001)
        assert recorder.calls.count("many") == 1


async def test_cancelling_ends_what_is_in_work() -> None:
    ended: list[str] = []

    async def slow(key: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(key)

    controller: Controller[str] = Controller("test", slow, workers=2)
    controller.add("a")
    async with running(controller):
        async with asyncio.timeout(2):
            while controller.idle or len(controller._queue):
                await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended == ["a"]
