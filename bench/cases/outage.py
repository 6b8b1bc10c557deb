"""Reads while the API server is away."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench import load, process
from bench.cluster import Ecs, Rig, cluster, definition, missing
from bench.table import Row, percentile

SECONDS = 60.0
RATE = 50
TASKS = 20


async def _prepare(ecs: Ecs) -> list[bytes]:
    """Run a service, and return the reads."""
    await ecs.call("CreateCluster", clusterName="bench")
    await ecs.call("RegisterTaskDefinition", **definition("bench"))
    await ecs.call("CreateService", cluster="bench", serviceName="kept", taskDefinition="bench", desiredCount=TASKS)
    await ecs.steady("kept")
    tasks = (await ecs.call("ListTasks", cluster="bench", serviceName="kept"))["taskArns"]
    return [
        load.request(ecs.port, "ListClusters", {}),
        load.request(ecs.port, "DescribeServices", {"cluster": "bench", "services": ["kept"]}),
        load.request(ecs.port, "ListTasks", {"cluster": "bench"}),
        load.request(ecs.port, "DescribeTasks", {"cluster": "bench", "tasks": tasks}),
        load.request(ecs.port, "DescribeTaskDefinition", {"taskDefinition": "bench"}),
    ]


async def _read(port: int, reads: list[bytes]) -> tuple[list[float], int]:
    """Return how long each read that was served took, in milliseconds, and how many were not."""
    began = time.perf_counter()
    took, failed = [], 0
    connection = load.Connection(port)
    for number in range(int(SECONDS * RATE)):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            await asyncio.wait_for(connection.send(reads[number % len(reads)]), 10.0)
            took.append((time.perf_counter() - due) * 1000)
        except (load.Failed, OSError, TimeoutError):
            failed += 1
            connection = load.Connection(port)
    connection.close()
    return took, failed


async def _measure(rig: Rig, port: int) -> tuple[list[float], int, float]:
    ecs = Ecs(port)
    reads = await _prepare(ecs)
    await asyncio.to_thread(rig.run, "pause", "apiserver")
    took, failed = await _read(port, reads)
    await asyncio.to_thread(rig.run, "resume", "apiserver")
    back = time.perf_counter()

    async def written() -> bool:
        try:
            await ecs.call("UpdateService", cluster="bench", service="kept", desiredCount=TASKS + 1)
        except load.Failed:
            return False
        return True

    back = await ecs.until(written, bool, 120.0) - back
    ecs.close()
    return took, failed, back


def measure() -> list[Row]:
    """Measure on one cluster whose node is simulated; writes count as served again when the API server answers."""
    if lacking := missing(node=False):
        return [Row("reads while the API server is down", f"not measured: {lacking}")]
    with (
        cluster(node=False) as rig,
        tempfile.TemporaryDirectory() as data,
        process.kecs_on(rig.kubeconfig, Path(data), "--engine", "simulated") as server,
    ):
        took, failed, back = asyncio.run(_measure(rig, server.port))
    return [
        Row(
            f"reads served while the API server is down for {SECONDS:g} s",
            f"{len(took)} of {len(took) + failed}",
            f"p99 {percentile(took, 99):.1f} ms" if took else "",
            spread=f"writes {back:.1f} s after it",
            wanted="all",
            reached=not failed and bool(took),
        )
    ]
