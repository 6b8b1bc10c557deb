"""How long reads take while a hundred tasks a second start and stop."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

from bench import load, process
from bench.cases.tasks import RUN, prepare
from bench.table import Row, median, percentile

RATE = 100
READS = 50
SECONDS = 15.0
LIMIT_MILLISECONDS = 10


async def _churn(port: int) -> None:
    """Start and stop tasks at the rate."""
    began = time.perf_counter()
    numbers = itertools.count()
    running: asyncio.Queue[str] = asyncio.Queue()

    async def send() -> None:
        connection = load.Connection(port)
        for number in numbers:
            due = began + number / RATE
            if due > began + SECONDS:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await load.call(connection, port, "RunTask", RUN)
            running.put_nowait(answer["tasks"][0]["taskArn"])
            if running.qsize() > RATE:
                await load.call(connection, port, "StopTask", {"cluster": "bench", "task": running.get_nowait()})
        connection.close()

    await asyncio.gather(*(send() for _ in range(16)))


async def _both(port: int) -> list[float]:
    reads = [
        load.request(port, "ListClusters", {}),
        load.request(port, "ListTasks", {"cluster": "bench"}),
        load.request(port, "DescribeClusters", {"clusters": ["bench"]}),
        load.request(port, "ListTaskDefinitions", {}),
    ]
    _, took = await asyncio.gather(
        _churn(port),
        load.pace(port, lambda number: reads[number % len(reads)], rate=READS, seconds=SECONDS, connections=8),
    )
    return [seconds * 1000 for seconds in took]


def measure() -> list[Row]:
    """Measure the reads under that load."""
    with tempfile.TemporaryDirectory() as data, process.kecs(Path(data)) as server:
        asyncio.run(prepare(server.port))
        took = asyncio.run(_both(server.port))
    slow = percentile(took, 99)
    return [
        Row(
            f"reads while {RATE} tasks a second start and stop, p99",
            f"{slow:.1f} ms",
            spread=f"p50 {median(took):.1f} ms",
            wanted=f"≤ {LIMIT_MILLISECONDS} ms",
            reached=slow <= LIMIT_MILLISECONDS,
        )
    ]
