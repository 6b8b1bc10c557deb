"""Events: how long they stay, and how many."""

from types import SimpleNamespace

import pytest

from kecs.embedded.engine import Engine
from kecs.kube.resources import EVENTS


async def _tell(engine: Engine, name: str) -> None:
    about = {"kind": "Pod", "name": "a", "namespace": "default"}
    body = {"metadata": {"name": name}, "involvedObject": about, "reason": "Told", "type": "Normal", "message": name}
    await engine.create(EVENTS, "default", body, manager="m")


async def _told(engine: Engine) -> set[str]:
    engine.store.flush()
    return {one["metadata"]["name"] for one in (await engine.list(EVENTS, "default")).items}


async def test_an_event_goes_an_hour_after_it_was_told_last(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("kecs.embedded.expiry.time", SimpleNamespace(monotonic=lambda: clock.now))
    await _tell(engine, "once")
    await _tell(engine, "again")
    clock.now = 3000.0
    await engine.patch(EVENTS, "default", "again", {"count": 2}, type="merge", manager="m")
    clock.now = 4000.0
    await _tell(engine, "new")
    assert await _told(engine) == {"again", "new"}


async def test_of_too_many_events_the_oldest_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._events, "_most", 3)
    for number in range(5):
        await _tell(engine, f"e{number}")
    assert await _told(engine) == {"e2", "e3", "e4"}
