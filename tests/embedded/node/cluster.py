"""An API and a node, and how a test speaks of pods."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from kecs.embedded.engine import Engine as Api
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import Engine, Found
from kecs.embedded.node.node import Node
from kecs.embedded.node.owned import owner_of, reset
from kecs.embedded.node.restarts import BackOff
from kecs.embedded.node.simulated import SimulatedEngine
from kecs.kube.api import Json, LogOptions
from kecs.kube.errors import NotFound
from kecs.kube.resources import EVENTS, NODES, PODS
from tests.engine import IMAGE

NAMESPACE = "default"
PATIENCE = 20.0
QUICK = BackOff(0.2, 5.0)


async def until(condition: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
    """Wait for a condition to give something true, and return that."""
    deadline = time.monotonic() + patience
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"never came: {what}"
        await asyncio.sleep(0.01)


RUN = "trap 'exit 143' TERM; sleep 1000 & wait"  # runs until it is told to end, and then does


def container(command: str | list[str] = RUN, name: str = "main", **members: Any) -> Json:
    """A container of the test image; a text is a line for its shell."""
    words = ["sh", "-c", command] if isinstance(command, str) else command
    return {"name": name, "image": IMAGE, "command": words, **members}


class Cluster:
    """One API and one node. `restart_node` ends the node as kecs's end would, and starts another one in its place."""

    name = "node-1"

    def __init__(self, api: Api, containers: Engine, directory: Path) -> None:
        self.api, self.containers, self.directory = api, containers, directory
        self.settings = NodeSettings(
            name=self.name,
            directory=directory,
            warm_sandboxes=0,
            restart_back_off=QUICK,
            pull_back_off=QUICK,
            retry_back_off=QUICK,
            patience=0.3,
            lease_seconds=60.0,
        )
        self.node: Node
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start_node()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_node()
        await self.containers.connect()
        await reset(self.containers, self.directory)
        await self.containers.close()

    async def start_node(self) -> None:
        self.node = Node(self.api, self.containers, self.settings)
        self.api.node = self.node
        self._task = asyncio.create_task(self.node.run())
        await asyncio.wait_for(self.node.ready.wait(), PATIENCE)

    async def stop_node(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if isinstance(self.containers, SimulatedEngine) and not self.containers.gone:
            self.containers = SimulatedEngine()  # it ends with its process, and knows nothing at the next start

    async def pod(self, name: str, *containers: Json, metadata: Json | None = None, **spec: Any) -> Json:
        """Make a pod that is bound to the node."""
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, **(metadata or {})},
            "spec": {
                "nodeName": self.name,
                "terminationGracePeriodSeconds": 1,
                "containers": list(containers) or [container()],
                **spec,
            },
        }
        return await self.api.create(PODS, NAMESPACE, body, manager="test")

    async def get(self, name: str) -> Json:
        return await self.api.get(PODS, NAMESPACE, name)

    async def phase(self, name: str, *phases: str) -> Json:
        """Wait until a pod is in a phase, and return it."""

        async def there() -> Json | None:
            pod = await self.get(name)
            return pod if pod.get("status", {}).get("phase") in phases else None

        found: Json = await until(there, f"{name} {' or '.join(phases)}")
        return found

    async def status(self, name: str, condition: Callable[[Json], Any], what: str = "a status") -> Json:
        """Wait until a condition holds for a pod's status, and return that."""

        async def there() -> Json | None:
            status = (await self.get(name)).get("status", {})
            return status if status.get("containerStatuses") and condition(status) else None

        found: Json = await until(there, f"{what} of {name}")
        return found

    async def waiting(self, name: str, reason: str, container: int = 0) -> Json:
        """Wait until a container waits for a reason, and return its waiting state."""
        status = await self.status(
            name,
            lambda status: status["containerStatuses"][container]["state"].get("waiting", {}).get("reason") == reason,
            reason,
        )
        waiting: Json = status["containerStatuses"][container]["state"]["waiting"]
        return waiting

    async def delete(self, name: str, grace_seconds: int | None = None) -> None:
        await self.api.delete(PODS, NAMESPACE, name, grace_seconds=grace_seconds)

    async def gone(self, name: str) -> None:
        """Wait until a pod is gone from the API and nothing of it is left in the engine."""

        async def gone() -> bool:
            try:
                await self.get(name)
            except NotFound:
                return not await self.containers_of(name)
            return False

        await until(gone, f"the end of {name}")

    async def containers_of(self, name: str) -> list[Found]:
        """What the engine has of a pod."""
        every = await self.containers.list(owner_of(self.directory))
        return [each for each in every if each.labels.get("io.kubernetes.pod.name") == name]

    async def log(self, name: str, **options: Any) -> str:
        chunks = [chunk async for chunk in self.api.log(NAMESPACE, name, LogOptions(**options))]
        return b"".join(chunks).decode()

    async def logged(self, name: str, text: str, **options: Any) -> str:
        """Wait until a pod has written something, and return all that it wrote."""

        async def there() -> str | None:
            log = await self.log(name, **options)
            return log if text in log else None

        found: str = await until(there, f"{text!r} in the log of {name}")
        return found

    async def event(self, name: str, reason: str, text: str = "") -> str:
        """Wait for an event whose message has a text in it, and return the message."""

        async def there() -> str | None:
            page = await self.api.list(EVENTS, NAMESPACE)
            mine = [each for each in page.items if each["involvedObject"].get("name") == name]
            found = (each["message"] for each in mine if each["reason"] == reason and text in each["message"])
            return next(found, None)

        found: str = await until(there, f"event {reason} of {name}")
        return found

    async def node_condition(self) -> Json:
        node = await self.api.get(NODES, None, self.name)
        ready: Json = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
        return ready


def state(status: Json, number: int = 0) -> Json:
    """A container's state: `{"running": …}`, `{"terminated": …}` or `{"waiting": …}`."""
    found: Json = status["containerStatuses"][number]["state"]
    return found
