"""From RunTask to RUNNING with simulated containers: one at a time, and two hundred a second."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import load, process
from bench.cases.requests import DEFINITION, SUBNET
from bench.table import Row, median, percentile, spread

SINGLE = 60
LIMIT_MILLISECONDS = 30
RATE = 200
SECONDS = 15
DEADLINE_SECONDS = 30.0
RUN = {
    "cluster": "bench",
    "taskDefinition": DEFINITION["family"],
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
}


async def prepare(port: int) -> None:
    """Make the cluster and the definition that the tasks use."""
    connection = load.Connection(port)
    await load.call(connection, port, "CreateCluster", {"clusterName": "bench"})
    await load.call(connection, port, "RegisterTaskDefinition", DEFINITION)
    connection.close()


async def _until_running(connection: load.Connection, port: int, arn: str, pause: float) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    ask = {"cluster": "bench", "tasks": [arn]}
    while True:
        answer = await load.call(connection, port, "DescribeTasks", ask)
        if not answer["tasks"]:
            raise AssertionError(f"a task that RunTask answered is not described: {answer}")
        if answer["tasks"][0]["lastStatus"] == "RUNNING":
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{arn} is {answer['tasks'][0]['lastStatus']}")
        await asyncio.sleep(pause)


async def _one_by_one(port: int) -> list[float]:
    connection = load.Connection(port)
    took: list[float] = []
    for _ in range(SINGLE):
        began = time.perf_counter()
        answer = await load.call(connection, port, "RunTask", RUN)
        await _until_running(connection, port, answer["tasks"][0]["taskArn"], 0.002)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


async def _sustained(port: int) -> list[float]:
    """Start tasks at the rate, look at each at once, and stop the oldest, so that the number stays level."""
    began = time.perf_counter()
    numbers = itertools.count()
    running: asyncio.Queue[str] = asyncio.Queue()
    took: list[float] = []

    async def send() -> None:
        connection = load.Connection(port)
        for number in numbers:
            due = began + number / RATE
            if due > began + SECONDS:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await load.call(connection, port, "RunTask", RUN)
            arn = answer["tasks"][0]["taskArn"]
            seen = await load.call(connection, port, "DescribeTasks", {"cluster": "bench", "tasks": [arn]})
            if [task["taskArn"] for task in seen["tasks"]] != [arn]:
                raise AssertionError(f"a task that RunTask answered is not described: {seen}")
            await _until_running(connection, port, arn, 0.02)
            took.append((time.perf_counter() - due) * 1000)
            running.put_nowait(arn)
            if running.qsize() > RATE:
                stop: dict[str, Any] = {"cluster": "bench", "task": running.get_nowait()}
                await load.call(connection, port, "StopTask", stop)
        connection.close()

    await asyncio.gather(*(send() for _ in range(48)))
    return took


def measure() -> list[Row]:
    """Measure both."""
    with tempfile.TemporaryDirectory() as data, process.kecs(Path(data)) as server:
        asyncio.run(prepare(server.port))
        single = asyncio.run(_one_by_one(server.port))
        began = time.perf_counter()
        many = asyncio.run(_sustained(server.port))
        rate = len(many) / (time.perf_counter() - began)
    return [
        Row(
            "RunTask to RUNNING, simulated",
            f"{median(single):.1f} ms",
            spread=spread(single, "{:.0f}"),
            wanted=f"median ≤ {LIMIT_MILLISECONDS} ms",
            reached=median(single) <= LIMIT_MILLISECONDS,
        ),
        Row(
            f"RunTask to RUNNING at {RATE} a second, all reads consistent",
            f"{rate:.0f}/s, p50 {median(many):.0f} ms",
            spread=f"p99 {percentile(many, 99):.0f} ms",
            wanted=f"{RATE}/s",
            # A rate that is kept ends with its last task, not with the queue behind it.
            reached=rate >= RATE * 0.97,
        ),
    ]
