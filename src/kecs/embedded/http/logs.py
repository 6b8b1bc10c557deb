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
from kecs.kube.api import LogOptions
from kecs.kube.errors import BadRequest

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
    ahead = Ahead(engine.log(target.namespace or "", target.name, _options(request)))
    await ahead.look(_FIRST_CHUNK_SECONDS if request.flag("follow") else None)
    if ahead.ended and not pod.spec.nodeName:
        return Answer(b"", 204)
    return Stream(_chunks(ahead), ahead, _TEXT)


async def _chunks(ahead: Ahead[bytes]) -> AsyncGenerator[bytes, None]:
    async for chunk in ahead:
        yield chunk


def _options(request: Request) -> LogOptions:
    if request.one("sinceSeconds") and request.one("sinceTime"):
        raise BadRequest("at most one of sinceTime or sinceSeconds may be specified")
    return LogOptions(
        container=request.one("container"),
        follow=request.flag("follow"),
        previous=request.flag("previous"),
        timestamps=request.flag("timestamps"),
        tail_lines=integer(request, "tailLines"),
        limit_bytes=integer(request, "limitBytes"),
        since_seconds=integer(request, "sinceSeconds"),
        since_time=request.one("sinceTime"),
    )
