"""Several kecs processes on one real control plane, a door that shares clients among them, and who leads."""

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.e2e.kubectl import Kubectl
from tests.process import KecsProcess, environment
from tests.rig import Cluster
from tests.waiting import until

LEASE_SECONDS = 4.0
WITHIN = 1.2 * LEASE_SECONDS  # another replica acts


class Balancer:
    """One address for several servers, as a Kubernetes Service is: a connection goes to one that can be reached."""

    def __init__(self) -> None:
        self.targets: list[tuple[str, int]] = []
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024), self._loop
        )
        self._server = listening.result(10)
        self.endpoint = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other = await self._connect()
        if other is not None:
            await asyncio.gather(_pipe(reader, other[1]), _pipe(other[0], writer), return_exceptions=True)
            other[1].close()
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self.targets:
            self._turn += 1
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(*self.targets[self._turn % len(self.targets)])
        return None

    def close(self) -> None:
        """Let every connection go."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


class Stage:
    """A control plane with a simulated node that outlives every kecs, and the replicas of the test that runs."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster = cluster
        self.directory = directory
        self.replicas: list[KecsProcess] = []
        self.balancer = Balancer()
        self.kubectl = Kubectl(cluster.kubeconfig, "kecs-system", directory)
        self._started = 0
        command = [sys.executable, "-m", "tests.node", str(cluster.kubeconfig), str(directory / "node")]
        self._node = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True)
        assert self._node.stdout
        assert self._node.stdout.readline() == "node ready\n"

    def start(self, count: int = 1, *arguments: str, **variables: str) -> list[KecsProcess]:
        """Start replicas behind the balancer, beside those that are there, and return them."""
        made = []
        for _ in range(count):
            self._started += 1
            made.append(
                KecsProcess(
                    self.directory / f"replica{self._started}",
                    *("--engine", "auto", "--lease-duration", f"{LEASE_SECONDS:g}", *arguments),
                    cluster=self.cluster.kubeconfig,
                    **variables,
                ).start()
            )
        self.replicas += made
        self.balancer.targets = [_address(replica) for replica in self.replicas]
        return made

    def client(self, replica: KecsProcess | None = None) -> Any:
        """Return a boto3 client that tries again as SDKs do, of one replica or of whichever answers."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "ecs",
            endpoint_url=replica.endpoint if replica else self.balancer.endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 8},
                connect_timeout=2,
                read_timeout=30,
                max_pool_connections=2,
            ),
        )

    def holder(self) -> str:
        """Return who holds the lease; empty where nobody does, or nobody says."""
        shown = self.kubectl.run("get", "lease", "kecs", "-o", "jsonpath={.spec.holderIdentity}")
        return shown.stdout

    def leader(self) -> KecsProcess:
        """Return the replica that leads, once one does."""
        return until(self._leader, 3 * LEASE_SECONDS, "a replica leads")

    def _leader(self) -> KecsProcess | None:
        holder = self.holder()
        return next((one for one in self.replicas if holder and f"identity={holder}" in one.log()), None)

    def drop(self, replica: KecsProcess, end: Callable[[], None]) -> None:
        """End a replica; who is connected to it has to connect anew."""
        self.replicas.remove(replica)
        end()
        self.balancer.targets = [_address(one) for one in self.replicas]

    def end_replicas(self) -> None:
        """End all replicas in order."""
        for replica in list(self.replicas):
            self.drop(replica, replica.stop)

    def close(self) -> None:
        """End everything."""
        for replica in self.replicas:
            replica.kill()
        self.balancer.close()
        self._node.send_signal(signal.SIGTERM)
        self._node.communicate(timeout=20)


def _address(replica: KecsProcess) -> tuple[str, int]:
    host, _, port = replica.endpoint.removeprefix("http://").partition(":")
    return host, int(port)


def writes_of_the_work(replica: KecsProcess) -> int:
    """Return how often a replica has asked the cluster to make, patch or delete something (leases are replaced)."""
    with urllib.request.urlopen(f"{replica.endpoint}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    counts = re.findall(
        r'^kecs_kubernetes_request_duration_seconds_count\{.*method="(?:POST|PATCH|DELETE)".*\} (\d+)',
        text,
        re.MULTILINE,
    )
    return sum(map(int, counts))


def raw(replica: KecsProcess, operation: str, **members: Any) -> tuple[int, dict[str, str], Any]:
    """Send one request without trying again; return status, headers and body."""
    request = urllib.request.Request(
        replica.endpoint,
        json.dumps(members).encode(),
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.load(error)


class Load:
    """Clients that run tasks as fast as they are answered, and the tasks that they were told of."""

    def __init__(self, stage: Stage, cluster: str, definition: str, clients: int = 3) -> None:
        self.tasks: list[str] = []
        self.failures: list[BaseException] = []
        self._stop = threading.Event()
        self._cluster, self._definition = cluster, definition
        self._threads = [threading.Thread(target=self._run, args=(stage.client(),)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self, ecs: Any) -> None:
        try:
            while not self._stop.is_set():
                answer = ecs.run_task(cluster=self._cluster, taskDefinition=self._definition, count=1)
                assert answer["failures"] == []
                self.tasks += [task["taskArn"] for task in answer["tasks"]]
                time.sleep(0.05)
        except BaseException as failure:
            self.failures.append(failure)

    def end(self) -> None:
        """End it; raise what a client could not carry through."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        if self.failures:
            raise self.failures[0]


def pages(ecs: Any, operation: str, member: str, **members: Any) -> Iterator[Any]:
    """Yield what all pages of a list have."""
    for page in ecs.get_paginator(operation).paginate(**members):
        yield from page[member]
