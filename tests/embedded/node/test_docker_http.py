"""Calls to an engine that speaks nonsense, and to containers."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp  # noqa: F401  # it makes TLS contexts of its own when it is first imported
import pytest

from kecs.embedded.node.docker_http import DockerHttp
from kecs.embedded.node.engine import EngineGone


@asynccontextmanager
async def _serving(body: bytes) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_an_answer_that_is_no_json_is_an_absent_engine() -> None:
    async with _serving(b'{"Id": ') as port:
        http = DockerHttp(f"tcp://127.0.0.1:{port}")
        with pytest.raises(EngineGone):
            await http.call("GET", "/version")
        await http.close()


async def test_a_probe_does_not_load_the_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("this takes longer than the probe")

    monkeypatch.setattr(ssl, "create_default_context", refuse)
    async with _serving(b"") as port:
        assert await DockerHttp("unix:///none").get(f"http://127.0.0.1:{port}/", {}, 5.0) == 200
