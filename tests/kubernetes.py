"""A Kubernetes for tests that is not kecs: the embedded one alone, as a process of its own, without anything of ECS.

`python -m tests.kubernetes DIR` serves it over a data directory until SIGTERM, with a simulated node, and prints one
line once it answers. What a `kecs serve --kubeconfig` needs of a cluster, it has.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from kecs.embedded.cluster import Cluster, ClusterSettings
from kecs.server import log
from kecs.server.http import Limits
from kecs.server.run import Door, House, signalled


async def serve(directory: Path, port: int) -> None:
    """Serve it until the process is told to end."""
    told = signalled()
    cluster = await Cluster.open(ClusterSettings(directory=directory, engine="simulated"))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cluster.close)
        parts = [asyncio.create_task(part.run()) for part in cluster.parts()]
        tls = cluster.door.tls_files()
        limits = Limits(answer_seconds=None)
        door = Door(
            "kubernetes",
            cluster.door.app,
            "127.0.0.1",
            port,
            certificate=tls.certificate,
            key=tls.key,
            limits=limits,
            grace=1,
        )
        house = House([door])
        await house.open()
        port = int(house.address("kubernetes").rpartition(":")[2])
        print(f"kubernetes ready, kubeconfig {cluster.door.write_kubeconfig(port)}, port {port}", flush=True)
        await told
        cluster.door.close()
        await house.close()
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


if __name__ == "__main__":
    log.configure("text", "warning")
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
