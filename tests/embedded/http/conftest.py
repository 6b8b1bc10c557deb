"""A door over the test's own engine, asked without a network between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.http.auth import ensure_token
from kecs.embedded.http.door import Door

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DEADLINE = 10.0


@dataclass
class Reply:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status code, reason and message of a `Status`."""
        assert self.json["kind"] == "Status"
        assert self.json["code"] == self.status
        return self.status, self.json["reason"], self.json["message"]


class Client:
    """Sends requests to an ASGI application as a server would, with the token unless told otherwise."""

    def __init__(self, door: Door, token: str) -> None:
        self.door = door
        self.token = token

    def _scope(self, method: str, target: str, headers: dict[str, str]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        given = {"host": "127.0.0.1:1", "authorization": f"Bearer {self.token}", "user-agent": "tests/1", **headers}
        return {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }

    async def ask(
        self, method: str, target: str, body: Any = None, *, parts: list[bytes] | None = None, **headers: str
    ) -> Reply:
        """Send one request and return the whole answer. A body that is no bytes is sent as JSON."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        pieces = [raw] if parts is None else parts
        messages = [
            {"type": "http.request", "body": one, "more_body": i + 1 < len(pieces)} for i, one in enumerate(pieces)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0) if messages else await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async with asyncio.timeout(DEADLINE):
            await self.door.app(self._scope(method, target, given), receive, send)
        shown = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], shown, b"".join(one["body"] for one in sent[1:]))

    async def get(self, target: str, **headers: str) -> Reply:
        return await self.ask("GET", target, None, parts=None, **headers)

    async def post(self, target: str, body: Any, **headers: str) -> Reply:
        return await self.ask("POST", target, body, parts=None, **headers)

    @asynccontextmanager
    async def follow(self, target: str, **headers: str) -> AsyncIterator["Following"]:
        """Send a request whose answer is read as it comes; leaving the block is leaving the connection."""
        following = Following()
        scope = self._scope("GET", target, headers)
        task = asyncio.ensure_future(self.door.app(scope, following.receive, following.send))
        try:
            yield following
        finally:
            following.left.set()
            await asyncio.wait_for(task, DEADLINE)


class Following:
    """A streamed answer under way."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self._asked = False
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._lines: list[bytes] = []
        self._rest = b""

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self._messages.put_nowait(message)

    async def start(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._messages.get(), DEADLINE)

    async def line(self) -> bytes | None:
        """Return the next line, None at the end of the answer."""
        while not self._lines:
            message = await asyncio.wait_for(self._messages.get(), DEADLINE)
            if not message.get("more_body"):
                return None
            *lines, self._rest = (self._rest + message["body"]).split(b"\n")
            self._lines += lines
        return self._lines.pop(0)

    async def event(self) -> Any:
        line = await self.line()
        return None if line is None else msgspec.json.decode(line)


@pytest.fixture
async def client(engine: Engine, tmp_path: Path) -> Client:
    door = Door(engine, tmp_path)
    return Client(door, ensure_token(tmp_path))
