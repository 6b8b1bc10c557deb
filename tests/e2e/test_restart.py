"""What a client sees of a kecs that was killed and started again."""

from collections.abc import Callable
from typing import Any

from tests.process import KecsProcess
from tests.waiting import until


def test_nothing_is_told_twice(start_kecs: Callable[..., KecsProcess]) -> None:
    """What a service had to tell was told again by each new process: it did not read which stops the events name."""
    server = start_kecs()
    ecs = server.client()
    ecs.create_cluster(clusterName="told")
    ecs.register_task_definition(family="told", containerDefinitions=[{"name": "main", "image": "any", "memory": 64}])
    ecs.create_service(cluster="told", serviceName="told", taskDefinition="told", desiredCount=3)
    until(lambda: _steady(ecs, 3), 20, "three tasks run, and the service says so")
    ecs.update_service(cluster="told", service="told", desiredCount=1)
    until(lambda: _steady(ecs, 1), 20, "one task runs, and the service says so")
    before = _messages(ecs)
    for _ in range(2):
        server.kill()
        server.start()
    # A change makes the new process look at the service and write what it has to say.
    server.client().update_service(cluster="told", service="told", desiredCount=2)
    until(lambda: _steady(server.client(), 2), 20, "two tasks run, and the service says so")
    after = _messages(server.client())
    assert after[len(after) - len(before) :] == before
    told = set(after[: len(after) - len(before)])
    assert told.isdisjoint(message for message in before if " has stopped " in message)


def _service(ecs: Any) -> dict[str, Any]:
    found: dict[str, Any] = ecs.describe_services(cluster="told", services=["told"])["services"][0]
    return found


def _messages(ecs: Any) -> list[str]:
    return [event["message"] for event in _service(ecs)["events"]]


def _steady(ecs: Any, count: int) -> bool:
    service = _service(ecs)
    said = service["events"] and service["events"][0]["message"].endswith("has reached a steady state.")
    return bool(said) and service["runningCount"] == count == service["desiredCount"]
