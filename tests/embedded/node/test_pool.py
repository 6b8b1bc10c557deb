"""Sandboxes made in advance while the node takes stock: none is given to two pods, none is taken from a pod."""

import asyncio

from kecs.embedded.node import engine as engines
from kecs.embedded.node.engine import Found, SandboxConfig
from kecs.embedded.node.owned import owner_of
from kecs.embedded.node.pool import SandboxPool
from kecs.embedded.node.record import PodRecord
from kecs.embedded.node.simulated import SimulatedEngine
from tests.embedded.node.cluster import Cluster


class Slow(SimulatedEngine):
    """Shows a sandbox only when it may; its list has names, as that of a real engine."""

    def __init__(self) -> None:
        super().__init__()
        self.may_show = asyncio.Event()
        self.made: list[SandboxConfig] = []

    async def create_sandbox(self, config: SandboxConfig) -> str:
        self.made.append(config)
        return await super().create_sandbox(config)

    async def start(self, container: str) -> float:
        started = await super().start(container)
        await self.may_show.wait()
        return started

    async def list(self, owner: str) -> list[Found]:
        shown = await super().list(owner)
        for found, config in zip(shown, self.made, strict=True):
            found.name = config.name
        return shown


async def test_a_sandbox_that_is_being_made_is_not_taken_in_as_one_of_an_earlier_run() -> None:
    engine = Slow()
    pool = SandboxPool(engine, "owner", 1)
    pool.fill()
    while not (shown := await engine.list("owner")) or shown[0].state != "running":
        await asyncio.sleep(0)
    (found,) = shown
    assert pool.has(found)
    assert pool.take() is None
    engine.may_show.set()
    while not pool.ready:
        await asyncio.sleep(0)
    assert pool.has(found)
    assert pool.take() is not None
    assert not pool.has(found)
    await pool.close()


async def test_one_that_has_gone_since_it_was_listed_is_not_taken_in() -> None:
    pool = SandboxPool(SimulatedEngine(), "owner", 1)
    gone = Found(id="gone", state="running", labels={engines.OWNER: "owner"})
    assert not await pool.adopt(gone)
    assert pool.ready == 0


async def test_one_that_a_pod_takes_while_the_node_takes_stock_stays_the_pods(simulated: Cluster) -> None:
    node, engine = simulated.node, simulated.containers
    owner = owner_of(simulated.directory)
    pool = node._pool = SandboxPool(engine, owner, 1)
    stray = await engine.create_sandbox(SandboxConfig(name="stray", labels={engines.OWNER: owner}))
    pool.fill()
    while not pool.ready:
        await asyncio.sleep(0)
    record = node._records["uid"] = PodRecord("uid", "default", "hasty")
    remove = engine.remove

    async def removed(container: str) -> None:
        await remove(container)
        taken = pool.take()
        assert container == stray and taken is not None
        record.sandbox = taken[0]

    engine.remove = removed  # type: ignore[method-assign]
    shown = await engine.list(owner)
    assert shown[0].id == stray
    await node._claim({"": shown})
    assert [found.id for found in await engine.list(owner)] == [record.sandbox]
    assert pool.ready == 0
    engine.remove = remove  # type: ignore[method-assign]
    await pool.close()
