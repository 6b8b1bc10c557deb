"""Writes of a leader: none once it may lead no more, none that outlasts its term, none torn at its end."""

import asyncio
from typing import Any, cast

import pytest

from kecs.kube.api import Api
from kecs.kube.fence import Fenced, LeadLost
from kecs.kube.leader import Term, clock
from kecs.kube.resources import PODS

WRITES: dict[str, tuple[Any, ...]] = {
    "create": (PODS, "ns", {}),
    "replace": (PODS, "ns", "a", {}),
    "patch": (PODS, "ns", "a", {}),
    "apply": (PODS, "ns", "a", {}),
    "delete": (PODS, "ns", "a"),
    "delete_collection": (PODS, "ns"),
}


class Backend:
    """Takes `seconds` for everything, and counts what was begun and what was done."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.begun: list[str] = []
        self.done: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def call(*_: Any, **__: Any) -> str:
            self.begun.append(name)
            await asyncio.sleep(self.seconds)
            self.done.append(name)
            return name

        return call


def fenced(backend: Backend, term: Term) -> Any:
    return Fenced(cast("Api", backend), term)


@pytest.mark.parametrize("write", WRITES)
async def test_a_leader_writes_and_who_was_one_does_not(write: str) -> None:
    backend, term = Backend(), Term(clock() + 60)
    api = fenced(backend, term)
    assert await getattr(api, write)(*WRITES[write]) == write
    term.end()
    with pytest.raises(LeadLost):
        await getattr(api, write)(*WRITES[write])
    assert backend.begun == [write]


def test_every_write_of_the_api_is_fenced() -> None:
    reads = {"get", "list", "watch", "log", "exec"}
    assert {name for name in vars(Api) if not name.startswith("_")} == reads | set(WRITES)


async def test_whoever_leads_no_more_still_reads() -> None:
    assert await fenced(Backend(), Term(clock() - 1)).get(PODS, "ns", "a") == "get"


async def test_a_write_that_outlasts_the_term_is_given_up() -> None:
    backend = Backend(seconds=5)
    with pytest.raises(LeadLost):
        await fenced(backend, Term(clock() + 0.05)).create(PODS, "ns", {})
    await asyncio.sleep(0)
    assert backend.done == []


async def test_a_write_that_has_begun_is_finished_when_its_caller_is_cancelled() -> None:
    backend = Backend(seconds=0.1)
    caller = asyncio.create_task(fenced(backend, Term(clock() + 60)).create(PODS, "ns", {}))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert backend.done == ["create"]


async def test_a_cancelled_caller_waits_no_longer_than_the_term_lasts() -> None:
    backend = Backend(seconds=60)
    caller = asyncio.create_task(fenced(backend, Term(clock() + 0.1)).create(PODS, "ns", {}))
    await asyncio.sleep(0.01)
    caller.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await caller
    assert backend.done == []
