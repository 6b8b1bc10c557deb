"""Requests to the API servers of one cluster, with what goes wrong on the way: retries, time-outs, the next server.

What is tried again, and why that is safe:

- what surely was not done: no connection came about, or the server said `Retry-After` with 429;
- what the server asks for once more: `Retry-After` with 5xx. An API server has not done it then, whoever stands before
  it may have had it done, so a create that then meets its object says so (`AlreadyExists.maybe_ours`);
- a read, or an apply, whenever the answer was lost: doing it twice comes to the same;
- a write whose second time would be harmless, when the server failed (500 to 504) without having been lost.

Between attempts it waits with full jitter, longer each time, and gives up when patience ends.

Watches are asked for in HTTP/1.0: each event would come in a chunk of its own, and taking chunks apart costs as much as
reading them. The connection ends with the watch then. Where something on the way speaks HTTP/1.1 alone, so do watches.
"""

import asyncio
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from kecs import __version__
from kecs.kube.access import Access, AccessError, Certificate
from kecs.kube.calls import UNANSWERED, Calls
from kecs.kube.decoding import decode_status
from kecs.kube.errors import AlreadyExists, ApiError, Timeout, TooManyRequests, Unauthorized, Unavailable

T = TypeVar("T")
Query: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]

_BUFFER = 1 << 16  # bytes that are kept unread before the server has to wait
_FAILED = (500, 502, 503, 504)
_WANTS_CHUNKS = (426, 505)  # what a proxy says that does not speak HTTP/1.0


