"""Operations for the chain to call, and requests to send through it, without a world behind them."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from kecs.model.scope import Scope
from kecs.server.chain import AwsApp, Parts, chain
from kecs.services.context import Context

TARGET = "AmazonEC2ContainerServiceV20141113"
NOTHING: Any = None  # the operations of these tests read nothing
Operation = Callable[[Context, Any], Awaitable[Any]]


class Answer(NamedTuple):
    """What the application sent."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


def app(
    *,
    ready: str = "",
    names: tuple[str, ...] = (),
    default: Scope | None = None,
    staleness: Callable[[], float] | None = None,
    catch_up: Callable[[], Awaitable[None]] | None = None,
    **operations: Operation,
) -> AwsApp:
    """Return an application that knows these operations of ECS, by name."""

    def context(scope: Scope, request_id: str) -> Context:
        return Context(scope=scope, world=NOTHING, api=NOTHING, tokens=NOTHING, request_id=request_id)

    parts = Parts(
        context=context,
        ready=lambda: ready,
        metrics=lambda: b"a 1\n",
        default=default or Scope(),
        names=names,
        handlers=lambda service: operations,
        staleness=staleness,
        catch_up=catch_up,
    )
    return AwsApp(chain(parts))


async def exchange(
    application: AwsApp,
    operation: str = "ListClusters",
    body: bytes | Sequence[bytes] = b"{}",
    *,
    whole: bool = True,
    method: str = "POST",
    path: str = "/",
    query: bytes = b"",
    **headers: str | None,
) -> list[dict[str, Any]]:
    """Send one request and return the messages that came back. A header is left out when it is None.

    A body given as parts arrives in them; unless it is whole, the client goes away after the last.
    """
    sent: dict[str, str | None] = {
        "host": "127.0.0.1:4566",
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"{TARGET}.{operation}",
    }
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    parts = [body] if isinstance(body, bytes) else list(body)
    messages: list[dict[str, Any]] = []
    http = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "server": ("127.0.0.1", 4566),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value is not None],
    }

    async def receive() -> dict[str, Any]:
        if not parts:
            return {"type": "http.disconnect"}
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts) or not whole}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await application(http, receive, send)
    return messages


async def request(application: AwsApp, *arguments: Any, **keywords: Any) -> Answer:
    """Send one request as `exchange` does and return the answer."""
    start, end = await exchange(application, *arguments, **keywords)
    return Answer(start["status"], dict(start["headers"]), end["body"])
