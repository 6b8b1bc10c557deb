"""One request on its way through the chain, and the answer that it becomes."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from kecs.model.scope import Scope
from kecs.server.routes import Route
from kecs.services.registry import Answer

Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_DEFAULT = Scope()


class Exchange:
    """What the steps read and fill, in the order of the chain.

    `http` is the ASGI scope; `at_work` is how many requests wait for their answer, this one included. `route` is there
    once the operation is found. A step that answers by itself (health) sets `body`, and the chain ends there. `remarks`
    are headers of the answer beside those that all have.
    """

    route: Route

    __slots__ = (
        "answer",
        "at_work",
        "body",
        "content_type",
        "headers",
        "http",
        "receive",
        "remarks",
        "request",
        "request_body",
        "request_id",
        "route",
        "scope",
        "status",
    )

    def __init__(self, http: Message, receive: Receive, request_id: str, at_work: int) -> None:
        self.http = http
        self.receive = receive
        self.request_id = request_id
        self.at_work = at_work
        self.headers: dict[bytes, bytes] = dict(http["headers"])
        self.scope = _DEFAULT
        self.request_body = b""
        self.request: Any = None
        self.answer: Answer = None
        self.status = 200
        self.content_type = b"application/x-amz-json-1.1"
        self.body: bytes | None = None
        self.remarks: tuple[tuple[bytes, bytes], ...] = ()


class Disconnected(Exception):  # not an error: nobody is left who could be told
    """The client went away before its request had arrived."""
