"""An API server that does as a script says, one step a request, the last step for ever after."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from kecs.kube.access import Access, Credentials, Static
from kecs.kube.http import HttpApi
from kecs.kube.transport import Timings

Step: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Quick to try again, and patient: the machine may be busy.
QUICK = Timings(connect=10.0, answer=20.0, patience=20.0, longest=30.0, first=0.01, last=0.05)


def says(body: Any, code: int = 200, **headers: str) -> Step:
    """Answer with a JSON body."""

    async def step(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=json.dumps(body).encode(), status=code, headers=named)

    return step


def refuses(code: int, reason: str = "", *, message: str = "no", details: Any = None, **headers: str) -> Step:
    """Answer with a Status."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}
    return says({**status, "code": code, **({"details": details} if details else {})}, code, **headers)


def is_slow(seconds: float) -> Step:
    """Say nothing for a while."""

    async def step(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response({})

    return step


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def streams(*pieces: bytes, then: str = "end") -> Step:
    """Send a body piece by piece; `then` is "end", "cut" (the connection breaks) or "silence"."""

    async def step(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0.005)
        if then == "cut" and request.transport is not None:
            request.transport.abort()
        elif then == "silence":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return response

    return step


@dataclass
class Server:
    """The server: its address, and what it was asked."""

    steps: list[Step]
    url: str = ""
    asked: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def tokens(self) -> list[str | None]:
        """The Authorization header of each request."""
        return [one.headers.get("Authorization") for one in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take the next step."""
        self.asked.append(request)
        self.bodies.append(await request.read())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        return await step(request)


@asynccontextmanager
async def serving(*steps: Step, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run the server on a free port."""
    server = Server(list(steps))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(
    *servers: str, credentials: Credentials | None = None, timings: Timings = QUICK, **access: Any
) -> AsyncIterator[HttpApi]:
    """Connect to servers."""
    api = await HttpApi.connect(Access(servers, credentials or Static(), **access), timings=timings)
    try:
        yield api
    finally:
        await api.close()


@asynccontextmanager
async def talking(*steps: Step, **options: Any) -> AsyncIterator[tuple[Server, HttpApi]]:
    """Run a server and a client of it."""
    async with serving(*steps) as server, client(server.url, **options) as api:
        yield server, api


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def event(type: str, name: str, version: int) -> bytes:
    """Return a line of a watch, with managed fields as real servers send them."""
    meta = {"name": name, "namespace": "ns", "resourceVersion": str(version), "managedFields": [{"manager": "x"}]}
    return _encode({"type": type, "object": {"metadata": meta}}).encode() + b"\n"


def error_event(code: int, reason: str) -> bytes:
    """Return the line that ends a watch."""
    return _encode({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": reason}}).encode() + b"\n"


def pages(items: Sequence[Any], version: str = "1", **metadata: Any) -> Any:
    """Return the body of a list."""
    return {"kind": "List", "metadata": {"resourceVersion": version, **metadata}, "items": list(items)}
