"""The request chain: what happens to every AWS request, in this order."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence

import msgspec

from kecs.kube.errors import ApiError, NotStored
from kecs.model.errors import AwsError, ServerException, ServiceUnavailable, ThrottlingException
from kecs.model.scope import Scope
from kecs.server import log as logs
from kecs.server import steps
from kecs.server.exchange import Disconnected, Exchange, Message, Receive, Send
from kecs.server.guard import Guard
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

    `context` gives an operation its surroundings, `ready` is "" or the reason why the server is not, `default` the
    scope of requests without a signature, `names` what kecs answers to beside loopback and the address that was
    reached, `handlers` the operations.
    """

    context: Callable[[Scope, str], Context]
    ready: Callable[[], str]
    default: Scope = Scope()
    names: tuple[str, ...] = ()
    handlers: Handlers = registry.handlers


def chain(parts: Parts) -> list[steps.Step]:
    """Return the steps of a request. Whatever one of them raises becomes the answer in `AwsApp`, which logs it."""
    return [
        steps.refuse_foreign(Guard(parts.names)),
        steps.answer_health(parts.ready),
        steps.find_operation(Routes(parts.handlers)),
        steps.find_caller(Callers(parts.default)),
        steps.read_body(_BODY_LIMIT),
        steps.decode,
        steps.call(parts.context),
        steps.encode,
    ]


class AwsApp:
    """The ASGI application of the AWS APIs."""

    def __init__(self, parts: Parts) -> None:
        self._steps: Sequence[steps.Step] = tuple(chain(parts))
        self._at_work = 0
        self._request_id = _request_ids()

    async def __call__(self, http: Message, receive: Receive, send: Send) -> None:
        """Take one request through the chain, and send what comes out."""
        if http["type"] != "http":
            return
        exchange = Exchange(http, receive, self._request_id())
        began = time.monotonic() if log.isEnabledFor(logging.DEBUG) else 0.0
        self._at_work += 1
        try:
            if self._at_work > _AT_WORK_LIMIT:
                raise ThrottlingException("Rate exceeded")
            for step in self._steps:
                waiting = step(exchange)
                if waiting is not None:
                    await waiting
                if exchange.body is not None:
                    break
        except Disconnected:
            return
        except (Exception, asyncio.CancelledError) as error:
            _refuse(exchange, error)
        finally:
            self._at_work -= 1
        if began:
            taken = round((time.monotonic() - began) * 1000, 1)
            log.debug("request", extra={"fields": _fields(exchange) | {"ms": taken}})
        body = exchange.body or b""
        await send(
            {
                "type": "http.response.start",
                "status": exchange.status,
                "headers": [
                    (b"x-amzn-requestid", exchange.request_id.encode()),
                    (b"content-type", exchange.content_type),
                    (b"content-length", b"%d" % len(body)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


def _refuse(exchange: Exchange, error: BaseException) -> None:
    """Make an error the answer, and log it: what the client did wrong by name, what kecs did wrong by place."""
    answer = _as_aws_error(error, exchange.request_id)
    exchange.status = answer.http_code
    exchange.body = json11.encode_error(answer)
    fields = {**_fields(exchange), "error": answer.code}
    if answer is error:
        log.info("request refused", extra={"fields": fields})
    else:
        log.error("request failed", extra={"fields": fields | logs.described(error)})


def _as_aws_error(error: BaseException, request_id: str) -> AwsError:
    if isinstance(error, AwsError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return ServiceUnavailable("The request did not finish in time, or the server is ending.")
    if isinstance(error, NotStored):
        return ServerException(f"{error.message} (request {request_id})")
    if isinstance(error, ApiError) and error.http_code in (429, 503, 504):
        return ServiceUnavailable("Service Unavailable. Please try again later.")
    return ServerException(f"Service Unavailable. Please try again later. (request {request_id})")


def _fields(exchange: Exchange) -> dict[str, object]:
    fields: dict[str, object] = {"request": exchange.request_id, "status": exchange.status}
    if hasattr(exchange, "route"):
        fields["operation"] = exchange.route.operation.name
    return fields


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
