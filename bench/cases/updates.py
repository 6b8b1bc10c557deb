"""What one service's update costs when other services have many tasks: costs must grow with the change."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import load, process
from bench.cases.memory import fill
from bench.cases.requests import DEFINITION, SUBNET
from bench.table import Row, median, spread

FEW, MANY = 100, 10_000
UPDATES = 12
LIMIT_RATIO = 1.3
DEADLINE_SECONDS = 60.0


async def _update(port: int, server: process.Server) -> list[float]:
    """Roll a service of two tasks over again and again; return the CPU milliseconds of each rollout."""
    connection = load.Connection(port)

    async def call(operation: str, body: dict[str, Any]) -> Any:
        return await load.call(connection, port, operation, body)

    async def settle() -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            answer = await call("DescribeServices", {"cluster": "measured", "services": ["measured"]})
            service = answer["services"][0]
            primary = service["deployments"][0]
            if (
                service["runningCount"] == 2
                and primary["rolloutState"] == "COMPLETED"
                and len(service["deployments"]) == 1
            ):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the service did not settle: {service['deployments']}")
            await asyncio.sleep(0.05)

    await call("CreateCluster", {"clusterName": "measured"})
    await call("RegisterTaskDefinition", DEFINITION)
    await call(
        "CreateService",
        {
            "cluster": "measured",
            "serviceName": "measured",
            "taskDefinition": DEFINITION["family"],
            "desiredCount": 2,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": [SUBNET]}},
        },
    )
    await settle()
    costs: list[float] = []
    for _ in range(UPDATES):
        before = server.cpu()
        await call("UpdateService", {"cluster": "measured", "service": "measured", "forceNewDeployment": True})
        await settle()
        costs.append((server.cpu() - before) * 1000)
    connection.close()
    return costs


def measure() -> list[Row]:
    """Measure beside few and beside many tasks of other services."""
    found: dict[int, list[float]] = {}
    for others in (FEW, MANY):
        with tempfile.TemporaryDirectory() as data, process.kecs(Path(data)) as server:
            asyncio.run(fill(server.port, others))
            found[others] = asyncio.run(_update(server.port, server))
    ratio = median(found[MANY]) / median(found[FEW])
    return [
        Row(
            f"CPU of one service's rollout beside {MANY:,} tasks of others",
            f"{median(found[MANY]):.1f} ms",
            f"beside {FEW}: {median(found[FEW]):.1f} ms",
            f"{ratio:.2f}",
            spread(found[MANY], "{:.0f}"),
            f"≤ {LIMIT_RATIO}",
            ratio <= LIMIT_RATIO,
        )
    ]
