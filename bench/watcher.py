"""`python -m bench.watcher PORT PODS`: hold the pods of an API server as kecs does, and print the memory that took.

Prints the resident megabytes that the pods added, after every one of them has changed once more.
"""

import asyncio
import gc
import sys
from pathlib import Path

import uvloop

from bench.pods import LISTED_AT
from kecs.kube.access import Access
from kecs.kube.http import HttpApi
from kecs.translate import views
from kecs.world.world import World


def _resident() -> float:
    gc.collect()
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


async def main() -> None:
    """Watch until every pod was listed, and changed once."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    api = await HttpApi.connect(Access((f"http://127.0.0.1:{port}",)))
    await api.list(World(api).pods.resource, limit=1)  # what the first request loads is not the pods'
    before = _resident()
    world = World(api)
    last = asyncio.Event()

    def look(_old: object, new: views.Pod | None) -> None:
        if new is not None and new.metadata.resourceVersion == str(LISTED_AT + count):
            last.set()

    world.pods.subscribe(look)
    running = asyncio.create_task(world.pods.run())
    async with asyncio.timeout(120):
        await last.wait()
    assert len(world.pods.values()) == count
    print(f"{_resident() - before:.1f}", flush=True)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await api.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
