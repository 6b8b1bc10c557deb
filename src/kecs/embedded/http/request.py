"""A request as the handlers see it, read from ASGI's scope and messages."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from kecs.kube.errors import PayloadTooLarge

Scope: TypeAlias = Mapping[str, Any]
Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MAX_BODY_BYTES = 3 * 1024 * 1024
"""What a real API server takes before it answers 413."""


class Disconnected(Exception):
    """The client went away before its request was whole; there is nobody to answer."""


class Request:
    """One HTTP request: method, decoded path, query and headers (names in lower case), and its body on demand."""

    __slots__ = ("_query", "_query_string", "_receive", "headers", "method", "path", "warnings")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._query_string: bytes = scope.get("query_string", b"")
        self._query: dict[str, list[str]] | None = None
        self.headers: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self._receive = receive
        self.warnings: list[str] = []  # what the client is told beside the answer

    @property
    def query(self) -> dict[str, list[str]]:
        """The query parameters, each with all its values."""
        if self._query is None:
            query: dict[str, list[str]] = {}
            for name, value in parse_qsl(self._query_string.decode("latin-1"), keep_blank_values=True):
                query.setdefault(name, []).append(value)
            self._query = query
        return self._query

    def one(self, name: str) -> str:
        """Return the first value of a query parameter, "" when it is absent."""
        values = self.query.get(name)
        return values[0] if values else ""

    def flag(self, name: str) -> bool:
        """Tell whether a boolean query parameter is set, as Kubernetes reads it: present and neither 0 nor false."""
        values = self.query.get(name)
        return values is not None and values[0].lower() not in ("0", "false")

    async def body(self) -> bytes:
        """Read the body. Raises `PayloadTooLarge`, and `Disconnected` when the client leaves half-way."""
        if int(self.headers.get("content-length") or 0) > MAX_BODY_BYTES:
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise _too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def disconnected(self) -> None:
        """Return once the client has gone. Only after `body`, or for a request without one."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"Request entity too large: limit is {MAX_BODY_BYTES}")
