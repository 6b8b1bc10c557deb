"""A thousand ECSDeployments created, updated and deleted at once, on the embedded cluster and on a real control plane.

Tasks are simulated on both, so what is measured is kecs and the API server, not containers.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import process
from bench.cluster import cluster, missing
from bench.table import Row
from kecs.kube.api import Api, Json
from kecs.kube.errors import NotFound
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import DEPLOYMENTS, PODS, SERVICES
from kecs.model.ecs_deployment import API_VERSION, KIND
from kecs.world.resources import ECS_DEPLOYMENTS

COUNT = 1000
AT_ONCE = 50  # requests of the client
NAMESPACE = "default"
DEADLINE_SECONDS = 900.0
_RESOURCE = ECS_DEPLOYMENTS.viewed(dict)


def _body(number: int) -> Json:
    container = {"Name": "web", "Image": "web:1", "Memory": "16", "PortMappings": [{"ContainerPort": "80"}]}
    balancer = {"ContainerName": "web", "ContainerPort": 80}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": f"bench-{number}", "labels": {"bench": "true"}},
        "spec": {"Task": [container], "Service": {"DesiredCount": 1, "LoadBalancers": [balancer]}},
    }


async def _each(call: Callable[[int], Awaitable[object]]) -> None:
    """Make a call for each of them, some at once."""
    numbers = iter(range(COUNT))

    async def some() -> None:
        for number in numbers:
            await call(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not await done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{COUNT} ECSDeployments have not come to it in {DEADLINE_SECONDS} s")
        await asyncio.sleep(0.5)


def _is_ready(item: Json, image: str) -> bool:
    status = item.get("status") or {}
    shown = (status.get("task") or {}).get("containerDefinitions") or [{}]
    return (
        status.get("observedGeneration") == item["metadata"]["generation"]
        and shown[0].get("image") == image
        and any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or ())
    )


async def _phases(api: Api) -> dict[str, float]:
    """Return the seconds from the first request of each phase until all of it is as it was asked for."""

    async def ready(image: str) -> bool:
        items = (await api.list(_RESOURCE, NAMESPACE)).items
        return len(items) == COUNT and all(_is_ready(one, image) for one in items)

    async def gone() -> bool:
        for resource in (DEPLOYMENTS, SERVICES, PODS):
            if (await api.list(resource, NAMESPACE, labels="bench", limit=1)).items:
                return False
        return True

    async def update(number: int) -> None:
        container = {**_body(number)["spec"]["Task"][0], "Image": "web:2"}
        patch = {"spec": {"Task": [container]}}
        await api.patch(_RESOURCE, NAMESPACE, f"bench-{number}", patch, type="merge", manager="bench")

    async def delete(number: int) -> None:
        with contextlib.suppress(NotFound):
            await api.delete(_RESOURCE, NAMESPACE, f"bench-{number}")

    took = {}
    for phase, call, done in (
        (
            "created",
            lambda number: api.create(_RESOURCE, NAMESPACE, _body(number), manager="bench"),
            lambda: ready("web:1"),
        ),
        ("updated", update, lambda: ready("web:2")),
        ("deleted", delete, gone),
    ):
        began = time.perf_counter()
        await _each(call)
        await _until(done)
        took[phase] = time.perf_counter() - began
    return took


async def _measure(kubeconfig: Path) -> dict[str, float]:
    api = await HttpApi.connect(load_kubeconfig(kubeconfig, ""))
    try:
        return await _phases(api)
    finally:
        await api.close()


def _rows(where: str, took: dict[str, float], server: process.Server) -> list[Row]:
    cpu, resident = server.cpu(), server.resident()
    rows = [
        Row(f"{COUNT} ECSDeployments {phase} at once, {where}", f"{seconds:.0f} s") for phase, seconds in took.items()
    ]
    return [*rows, Row(f"… kecs's own CPU and memory after it, {where}", f"{cpu:.0f} s, {resident:.0f} MB")]


def measure() -> list[Row]:
    """Measure both."""
    rows = []
    with tempfile.TemporaryDirectory() as data, process.kecs(Path(data)) as server:
        rows += _rows("embedded", asyncio.run(_measure(Path(data) / "kubeconfig")), server)
    lacking = missing(node=False)
    if lacking:
        return [*rows, Row("ECSDeployments on a real control plane", f"needs {lacking}", reached=False)]
    with (
        cluster(node=False) as rig,
        tempfile.TemporaryDirectory() as data,
        process.kecs_on(rig.kubeconfig, Path(data), "--engine", "simulated") as server,
    ):
        rows += _rows("real control plane", asyncio.run(_measure(rig.kubeconfig)), server)
    return rows
