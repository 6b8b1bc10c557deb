"""A cluster for tests: an engine, all controllers, and a node that runs every pod at once (or does not)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from kecs.embedded.controllers.build import build
from kecs.embedded.engine import Engine
from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.errors import ApiError
from kecs.kube.time import rfc3339

NS = "default"


class Cluster:
    """What tests do with a cluster."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.starting = True  # whether the node makes pods ready
        self._addresses = 0

    async def node(self, name: str = "node", *, cpu: str = "64", memory: str = "256Gi", **metadata: Any) -> None:
        allocatable = {"cpu": cpu, "memory": memory, "pods": "20000", "ephemeral-storage": "100Gi"}
        body = {"metadata": {"name": name, **metadata}}
        await self.engine.create(resources.NODES, None, body, manager="test")
        status = {"status": {"allocatable": allocatable, "capacity": allocatable}}
        await self.engine.patch(resources.NODES, None, name, status, type="merge", manager="test", subresource="status")

    async def create(self, resource: Resource[Json], body: Json, namespace: str | None = NS) -> Json:
        return await self.engine.create(resource, namespace, body, manager="test")

    async def patch(self, resource: Resource[Json], name: str, change: Json, *, subresource: str = "") -> Json:
        return await self.engine.patch(
            resource, NS, name, change, type="merge", manager="test", subresource=subresource
        )

    async def get(self, resource: Resource[Json], name: str) -> Json:
        return await self.engine.get(resource, NS, name)

    async def all(self, resource: Resource[Json], labels: str = "", namespace: str | None = NS) -> list[Json]:
        return (await self.engine.list(resource, namespace, labels=labels)).items

    async def until(self, condition: Callable[[], Any], seconds: float = 10.0) -> None:
        """Wait for a coroutine function to return something true."""
        deadline = time.monotonic() + seconds
        while not await condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
            await asyncio.sleep(0.01)

    async def settle(self, resource: Resource[Json], name: str, condition: Callable[[Json], bool]) -> Json:
        """Wait until an object is as wanted."""
        found: Json = {}

        async def check() -> bool:
            nonlocal found
            found = await self.get(resource, name)
            return condition(found)

        try:
            await self.until(check)
        except AssertionError as error:
            raise AssertionError(f"{name} stayed {found}") from error
        return found

    async def run_node(self) -> None:
        """Make bound pods ready, and let deleted ones go."""
        page = await self.engine.list(resources.PODS)
        for pod in page.items:
            await self._care(pod)
        async for batch in self.engine.watch(resources.PODS, since=page.resource_version):
            for event in batch:
                if event.object is not None and event.type != "DELETED":
                    await self._care(event.object)

    async def _care(self, pod: Json) -> None:
        meta = pod["metadata"]
        try:
            if "deletionTimestamp" in meta:
                if meta.get("deletionGracePeriodSeconds"):
                    await self.engine.delete(
                        resources.PODS, meta["namespace"], meta["name"], grace_seconds=0, uid=meta["uid"]
                    )
            elif self.starting and pod["spec"].get("nodeName") and pod["status"]["phase"] == "Pending":
                self._addresses += 1
                await self.set_ready(pod, f"10.0.{self._addresses // 250}.{self._addresses % 250 + 1}")
        except ApiError:
            return

    async def set_ready(self, pod: Json, address: str = "10.0.0.1", *, ready: bool = True) -> None:
        now = rfc3339(time.time())
        condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": now}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [condition]}
        await self.engine.patch(
            resources.PODS, pod["metadata"]["namespace"], pod["metadata"]["name"], {"status": status},
            type="strategic", manager="test", subresource="status",
        )  # fmt: skip


@asynccontextmanager
async def running(engine: Engine, *, events: bool = True) -> AsyncIterator[Cluster]:
    """Run the controllers and the node of a cluster."""
    cluster = Cluster(engine)
    parts = build(engine, engine.catalog.kinds, events=events)
    tasks = [asyncio.create_task(part.run()) for part in (*parts,)]
    tasks.append(asyncio.create_task(cluster.run_node()))
    try:
        yield cluster
        failed = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        assert not failed, failed
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def pod_template(*, app: str = "web", image: str = "image:1", **spec: Any) -> Json:
    container = {"name": "main", "image": image, **spec.pop("container", {})}
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container], **spec}}


def deployment(name: str = "web", replicas: int = 3, *, image: str = "image:1", **spec: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": pod_template(app=name, image=image),
            **spec,
        },
    }
