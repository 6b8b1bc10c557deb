"""kill -9 at random moments under load: what was acknowledged is there, and nothing runs twice or for nobody."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kecs.embedded.node import engine as engines
from kecs.embedded.node.docker import DockerEngine
from kecs.embedded.node.owned import owner_of
from tests.e2e.load import Ledger, disturb, prepare, settle, verify
from tests.engine import IMAGE
from tests.process import KecsProcess, kecs
from tests.waiting import until


@pytest.mark.parametrize("seed", range(4))
def test_simulated(start_kecs: Callable[..., KecsProcess], seed: int) -> None:
    _kill(start_kecs(), kills=20, seed=seed, image="example/steady", tasks=40, longest=0.5)


@pytest.mark.parametrize("seed", range(2))
def test_real(start_kecs: Callable[..., KecsProcess], container_engine: str, seed: int) -> None:
    server = start_kecs("--engine", "docker", DOCKER_HOST=container_engine)
    try:
        tasks = _kill(server, kills=10, seed=seed, image=IMAGE, tasks=4, longest=1.5)
        pods = sorted(task["taskArn"].rpartition("/")[2] for task in tasks)
        until(
            lambda: _running_for(container_engine, server.data) == pods,
            30,
            "each task has one container, no other runs",
        )
    finally:
        server.stop()
        kecs("reset", "--data", str(server.data), DOCKER_HOST=container_engine, timeout=120)
    assert containers_of(container_engine, server.data) == []


def _kill(
    server: KecsProcess, *, kills: int, seed: int, image: str, tasks: int, longest: float
) -> list[dict[str, Any]]:
    """Kill the server so many times under load; return the tasks that run when it has settled at last."""
    ledger, moments = Ledger(), random.Random(seed)
    prepare(server.client(), ledger, image)
    for number in range(kills):
        moment = moments.uniform(0.01, longest)
        disturb(server, ledger, image=image, tasks=tasks, seconds=moment, seed=seed * 1000 + number)
        server.start()
        verify(server.client(), ledger)
    return settle(server.client(), ledger, seconds=60)


def containers_of(host: str, data: Path) -> list[engines.Found]:
    """Return the containers of a data directory, as its engine lists them."""

    async def ask() -> list[engines.Found]:
        engine = DockerEngine(host)
        await engine.connect()
        try:
            return await engine.list(owner_of(data / "node"))
        finally:
            await engine.close()

    return asyncio.run(ask())


def _running_for(host: str, data: Path) -> list[str]:
    """Return the task id of each container that runs (but sandboxes), as often as there are containers."""
    return sorted(
        found.labels[engines.POD_UID].replace("-", "")
        for found in containers_of(host, data)
        if found.state == "running" and found.labels[engines.CONTAINER] != engines.SANDBOX
    )
