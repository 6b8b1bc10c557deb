"""How long tasks and services take on a real node, beside the same pods and Deployment without kecs."""

import asyncio
import contextlib
import json
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from bench import process
from bench.cluster import Ecs, cluster, definition, missing
from bench.table import Row, median, spread
from kecs.kube.api import Api, Json
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import DEPLOYMENTS, PODS

TASKS, SERVICES = 15, 5
TASK_RATIO, SERVICE_RATIO = 1.10, 1.15
REPLICAS = 5
NAMESPACE = "default"


def _pod_spec(seconds: int = 2) -> Json:
    """Return the spec that the task definition comes to."""
    given = definition("")["containerDefinitions"][0]
    container = {"name": "main", "image": given["image"], "command": given["command"]}
    container["resources"] = {"requests": {"memory": "32Mi"}, "limits": {"memory": "32Mi"}}
    return {"containers": [container], "terminationGracePeriodSeconds": seconds, "automountServiceAccountToken": False}


async def _bare(api: Api) -> float:
    """Return the milliseconds from the creation of a pod to its phase Running, as a watch tells it."""
    name = f"bare-{uuid.uuid4().hex[:8]}"
    since = (await api.list(PODS, NAMESPACE, limit=1)).resource_version
    watch = api.watch(PODS, NAMESPACE, fields=f"metadata.name={name}", since=since)
    await anext(watch)  # it is open
    began = time.perf_counter()
    await api.create(PODS, NAMESPACE, {"metadata": {"name": name}, "spec": _pod_spec()}, manager="bench")
    async with contextlib.aclosing(watch):
        async for batch in watch:
            if any(one.object and one.object["status"].get("phase") == "Running" for one in batch):
                break
    took = time.perf_counter() - began
    await api.delete(PODS, NAMESPACE, name)
    return took * 1000


async def _cleared(api: Api) -> None:
    """Return once no pod is left of what was measured last: the node would still be busy with it."""
    while (await api.list(PODS)).items or (await api.list(DEPLOYMENTS)).items:  # noqa: ASYNC110  # another process cannot set an event here
        await asyncio.sleep(0.05)


async def _task(ecs: Ecs) -> float:
    """Return the milliseconds from RunTask to RUNNING; the task has been told to stop afterwards."""
    began = time.perf_counter()
    answer = await ecs.call("RunTask", cluster="bench", taskDefinition="bench")
    arn = answer["tasks"][0]["taskArn"]

    async def status() -> Any:
        return (await ecs.call("DescribeTasks", cluster="bench", tasks=[arn]))["tasks"][0]["lastStatus"]

    took = await ecs.until(status, lambda found: found == "RUNNING", 60.0) - began
    await ecs.call("StopTask", cluster="bench", task=arn)
    return took * 1000


async def _service(ecs: Ecs, api: Api) -> tuple[float, Json]:
    """Return the milliseconds from CreateService to a steady service, deleted afterwards, and its Deployment's spec."""
    name = f"service-{uuid.uuid4().hex[:8]}"
    began = time.perf_counter()
    await ecs.call("CreateService", cluster="bench", serviceName=name, taskDefinition="bench", desiredCount=REPLICAS)
    await ecs.steady(name)
    took = time.perf_counter() - began
    spec: Json = (await api.list(DEPLOYMENTS)).items[0]["spec"]
    await ecs.call("DeleteService", cluster="bench", service=name, force=True)
    return took * 1000, spec


async def _deployment(kubeconfig: Path, spec: Json) -> float:
    """Return the milliseconds from `kubectl create` of the same Deployment until kubectl says it is available."""
    name = f"bare-{uuid.uuid4().hex[:8]}"
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": spec["template"]["spec"]}
    spec = {**spec, "selector": {"matchLabels": labels}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}

    async def kubectl(*arguments: str, content: str = "") -> None:
        process = await asyncio.create_subprocess_exec(
            *("kubectl", "--kubeconfig", str(kubeconfig), "-n", NAMESPACE, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        await process.communicate(content.encode())
        assert process.returncode == 0

    began = time.perf_counter()
    await kubectl("create", "-f", "-", content=json.dumps(body))
    await kubectl("wait", "--for=condition=Available", "--timeout=120s", f"deployment/{name}")
    took = time.perf_counter() - began
    await kubectl("delete", "deployment", name)
    return took * 1000


async def _measure(port: int, kubeconfig: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"task": [], "pod": [], "service": [], "deployment": []}
    ecs, api = Ecs(port), await HttpApi.connect(load_kubeconfig(kubeconfig))
    await ecs.call("CreateCluster", clusterName="bench")
    await ecs.call("RegisterTaskDefinition", **definition("bench"))
    await _task(ecs)  # the first of everything loads what later ones share
    for _ in range(TASKS):
        await _cleared(api)
        found["pod"].append(await _bare(api))
        await _cleared(api)
        found["task"].append(await _task(ecs))
    for _ in range(SERVICES):
        await _cleared(api)
        took, spec = await _service(ecs, api)
        found["service"].append(took)
        await _cleared(api)
        found["deployment"].append(await _deployment(kubeconfig, spec))
    await api.close()
    ecs.close()
    return found


def _row(what: str, peer: str, ours: list[float], theirs: list[float], limit: float) -> Row:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Row(
        what,
        f"{median(ours):.0f} ms",
        f"{peer} {median(theirs):.0f} ms",
        f"{median(ratios):.2f}",
        spread(ratios),
        f"≤ {limit}",
        median(ratios) <= limit,
    )


def measure() -> list[Row]:
    """Measure in turn on one cluster. Where there can be no real node, there is nothing to measure."""
    if lacking := missing(node=True):
        return [Row("RunTask to RUNNING on a real node", f"not measured: {lacking}")]
    with (
        cluster(node=True) as rig,
        tempfile.TemporaryDirectory() as data,
        process.kecs_on(rig.kubeconfig, Path(data)) as server,
    ):
        found = asyncio.run(_measure(server.port, rig.kubeconfig))
    return [
        _row("RunTask to RUNNING on a real node", "bare pod", found["task"], found["pod"], TASK_RATIO),
        _row(
            f"CreateService of {REPLICAS} tasks to steady, on a real node",
            "Deployment by kubectl to available",
            found["service"],
            found["deployment"],
            SERVICE_RATIO,
        ),
    ]
