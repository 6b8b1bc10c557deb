"""What any ASGI application can do on a connection: streams, bare heads, failures, clients that leave or dawdle."""

import asyncio
from typing import Any

import pytest

from kecs.server.http import Limits
from tests.server.test_connection import answer, closed, quick, serving

__all__ = ["quick"]

GET = b"GET /path%20x?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"


def start(status: int = 200, **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def part(body: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def head_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return (await reader.readuntil(b"\r\n\r\n")).lower()


async def test_the_scope_of_a_request() -> None:
    scopes = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await send(start(content_length="0"))
        await send(part())

    async with serving(app) as (reader, writer):
        writer.write(GET)
        await answer(reader)
        writer.write(b"GET http://proxied/p%2F?x=y HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
        await answer(reader)
        writer.write(b"DELETE /%ff%00 HTTP/1.0\r\n\r\n")
        assert (await closed(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
    first, second, third = scopes
    assert (first["method"], first["path"], first["raw_path"]) == ("GET", "/path x", b"/path%20x")
    assert (first["query_string"], first["http_version"], first["scheme"]) == (b"q=1", "1.1", "http")
    assert first["server"][0] == first["client"][0] == "127.0.0.1"
    assert first["headers"] == [(b"host", b"a")]
    assert (second["path"], second["query_string"]) == ("/p/", b"x=y")
    assert second["headers"][1:] == [(b"x-a", b"1"), (b"x-a", b"2")]
    assert (third["method"], third["path"], third["http_version"]) == ("DELETE", "/\ufffd\x00", "1.0")


async def test_a_stream_is_chunked_and_its_head_goes_out_at_once() -> None:
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(content_type="text/plain"))
        await gate.wait()
        await send(part(b"one", more=True))
        await send(part(b"", more=True))
        await send(part(b"two" * 10, more=True))
        await send(part())

    async with serving(app) as (reader, writer):
        writer.write(GET)
        assert b"\r\ntransfer-encoding: chunked\r\n" in await head_of(reader)
        gate.set()
        async with asyncio.timeout(10):
            body = await reader.readuntil(b"0\r\n\r\n")
        assert body == b"3\r\none\r\n1e\r\n" + b"two" * 10 + b"\r\n0\r\n\r\n"
        writer.write(GET)
        await head_of(reader)


async def test_the_stream_of_an_old_client_ends_with_the_connection() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"one", more=True))
        await send(part(b"two"))

    async with serving(app) as (reader, writer):
        writer.write(GET.replace(b"1.1", b"1.0"))
        head, _, body = (await closed(reader)).partition(b"\r\n\r\n")
        assert b"connection: close" in head
        assert body.index(b"one") < body.index(b"two")


@pytest.mark.parametrize(
    ("request_", "message"),
    [(GET.replace(b"GET", b"HEAD"), start(content_length="5")), (GET, start(204)), (GET, start(304))],
    ids=["HEAD", "204", "304"],
)
async def test_answers_without_a_body(request_: bytes, message: dict[str, Any]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(message)
        await send(part(b"12345" if scope["method"] == "HEAD" else b""))

    async with serving(app) as (reader, writer):
        writer.write(request_ + request_)
        for _ in range(2):
            head = await head_of(reader)
            assert head.startswith(b"http/1.1 ")
            assert b"chunked" not in head


@pytest.mark.parametrize("begun", [False, True])
async def test_an_application_that_fails_ends_its_connection_only(begun: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send(start())
        raise ZeroDivisionError

    async with serving(app) as (reader, writer):
        writer.write(GET)
        rest = await closed(reader)
        assert rest.startswith(b"HTTP/1.1 200 OK\r\n" if begun else b"HTTP/1.1 500 Internal Server Error\r\n")
        assert not rest.endswith(b"0\r\n\r\n")  # a stream that broke off does not look complete


async def test_an_application_that_says_nothing() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        return

    async with serving(app) as (reader, writer):
        writer.write(GET)
        assert (await closed(reader)).startswith(b"HTTP/1.1 500 ")


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(x="a\r\nset-cookie: b", content_length="0"))
        await send(part())

    async with serving(app) as (reader, writer):
        writer.write(GET)
        assert b"cookie" not in await closed(reader)


async def test_an_application_learns_that_the_client_left() -> None:
    left = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        await send(start())
        if (await receive())["type"] == "http.disconnect":
            await send(part(b"to nobody", more=True))
            left.set()

    async with serving(app) as (reader, writer):
        writer.write(GET)
        await head_of(reader)
        writer.close()
        async with asyncio.timeout(10):
            await left.wait()


async def test_receiving_ends_with_the_answer() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["type"])
        waiting = asyncio.ensure_future(receive())
        await send(start(content_length="0"))
        await send(part())
        seen.append((await waiting)["type"])

    async with serving(app) as (reader, writer):
        writer.write(GET)
        await answer(reader)
        writer.write(GET)
        await answer(reader)
    assert seen == ["http.request", "http.disconnect"] * 2


async def test_a_body_is_not_read_faster_than_it_is_taken() -> None:
    gate = asyncio.Event()
    taken = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        await gate.wait()
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            taken += len(message["body"])
        await send(start(content_length="0"))
        await send(part())

    size = 8 * 1024 * 1024
    async with serving(app) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(b"x" * size)
        with pytest.raises(TimeoutError):  # the client is held up, because nobody reads
            async with asyncio.timeout(0.2):
                await writer.drain()
        gate.set()
        assert (await answer(reader))[0] == 200
        assert taken == size


async def test_a_stream_waits_for_a_slow_client() -> None:
    sent = 0
    piece = b"x" * 1024 * 1024

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send(start())
        for _ in range(64):
            await send(part(piece, more=True))
            sent += 1
        await send(part())

    async with serving(app) as (reader, writer):
        writer.write(GET)
        await head_of(reader)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.Event().wait()
        assert sent < 64
        async with asyncio.timeout(20):
            while not (await reader.read(1 << 20)).endswith(b"0\r\n\r\n"):
                pass
        assert sent == 64


@pytest.mark.usefixtures("quick")
async def test_a_client_that_never_reads_its_answer_is_dropped() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(content_length=str(1 << 24)))
        await send(part(b"x" * (1 << 24)))

    async with serving(app, Limits(idle_seconds=0)) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GET)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while not writer.transport.is_closing():
                await asyncio.sleep(0.01)
                writer.write(b"\r\n")


