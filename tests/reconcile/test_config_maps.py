"""Who refers to ConfigMaps hears of them, and nobody else is watched."""

import asyncio

from kecs.kube.resources import CONFIG_MAPS
from kecs.reconcile.config_maps import ConfigMaps
from tests.reconcile.conftest import Stage, until

NS = "default"
ONE, OTHER = (NS, "one"), (NS, "other")


def watching() -> bool:
    return any(task.get_name() == f"informer configmaps of {NS}" for task in asyncio.all_tasks())


async def fill(stage: Stage, name: str, value: str) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}}
    await stage.api.apply(CONFIG_MAPS, NS, name, body, manager="test")


async def test_a_watch_lasts_as_long_as_somebody_reads(stage: Stage) -> None:
    maps = ConfigMaps(stage.context)
    told: list[tuple[str, str]] = []
    maps.subscribe(told.append)
    running = asyncio.create_task(maps.run())
    await fill(stage, "a", "1")
    for _ in range(2):
        assert await maps.read(ONE, frozenset({"a", "b"})) == {"a": {"k": "1"}, "b": None}
        assert await maps.read(OTHER, frozenset({"a"})) == {"a": {"k": "1"}}
        assert watching()
        maps.forget(ONE)
        told.clear()
        await fill(stage, "b", "1")
        await fill(stage, "a", "2")
        await until(lambda: told)
        assert told == [OTHER]
        assert await maps.read(OTHER, frozenset({"a"})) == {"a": {"k": "2"}}
        maps.forget(OTHER)
        await until(lambda: not watching())
        await fill(stage, "a", "1")
        await stage.api.delete(CONFIG_MAPS, NS, "b")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
