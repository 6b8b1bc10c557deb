"""CPU per request of the reads and of RegisterTaskDefinition, beside a bare server, moto and the best peer in Go."""

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from bench import load, process
from bench.table import Row, median, spread

ROUNDS = 5
DEFINITION: dict[str, Any] = {
    "family": "bench",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "example/web:1",
            "essential": True,
            "memory": 512,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": f"NAME_{number}", "value": f"value {number}"} for number in range(10)],
        }
    ],
}
SUBNET = "subnet-0123456789abcdef0"


@dataclass(frozen=True)
class Case:
    """One operation: the requests to send, the least ratio to moto, and what the best peer in Go needs (ms of CPU)."""

    name: str
    operation: str
    body: Callable[[list[str]], dict[str, Any]]
    moto_times: float
    floor_ratio: float | None = None
    go_milliseconds: float | None = None
    ours: int = 3000
    theirs: int = 200
    distinct: bool = False


CASES = (
    Case("ListClusters", "ListClusters", lambda tasks: {}, 30, 1.8, 0.13),
    Case(
        "DescribeServices (1 of 20)",
        "DescribeServices",
        lambda tasks: {"cluster": "bench", "services": ["service-7"]},
        30,
        1.8,
        0.20,
    ),
    Case("ListTasks (20)", "ListTasks", lambda tasks: {"cluster": "bench"}, 12, None, 0.50),
    Case("DescribeTasks (20)", "DescribeTasks", lambda tasks: {"cluster": "bench", "tasks": tasks}, 40, None, 0.45),
    Case(
        "RegisterTaskDefinition (durable)",
        "RegisterTaskDefinition",
        lambda tasks: DEFINITION,
        10,
        None,
        None,
        ours=600,
        distinct=True,
    ),
)


def _subnet_of_moto(port: int) -> str:
    """Return a subnet that moto has made: it looks up the one of a task."""
    client = boto3.client(
        "ec2",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
    return str(client.describe_subnets()["Subnets"][0]["SubnetId"])


async def _prepare(port: int, subnet: str) -> list[str]:
    """Make a cluster with twenty services and twenty tasks; return the tasks' ARNs."""
    connection = load.Connection(port)
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": []}}

    async def call(operation: str, body: dict[str, Any]) -> Any:
        return await load.call(connection, port, operation, body)

    await call("CreateCluster", {"clusterName": "bench"})
    await call("RegisterTaskDefinition", DEFINITION)
    for number in range(20):
        await call(
            "CreateService",
            {
                "cluster": "bench",
                "serviceName": f"service-{number}",
                "taskDefinition": "bench",
                "desiredCount": 0,
                "launchType": "FARGATE",
                "networkConfiguration": network,
            },
        )
    tasks: list[str] = []
    for _ in range(2):
        answer = await call(
            "RunTask",
            {
                "cluster": "bench",
                "taskDefinition": "bench",
                "count": 10,
                "launchType": "FARGATE",
                "networkConfiguration": network,
            },
        )
        tasks += [task["taskArn"] for task in answer["tasks"]]
    connection.close()
    return tasks


def _messages(port: int, case: Case, tasks: list[str], count: int, families: Iterator[int]) -> list[bytes]:
    if not case.distinct:
        return [load.request(port, case.operation, case.body(tasks))] * count
    return [
        load.request(port, case.operation, {**case.body(tasks), "family": f"f{next(families)}"}) for _ in range(count)
    ]


def _cost(server: process.Server, messages: list[bytes]) -> float:
    """Return the CPU milliseconds that one of the messages cost the server."""
    asyncio.run(load.flood(server.port, messages[: len(messages) // 10]))
    before = server.cpu()
    asyncio.run(load.flood(server.port, messages))
    return (server.cpu() - before) * 1000 / len(messages)


def measure() -> list[Row]:
    """Measure every case against all three servers in turn."""
    rows: list[Row] = []
    families = itertools.count()
    with (
        tempfile.TemporaryDirectory() as data,
        process.kecs(Path(data)) as ours,
        process.moto() as theirs,
        process.hello() as bare,
    ):
        subnets = {ours: SUBNET, theirs: _subnet_of_moto(theirs.port)}
        tasks = {server.pid: asyncio.run(_prepare(server.port, subnet)) for server, subnet in subnets.items()}
        plain = [load.request(bare.port, "Hello", {})]
        for case in CASES:
            costs: dict[int, list[float]] = {ours.pid: [], theirs.pid: [], bare.pid: []}
            for _ in range(ROUNDS):
                for server, count in ((ours, case.ours), (theirs, case.theirs)):
                    messages = _messages(server.port, case, tasks[server.pid], count, families)
                    costs[server.pid].append(_cost(server, messages))
                costs[bare.pid].append(_cost(bare, plain * case.ours))
            rows += _rows(case, costs[ours.pid], costs[theirs.pid], costs[bare.pid])
    return rows


def _rows(case: Case, ours: list[float], theirs: list[float], bare: list[float]) -> list[Row]:
    rows: list[Row] = []
    mine = median(ours)
    if case.floor_ratio is not None:
        ratios = [a / b for a, b in zip(ours, bare, strict=True)]
        rows.append(
            Row(
                f"{case.name}: CPU per request",
                f"{mine:.3f} ms",
                f"bare uvicorn {median(bare):.3f} ms",
                f"{median(ratios):.2f}",
                spread(ratios),
                f"ratio ≤ {case.floor_ratio}",
                median(ratios) <= case.floor_ratio,
            )
        )
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    rows.append(
        Row(
            f"{case.name}: CPU per request",
            f"{mine:.3f} ms",
            f"moto {median(theirs):.2f} ms",
            f"1 : {median(ratios):.0f}",
            spread(ratios, "{:.0f}"),
            f"≥ {case.moto_times} times less",
            median(ratios) >= case.moto_times,
        )
    )
    if case.go_milliseconds is not None:
        rows.append(
            Row(
                f"{case.name}: CPU per request",
                f"{mine:.3f} ms",
                f"best peer in Go {case.go_milliseconds:.2f} ms",
                f"{mine / case.go_milliseconds:.2f}",
                "",
                "less",
                mine < case.go_milliseconds,
            )
        )
    return rows
