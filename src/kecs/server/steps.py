"""The steps of the request chain, in the order in which they are taken.

Each is a function of the exchange, or makes one of what it needs. A step refuses by raising an AWS error; one that
has to wait returns an awaitable.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from kecs.model.errors import RequestEntityTooLarge, ServiceUnavailable, ThrottlingException, UnknownOperationException
from kecs.model.scope import Scope
from kecs.server.exchange import Disconnected, Exchange
from kecs.server.guard import Guard
from kecs.server.routes import Routes
from kecs.services.context import Context
from kecs.wire import json11
from kecs.wire.sigv4 import Callers

Step: TypeAlias = Callable[[Exchange], Awaitable[None] | None]

_NOTICED = 1.0  # seconds; watches end now and then, and are open again at once
_DROPPED = 8  # times as much as is read
_JSON = frozenset((b"application/x-amz-json-1.1", b"application/x-amz-json-1.0", b"application/json"))


def refuse_foreign(guard: Guard) -> Step:
    """Let through only what did not come from a web page."""

    def step(exchange: Exchange) -> None:
        header = exchange.headers.get
        guard.check(
            header(b"host", b""),
            header(b"origin", b""),
            header(b"sec-fetch-site", b""),
            exchange.http["server"][0],
        )

    return step


def answer_health(ready: Callable[[], str], staleness: Callable[[], float] | None) -> Step:
    """Answer `/healthz` (the process runs) and `/readyz` (`ready` gives no reason why not).

    What is out of date is ready all the same: while the cluster is away, nobody else could answer better.
    """

    def step(exchange: Exchange) -> None:
        path = exchange.http["path"]
        if path == "/" or path not in ("/healthz", "/readyz"):
            return
        reason = ready() if path == "/readyz" else ""
        exchange.status = 503 if reason else 200
        exchange.content_type = b"text/plain; charset=utf-8"
        seconds = staleness() if staleness else 0.0
        stale = f", but the cluster has not been heard of for {seconds:.0f} s" if seconds >= _NOTICED else ""
        exchange.body = f"{reason or 'ok'}{stale}\n".encode()

    return step


def answer_metrics(metrics: Callable[[], bytes]) -> Step:
    """Answer `/metrics` in Prometheus's text format."""

    def step(exchange: Exchange) -> None:
        if exchange.http["path"] != "/metrics":
            return
        exchange.content_type = b"text/plain; version=0.0.4; charset=utf-8"
        exchange.body = metrics()

    return step


def refuse_all(exchange: Exchange) -> None:
    """Refuse what no step before has answered."""
    raise UnknownOperationException("").at(404)


def refuse_too_many(limit: int) -> Step:
    """Have clients come again while more than `limit` requests are at work. Whoever looks after kecs is answered."""

    def step(exchange: Exchange) -> None:
        if exchange.at_work > limit:
            raise ThrottlingException("Rate exceeded")

    return step


def refuse_unready(ready: Callable[[], str]) -> Step:
    """Have clients come again while `ready` gives a reason: what is not seen yet would look as if it were not there."""

    def step(exchange: Exchange) -> None:
        if reason := ready():
            raise ServiceUnavailable(f"Service Unavailable: {reason}.")

    return step


def find_operation(routes: Routes) -> Step:
    """Find the operation by the target of a POST of JSON. A form, which a web page can send, is none.

    AWS answers 404 where it cannot even tell the protocol, and 400 where the target is unknown.
    """

    def step(exchange: Exchange) -> None:
        kind = exchange.headers.get(b"content-type", b"")
        if kind not in _JSON and kind.partition(b";")[0].strip().lower() not in _JSON:
            raise UnknownOperationException("").at(404)
        if exchange.http["method"] != "POST" or exchange.http["path"] != "/":
            raise UnknownOperationException("").at(404)
        exchange.route = routes.find(exchange.headers.get(b"x-amz-target", b""))

    return step


def catch_up(caught_up: Callable[[], Awaitable[None]]) -> Step:
    """Wait, for a client that asks for it, until what operations read is as new as what is stored."""

    def step(exchange: Exchange) -> Awaitable[None] | None:
        asked = exchange.headers.get(b"x-kecs-consistency")
        return caught_up() if asked is not None and asked.lower() == b"strong" else None

    return step


def tell_staleness(staleness: Callable[[], float]) -> Step:
    """Tell the client for how long what its operation reads may be out of date."""

    def step(exchange: Exchange) -> None:
        seconds = staleness()
        if seconds >= _NOTICED:
            exchange.remarks = ((b"x-kecs-staleness-seconds", b"%d" % seconds),)

    return step


def find_caller(callers: Callers) -> Step:
    """Find the account and region in whose name the request is made."""

    def step(exchange: Exchange) -> None:
        exchange.scope = callers.scope(exchange.headers.get(b"authorization", b""), exchange.http["query_string"])

    return step


def read_body(limit: int) -> Step:
    """Read the body, at most `limit` bytes of it.

    What comes above is dropped unread, up to a point: a client that is cut off while it sends never sees the answer.
    """

    async def step(exchange: Exchange) -> None:
        length = exchange.headers.get(b"content-length", b"")
        if len(length) > 18 or (length.isdigit() and int(length) > limit):
            await _drop(exchange, limit * _DROPPED)
            raise _too_large(limit)
        message = await exchange.receive()
        if not message.get("more_body") and message["type"] == "http.request":
            exchange.request_body = message["body"]
            return
        body = bytearray()
        while True:
            if message["type"] != "http.request":
                raise Disconnected
            body += message["body"]
            if len(body) > limit:
                body.clear()
                if message["more_body"]:
                    await _drop(exchange, limit * _DROPPED)
                raise _too_large(limit)
            if not message["more_body"]:
                exchange.request_body = bytes(body)
                return
            message = await exchange.receive()

    return step


async def _drop(exchange: Exchange, most: int) -> None:
    dropped = most if b"expect" in exchange.headers else 0  # who asks first has sent nothing yet
    while dropped < most:
        message = await exchange.receive()
        if message["type"] != "http.request":
            raise Disconnected
        dropped += len(message["body"])
        if not message["more_body"]:
            return


def _too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The request body is larger than {limit} bytes.")


def decode(exchange: Exchange) -> None:
    """Make the request shape of the body."""
    exchange.request = exchange.route.decoder.decode(exchange.request_body)


def call(context: Callable[[Scope, str], Context]) -> Step:
    """Call the operation."""

    async def step(exchange: Exchange) -> None:
        exchange.answer = await exchange.route.handler(context(exchange.scope, exchange.request_id), exchange.request)

    return step


def encode(exchange: Exchange) -> None:
    """Make the body of the answer, unless the operation had it ready."""
    answer = exchange.answer
    exchange.body = answer if isinstance(answer, bytes) else json11.encode(answer)
