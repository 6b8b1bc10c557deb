"""A simulated node for tests, as a process of its own: it outlives the kecs processes that it runs tasks for.

`python -m tests.node KUBECONFIG DIR [NAME]` registers it in the cluster of a kubeconfig, prints one line, and is a
node of it until SIGTERM. It renews its lease every second, for clusters that give a silent node up quickly.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from kecs.embedded.node.build import build
from kecs.embedded.node.context import NodeSettings
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.server import log
from kecs.server.run import signalled


async def work(kubeconfig: Path, directory: Path, name: str = "node") -> None:
    """Be a node until the process is told to end."""
    told = signalled()
    api = await HttpApi.connect(load_kubeconfig(kubeconfig))
    node = build(api, NodeSettings(name=name, directory=directory, lease_seconds=1.0), "")
    running = asyncio.create_task(node.run())
    await node.ready.wait()
    print("node ready", flush=True)
    await told
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await api.close()


if __name__ == "__main__":
    log.configure("text", "warning")
    uvloop.run(work(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
