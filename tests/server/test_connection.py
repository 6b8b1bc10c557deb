"""The limits of a connection, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.model.generated import ecs
from kecs.server import http
from kecs.server.http import App, Config, Limits, Protocol, Server
from kecs.server.run import Door, House
from kecs.services.context import Context
from tests.server.support import TARGET, app


async def clusters(ctx: Context, request: ecs.ListClustersRequest) -> ecs.ListClustersResponse:
    return ecs.ListClustersResponse(clusterArns=[request.nextToken or "-"])


async def forever(ctx: Context, request: Any) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def serving(
    application: App, limits: Limits | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve an application, and connect to it."""
    house = House([Door("aws", application, "127.0.0.1", 0, limits=limits or Limits(), grace=0)])
    await house.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.address("aws").rpartition(":")[2]))
    try:
        yield reader, writer
    finally:
        writer.close()
        await house.close()


def message(body: bytes = b"{}", *, more: bytes = b"", length: int | None = None) -> bytes:
    return (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n"
        b"X-Amz-Target: %s.ListClusters\r\n%sContent-Length: %d\r\n\r\n%s"
        % (TARGET.encode(), more, len(body) if length is None else length, body)
    )


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await reader.readexactly(length)


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Return what still came until the connection was closed."""
    async with asyncio.timeout(10):
        return await reader.read()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often for what is late."""
    monkeypatch.setattr(http, "_TICK", 0.01)


async def test_requests_on_one_connection() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        for number in range(3):
            writer.write(message(b'{"nextToken": "%d"}' % number))
            assert await answer(reader) == (200, b'{"clusterArns":["%d"]}' % number)


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        writer.write(b"".join(message(b'{"nextToken": "%d"}' % number) for number in range(5)))
        for number in range(5):
            assert await answer(reader) == (200, b'{"clusterArns":["%d"]}' % number)


async def test_a_chunked_body() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        head, _, _ = message().partition(b"Content-Length")
        writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
        writer.write(b'8\r\n{"nextTo\r\na\r\nken": "n"}\r\n0\r\n\r\n')
        assert await answer(reader) == (200, b'{"clusterArns":["n"]}')


