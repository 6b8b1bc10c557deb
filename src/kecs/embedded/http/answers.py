"""What a handler gives back, and how it reaches the client."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from kecs.embedded.http.request import Send
from kecs.kube.api import Json
from kecs.kube.errors import ApiError

JSON = "application/json"
Headers = list[tuple[bytes, bytes]]

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Answer:
    """A whole answer."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Headers = field(default_factory=list)


class Source(Protocol):
    """Where chunks come from; `aclose` ends it even if no chunk was ever taken."""

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(slots=True)
class Stream:
    """An answer that is sent as its chunks come, until they end, the client leaves, or `seconds` have passed.

    `source` is closed after `chunks`, which are made of it.
    """

    chunks: AsyncGenerator[bytes, None]
    source: Source
    content_type: str
    seconds: float | None = None
    headers: Headers = field(default_factory=list)


def json_answer(value: Json, status: int = 200, content_type: str = JSON) -> Answer:
    """Return an answer with `value` as its JSON body."""
    return Answer(_encode(value) + b"\n", status, content_type)


def warned(answer: Answer | Stream, texts: list[str]) -> Answer | Stream:
    """Return an answer with `Warning` headers (RFC 7234, code 299), each text once."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in dict.fromkeys(texts))
    answer.headers += [(b"warning", f'299 - "{" ".join(text.split())}"'.encode()) for text in quoted]
    return answer


def error_answer(error: ApiError) -> Answer:
    """Return the `Status` of an error, with `Retry-After` where it names a delay."""
    answer = json_answer(error.status(), error.http_code)
    seconds = (error.details or {}).get("retryAfterSeconds")
    if seconds:
        answer.headers.append((b"retry-after", b"%d" % seconds))
    return answer


async def send_answer(answer: Answer, send: Send, *, head: bool = False) -> None:
    """Send a whole answer; without its body for a HEAD request."""
    headers = _headers(answer.content_type) + answer.headers
    headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


async def start_stream(stream: Stream, send: Send) -> None:
    """Send the head of a streamed answer."""
    headers = _headers(stream.content_type) + stream.headers
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def send_chunk(chunk: bytes, send: Send) -> None:
    """Send one piece of a streamed answer."""
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def end_stream(send: Send) -> None:
    """Send the end of a streamed answer."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _headers(content_type: str) -> Headers:
    return [(b"content-type", content_type.encode()), (b"cache-control", b"no-cache, private")]
