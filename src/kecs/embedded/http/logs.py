"""`pods/log` as plain text, and a clear refusal of what needs a connection that changes its protocol."""

from collections.abc import AsyncGenerator

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.http.ahead import Ahead
from kecs.embedded.http.answers import Answer, Stream
from kecs.embedded.http.options import integer
from kecs.embedded.http.paths import Target
from kecs.embedded.http.request import Request
from kecs.embedded.problems import Problem, forbidden, invalid, refusal
from kecs.kube.api import LogOptions
from kecs.kube.errors import BadRequest
from kecs.kube.time import epoch

STREAMED = frozenset({"log", "exec"})

_FIRST_CHUNK_SECONDS = 0.1
"""How long the head of an answer waits for the first chunk, so that an error can still be told by its status."""

_TEXT = "text/plain"


class _Spec(msgspec.Struct):
    nodeName: str = ""


class _Pod(msgspec.Struct):
    spec: _Spec


async def serve(engine: Engine, request: Request, kind: Kind, target: Target) -> Answer | Stream:
    """Answer a request for one of the subresources in `STREAMED`."""
    if target.subresource == "exec":
        raise BadRequest("exec needs a connection that this server does not upgrade; use the engine's own tools for it")
    pod = engine.read(kind, target.namespace, target.name).decode(_Pod)
    ahead = Ahead(engine.log(target.namespace or "", target.name, _options(request, target.name)))
    await ahead.look(_FIRST_CHUNK_SECONDS if request.flag("follow") else None)
    if ahead.ended and not pod.spec.nodeName:
        return Answer(b"", 204)
    return Stream(_chunks(ahead), ahead, _TEXT)


async def _chunks(ahead: Ahead[bytes]) -> AsyncGenerator[bytes, None]:
    async for chunk in ahead:
        yield chunk


def _options(request: Request, pod: str) -> LogOptions:
    since_time = request.one("sinceTime")
    if since_time and not _is_time(since_time):
        pattern = "2006-01-02T15:04:05Z07:00"
        raise BadRequest(f'parsing time "{since_time}" as "{pattern}": cannot parse "{since_time}" as "2006"')
    options = LogOptions(
        container=request.one("container"),
        follow=request.flag("follow"),
        previous=request.flag("previous"),
        timestamps=request.flag("timestamps"),
        tail_lines=integer(request, "tailLines"),
        limit_bytes=integer(request, "limitBytes"),
        since_seconds=integer(request, "sinceSeconds"),
        since_time=since_time,
    )
    problems = _problems(options)
    if problems:
        raise refusal("PodLogOptions", {"name": pod, "kind": "PodLogOptions"}, problems)
    return options


def _problems(options: LogOptions) -> list[Problem]:
    problems = []
    if options.tail_lines is not None and options.tail_lines < 0:
        problems.append(invalid("tailLines", options.tail_lines, "must be greater than or equal to 0"))
    if options.limit_bytes is not None and options.limit_bytes < 1:
        problems.append(invalid("limitBytes", options.limit_bytes, "must be greater than 0"))
    if options.since_seconds is not None and options.since_time:
        problems.append(forbidden("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    elif options.since_seconds is not None and options.since_seconds < 1:
        problems.append(invalid("sinceSeconds", options.since_seconds, "must be greater than 0"))
    return problems


def _is_time(text: str) -> bool:
    try:
        epoch(text)
    except ValueError:
        return False
    return True
