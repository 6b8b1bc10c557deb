"""From RunTask to RUNNING with a real container, beside its engine calls, made by hand in the same run."""

import asyncio
import http.client
import json
import socket
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from bench import load, process
from bench.table import Row, median, spread
from kecs.embedded.node import sockets

IMAGE = "busybox:1.36"
ROUNDS = 9
LIMIT_RATIO = 1.15
WARM_RATIO = 0.5
DEADLINE_SECONDS = 60.0
DEFINITION: dict[str, Any] = {
    "family": "real",
    "containerDefinitions": [
        {"name": "main", "image": IMAGE, "memory": 64, "command": ["sleep", "600"], "stopTimeout": 2}
    ],
}


class _Socket(http.client.HTTPConnection):
    """HTTP over the engine's Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


class Engine:
    """The calls that a task of one container needs, by hand."""

    def __init__(self, path: str) -> None:
        self._connection = _Socket(path)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        self._connection.request(
            method,
            f"/v1.41{path}",
            json.dumps(body) if body is not None else None,
            {"Content-Type": "application/json"},
        )
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content) if content.strip() else None

    def sandbox(self) -> str:
        """Create and start a container that holds a network, look up its address, return its id."""
        made = self._call(
            "POST", f"/containers/create?name=bench-{uuid.uuid4().hex}", {"Image": IMAGE, "Cmd": ["sleep", "600"]}
        )
        self._call("POST", f"/containers/{made['Id']}/start")
        self._call("GET", f"/containers/{made['Id']}/json")
        return str(made["Id"])

    def container(self, sandbox: str) -> str:
        """Create and start a container in the sandbox's network, return its id."""
        made = self._call(
            "POST",
            f"/containers/create?name=bench-{uuid.uuid4().hex}",
            {"Image": IMAGE, "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": f"container:{sandbox}"}},
        )
        self._call("POST", f"/containers/{made['Id']}/start")
        return str(made["Id"])

    def remove(self, container: str) -> None:
        """Remove a container, running or not."""
        self._call("DELETE", f"/containers/{container}?force=true")


def _by_hand(engine: Engine) -> tuple[float, float]:
    """Return the milliseconds of a whole task, and of its container alone."""
    began = time.perf_counter()
    sandbox = engine.sandbox()
    middle = time.perf_counter()
    container = engine.container(sandbox)
    ended = time.perf_counter()
    engine.remove(container)
    engine.remove(sandbox)
    return (ended - began) * 1000, (ended - middle) * 1000


async def _task(connection: load.Connection, port: int) -> float:
    """Return the milliseconds from RunTask to RUNNING; the task is stopped and gone afterwards."""
    began = time.perf_counter()
    answer = await load.call(connection, port, "RunTask", {"cluster": "real", "taskDefinition": "real"})
    arn = answer["tasks"][0]["taskArn"]
    took = await _until(connection, port, arn, "RUNNING") - began
    await load.call(connection, port, "StopTask", {"cluster": "real", "task": arn})
    await _until(connection, port, arn, "STOPPED")
    return took * 1000


async def _until(connection: load.Connection, port: int, arn: str, status: str) -> float:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        answer = await load.call(connection, port, "DescribeTasks", {"cluster": "real", "tasks": [arn]})
        if answer["tasks"][0]["lastStatus"] == status:
            return time.perf_counter()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{arn} is {answer['tasks'][0]['lastStatus']}, not {status}")
        await asyncio.sleep(0.002)


def _tasks(data: Path, warm: int, engine: Engine) -> tuple[list[float], list[float]]:
    """Return kecs's figures and those by hand, taken in turn."""
    ours, by_hand = [], []
    with process.kecs(data, "--engine", "docker", "--warm-sandboxes", str(warm)) as server:

        async def measure() -> None:
            connection = load.Connection(server.port)
            await load.call(connection, server.port, "CreateCluster", {"clusterName": "real"})
            await load.call(connection, server.port, "RegisterTaskDefinition", DEFINITION)
            for _ in range(ROUNDS):
                ours.append(await _task(connection, server.port))
                by_hand.append(_by_hand(engine)[0])
            connection.close()

        asyncio.run(measure())
    return ours, by_hand


def measure() -> list[Row]:
    """Measure without and with warm sandboxes. Without a container engine there is nothing to measure."""
    try:
        address = sockets.find()
    except sockets.NoEngine as reason:
        return [Row("RunTask to RUNNING, real container", f"not measured: {reason}")]
    engine = Engine(address.removeprefix("unix://"))
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        for warm, limit in ((0, LIMIT_RATIO), (2, WARM_RATIO)):
            data = Path(directory) / str(warm)
            ours, by_hand = _tasks(data, warm, engine)
            process.reset(data)
            ratios = [a / b for a, b in zip(ours, by_hand, strict=True)]
            rows.append(
                Row(
                    f"RunTask to RUNNING, real container, {'warm sandbox' if warm else 'no warm sandbox'}",
                    f"{median(ours):.0f} ms",
                    f"its engine calls {median(by_hand):.0f} ms",
                    f"{median(ratios):.2f}",
                    spread(ratios),
                    f"≤ {limit}",
                    median(ratios) <= limit,
                )
            )
    return rows
