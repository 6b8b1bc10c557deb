"""The end of a node whose API or engine does not answer."""

import asyncio
import time
from typing import Any

import pytest

from kecs.embedded.node import node as nodes
from kecs.kube.errors import Unavailable
from kecs.kube.resources import EVENTS
from tests.embedded.node.cluster import Cluster


async def test_a_node_ends_though_its_engine_hangs(simulated: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "_FAREWELL", 0.1)

    async def hang(container: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(simulated.containers, "remove", hang)
    simulated.node._pool._ready.append(("warm", "10.0.0.1"))
    began = time.monotonic()
    await simulated.stop_node()
    assert time.monotonic() - began < 5


async def test_a_node_that_ends_asks_an_api_that_is_down_once(
    simulated: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, asked = simulated.api.create, 0

    async def down(resource: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal asked
        if resource is not EVENTS:
            return await create(resource, *arguments, **options)
        asked += 1
        raise Unavailable("the server cannot be reached")

    monkeypatch.setattr(simulated.api, "create", down)
    recorder = simulated.node._recorder
    for number in range(20):
        recorder._enqueue("default", {"name": f"n{number}"}, "Normal", "Tested", "said")
    await recorder.flush()
    assert asked == 1
