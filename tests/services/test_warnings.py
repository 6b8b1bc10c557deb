"""What is kept but not acted on is told once, where kubectl shows it, also to those who run tasks by themselves."""

from collections.abc import Callable
from functools import partial
from typing import Any

from kecs.kube.resources import EVENTS
from kecs.translate import unsupported
from tests.process import KecsProcess
from tests.services.conftest import Client, on_embedded_only
from tests.waiting import until, until_true

CONTAINER = {
    "name": "main",
    "image": "any",
    "memory": 64,
    "environment": [{"name": "PASSWORD", "value": "hunter2"}],
}


def _contains(server: KecsProcess, line: str) -> bool:
    return line in server.log()


async def told(client: Client, name: str) -> list[str]:
    """Return the messages of the events about an object."""
    events = (await client.engine.list(EVENTS, "default")).items
    about: list[dict[str, Any]] = [event for event in events if event["involvedObject"]["name"] == name]
    assert all((event["type"], event["reason"]) == ("Warning", "NotActedOn") for event in about)
    return sorted(event["message"] for event in about)


@on_embedded_only
async def test_run_task_tells_it_once_of_the_definition(client: Client, monkeypatch: Any) -> None:
    looked = []

    def look(*given: Any) -> list[str]:
        looked.append(given)
        return unsupported.definition_warnings(*given)

    monkeypatch.setattr("kecs.services.ecs.warnings.definition_warnings", look)
    await client("CreateCluster", clusterName="c")
    await client("RegisterTaskDefinition", family="f", enableFaultInjection=True, containerDefinitions=[CONTAINER])
    for _ in range(3):
        await client("RunTask", cluster="c", taskDefinition="f", enableExecuteCommand=True)
    name = "f.1.us-east-1"
    await until_true(lambda: told(client, name))
    await client("RunTask", cluster="c", taskDefinition="f", referenceId="mine")
    wanted = ["enableExecuteCommand", "enableFaultInjection", "referenceId"]

    async def all_told() -> bool:
        return [message.partition(" ")[0] for message in await told(client, name)] == wanted

    await until_true(all_told)
    assert len(looked) == 1, "a definition is looked at once, not with each task"
    assert not any("hunter2" in message for message in await told(client, name))


def test_a_server_tells_it_of_clusters_and_in_its_log(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    ecs = server.client()
    ecs.create_cluster(clusterName="warned", settings=[{"name": "containerInsights", "value": "enabled"}])
    ecs.register_task_definition(family="warned", enableFaultInjection=True, containerDefinitions=[CONTAINER])
    for _ in range(3):
        ecs.run_task(cluster="warned", taskDefinition="warned")
    for line in ("ECSTaskDefinition warned.1.us-east-1: enableFaultInjection", "ECSCluster warned-us-east-1: settings"):
        until(partial(_contains, server, line), 10, f"{line} is in the log")
        assert server.log().count(line) == 1
    assert "hunter2" not in server.log()
