"""What a watch event costs until the caches are current, beside reading it with aiohttp and decoding it with orjson."""

import asyncio
import time
from contextlib import suppress

import aiohttp
import orjson
import uvloop

from bench import process
from bench.pods import LISTED_AT
from bench.table import Row, median, spread
from kecs.compose import calm_collector
from kecs.kube.access import Access
from kecs.kube.http import HttpApi
from kecs.kube.informer import Informer
from kecs.model import marks
from kecs.world import resources
from kecs.world.world import POD_INDEXES, pods_alike

PODS = 1000
EVENTS = 10_000
ROUNDS = 7
LIMIT = 0.5


async def _floor(port: int) -> float:
    """Return the CPU microseconds an event of reading the stream line by line."""
    url = f"http://127.0.0.1:{port}/api/v1/pods?watch=1"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        began, count = time.process_time(), 0
        async for line in response.content:
            orjson.loads(line)
            count += 1
            if count == EVENTS:
                break
        return (time.process_time() - began) / EVENTS * 1e6


async def _ours(port: int) -> float:
    """Return the CPU microseconds an event until the cache of pods that kecs has, and its indexes, are current."""
    api = await HttpApi.connect(Access((f"http://127.0.0.1:{port}",)))
    pods = Informer(api, resources.PODS, labels=marks.ROLE, indexes=POD_INDEXES, alike=pods_alike)
    last = asyncio.Event()
    began = 0.0

    def first_and_last(_old: object, new: object) -> None:
        nonlocal began
        version = int(new.metadata.resourceVersion)  # type: ignore[attr-defined]  # the server deletes no pod
        if version == LISTED_AT + 1:
            began = time.process_time()
        elif version == LISTED_AT + EVENTS:
            last.set()

    pods.subscribe(first_and_last)
    running = asyncio.create_task(pods.run())
    await last.wait()
    took = time.process_time() - began
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await api.close()
    return took / EVENTS * 1e6


def measure() -> list[Row]:
    """Measure both in turn, each in an event loop as kecs runs in, and with the collector as calm as there."""
    calm_collector()
    ours, floor = [], []
    with process.pods(PODS, EVENTS) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for _ in range(ROUNDS):
            floor.append(runner.run(_floor(server.port)))
            ours.append(runner.run(_ours(server.port)))
    ratios = [a / b for a, b in zip(ours, floor, strict=True)]
    return [
        Row(
            "CPU per watch event of a pod",
            f"{median(ours):.0f} µs",
            f"aiohttp and orjson {median(floor):.0f} µs",
            f"{median(ratios):.2f}",
            spread(ratios),
            f"≤ {LIMIT}",
            median(ratios) <= LIMIT,
        )
    ]