def asking_for(upgrade: bytes, more: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\n%b\r\n" % (upgrade, more)


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
@pytest.mark.parametrize("length", [b"", b"Content-Length: 0\r\n"])
async def test_an_upgrade_is_answered_as_if_it_had_not_been_asked_for(upgrade: bytes, length: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        await send(start(content_length="2"))
        await send(part(b"ok"))

    async with serving(app) as (reader, writer):
        writer.write(asking_for(upgrade, length) + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        rest = await closed(reader)
        assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
        assert rest.endswith(b"\r\nconnection: close\r\n\r\nok")


@pytest.mark.parametrize("framing", [b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("pieces", [True, False])
async def test_an_upgrade_with_a_body_is_refused_rather_than_answered_without_it(framing: bytes, pieces: bool) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["type"])

    async with serving(app) as (reader, writer):
        for piece in (asking_for(b"h2c", framing), b"body"):
            writer.write(piece)
            if pieces:
                await asyncio.sleep(0)
        assert (await closed(reader)).startswith(b"HTTP/1.1 501 ")
        assert seen == ["http.disconnect"]


async def test_a_request_that_asks_to_close_is_the_last() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(content_length="2"))
        await send(part(b"ok"))

    async with serving(app) as (reader, writer):
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + GET)
        rest = await closed(reader)
        assert rest.count(b"HTTP/1.1 200 OK") == 1
        assert b"connection: close" in rest


async def test_an_early_answer_does_not_wait_for_the_body() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(413, content_length="0"))
        await send(part())

    async with serving(app) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + b"x" * 100_000)
        assert (await answer(reader))[0] == 413
        writer.write(b"x" * 100_000 + GET)
        assert (await answer(reader))[0] == 413  # the rest was read away, and the connection goes on


async def test_requests_are_not_read_ahead_of_their_answers() -> None:
    gate = asyncio.Event()
    served = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal served
        await gate.wait()
        served += 1
        await send(start(204))
        await send(part())

    count = 200_000
    async with serving(app) as (reader, writer):
        writer.write(GET * count)
        with pytest.raises(TimeoutError):  # the client is held up, because the first has no answer yet
            async with asyncio.timeout(0.2):
                await writer.drain()
        gate.set()
        for _ in range(100):
            await head_of(reader)
        assert served < count


async def test_an_old_client_that_wants_to_keep_its_connection_does_not() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(content_length="2"))
        await send(part(b"ok"))

    async with serving(app) as (reader, writer):
        writer.write(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"connection: close" in await closed(reader)


async def test_nonsense_behind_a_stream_does_not_appear_in_it() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"some", more=True))
        await asyncio.Event().wait()

    async with serving(app) as (reader, writer):
        writer.write(GET)
        await head_of(reader)
        writer.write(b"\x16\x03\x01\r\n\r\n")
        assert await closed(reader) == b"4\r\nsome\r\n"
