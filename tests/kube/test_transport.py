"""What the client does when servers misbehave."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace as replace_fields
from typing import Any

import pytest

from kecs import __version__
from kecs.kube import errors
from kecs.kube.http import HttpApi
from kecs.kube.resources import CONFIG_MAPS, PODS
from kecs.kube.transport import Timings
from tests.kube.scripted import (
    QUICK,
    Step,
    client,
    error_event,
    event,
    hangs_up,
    is_slow,
    pages,
    refuses,
    says,
    serving,
    streams,
    talking,
)
from tests.waiting import until_true

POD = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "namespace": "ns", "resourceVersion": "3"}}
Call = Callable[[HttpApi], Coroutine[Any, Any, Any]]


async def read(api: HttpApi) -> Any:
    return await api.get(PODS, "ns", "a")


async def listed(api: HttpApi) -> Any:
    return await api.list(PODS, "ns")


async def create(api: HttpApi) -> Any:
    return await api.create(PODS, "ns", {"metadata": {"name": "a"}}, manager="me")


async def replace(api: HttpApi) -> Any:
    return await api.replace(PODS, "ns", "a", {"metadata": {"name": "a"}}, manager="me")


async def patch(api: HttpApi) -> Any:
    return await api.patch(PODS, "ns", "a", [{"op": "remove", "path": "/x"}], type="json", manager="me")


async def merge(api: HttpApi) -> Any:
    return await api.patch(PODS, "ns", "a", {}, type="merge", manager="me")


async def apply(api: HttpApi) -> Any:
    return await api.apply(PODS, "ns", "a", {"metadata": {"name": "a"}}, manager="me")


async def delete(api: HttpApi) -> Any:
    return await api.delete(PODS, "ns", "a")


ALL = (read, create, replace, patch, merge, apply, delete)
REPEATABLE = (read, apply)


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize("code", [429, 503])
async def test_a_server_that_names_a_time_is_asked_again_then(call: Call, code: int) -> None:
    async with talking(refuses(code, Retry_After="0.2"), says(POD)) as (server, api):
        began = time.monotonic()
        await call(api)
        assert time.monotonic() - began >= 0.2
        assert len(server.asked) == 2
        assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize(
    ("before", "maybe_ours"),
    [
        ([], False),
        ([refuses(429, Retry_After="0")], False),
        ([refuses(503, Retry_After="0")], True),
        ([refuses(504, Retry_After="0"), refuses(429, Retry_After="0")], True),
    ],
)
async def test_an_object_that_an_earlier_attempt_may_have_made_is_told(before: list[Step], maybe_ours: bool) -> None:
    """A server that asks for another attempt has not done it; a proxy that does so for it may have had it done."""
    async with talking(*before, refuses(409, "AlreadyExists")) as (_, api):
        with pytest.raises(errors.AlreadyExists) as caught:
            await create(api)
        assert caught.value.maybe_ours is maybe_ours


async def test_a_time_longer_than_patience_is_told_to_the_caller() -> None:
    async with talking(refuses(429, "TooManyRequests", Retry_After="600")) as (server, api):
        with pytest.raises(errors.TooManyRequests):
            await read(api)
        assert len(server.asked) == 1


async def test_an_eviction_that_a_budget_refuses_is_not_tried_again() -> None:
    details = {"causes": [{"reason": "DisruptionBudget", "message": "needs 1 pod"}]}
    async with talking(refuses(429, "TooManyRequests", details=details, Retry_After="0")) as (server, api):
        with pytest.raises(errors.TooManyRequests):
            await api.create(PODS, "ns", {"metadata": {"name": "a"}}, manager="me", name="a", subresource="eviction")
        assert len(server.asked) == 1


@pytest.mark.parametrize("code", [500, 502, 503, 504])
@pytest.mark.parametrize(
    ("call", "asked"),
    [(read, 2), (apply, 2), (replace, 2), (merge, 2), (delete, 2), (create, 1), (patch, 1)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
async def test_a_server_that_fails_is_asked_again_where_that_does_no_harm(code: int, call: Call, asked: int) -> None:
    async with talking(refuses(code), says(POD)) as (server, api):
        if asked == 2:
            await call(api)
        else:
            with pytest.raises(errors.ApiError) as caught:
                await call(api)
            assert caught.value.http_code == code
        assert len(server.asked) == asked


@pytest.mark.parametrize("step", [hangs_up, is_slow(10.0), streams(b'{"kind"', then="cut")])
@pytest.mark.parametrize("call", ALL, ids=lambda call: call.__name__)
async def test_a_lost_answer_is_asked_for_again_only_where_twice_is_the_same(step: Step, call: Call) -> None:
    async with talking(step, says(POD), timings=replace_fields(QUICK, answer=1.0)) as (server, api):
        if call in REPEATABLE:
            await call(api)
            assert len(server.asked) == 2
        else:
            with pytest.raises((errors.Unavailable, errors.Timeout)):
                await call(api)
            assert len(server.asked) == 1


@pytest.mark.parametrize("call", ALL, ids=lambda call: call.__name__)
async def test_a_server_that_is_not_there_is_waited_for(call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
    async with client(f"http://127.0.0.1:{port}") as api:
        asking = asyncio.create_task(call(api))
        await asyncio.sleep(0.1)
        server = await asyncio.start_server(_answer_pod, "127.0.0.1", port)
        async with server:
            await asking


async def _answer_pod(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"metadata":{"name":"a"}}'
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    await writer.drain()
    writer.close()


async def test_patience_ends() -> None:
    timings = Timings(patience=0.3, first=0.01, last=0.05)
    async with client("http://127.0.0.1:1", timings=timings) as api:
        began = time.monotonic()
        with pytest.raises(errors.Unavailable, match=r"http://127\.0\.0\.1:1 cannot be reached: "):
            await read(api)
        assert 0.1 < time.monotonic() - began < 2.0


async def test_the_next_server_is_asked_at_once_and_stays() -> None:
    async with serving(says(POD)) as second, client("http://127.0.0.1:1", second.url, "http://127.0.0.1:1") as api:
        for _ in range(3):
            await create(api)
        assert len(second.asked) == 3


async def test_servers_that_go_away_in_turn_are_not_noticed() -> None:
    async with serving(says(POD)) as first, serving(says(POD)) as second, client(first.url, second.url) as api:
        await read(api)
        first.steps = [hangs_up]
        await read(api)
        first.steps, second.steps = [says(POD)], [refuses(503, "ServiceUnavailable")]
        await read(api)
        assert len(second.asked) == 2
        assert len(first.asked) == 3


async def test_watches_of_a_server_that_freezes_go_on_at_the_next_one() -> None:
    """Whoever leads, or follows, asks for the lease again and again: so it is known as soon as an answer is missing."""
    timings = replace_fields(QUICK, unheard=0.1)
    frozen = serving(streams(event("ADDED", "a", 3), then="silence"), is_slow(60))
    awake = serving(streams(event("ADDED", "b", 4), then="silence"), says(POD))
    async with frozen as first, awake as second, client(first.url, second.url, timings=timings) as api:
        seen: list[str] = []

        async def has(*names: str) -> bool:
            return seen == list(names)

        async def follow() -> None:
            while True:
                with suppress(errors.Unavailable):
                    async for events in api.watch(PODS, "ns", since="1"):
                        seen.extend(one.object["metadata"]["name"] for one in events if one.object)

        following = asyncio.create_task(follow())
        await until_true(lambda: has("a"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await read(api)
        await until_true(lambda: has("a", "b"))
        assert await read(api) == POD
        assert len(first.asked) == 2
        following.cancel()


async def test_all_addresses_of_a_name_are_tried() -> None:
    class TwoAddresses:
        """The first address is one where nobody listens."""

        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
            return [
                {
                    "hostname": host,
                    "host": f"127.0.0.{one}",
                    "port": port,
                    "family": socket.AF_INET,
                    "proto": 0,
                    "flags": 0,
                }
                for one in (2, 1)
            ]

        async def close(self) -> None:
            """Nothing is open."""

    async with serving(says(POD)) as server:
        from kecs.kube.access import Access

        api = await HttpApi.connect(
            Access((server.url.replace("127.0.0.1", "api.test"),)),
            timings=QUICK,
            resolver=TwoAddresses(),  # type: ignore[arg-type]
        )
        await create(api)
        await api.close()


@pytest.mark.parametrize(
    ("code", "reason", "wanted"),
    [
        (400, "BadRequest", errors.BadRequest),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (405, "MethodNotAllowed", errors.MethodNotAllowed),
        (406, "NotAcceptable", errors.NotAcceptable),
        (409, "AlreadyExists", errors.AlreadyExists),
        (409, "Conflict", errors.Conflict),
        (409, "", errors.Conflict),
        (410, "Expired", errors.Gone),
        (410, "Gone", errors.Gone),
        (413, "RequestEntityTooLarge", errors.PayloadTooLarge),
        (415, "UnsupportedMediaType", errors.UnsupportedMediaType),
        (422, "Invalid", errors.Invalid),
        (418, "", errors.BadRequest),
        (500, "InternalError", errors.InternalError),
        (500, "ServerTimeout", errors.Timeout),
        (507, "", errors.InternalError),
    ],
)
async def test_an_error_keeps_the_servers_words(code: int, reason: str, wanted: type[errors.ApiError]) -> None:
    details = {"name": "a", "kind": "pods"}
    async with talking(refuses(code, reason, message='pods "a" says no', details=details)) as (_, api):
        with pytest.raises(errors.ApiError) as caught:
            await create(api)
        assert type(caught.value) is wanted
        assert caught.value.message == 'pods "a" says no'
        assert caught.value.details == details
        assert caught.value.http_code == code


async def test_an_error_that_is_no_status_is_told_in_a_few_words() -> None:
    async with talking(streams(b"<html>gateway</html>")) as (server, api):
        with pytest.raises(errors.InternalError, match="pods: what the server sent cannot be read"):
            await create(api)
    async with talking(says("teapot " * 100, 400)) as (server, api):
        with pytest.raises(errors.BadRequest) as caught:
            await create(api)
        assert len(caught.value.message) < 300
        assert server.asked


async def test_a_redirect_is_not_followed_with_our_token() -> None:
    async with serving(says(POD)) as other, talking(says({}, 302, Location=other.url)) as (_, api):
        with pytest.raises(errors.ApiError):
            await read(api)
        assert other.asked == []


async def test_who_asks_is_told() -> None:
    async with talking(says(POD)) as (server, api):
        await read(api)
        assert server.asked[0].headers["User-Agent"] == f"kecs/{__version__}"


# Watches


async def told(api: HttpApi) -> tuple[list[tuple[str, str]], errors.ApiError | None]:
    """Return what a watch tells, and how it ends."""
    found: list[tuple[str, str]] = []
    try:
        async for batch in api.watch(CONFIG_MAPS, "ns", since="7"):
            found += [(one.type, one.resource_version) for one in batch]
    except errors.ApiError as error:
        return found, error
    return found, None


async def test_a_watch_says_that_it_is_open_then_what_happens() -> None:
    pieces = [event("ADDED", "a", 8) + event("MODIFIED", "a", 9)[:20], event("MODIFIED", "a", 9)[20:]]
    async with talking(streams(*pieces)) as (server, api):
        watch = api.watch(CONFIG_MAPS, "ns", labels="a=b", since="7")
        assert await anext(watch) == []
        assert [one.type for one in await anext(watch)] == ["ADDED"]
        assert [one.type for one in await anext(watch)] == ["MODIFIED"]
        with pytest.raises(StopAsyncIteration):
            await anext(watch)
        query = server.asked[0].query
        assert (query["resourceVersion"], query["labelSelector"], query["allowWatchBookmarks"]) == ("7", "a=b", "true")
        assert 200 < int(query["timeoutSeconds"]) < 400


async def test_a_watch_whose_versions_are_gone() -> None:
    async with talking(streams(event("ADDED", "a", 8) + error_event(410, "Expired"))) as (_, api):
        found, error = await told(api)
        assert found == [("ADDED", "8")]
        assert isinstance(error, errors.Gone)
    async with talking(refuses(410, "Expired")) as (_, api):
        assert isinstance((await told(api))[1], errors.Gone)


async def test_a_watch_that_is_cut_is_unavailable_and_loses_the_torn_line() -> None:
    async with talking(streams(event("ADDED", "a", 8), event("ADDED", "b", 9)[:-4], then="cut")) as (_, api):
        found, error = await told(api)
        assert found == [("ADDED", "8")]
        assert isinstance(error, errors.Unavailable)


async def test_a_watch_comes_without_chunks() -> None:
    async with talking(streams(event("ADDED", "a", 8)), says(pages([]))) as (server, api):
        assert await told(api) == ([("ADDED", "8")], None)
        await listed(api)
        assert [(one.version.minor, one.headers.get("Connection")) for one in server.asked] == [(0, "close"), (1, None)]


@pytest.mark.parametrize("code", [426, 505])
async def test_a_watch_comes_in_chunks_where_a_proxy_knows_nothing_else(code: int) -> None:
    refusal = refuses(code, message="Upgrade Required")
    async with talking(refusal, streams(event("ADDED", "a", 8))) as (server, api):
        for _ in range(2):
            assert await told(api) == ([("ADDED", "8")], None)
        assert [one.version.minor for one in server.asked] == [0, 1, 1]
    async with talking(refusal) as (server, api):
        assert isinstance((await told(api))[1], errors.ApiError)
        assert [one.version.minor for one in server.asked[:2]] == [0, 1]


async def test_a_watch_that_falls_silent_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kecs.kube.http._SILENCE", 0.2)
    async with talking(streams(event("ADDED", "a", 8), then="silence")) as (_, api):
        found, error = await told(api)
        assert found == [("ADDED", "8")]
        assert error is not None
        assert "0.2" in error.message


async def test_an_event_of_a_megabyte() -> None:
    line = b'{"type":"ADDED","object":{"metadata":{"resourceVersion":"8"},"data":{"a":"%b"}}}\n' % (b"x" * (1 << 20))
    async with talking(streams(line)) as (_, api):
        assert await told(api) == ([("ADDED", "8")], None)


async def test_a_list_of_nothing() -> None:
    async with talking(says(pages([])), says({"metadata": {"resourceVersion": "5"}, "items": None})) as (_, api):
        assert (await listed(api)).items == []
        assert (await listed(api)).resource_version == "5"


async def test_the_items_of_a_list_say_what_they_are_and_carry_no_managed_fields() -> None:
    meta = {"name": "a", "resourceVersion": "3", "managedFields": [{}]}
    async with talking(says(pages([{"metadata": meta}], "9", **{"continue": "more", "remainingItemCount": 4}))) as (
        server,
        api,
    ):
        page = await api.list(PODS, None, limit=1, labels="a in (b,c)", fields="x=y", continue_="to/ken=")
        assert page.items == [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "resourceVersion": "3"}},
        ]
        assert (page.resource_version, page.continue_, page.remaining) == ("9", "more", 4)
        assert server.asked[0].path == "/api/v1/pods"
        assert dict(server.asked[0].query) == {
            "limit": "1",
            "labelSelector": "a in (b,c)",
            "fieldSelector": "x=y",
            "continue": "to/ken=",
        }


@pytest.mark.parametrize(("minor", "release"), [("36", (1, 36)), ("29+", (1, 29))])
async def test_the_server_says_which_kubernetes_it_is(minor: str, release: tuple[int, int]) -> None:
    async with serving(says({"major": "1", "minor": minor})) as server, client(server.url) as api:
        assert await api.release() == release


async def test_a_server_that_does_not_say_which_kubernetes_it_is() -> None:
    async with serving(says({"major": "one"})) as server, client(server.url) as api:
        with pytest.raises(errors.InternalError):
            await api.release()
