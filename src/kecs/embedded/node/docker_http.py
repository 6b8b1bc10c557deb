"""Calls to the Docker API: one connection pool, and the engine's errors in the words of `engine`."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from kecs.embedded.node.engine import EngineError, EngineGone, NameInUse, NoSuchContainer

if TYPE_CHECKING:
    import ssl

    import aiohttp

VERSION = "v1.41"  # of the API: Docker 20.10 and Podman 4 know it
_ORDINARY = 120.0  # seconds that a call may take which does not wait for a container
_CONNECT = 5.0
_ACCEPTED = (200, 201, 204, 304)


class Refused(EngineError):
    """The engine answered with an error; `status` is the HTTP one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class DockerHttp:
    """Speaks HTTP to an engine at `unix:///path` or `tcp://host:port`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session: aiohttp.ClientSession | None = None
        scheme, _, rest = address.partition("://")
        self._socket = rest if scheme == "unix" else ""
        self._base = f"http://engine/{VERSION}" if self._socket else f"http://{rest.rstrip('/')}/{VERSION}"

    def _opened(self) -> "aiohttp.ClientSession":
        if self._session is None:
            import aiohttp  # a node that simulates has no need of it

            # Streams and stops hold connections for long, so their number is not limited.
            connector: aiohttp.BaseConnector
            connector = aiohttp.UnixConnector(self._socket, limit=0) if self._socket else aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, raise_for_status=False)
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: float | None = None,
        silence: float | None = None,
    ) -> AsyncGenerator["aiohttp.ClientResponse", None]:
        """Send a request and give its answer, to be read as it comes. Raises `EngineError`.

        It may take `limit` seconds, and say nothing for `silence` seconds.
        """
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=limit, sock_connect=_CONNECT, sock_read=silence)
        try:
            async with self._opened().request(
                method, self._base + path, params=params, json=body, data=data, headers=headers, timeout=timeout
            ) as response:
                if response.status not in _ACCEPTED:
                    raise refusal(response.status, await response.read())
                yield response
        except TimeoutError as error:
            raise EngineGone(f"{self.address} did not answer {method} {path} in time") from error
        except (
            aiohttp.ClientError,
            OSError,
            asyncio.IncompleteReadError,
            ValueError,
        ) as error:  # or it speaks nonsense
            raise EngineGone(f"{self.address}: {error}") from error

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        data: bytes | None = None,
        limit: float | None = _ORDINARY,
    ) -> Any:
        """Send a request and return its decoded answer (None when it has none). Raises `EngineError`."""
        async with self.stream(method, path, params=params, body=body, data=data, limit=limit) as response:
            content = await response.read()
            return json.loads(content) if content.startswith((b"{", b"[")) else None

    async def get(self, url: str, headers: Mapping[str, str], limit: float) -> int:
        """Send a GET to a container and return the status. Raises `aiohttp.ClientError`, `TimeoutError`, `OSError`."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=limit)
        connector = aiohttp.TCPConnector(ssl=_trusting() if url.startswith("https:") else True, force_close=True)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:  # noqa: SIM117 - reads better
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                return response.status


@cache
def _trusting() -> "ssl.SSLContext":
    """Return a TLS context for any certificate. A default one would read those of the machine, for milliseconds."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def refusal(status: int, content: bytes) -> EngineError:
    """Return the error that an answer stands for."""
    try:
        message = str(json.loads(content).get("message", ""))
    except (ValueError, AttributeError):
        message = content[:500].decode(errors="replace").strip()
    if "already in use" in message and "name" in message:
        return NameInUse(message)
    if status == 404 and "ontainer" in message and "mage" not in message:
        return NoSuchContainer(message)
    return Refused(status, message or f"HTTP status {status}")