@dataclass(frozen=True, slots=True)
class Timings:
    """How long things may take, in seconds.

    `answer` is how long a server may be silent within one attempt; after `unheard` it is not asked any more where who
    has asked gives up. `patience` is how long attempts go on while a server fails, `longest` while it asks to come back
    later. Waits between them begin at `first` and grow up to `last`.
    """

    connect: float = 5.0
    answer: float = 30.0
    unheard: float = 2.0
    patience: float = 5.0
    longest: float = 60.0
    first: float = 0.1
    last: float = 2.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `repeatable`: done twice it comes to the same. `harmless`: its second time does no damage."""

    method: str
    path: str
    query: Query
    body: bytes | None = None
    content_type: str = "application/json"
    repeatable: bool = False
    harmless: bool = False
    watch: bool = False


class _Failed(Exception):
    """An attempt failed. `after` is what the server asks to wait, None when it said nothing."""

    def __init__(self, error: ApiError, *, again: bool, after: float | None = None, elsewhere: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.after = after
        self.elsewhere = elsewhere


class Transport:
    """The connections to a cluster. Made and used in one event loop; `close` ends them."""

    def __init__(self, access: Access, timings: Timings, resolver: AbstractResolver | None = None) -> None:
        if not access.servers:
            raise AccessError(f"{access.origin}: there is no server")
        self._access = access
        self._timings = timings
        self._at = 0  # the server that is asked
        self._streams: set[aiohttp.ClientResponse] = set()  # that are being read
        self.calls = Calls()
        self._tls: tuple[Certificate | None, ssl.SSLContext] = (None, access.tls())
        connector = aiohttp.TCPConnector(limit=0, resolver=resolver, socket_factory=_socket)
        self._session = _session(access, connector, aiohttp.HttpVersion11)
        self._unchunked = _session(access, connector, aiohttp.HttpVersion10)

    async def close(self) -> None:
        """Close every connection."""
        await self._unchunked.close()
        await self._session.close()

    async def call(self, request: Request) -> bytes:
        """Send a request and return the body of its answer. Raises ApiError."""

        async def once() -> bytes:
            async with await self._open(request, self._timings.answer) as response:
                return await response.read()

        return await self._tried(request, once)

    @asynccontextmanager
    async def stream(self, request: Request, silence: float | None) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and give its answer to read bit by bit; `silence` is how long it may say nothing.

        What breaks while it is read is raised as `Unavailable`.
        """
        response = await self._tried(request, lambda: self._open(request, silence))
        self._streams.add(response)
        try:
            yield response
        except TimeoutError:
            raise Unavailable(f"{self._server} has said nothing for {silence:g} s") from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unavailable(f"the connection to {self._server} broke: {_why(error)}") from None
        finally:
            self._streams.discard(response)
            response.close()

    @asynccontextmanager
    async def websocket(
        self, request: Request, protocols: tuple[str, ...]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a WebSocket. Raises ApiError."""

        async def once() -> aiohttp.ClientWebSocketResponse:
            return await self._connect_socket(request, protocols)

        socket = await self._tried(request, once)
        try:
            yield socket
        except aiohttp.ClientError as error:
            raise Unavailable(f"the connection to {self._server} broke: {_why(error)}") from None
        finally:
            await socket.close()

    @property
    def _server(self) -> str:
        return self._access.servers[self._at]

    # Attempts.

    async def _tried(self, request: Request, once: Callable[[], Awaitable[T]]) -> T:
        began = time.monotonic()
        attempt, unreached, maybe_done = 0, 0, False
        while True:
            try:
                return await self._classified(request, once)
            except _Failed as failure:
                if not failure.again:
                    if isinstance(failure.error, AlreadyExists):
                        failure.error.maybe_ours = maybe_done
                    raise failure.error from None
                maybe_done |= failure.after is not None and failure.error.http_code >= 500
                attempt += 1
                wait = self._wait(attempt, failure)
                if failure.elsewhere and len(self._access.servers) > 1:
                    unreached += 1
                    if unreached % len(self._access.servers):
                        wait = 0.0  # the next server has not been asked yet
                most = self._timings.patience if failure.after is None else self._timings.longest
                if wait > began + most - time.monotonic():
                    raise failure.error from None
            await asyncio.sleep(wait)

    def _wait(self, attempt: int, failure: _Failed) -> float:
        most = min(self._timings.first * 2.0 ** min(attempt, 16), self._timings.last)
        return (failure.after or 0.0) + random.uniform(0.0, most)  # noqa: S311  # spreads load, keeps no secret

    async def _classified(self, request: Request, once: Callable[[], Awaitable[T]]) -> T:
        """Make one attempt; raise `_Failed` with what may be done about it."""
        at, began = self._at, time.monotonic()
        try:
            return await once()
        except asyncio.CancelledError:
            if time.monotonic() - began >= self._timings.unheard:
                self._leave(at, silent=True)
            raise
        except _Failed as failure:
            if failure.elsewhere:
                self._leave(at)
            raise
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError) as error:
            raise _Failed(Unavailable(f"{self._server} cannot be trusted: {_why(error)}"), again=False) from None
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientProxyConnectionError,
        ) as error:
            text = f"{self._access.servers[at]} cannot be reached: {_why(error)}"
            self._leave(at, silent=isinstance(error, aiohttp.ConnectionTimeoutError))
            raise _Failed(Unavailable(text), again=True, elsewhere=True) from None
        except TimeoutError:
            text = f"{self._access.servers[at]} did not answer within {self._timings.answer:g} s"
            self._leave(at, silent=True)
            raise _Failed(Timeout(text), again=request.repeatable, elsewhere=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            text = f"the connection to {self._access.servers[at]} broke: {_why(error)}"
            self._leave(at)
            raise _Failed(Unavailable(text), again=request.repeatable, elsewhere=True) from None

    def _leave(self, at: int, *, silent: bool = False) -> None:
        """Ask the next server from now on, unless somebody has seen to that already.

        Of a server that is `silent` watches hear nothing either, and would notice it late: they go on at the next one.
        """
        servers = self._access.servers
        if len(servers) == 1:
            return
        if self._at == at:
            self._at = (at + 1) % len(servers)
        if silent:
            origin = URL(servers[at]).origin()
            for response in [one for one in self._streams if one.url.origin() == origin]:
                if response.connection is not None and response.connection.transport is not None:
                    response.connection.transport.abort()  # TLS would wait for the server to say goodbye

    # One attempt.

    async def _open(self, request: Request, silence: float | None) -> aiohttp.ClientResponse:
        for last in (False, True):
            response = await self._send(request, silence)
            if response.status < 300:
                return response
            async with response:
                body = await response.read()
            if last or not await self._is_mended(request, response.status):
                break
        raise self._refusal(request, response.status, response.headers.get("Retry-After"), body)

    async def _is_mended(self, request: Request, code: int) -> bool:
        """Say whether the same request may be answered now."""
        if code in _WANTS_CHUNKS and request.watch and not self._unchunked.closed:
            await self._unchunked.close()
            return True
        return code == 401 and self._access.credentials.refused()

    async def _send(self, request: Request, silence: float | None) -> aiohttp.ClientResponse:
        identity = await self._identity(request)
        began, code = time.perf_counter(), UNANSWERED
        try:
            session = self._unchunked if request.watch and not self._unchunked.closed else self._session
            response = await session.request(
                request.method,
                self._url(request),
                data=request.body,
                timeout=aiohttp.ClientTimeout(sock_connect=self._timings.connect, sock_read=silence),
                allow_redirects=False,
                **identity,
            )
            code = str(response.status)
        finally:
            self.calls.took("WATCH" if request.watch else request.method, code, time.perf_counter() - began)
        return response

    async def _connect_socket(self, request: Request, protocols: tuple[str, ...]) -> aiohttp.ClientWebSocketResponse:
        for last in (False, True):
            try:
                opened = await self._session.ws_connect(
                    self._url(request),
                    protocols=protocols,
                    timeout=aiohttp.ClientWSTimeout(ws_close=self._timings.connect),
                    max_msg_size=0,
                    **await self._identity(request),
                )
                return cast("aiohttp.ClientWebSocketResponse", opened)
            except aiohttp.WSServerHandshakeError as error:
                if error.status == 401 and not last and self._access.credentials.refused():
                    continue
                # The handshake's answer has a Status that aiohttp does not hand over.
                raise self._refusal(request, error.status, None, b"") from None
        raise AssertionError("unreachable")

    def _url(self, request: Request) -> URL:
        query = f"?{urlencode(request.query)}" if request.query else ""
        return URL(f"{self._server.rstrip('/')}{request.path}{query}", encoded=True)

    async def _identity(self, request: Request) -> dict[str, Any]:
        """Return who we are and who the server must be, as aiohttp takes it."""
        headers = {"Content-Type": request.content_type} if request.body is not None else {}
        try:
            authorization = await self._access.credentials.authorization()
            pair = await self._access.credentials.certificate()
            if pair != self._tls[0]:
                self._tls = (pair, self._access.tls(pair))
        except AccessError as error:
            raise Unauthorized(str(error)) from None
        if authorization:
            headers["Authorization"] = authorization
        return {
            "headers": headers,
            "ssl": self._tls[1],
            "server_hostname": self._access.server_name or None,
            "proxy": self._access.proxy or None,
        }

    def _refusal(self, request: Request, code: int, retry_after: str | None, body: bytes) -> _Failed:
        error = decode_status(code, body)
        after = _seconds(retry_after)
        if code == 429 and _is_budget(error):
            return _Failed(error, again=False)
        if after is not None and (code == 429 or code >= 500):
            return _Failed(error, again=True, after=after, elsewhere=code == 503)
        if isinstance(error, TooManyRequests):
            return _Failed(error, again=True)
        safe = request.repeatable or request.harmless
        return _Failed(error, again=code in _FAILED and safe, elsewhere=code in (502, 503))


def _session(access: Access, connector: aiohttp.TCPConnector, version: aiohttp.HttpVersion) -> aiohttp.ClientSession:
    chunked = version == aiohttp.HttpVersion11
    session = aiohttp.ClientSession(
        connector=connector,
        connector_owner=chunked,
        version=version,
        headers=[
            ("User-Agent", f"kecs/{__version__}"),
            ("Accept-Encoding", "identity"),
            *(() if chunked else [("Connection", "close")]),
            *access.headers,
        ],
        cookie_jar=aiohttp.DummyCookieJar(),
        read_bufsize=_BUFFER,
        max_line_size=1 << 16,
        max_field_size=1 << 16,
    )
    session._retry_connection = False  # it would also repeat writes that may have been done
    return session


def _seconds(text: str | None) -> float | None:
    """Return what `Retry-After` says; the API server says whole seconds."""
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _is_budget(error: ApiError) -> bool:
    """Say whether a disruption budget refuses an eviction: an answer for the caller, not a server that is busy."""
    causes = (error.details or {}).get("causes") or ()
    return any(isinstance(one, dict) and one.get("reason") == "DisruptionBudget" for one in causes)


def _why(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientResponseError):  # its text has the URL of the proxy, with the password
        return f"{error.status} {error.message}"
    found = getattr(error, "os_error", None) or error
    return getattr(found, "strerror", None) or str(found) or type(error).__name__


def _socket(address: Any) -> socket.socket:
    """Make a socket that notices within half a minute that the other end is gone without a word."""
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 25_000)):
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made
