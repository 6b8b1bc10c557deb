"""The ASGI application: the chain that every request passes, and the paths that are served, both as lists to read."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from kecs.embedded.engine import Engine
from kecs.embedded.http import openapi_v2
from kecs.embedded.http.answers import (
    JSON,
    Answer,
    Stream,
    end_stream,
    error_answer,
    json_answer,
    send_answer,
    send_chunk,
    start_stream,
    warned,
)
from kecs.embedded.http.auth import Gate
from kecs.embedded.http.discovery import Discovery
from kecs.embedded.http.openapi import OpenApi
from kecs.embedded.http.request import Disconnected, Receive, Request, Scope, Send
from kecs.embedded.http.resources import Resources
from kecs.embedded.http.reviews import REVIEWS, answer_review
from kecs.embedded.http.versions import version
from kecs.kube.errors import ApiError, BadRequest, InternalError

logger = logging.getLogger(__name__)

Handler = Callable[[Request, list[str]], Awaitable[Answer | Stream]]

_HEALTH = ("healthz", "livez", "readyz")


class App:
    """The door's application. `close` ends the streams that are open, so that a server can stop in order."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._gate = gate
        self._catalog = engine.catalog
        self._discovery = Discovery(engine.catalog)
        self._openapi = OpenApi(engine.catalog)
        self._resources = Resources(engine)
        self._closing = asyncio.Event()
        self._routes: dict[str, Handler] = {
            **dict.fromkeys(_HEALTH, _healthy),
            "": self._index,
            "version": _version,
            "api": self._api,
            "apis": self._apis,
            "openapi": self._open_api,
        }

    def close(self) -> None:
        """End all open streams; later ones end at once."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
            if isinstance(answer, Answer):
                await send_answer(answer, send, head=request.method == "HEAD")
            else:
                await self._stream(answer, request, send)
        except Disconnected:
            return

    async def _answer(self, request: Request) -> Answer | Stream:
        """Pass a request through the chain: host, token, route. Whatever goes wrong becomes a `Status`."""
        try:
            self._gate.check_host(request)
            parts = request.path.strip("/").split("/")
            if parts[0] not in _HEALTH:
                self._gate.check_token(request)
            route = self._routes.get(parts[0])
            if route is None:
                return _no_page()
            return warned(_shown(await route(request, parts), request), request.warnings)
        except ApiError as error:
            return warned(error_answer(error), request.warnings)
        except RecursionError:
            return error_answer(BadRequest("exceeded max depth"))
        except (Disconnected, asyncio.CancelledError):
            raise
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return error_answer(InternalError("Internal error occurred: the server has logged what went wrong"))

    async def _index(self, request: Request, parts: list[str]) -> Answer:
        paths = ["/api", "/api/v1", "/apis", *self._discovery.paths()]
        paths += [f"/{one}" for one in sorted({*_HEALTH, "openapi/v3", "version"})]
        return json_answer({"paths": paths})

    async def _api(self, request: Request, parts: list[str]) -> Answer | Stream:
        if len(parts) == 1:
            return await self._discovery.core(request)
        if len(parts) == 2:
            return await self._discovery.resources(request, "", parts[1])
        return await self._resources(request)

    async def _apis(self, request: Request, parts: list[str]) -> Answer | Stream:
        if len(parts) == 1:
            return await self._discovery.groups(request)
        if not self._discovery.has_group(parts[1]):
            return _no_page()
        if len(parts) == 2:
            return await self._discovery.group(request, parts[1])
        if not self._discovery.has_version(parts[1], parts[2]):
            return _no_page()
        if len(parts) == 3:
            return await self._discovery.resources(request, parts[1], parts[2])
        review = REVIEWS.get((parts[1], parts[3]))
        if review is not None and len(parts) == 4:
            return await answer_review(request, review)
        return await self._resources(request)

    async def _open_api(self, request: Request, parts: list[str]) -> Answer | Stream:
        if parts[1:] == ["v2"] and openapi_v2.ASKED in request.headers.get("accept", ""):
            return openapi_v2.document(self._catalog.kinds())
        if parts[1:2] != ["v3"]:
            return _no_page()
        if len(parts) == 2:
            return await self._openapi.index(request)
        return await self._openapi.document(request, "/".join(parts[2:]))

    async def _stream(self, stream: Stream, request: Request, send: Send) -> None:
        """Send a stream until it ends, the client leaves, its time is over, or the server stops."""
        waiting: list[asyncio.Future[Any]] = []
        try:
            await start_stream(stream, send)
            pump = asyncio.ensure_future(_pump(stream, send))
            waiting = [pump, asyncio.ensure_future(request.disconnected()), asyncio.ensure_future(self._closing.wait())]
            await asyncio.wait(waiting, timeout=stream.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await stream.chunks.aclose()
            await stream.source.aclose()
        if pump.done() and not pump.cancelled() and (error := pump.exception()):
            logger.error("%s %s broke off", request.method, request.path, exc_info=error)
        await end_stream(send)


async def _pump(stream: Stream, send: Send) -> None:
    async for chunk in stream.chunks:
        await send_chunk(chunk, send)


def _shown(answer: Answer | Stream, request: Request) -> Answer | Stream:
    """Lay out a JSON answer for people, when they ask for it."""
    if isinstance(answer, Answer) and answer.content_type == JSON and request.flag("pretty"):
        answer.body = msgspec.json.format(answer.body, indent=2)
    return answer


async def _healthy(request: Request, parts: list[str]) -> Answer:
    return Answer(b"ok", content_type="text/plain; charset=utf-8")


async def _version(request: Request, parts: list[str]) -> Answer:
    return json_answer(version())


def _no_page() -> Answer:
    return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
