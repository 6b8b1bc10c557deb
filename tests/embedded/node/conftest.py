"""A cluster of one API and one node for a test, over simulated or real containers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.node.docker import DockerEngine
from kecs.embedded.node.simulated import SimulatedEngine
from tests.embedded.node.cluster import Cluster


@pytest.fixture
async def simulated(engine: Engine, tmp_path: Path) -> AsyncIterator[Cluster]:
    """A node whose containers are simulated."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Cluster(engine, SimulatedEngine(), tmp_path))


@pytest.fixture
async def real(engine: Engine, tmp_path: Path, container_engine: str) -> AsyncIterator[Cluster]:
    """A node whose containers are real."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Cluster(engine, DockerEngine(container_engine), tmp_path))


@pytest.fixture(params=["simulated", "real"])
async def cluster(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> AsyncIterator[Cluster]:
    """Both, one after the other: what holds for one has to hold for the other."""
    if request.param == "real":
        containers: SimulatedEngine | DockerEngine = DockerEngine(request.getfixturevalue("container_engine"))
    else:
        containers = SimulatedEngine()
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Cluster(engine, containers, tmp_path))
