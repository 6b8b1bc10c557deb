"""An engine that goes away and comes back: the node says so, and nothing is lost or doubled."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.node.docker import DockerEngine
from kecs.embedded.node.simulated import SimulatedEngine
from tests.embedded.node.cluster import RUN, Cluster, container, state, until
from tests.engine import EngineProcess, need_engine


class Switch:
    """Takes an engine away and gives it back."""

    def __init__(self, cluster: Cluster, process: EngineProcess | None) -> None:
        self.cluster, self._process = cluster, process

    async def off(self) -> None:
        if self._process is not None:
            await asyncio.to_thread(self._process.pause)
        elif isinstance(self.cluster.containers, SimulatedEngine):
            self.cluster.containers.gone = True

    async def on(self) -> None:
        if self._process is not None:
            await asyncio.to_thread(self._process.resume)
        elif isinstance(self.cluster.containers, SimulatedEngine):
            self.cluster.containers.gone = False


@pytest.fixture(params=["simulated", "real"])
async def switch(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> AsyncIterator[Switch]:
    process = None
    containers: SimulatedEngine | DockerEngine = SimulatedEngine()
    if request.param == "real":
        need_engine()
        process = EngineProcess().start()
        containers = DockerEngine(process.host)
    try:
        async with Cluster(engine, containers, tmp_path / "data") as cluster:
            yield Switch(cluster, process)
    finally:
        if process is not None:
            process.stop()


async def test_the_engine_goes_and_comes_back(switch: Switch) -> None:
    cluster = switch.cluster
    await cluster.pod("stays", container(RUN))
    await cluster.pod("ends", container("sleep 2; exit 6"), restartPolicy="Never")
    await cluster.pod("goes", container(RUN))
    before = [(await cluster.phase(name, "Running"))["status"] for name in ("stays", "ends", "goes")]
    await switch.off()

    async def ready(status: str) -> bool:
        return bool((await cluster.node_condition())["status"] == status)

    await until(lambda: ready("False"), "a node that is not ready")
    condition = await cluster.node_condition()
    assert condition["reason"] == "KubeletNotReady"
    assert condition["message"].startswith("container runtime is down")
    await cluster.pod("comes", container(RUN))
    await cluster.delete("goes")
    await asyncio.sleep(2)  # "ends" ends meanwhile
    await switch.on()
    await until(lambda: ready("True"), "a ready node")
    await cluster.phase("comes", "Running")
    await cluster.gone("goes")
    ended = await cluster.phase("ends", "Failed")
    assert state(ended["status"])["terminated"]["exitCode"] == 6
    after = (await cluster.get("stays"))["status"]
    assert after["containerStatuses"] == before[0]["containerStatuses"]
    assert len(await cluster.containers_of("stays")) == 2
    assert len(await cluster.containers_of("comes")) == 2


async def test_a_node_may_start_before_its_engine(switch: Switch) -> None:
    cluster = switch.cluster
    await cluster.stop_node()
    await switch.off()
    starting = asyncio.create_task(cluster.start_node())
    await cluster.pod("early", container(RUN))

    async def reported() -> bool:
        return bool((await cluster.node_condition())["status"] == "False")

    if not cluster.containers.simulated:
        await until(reported, "a node that is not ready")
    await switch.on()
    await starting
    await cluster.phase("early", "Running")
