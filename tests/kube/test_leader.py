import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, Conflict, NotFound, Unavailable
from kecs.kube.leader import Leader


class Leases:
    """One lease with versions, which can be made unreachable for one of the processes."""

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.version = 0
        self.cut_off: set[str] = set()

    def seen_by(self, identity: str) -> Api:
        return cast("Api", View(self, identity))


class View:
    def __init__(self, leases: Leases, identity: str) -> None:
        self.leases, self.identity = leases, identity

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.identity in self.leases.cut_off:
            raise Unavailable("cut off")

    async def get(self, *_: Any) -> Json:
        await self._reach()
        if self.leases.lease is None:
            raise NotFound("no lease")
        return self.leases.lease

    async def create(self, _resource: Any, _namespace: str, body: Json, **_: Any) -> None:
        await self._reach()
        if self.leases.lease is not None:
            raise AlreadyExists("there is one")
        self._store(body)

    async def replace(self, _resource: Any, _namespace: str, _name: str, body: Json, **_: Any) -> None:
        await self._reach()
        if body["metadata"]["resourceVersion"] != str(self.leases.version):
            raise Conflict("changed")
        self._store(body)

    def _store(self, body: Json) -> None:
        self.leases.version += 1
        meta = {**body["metadata"], "resourceVersion": str(self.leases.version)}
        self.leases.lease = {**body, "metadata": meta}


class Works:
    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.most = 0

    def of(self, identity: str) -> Callable[[], Any]:
        async def work() -> None:
            self.at_work.append(identity)
            self.most = max(self.most, len(self.at_work))
            try:
                await asyncio.Event().wait()
            finally:
                self.at_work.remove(identity)

        return work


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def leader(leases: Leases, identity: str) -> Leader:
    return Leader(leases.seen_by(identity), "ns", "kecs", identity, duration=1, deadline=0.2, period=0.02)


async def test_one_leads_and_the_next_follows() -> None:
    leases, works = Leases(), Works()
    tasks = {name: asyncio.create_task(leader(leases, name).run(works.of(name))) for name in ("a", "b", "c")}
    await until(lambda: bool(works.at_work))
    (first,) = works.at_work
    tasks.pop(first).cancel()
    await until(lambda: bool(works.at_work) and works.at_work != [first])  # at once, as the lease was given back
    (second,) = works.at_work
    leases.cut_off.add(second)
    await until(lambda: second not in works.at_work)
    await until(lambda: bool(works.at_work))
    assert works.most == 1
    assert leases.lease is not None
    assert leases.lease["spec"]["leaseTransitions"] == 2
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert not works.at_work


async def test_what_the_work_raises_ends_the_run() -> None:
    async def broken() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await leader(Leases(), "a").run(broken)
