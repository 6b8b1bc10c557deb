"""The request chain: what happens to every AWS request, in this order."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from kecs.kube.errors import ApiError, Forbidden, NotStored
from kecs.model.errors import AccessDeniedException, AwsError, ServerException, ServiceUnavailable
from kecs.model.scope import Scope
from kecs.server import log as logs
from kecs.server import steps
from kecs.server.exchange import Disconnected, Exchange, Message, Receive, Send
from kecs.server.guard import Guard
from kecs.server.requests import RequestFigures
from kecs.server.routes import Handlers, Routes
from kecs.services import registry
from kecs.services.context import Context
from kecs.wire import json11
from kecs.wire.sigv4 import Callers

log = logging.getLogger(__name__)

_BODY_LIMIT = 4 * 1024 * 1024  # no request that AWS accepts comes near; a task definition has 64 KiB
_AT_WORK_LIMIT = 1000  # requests; more than that only wait for each other


class Parts(msgspec.Struct, frozen=True):
    """What the chain is put together from.

    `context` gives an operation its surroundings, `ready` is "" or the reason why the server is not, `metrics` the
    figures of the process in Prometheus's text format, `default` the scope of requests without a signature, `names`
    what kecs answers to beside loopback and the address that was reached, `handlers` the operations. `staleness` is for
    how many seconds what operations read may be out of date, `catch_up` returns once it is not; neither is there where
    what is read is what is stored.
    """

    context: Callable[[Scope, str], Context]
    ready: Callable[[], str]
    metrics: Callable[[], bytes]
    default: Scope = Scope()
    names: tuple[str, ...] = ()
    handlers: Handlers = registry.handlers
    staleness: Callable[[], float] | None = None
    catch_up: Callable[[], Awaitable[None]] | None = None


def chain(parts: Parts) -> list[steps.Step]:
    """Return the steps of a request. Whatever one of them raises becomes the answer in `AwsApp`, which logs it."""
    return [
        steps.refuse_foreign(Guard(parts.names)),
        steps.answer_health(parts.ready, parts.staleness),
        steps.answer_metrics(parts.metrics),
        steps.refuse_too_many(_AT_WORK_LIMIT),
        steps.refuse_unready(parts.ready),
        steps.find_operation(Routes(parts.handlers)),
        steps.find_caller(Callers(parts.default)),
        steps.read_body(_BODY_LIMIT),
        steps.decode,
        *([steps.catch_up(parts.catch_up)] if parts.catch_up else ()),
        *([steps.tell_staleness(parts.staleness)] if parts.staleness else ()),
        steps.call(parts.context),
        steps.encode,
    ]


def upkeep(parts: Parts) -> list[steps.Step]:
    """Return the steps of a door for those who look after kecs and may not use it."""
    return [
        steps.refuse_foreign(Guard(parts.names)),
        steps.answer_health(parts.ready, parts.staleness),
        steps.answer_metrics(parts.metrics),
        steps.refuse_all,
    ]


class AwsApp:
    """An ASGI application: requests through a chain of steps. `figures` tell of those that it took."""

    def __init__(self, chain: Sequence[steps.Step]) -> None:
        self._steps = tuple(chain)
        self._request_id = _request_ids()
        self.figures = RequestFigures()

    async def __call__(self, http: Message, receive: Receive, send: Send) -> None:
        """Take one request through the chain, and send what comes out."""
        if http["type"] != "http":
            return
        figures = self.figures
        figures.at_work += 1
        exchange = Exchange(http, receive, self._request_id(), figures.at_work)
        began = time.perf_counter()
        try:
            for step in self._steps:
                waiting = step(exchange)
                if waiting is not None:
                    await waiting
                if exchange.body is not None:
                    break
        except Disconnected:
            return
        except (Exception, asyncio.CancelledError) as error:
            name = _refuse(exchange, error)
            figures.refused(_operation(exchange), exchange.status, name)
        finally:
            figures.at_work -= 1
        taken = time.perf_counter() - began
        if operation := _operation(exchange):
            figures.took(operation, taken)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("request", extra={"fields": _fields(exchange) | {"ms": round(taken * 1000, 1)}})
        body = exchange.body or b""
        await send(
            {
                "type": "http.response.start",
                "status": exchange.status,
                "headers": [
                    (b"x-amzn-requestid", exchange.request_id.encode()),
                    (b"content-type", exchange.content_type),
                    (b"content-length", b"%d" % len(body)),
                    *exchange.remarks,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


def _refuse(exchange: Exchange, error: BaseException) -> str:
    """Make an error the answer and return its name; log what the client did wrong by name, what kecs did by place."""
    answer = _as_aws_error(error, exchange.request_id)
    exchange.status = answer.http_code
    exchange.body = json11.encode_error(answer)
    fields = {**_fields(exchange), "error": answer.code}
    if answer is error:
        log.info("request refused", extra={"fields": fields})
    elif isinstance(error, Forbidden) and error.lacks_right:
        log.warning("%s", error.message, extra={"fields": fields})
    else:
        log.error("request failed", extra={"fields": fields | logs.described(error)})
    return answer.code


def _as_aws_error(error: BaseException, request_id: str) -> AwsError:
    if isinstance(error, AwsError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return ServiceUnavailable("The request did not finish in time, or the server is ending.")
    if isinstance(error, NotStored):
        return ServerException(f"{error.message} (request {request_id})")
    if isinstance(error, Forbidden):  # kecs itself may not: the message names who, the verb and the resource
        return AccessDeniedException(error.message)
    if isinstance(error, ApiError) and error.http_code in (429, 503, 504):
        return ServiceUnavailable("Service Unavailable. Please try again later.")
    return ServerException(f"Service Unavailable. Please try again later. (request {request_id})")


def _fields(exchange: Exchange) -> dict[str, object]:
    fields: dict[str, object] = {"request": exchange.request_id, "status": exchange.status}
    if operation := _operation(exchange):
        fields["operation"] = operation
    return fields


def _operation(exchange: Exchange) -> str:
    """Return the operation, "" where the request has come to none."""
    return exchange.route.operation.name if hasattr(exchange, "route") else ""


def _request_ids() -> Callable[[], str]:
    """Return a maker of ids in the form of a random UUID, unique in the process and, most likely, anywhere.

    The random part is drawn once: drawing 16 bytes for each request costs more than routing it.
    """
    prefix = secrets.token_hex(10)
    prefix = f"{prefix[:8]}-{prefix[8:12]}-4{prefix[12:15]}-a{prefix[15:18]}-"
    count = secrets.randbits(40)

    def next_id() -> str:
        nonlocal count
        count += 1
        return f"{prefix}{count:012x}"

    return next_id
