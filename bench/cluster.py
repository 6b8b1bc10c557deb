"""Real Kubernetes for measurements: a cluster of their own, and what they ask of kecs on it."""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import load

IMAGE = "kecs.local/busybox:1"  # the node has it
_RIG = Path(__file__).parent.parent / "tools" / "kubernetes" / "rig"
_POLL = 0.01  # seconds between looks


class Rig:
    """One cluster. `run` does what `tools/kubernetes/rig VERB` does to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.kubeconfig = directory / "kubeconfig"

    def run(self, verb: str, *arguments: str) -> str:
        """Do it, and return what it prints."""
        return _rig(verb, str(self.directory), *arguments)


def _rig(*arguments: str) -> str:
    done = subprocess.run([str(_RIG), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"rig {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout


def missing(*, node: bool) -> str:
    """Return what the machine lacks for a cluster; "" when it can be had."""
    return "; ".join(_rig("missing", *(["--node"] if node else [])).splitlines())


@contextmanager
def cluster(*, node: bool) -> Iterator[Rig]:
    """Run a cluster for a while: its control plane alone, or with a real node."""
    with tempfile.TemporaryDirectory(prefix="kecs-bench-") as directory:
        rig = Rig(Path(directory) / "cluster")
        rig_arguments = ["--node"] if node else []
        _rig("up", str(rig.directory), *rig_arguments)
        try:
            yield rig
        finally:
            rig.run("down")


class Ecs:
    """A client of one kecs."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = load.Connection(port)

    async def call(self, operation: str, **body: Any) -> Any:
        """Send one operation and return its answer."""
        return await load.call(self._connection, self.port, operation, body)

    async def service(self, name: str) -> Any:
        """Return one service of the cluster `bench`."""
        return (await self.call("DescribeServices", cluster="bench", services=[name]))["services"][0]

    async def steady(self, name: str, seconds: float = 300.0) -> None:
        """Return once a service runs what it shall run, in one deployment that is complete."""

        def is_steady(service: Any) -> bool:
            deployments = service["deployments"]
            return (
                service["runningCount"] == service["desiredCount"]
                and service["pendingCount"] == 0
                and len(deployments) == 1
                and deployments[0].get("rolloutState") == "COMPLETED"
            )

        await self.until(lambda: self.service(name), is_steady, seconds)

    async def until(self, look: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float) -> float:
        """Look until it is as wanted; return when that was (perf_counter)."""
        deadline = time.monotonic() + seconds
        while not wanted(found := await look()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s; last: {found}")
            await asyncio.sleep(_POLL)
        return time.perf_counter()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def definition(family: str, *, image: str = IMAGE) -> dict[str, Any]:
    """Return a task definition of one container that does nothing for an hour, and ends when told."""
    command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    container = {"name": "main", "image": image, "memory": 32, "command": command, "stopTimeout": 2}
    return {"family": family, "containerDefinitions": [container]}
