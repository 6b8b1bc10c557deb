"""How many requests kecs sends for the update of a service with five tasks, alone and beside five thousand tasks."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench import process
from bench.cluster import Ecs, cluster, definition, missing
from bench.counting import Counting
from bench.table import Row, median, spread

TASKS = 5
OTHERS = 5000
ROUNDS = 5
LIMIT = 25
_QUIET = 1.0  # seconds without a request after which an update is over


async def _settled(counting: Counting) -> None:
    """Return once no request has come for a while."""
    count, since = counting.asked.total(), time.monotonic()
    while time.monotonic() - since < _QUIET:
        await asyncio.sleep(0.05)
        if counting.asked.total() != count:
            count, since = counting.asked.total(), time.monotonic()


async def _updates(ecs: Ecs, counting: Counting) -> list[float]:
    """Return how many requests each of some updates to a new revision took, until nothing is asked any more."""
    found = []
    for _ in range(ROUNDS):
        answer = await ecs.call("RegisterTaskDefinition", **definition("bench"))
        await _settled(counting)
        counting.asked.clear()
        arn = answer["taskDefinition"]["taskDefinitionArn"]
        await ecs.call("UpdateService", cluster="bench", service="updated", taskDefinition=arn)
        await ecs.steady("updated")
        await _settled(counting)
        found.append(float(counting.asked.total()))
    return found


async def _fill(ecs: Ecs) -> None:
    """Run the tasks of another cluster, and wait until they are running."""
    await ecs.call("CreateCluster", clusterName="others")
    await ecs.call("RegisterTaskDefinition", **definition("others"))
    for _ in range(OTHERS // 10):
        await ecs.call("RunTask", cluster="others", taskDefinition="others", count=10)

    async def running() -> int:
        answer = await ecs.call("DescribeClusters", clusters=["others"])
        return int(answer["clusters"][0]["runningTasksCount"])

    await ecs.until(running, lambda found: found >= OTHERS, 900.0)


async def _measure(kubeconfig: Path, directory: Path) -> tuple[list[float], list[float]]:
    async with Counting.before(kubeconfig, directory / "counted") as counting:
        arguments = (directory / "counted", directory / "ours")
        # The second one is the node, as an API client of its own; the first one leads, and is counted.
        server = await asyncio.to_thread(process.kecs_on, *arguments)
        node = await asyncio.to_thread(process.kecs_on, kubeconfig, directory / "node", "--engine", "simulated")
        try:
            ecs = Ecs(server.port)
            await ecs.call("CreateCluster", clusterName="bench")
            await ecs.call("RegisterTaskDefinition", **definition("bench"))
            await ecs.call(
                "CreateService", cluster="bench", serviceName="updated", taskDefinition="bench", desiredCount=TASKS
            )
            await ecs.steady("updated")
            alone = await _updates(ecs, counting)
            await _fill(ecs)
            beside = await _updates(ecs, counting)
            ecs.close()
        finally:
            await asyncio.to_thread(node.stop)
            await asyncio.to_thread(server.stop)
    return alone, beside


def measure() -> list[Row]:
    """Measure on one cluster whose node is simulated."""
    if lacking := missing(node=False):
        return [Row("API requests for one service update", f"not measured: {lacking}")]
    with cluster(node=False) as rig, tempfile.TemporaryDirectory() as directory:
        alone, beside = asyncio.run(_measure(rig.kubeconfig, Path(directory)))
    return [
        Row(
            f"API requests for one service update, {TASKS} tasks",
            f"{median(alone):.0f}",
            spread=spread(alone, "{:.0f}"),
            wanted=f"≤ {LIMIT}",
            reached=median(alone) <= LIMIT,
        ),
        Row(
            f"API requests for one service update, {OTHERS:,} tasks elsewhere",
            f"{median(beside):.0f}",
            f"without them {median(alone):.0f}",
            spread=spread(beside, "{:.0f}"),
            wanted="the same",
            reached=median(beside) <= max(alone),
        ),
    ]
