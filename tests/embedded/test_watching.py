"""Watches: where they begin, what they are told, and what they cost others."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.requests import Query
from kecs.embedded.watching import Seen
from kecs.kube.errors import Gone, InternalError
from kecs.kube.resources import CONFIG_MAPS


async def _create(engine: Engine, name: str, **data: str) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}, "data": data}, manager="m")


async def _take(events: AsyncGenerator[list[Any], None], count: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            found += await anext(events)
    return found


@pytest.mark.parametrize("since", ["", "0"])
async def test_watch_without_a_version_begins_with_what_is_there(engine: Engine, since: str) -> None:
    await _create(engine, "a")
    events = engine.follow(engine.kind(CONFIG_MAPS), "default", Query(), since)
    assert [(one.type, one.entry.name) for one in await _take(events, 1)] == [("ADDED", "a")]
    await _create(engine, "b")
    assert [(one.type, one.entry.name) for one in await _take(events, 1)] == [("ADDED", "b")]


async def test_initial_events_end_with_a_marked_bookmark(engine: Engine) -> None:
    await _create(engine, "a")
    events = engine.follow(engine.kind(CONFIG_MAPS), None, Query(), bookmarks=True, initial=True)
    found: list[Seen] = await _take(events, 2)
    assert [one.type for one in found] == ["ADDED", "BOOKMARK"]
    assert found[1].initial_end and found[1].revision == engine.store.revision


async def test_watch_from_the_future_waits(engine: Engine) -> None:
    future = str(engine.store.revision + 1)
    events = engine.watch(CONFIG_MAPS, since=future)
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await _create(engine, "a")
    await _create(engine, "b")
    async with asyncio.timeout(5):
        (event,) = await first
    assert event.object is not None and event.object["metadata"]["name"] == "b"


@pytest.mark.parametrize(("since", "why"), [("x", "invalid syntax"), ("9" * 5000, "value out of range")])
async def test_bad_version_is_an_error_of_500(engine: Engine, since: str, why: str) -> None:
    with pytest.raises(InternalError, match=why):
        await anext(engine.watch(CONFIG_MAPS, since=since))


async def test_quiet_watch_is_told_how_far_the_server_is(engine: Engine) -> None:
    quiet = engine.watch(CONFIG_MAPS, "kube-system", since=str(engine.store.revision))
    first = asyncio.ensure_future(anext(quiet))
    await asyncio.sleep(0)
    await _create(engine, "a")
    for number in range(1000):
        await engine.patch(CONFIG_MAPS, "default", "a", {"data": {"k": str(number)}}, type="merge", manager="m")
    async with asyncio.timeout(5):
        (event,) = await first
    assert event.type == "BOOKMARK" and event.object is None


class _Data(msgspec.Struct):
    data: dict[str, str]


async def test_watchers_of_one_type_share_the_object(engine: Engine) -> None:
    resource, since = CONFIG_MAPS.viewed(_Data), str(engine.store.revision)
    watches = [engine.watch(resource, since=since) for _ in range(2)]
    await _create(engine, "a", k="v")
    first, second = [(await _take(one, 1))[0].object for one in watches]
    assert first is second and first.data == {"k": "v"}


async def test_object_that_cannot_be_read_as_a_type_does_not_hide_the_others(engine: Engine) -> None:
    resource = CONFIG_MAPS.viewed(_Data)
    events = engine.watch(resource, "default", since=str(engine.store.revision))
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "without-data"}}, manager="m")
    await _create(engine, "b", k="v")
    assert [one.object.data for one in await _take(events, 1)] == [{"k": "v"}]
    assert [one.data for one in (await engine.list(resource, "default")).items] == [{"k": "v"}]
    with pytest.raises(InternalError, match="cannot be read as _Data"):
        await engine.get(resource, "default", "without-data")


async def test_closed_watch_is_forgotten(engine: Engine) -> None:
    events = engine.watch(CONFIG_MAPS, since=str(engine.store.revision))
    await _create(engine, "a")
    await _take(events, 1)
    await events.aclose()
    assert not engine._hub._tables["configmaps"]


async def test_watcher_that_does_not_keep_up_is_told_to_begin_anew(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kecs.embedded.watching._BACKLOG", 3)
    events = engine.follow(engine.kind(CONFIG_MAPS), "default", Query(), str(engine.store.revision))
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await asyncio.gather(*(_create(engine, f"c{number}") for number in range(6)))
    with pytest.raises(Exception, match="did not keep up"):
        async with asyncio.timeout(5):
            await first
            await anext(events)


async def test_watcher_that_lost_events_is_told_no_later_version(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kecs.embedded.watching._BACKLOG", 3)
    monkeypatch.setattr("kecs.embedded.watching._BOOKMARK_EVERY", 1)
    events = engine.follow(engine.kind(CONFIG_MAPS), "default", Query(), str(engine.store.revision), bookmarks=True)
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await asyncio.gather(*(_create(engine, f"c{number}") for number in range(6)))
    with pytest.raises(Gone):
        async with asyncio.timeout(5):
            await first


async def test_what_a_watcher_leaves_unread_is_bounded_in_bytes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kecs.embedded.watching._BACKLOG_BYTES", 10_000)
    events = engine.follow(engine.kind(CONFIG_MAPS), "default", Query(), str(engine.store.revision))
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    big = {"metadata": {"name": "big"}, "data": {"k": "x" * 4000}}
    await engine.create(CONFIG_MAPS, "default", big, manager="m")
    await first
    for number in range(2):
        await engine.patch(CONFIG_MAPS, "default", "big", {"data": {"n": str(number)}}, type="merge", manager="m")
    assert len(await anext(events)) == 2  # what was read counts no longer
    for number in range(3):
        await engine.patch(CONFIG_MAPS, "default", "big", {"data": {"m": str(number)}}, type="merge", manager="m")
    with pytest.raises(Gone, match="did not keep up"):
        await anext(events)


async def test_a_change_that_cannot_be_looked_at_ends_one_watch_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All watchers after it would have missed the change, and what was committed with it, for ever."""
    now = str(engine.store.revision)
    kind = engine.kind(CONFIG_MAPS)
    selective, plain = engine.follow(kind, None, Query(labels="a=b"), now), engine.follow(kind, None, Query(), now)
    waiting = [asyncio.ensure_future(anext(one)) for one in (selective, plain)]
    await asyncio.sleep(0)
    monkeypatch.setattr("kecs.embedded.selection._labels", lambda *_: 1 / 0)
    await _create(engine, "a")
    with pytest.raises(Gone, match="cannot be read"):
        await waiting[0]
    assert [event.type for event in await waiting[1]] == ["ADDED"]
