"""The node's own object: there, true, and put right when others or an outage have left it otherwise."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from kecs.embedded.engine import Engine
from kecs.embedded.node.build import build
from kecs.kube.api import Json
from kecs.kube.errors import NotFound, Unavailable
from kecs.kube.resources import LEASES, NODES
from tests.embedded.node.cluster import Cluster, until


class FlakyApi:
    """An API that cannot be reached for the first so many calls."""

    def __init__(self, api: Engine, failures: int) -> None:
        self._api, self._failures = api, failures

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._api, name)
        if name in ("watch", "log"):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._failures -= 1
            if self._failures >= 0:
                raise Unavailable("connection refused")
            return await method(*args, **kwargs)

        return call


async def _ready(cluster: Cluster) -> Json | None:
    with suppress(NotFound):
        found = await cluster.node_condition()
        return found if found["status"] == "True" else None
    return None


async def test_labels_are_given(simulated: Cluster) -> None:
    await simulated.stop_node()
    simulated.settings = replace(simulated.settings, labels={"topology.kubernetes.io/zone": "here"})
    await simulated.start_node()
    node = await simulated.api.get(NODES, None, simulated.name)
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "here"
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == simulated.name


async def test_an_api_that_is_not_there_yet_is_waited_for(simulated: Cluster) -> None:
    await simulated.stop_node()
    node = build(FlakyApi(simulated.api, 3), simulated.settings, "")
    running = asyncio.create_task(node.run())
    await asyncio.wait_for(node.ready.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_others_made_of_it_is_put_right(simulated: Cluster) -> None:
    await simulated.stop_node()
    simulated.settings = replace(simulated.settings, lease_seconds=0.05)
    await simulated.start_node()
    lost = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
    patch: Json = {"status": {"conditions": [lost]}}
    await simulated.api.patch(
        NODES, None, simulated.name, patch, type="merge", manager="controller", subresource="status"
    )
    await until(lambda: _ready(simulated), "a node that is ready again")


async def test_a_deleted_node_comes_back_with_its_lease(simulated: Cluster) -> None:
    await simulated.stop_node()
    simulated.settings = replace(simulated.settings, lease_seconds=0.05)
    await simulated.start_node()
    before = await simulated.api.get(NODES, None, simulated.name)
    await simulated.api.delete(NODES, None, simulated.name)
    await simulated.api.delete(LEASES, "kube-node-lease", simulated.name)
    await until(lambda: _ready(simulated), "another node")
    after = await simulated.api.get(NODES, None, simulated.name)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]

    async def owned() -> bool:
        with suppress(NotFound):
            lease = await simulated.api.get(LEASES, "kube-node-lease", simulated.name)
            return bool(lease["metadata"]["ownerReferences"][0]["uid"] == after["metadata"]["uid"])
        return False

    await until(owned, "a lease of the new node")