async def test_expect_continue() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        head, _, body = message(b'{"nextToken": "n"}', more=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(body)
        assert await answer(reader) == (200, b'{"clusterArns":["n"]}')


async def test_a_head_that_is_too_large() -> None:
    async with serving(app(ListClusters=clusters), Limits(head_bytes=4096)) as (reader, writer):
        writer.write(message(more=b"X-Long: %s\r\n" % (b"x" * 100_000)))
        assert (await closed(reader)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_that_does_not_end() -> None:
    async with serving(app(ListClusters=clusters), Limits(head_bytes=4096)) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        refusal = asyncio.create_task(closed(reader))
        while not refusal.done():
            writer.write(b"x" * 1000)
            await asyncio.wait([refusal], timeout=0.02)
        assert (await refusal).startswith(b"HTTP/1.1 431 ")


async def test_heads_are_counted_one_by_one() -> None:
    async with serving(app(ListClusters=clusters), Limits(head_bytes=1024)) as (reader, writer):
        for _ in range(3):
            writer.write(message(b'{"nextToken": "%s"}' % (b"n" * 5000)) + message()[:100])
            assert (await answer(reader))[0] == 200
            writer.write(message()[100:])
            assert (await answer(reader))[0] == 200


async def test_a_head_with_a_large_body_is_not_too_large() -> None:
    async with serving(app(ListClusters=clusters), Limits(head_bytes=4096)) as (reader, writer):
        writer.write(message(b'{"nextToken": "%s"}' % (b"n" * 100_000)))
        assert (await answer(reader))[0] == 200


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "part", [b"POST / HT", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n", message(b'{"next', length=50)]
)
async def test_half_a_request_times_out(part: bytes) -> None:
    async with serving(app(ListClusters=clusters), Limits(arrival_seconds=0.02)) as (reader, writer):
        writer.write(part)
        rest = await closed(reader)
        assert rest.startswith(b"HTTP/1.1 408 ") or (rest == b"" and part == b"POST / HT")


@pytest.mark.usefixtures("quick")
async def test_a_silent_connection_is_closed() -> None:
    async with serving(app(ListClusters=clusters), Limits(arrival_seconds=0.02)) as (reader, _):
        assert await closed(reader) == b""


async def test_a_connection_is_closed_when_it_is_idle_after_an_answer() -> None:
    async with serving(app(ListClusters=clusters), Limits(idle_seconds=0)) as (reader, writer):
        writer.write(message())
        assert (await answer(reader))[0] == 200
        assert await closed(reader) == b""


@pytest.mark.usefixtures("quick")
async def test_an_operation_that_does_not_return_is_ended_with_an_answer() -> None:
    async with serving(app(ListClusters=forever), Limits(answer_seconds=0.02)) as (reader, writer):
        writer.write(message())
        status, body = await answer(reader)
        assert (status, b"ServiceUnavailable" in body) == (503, True)


@pytest.mark.usefixtures("quick")
async def test_an_answer_may_take_for_ever_where_there_is_no_limit() -> None:
    async with serving(
        app(ListClusters=forever), Limits(answer_seconds=None, idle_seconds=0, arrival_seconds=0.01)
    ) as pair:
        reader, writer = pair
        writer.write(message())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)


async def test_one_connection_too_many_is_told_so() -> None:
    house = House([Door("aws", app(ListClusters=clusters), "127.0.0.1", 0, limits=Limits(connections=2), grace=0)])
    await house.open()
    port = int(house.address("aws").rpartition(":")[2])
    try:
        first, second, third = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert (await closed(third[0])).startswith(b"HTTP/1.1 503 ")
        for reader, writer in (first, second):
            writer.write(message())
            assert (await answer(reader))[0] == 200
        first[1].write(message(more=b"Connection: close\r\n"))
        await closed(first[0])
        fourth = await asyncio.open_connection("127.0.0.1", port)
        fourth[1].write(message())
        assert (await answer(fourth[0]))[0] == 200
        for _, writer in (first, second, third, fourth):
            writer.close()
    finally:
        await house.close()


async def test_a_request_that_is_no_http() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        assert (await closed(reader)).startswith(b"HTTP/1.1 400 ")


async def test_answers_carry_the_date() -> None:
    async with serving(app(ListClusters=clusters)) as (reader, writer):
        writer.write(message())
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\ndate: " in head
        assert b"\r\nserver: " not in head


async def test_half_a_request_does_not_hold_the_end() -> None:
    house = House([Door("aws", app(ListClusters=clusters), "127.0.0.1", 0, grace=60)])
    await house.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.address("aws").rpartition(":")[2]))
    writer.write(message(b"", length=50, more=b"Expect: 100-continue\r\n"))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")  # somebody waits for the body
    async with asyncio.timeout(10):
        await house.close()
    assert (await closed(reader)).startswith(b"HTTP/1.1 503 ")
    writer.close()


async def test_head_and_body_are_sent_together() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"body"})

    config = Config(application, Limits(), 0, None, None)
    connection = Protocol(config, Server(config).server_state, {})
    sink = Sink()
    connection.connection_made(sink)
    for number in range(1, 4):
        connection.data_received(message())
        async with asyncio.timeout(10):
            while len(sink.written) < number:
                await asyncio.sleep(0)
    connection.connection_lost(None)
    assert sink.written == [b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"] * 3


HEADS = st.lists(
    st.sampled_from(
        [b"GET ", b"POST ", b"CONNECT ", b"/", b"*", b"http://", b"a:1", b"?x", b"%zz", b" HTTP/1.1", b"\r\n"]
    )
    | st.sampled_from([b"Host: a", b"Content-Length: ", b"5", b"-1", b"Transfer-Encoding: chunked", b"Upgrade: x"])
    | st.sampled_from([b"Connection: upgrade", b"Expect: 100-continue", b"{}", b"\r\n\r\n", b"0\r\n\r\n", b"\x00\xff"])
    | st.binary(max_size=5),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(parts=HEADS, cut=st.integers(0, 200))
def test_no_bytes_break_a_connection(parts: list[bytes], cut: int) -> None:
    async def feed() -> None:
        config = Config(app(ListClusters=clusters), Limits(head_bytes=100), 0, None, None)
        connection = Protocol(config, Server(config).server_state, {})
        connection.connection_made(Sink())
        data = b"".join(parts)
        connection.data_received(data[:cut])
        connection.data_received(data[cut:])
        await asyncio.sleep(0)
        connection.connection_lost(None)
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        if pending:
            await asyncio.wait(pending, timeout=5)
        assert not [task for task in pending if not task.done() or task.exception()]

    asyncio.run(feed())


class Sink(asyncio.Transport):
    """A transport to nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Any] = []

    def write(self, data: Any) -> None:
        self.written.append(data)

    def close(self) -> None: ...

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...
