"""How long nobody acts when the leading replica is killed."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench import process
from bench.cluster import Ecs, cluster, definition, missing
from bench.table import Row, median, spread
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import DEPLOYMENTS

LEASE = 5.0  # seconds
LIMIT = 1.2  # of them
ROUNDS = 3


async def _prepare(port: int) -> None:
    ecs = Ecs(port)
    await ecs.call("CreateCluster", clusterName="bench")
    await ecs.call("RegisterTaskDefinition", **definition("bench"))
    await ecs.call("CreateService", cluster="bench", serviceName="kept", taskDefinition="bench", desiredCount=1)
    ecs.close()


async def _acted(port: int, kubeconfig: Path, count: int) -> None:
    """Ask one replica for another number of tasks, and return once the leader, whoever it is, has ordered them."""
    api = await HttpApi.connect(load_kubeconfig(kubeconfig))
    ecs = Ecs(port)
    if count > 1:
        await ecs.call("UpdateService", cluster="bench", service="kept", desiredCount=count)

    async def ordered() -> list[int]:
        page = await api.list(DEPLOYMENTS, labels="kecs.io/service=kept")
        return [one["spec"]["replicas"] for one in page.items]

    await ecs.until(ordered, lambda found: found == [count], 60.0)
    ecs.close()
    await api.close()


def _rounds(kubeconfig: Path, directory: Path) -> list[float]:
    """Return the seconds from the death of each leader to what the next one does first."""

    def replica(number: int) -> process.Server:
        return process.kecs_on(kubeconfig, directory / str(number), "--lease-duration", str(LEASE))

    leader, found = replica(0), []
    asyncio.run(_prepare(leader.port))
    asyncio.run(_acted(leader.port, kubeconfig, 1))
    for number in range(ROUNDS):
        follower = replica(number + 1)
        time.sleep(LEASE * (number + 1) / ROUNDS)  # at another moment of the lease each time
        leader.kill()
        began = time.perf_counter()
        asyncio.run(_acted(follower.port, kubeconfig, number + 2))
        found.append(time.perf_counter() - began)
        leader = follower
    leader.stop()
    return found


def measure() -> list[Row]:
    """Measure on one cluster whose node is simulated."""
    if lacking := missing(node=False):
        return [Row("leader killed to the next action", f"not measured: {lacking}")]
    with cluster(node=False) as rig, tempfile.TemporaryDirectory() as directory:
        found = _rounds(rig.kubeconfig, Path(directory))
    ratios = [seconds / LEASE for seconds in found]
    return [
        Row(
            "leader killed to the next action by another replica",
            f"{median(found):.1f} s",
            f"lease of {LEASE:g} s",
            f"{median(ratios):.2f}",
            spread(ratios),
            f"≤ {LIMIT}",
            median(ratios) <= LIMIT,
        )
    ]
