"""Watches and logs: streams of lines that end when the client leaves, its time is over, or the server stops."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.kube.api import ExecResult, LogOptions
from kecs.kube.errors import BadRequest
from tests.embedded.http.conftest import TABLE, Client, Following

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


async def _make(client: Client, name: str) -> str:
    reply = await client.post(MAPS, {"metadata": {"name": name, "labels": {"name": name}}})
    return str(reply.json["metadata"]["resourceVersion"])


def _shown(event: Any) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]


async def test_from_a_version(client: Client) -> None:
    since = await _make(client, "a")
    await _make(client, "b")
    async with client.follow(f"{MAPS}?watch=true&resourceVersion={since}") as following:
        assert (await following.start())["status"] == 200
        assert _shown(await following.event()) == ("ADDED", "b")
        await client.ask("PATCH", f"{MAPS}/a", {"data": {"k": "v"}}, content_type="application/merge-patch+json")
        assert _shown(await following.event()) == ("MODIFIED", "a")
        await client.ask("DELETE", f"{MAPS}/a")
        assert _shown(await following.event()) == ("DELETED", "a")


async def test_without_a_version_it_begins_with_what_is_there(client: Client) -> None:
    await _make(client, "a")
    async with client.follow(f"{MAPS}?watch=true") as following:
        await following.start()
        assert _shown(await following.event()) == ("ADDED", "a")


async def test_selected(client: Client) -> None:
    async with client.follow(
        f"{MAPS}?watch=true&labelSelector=name%3Db&resourceVersion={await _make(client, 'z')}"
    ) as following:
        await following.start()
        await _make(client, "a")
        await _make(client, "b")
        assert _shown(await following.event()) == ("ADDED", "b")


async def test_initial_events_end_with_a_bookmark(client: Client) -> None:
    version = await _make(client, "a")
    query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with client.follow(f"{MAPS}?{query}") as following:
        await following.start()
        assert _shown(await following.event()) == ("ADDED", "a")
        bookmark = await following.event()
        assert (bookmark["type"], bookmark["object"]["kind"]) == ("BOOKMARK", "ConfigMap")
        assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert int(bookmark["object"]["metadata"]["resourceVersion"]) >= int(version)


async def test_columns_come_with_the_first_row_only(client: Client) -> None:
    await _make(client, "a")
    async with client.follow(f"{MAPS}?watch=true", accept=TABLE) as following:
        await following.start()
        first = (await following.event())["object"]
        assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
        assert first["rows"][0]["cells"][0] == "a"
        await _make(client, "b")
        second = (await following.event())["object"]
        assert (second["columnDefinitions"], second["rows"][0]["cells"][0]) == (None, "b")


async def test_a_version_that_is_too_old_is_an_event(
    client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kecs.kube.errors import Gone

    def forgotten(*_: Any) -> None:
        raise Gone("too old resource version: 1 (7)")

    monkeypatch.setattr(engine.store, "since", forgotten)
    async with client.follow(f"{MAPS}?watch=true&resourceVersion=1") as following:
        assert (await following.start())["status"] == 200
        event = await following.event()
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert await following.event() is None


@pytest.mark.parametrize(
    ("query", "code"), [("resourceVersion=x", 500), ("labelSelector=a%3D%3D%3Db", 400), ("fieldSelector=odd%3Db", 400)]
)
async def test_a_bad_request_is_told_by_its_status(client: Client, query: str, code: int) -> None:
    assert (await client.get(f"{MAPS}?watch=true&{query}")).status == code


async def test_the_client_limits_the_time(client: Client) -> None:
    async with client.follow(f"{MAPS}?watch=true&timeoutSeconds=1") as following:
        await following.start()
        assert await following.event() is None


async def test_closing_the_door_ends_watches(client: Client) -> None:
    async with client.follow(f"{MAPS}?watch=true") as following:
        await following.start()
        client.door.close()
        assert await following.event() is None


async def test_a_client_that_leaves_is_forgotten(client: Client, engine: Engine) -> None:
    async with client.follow(f"{MAPS}?watch=true") as following:
        await following.start()
        await _make(client, "a")
        await following.event()
        assert engine._hub._tables["configmaps"]
    assert not engine._hub._tables["configmaps"]


class _Node:
    """A node whose containers wrote two lines, and write a third when told to."""

    def __init__(self) -> None:
        self.asked: list[LogOptions] = []
        self.more = asyncio.Event()
        self.ended = False

    async def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        self.asked.append(options)
        if options.container == "odd":
            raise BadRequest(f"container odd is not valid for pod {pod}")
        try:
            if not options.tail_lines:
                yield b"one\ntwo\n"
            if options.follow:
                await self.more.wait()
                yield b"three\n"
        finally:
            self.ended = True

    async def exec(self, namespace: str, pod: str, command: list[str], *, container: str = "") -> ExecResult:
        return ExecResult(0, b"")


@pytest.fixture
async def node(client: Client, engine: Engine) -> _Node:
    spec = {"nodeName": "n", "containers": [{"name": "c", "image": "busybox"}]}
    assert (await client.post(PODS, {"metadata": {"name": "p"}, "spec": spec})).status == 201
    node = _Node()
    engine.node = node
    return node


async def test_log(client: Client, node: _Node) -> None:
    reply = await client.get(f"{PODS}/p/log?container=c&tailLines=0&timestamps=true&limitBytes=5&sinceSeconds=3")
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "text/plain", b"one\ntwo\n")
    assert node.asked == [LogOptions(container="c", timestamps=True, tail_lines=0, limit_bytes=5, since_seconds=3)]


async def test_log_of_a_pod_without_a_node(client: Client, engine: Engine, node: _Node) -> None:
    await client.post(PODS, {"metadata": {"name": "q"}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}})
    reply = await client.get(f"{PODS}/q/log?tailLines=1")
    assert (reply.status, reply.body) == (204, b"")


async def test_followed_log(client: Client, node: _Node) -> None:
    async with client.follow(f"{PODS}/p/log?follow=true") as following:
        await following.start()
        assert [await following.line(), await following.line()] == [b"one", b"two"]
        node.more.set()
        assert await following.line() == b"three"
        assert await following.line() is None
    assert node.ended


async def test_followed_log_answers_before_the_first_line(client: Client, node: _Node) -> None:
    async with client.follow(f"{PODS}/p/log?follow=true&tailLines=1") as following:
        assert (await following.start())["status"] == 200
        node.more.set()
        assert await following.line() == b"three"


async def test_a_client_that_leaves_a_log_ends_it(client: Client, node: _Node) -> None:
    async with client.follow(f"{PODS}/p/log?follow=true") as following:
        await following.start()
        await following.line()
    assert node.ended


async def test_a_client_that_leaves_before_the_head_of_the_answer_is_forgotten(
    client: Client, engine: Engine, node: _Node
) -> None:
    """What the answer was made of once stayed behind: a generator that was never entered ends nothing."""

    async def gone(_: Any) -> None:
        raise ConnectionError("gone")

    for target in (f"{MAPS}?watch=true", f"{PODS}/p/log?follow=true&tailLines=1"):
        following = Following()
        with pytest.raises(ConnectionError):
            await client.door.app(client._scope("GET", target, {}), following.receive, gone)
    assert not engine._hub._tables["configmaps"] and node.ended
    assert {task.get_coro().__name__ for task in asyncio.all_tasks()} <= {  # type: ignore[union-attr]
        "test_a_client_that_leaves_before_the_head_of_the_answer_is_forgotten"
    }


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (f"{PODS}/nobody/log", 404),
        (f"{PODS}/p/log?container=odd", 400),
        (f"{PODS}/p/log?tailLines=x", 400),
        (f"{PODS}/p/log?sinceSeconds=1&sinceTime=2027-01-01T00:00:00Z", 422),
        (f"{PODS}/p/log?sinceTime=soon", 400),
        (f"{PODS}/p/log?tailLines=-1", 422),
        (f"{PODS}/p/exec?command=ls", 400),
    ],
)
async def test_log_that_cannot_be_had(client: Client, node: _Node, target: str, code: int) -> None:
    assert (await client.get(target)).error[0] == code
