"""Resident memory, idle and with ten thousand simulated tasks."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import load, process
from bench.cases.requests import DEFINITION, SUBNET
from bench.table import Row

TASKS = 10_000
IDLE_MB = 55
FULL_MB = 200
DEADLINE_SECONDS = 300.0


async def fill(port: int, tasks: int) -> None:
    """Run services of a hundred tasks each until there are so many, and wait until all are running."""
    connection = load.Connection(port)

    async def call(operation: str, body: dict[str, Any]) -> Any:
        return await load.call(connection, port, operation, body)

    await call("CreateCluster", {"clusterName": "full"})
    await call("RegisterTaskDefinition", DEFINITION)
    for number in range(tasks // 100):
        await call(
            "CreateService",
            {
                "cluster": "full",
                "serviceName": f"service-{number}",
                "taskDefinition": DEFINITION["family"],
                "desiredCount": 100,
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
            },
        )
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        answer = await call("DescribeClusters", {"clusters": ["full"]})
        if answer["clusters"][0]["runningTasksCount"] >= tasks:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {answer['clusters'][0]['runningTasksCount']} of {tasks} tasks are running")
        await asyncio.sleep(0.5)
    connection.close()


def measure() -> list[Row]:
    """Measure both states of one server, and moto beside it when idle."""
    with tempfile.TemporaryDirectory() as data, process.kecs(Path(data)) as ours, process.moto() as theirs:
        ours.first_answer()
        theirs.first_answer()
        idle, peer = ours.resident(), theirs.resident()
        asyncio.run(fill(ours.port, TASKS))
        full = ours.resident()
    return [
        Row(
            "resident memory, idle",
            f"{idle:.0f} MB",
            f"moto {peer:.0f} MB",
            f"{idle / peer:.2f}",
            "",
            f"≤ {IDLE_MB} MB",
            idle <= IDLE_MB,
        ),
        Row(
            f"resident memory, {TASKS:,} simulated tasks",
            f"{full:.0f} MB",
            wanted=f"≤ {FULL_MB} MB",
            reached=full <= FULL_MB,
        ),
    ]
