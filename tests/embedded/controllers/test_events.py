import asyncio
from typing import Any

from kecs.embedded.controllers.events import Recorder
from kecs.kube.errors import Forbidden
from kecs.kube.resources import PODS
from tests.embedded.controllers.make import pod


class Written:
    """Takes events; refuses those of some namespace."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.patched: list[tuple[str, dict[str, Any]]] = []

    async def create(self, _resource: Any, namespace: str, body: dict[str, Any], **_: Any) -> None:
        if namespace == "ending":
            raise Forbidden("being terminated")
        self.created.append(body)

    async def patch(self, _resource: Any, _namespace: str, name: str, change: dict[str, Any], **_: Any) -> None:
        self.patched.append((name, change))


async def test_equal_events_are_counted_and_the_rest_written_in_batches() -> None:
    api = Written()
    recorder = Recorder(api, "tester")  # type: ignore[arg-type]
    one, ending = pod("a"), pod("b", metadata={"namespace": "ending"})
    for _ in range(3):
        recorder.event(PODS, one, "Normal", "Started", "It runs")
    recorder.event(PODS, ending, "Normal", "Started", "It runs")
    await recorder._flush()
    (event,) = api.created
    assert event["count"] == 3
    assert event["involvedObject"]["uid"] == "uid-a"
    assert event["source"] == {"component": "tester"}
    recorder.event(PODS, one, "Normal", "Started", "It runs")
    await recorder._flush()
    ((name, change),) = api.patched
    assert (name, change["count"]) == (event["metadata"]["name"], 4)


async def test_a_flood_is_bounded_and_the_newest_are_kept() -> None:
    api = Written()
    recorder = Recorder(api, "tester")  # type: ignore[arg-type]
    for number in range(1500):
        recorder.event(PODS, pod(f"p{number}"), "Normal", "Started", "It runs")
    assert recorder.dropped == 1300
    task = asyncio.create_task(recorder.run())
    async with asyncio.timeout(5):
        while not api.created:
            await asyncio.sleep(0.001)
    task.cancel()
    assert len(api.created) <= 10
    assert api.created[0]["involvedObject"]["name"] == "p1300"


async def test_switched_off_nothing_is_kept() -> None:
    recorder = Recorder(Written(), "tester", enabled=False)  # type: ignore[arg-type]
    recorder.event(PODS, pod("a"), "Normal", "Started", "It runs")
    assert not recorder._waiting
