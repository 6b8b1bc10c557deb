"""Watches as HTTP answers: one JSON object per event, in the chunks that the engine's batches make."""

import contextlib
from collections.abc import AsyncGenerator

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.http.ahead import Ahead
from kecs.embedded.http.answers import JSON, Stream
from kecs.embedded.http.options import ListOptions
from kecs.embedded.http.tables import Shaper
from kecs.embedded.requests import Query, Stored
from kecs.embedded.watching import Seen
from kecs.kube.errors import ApiError, Gone

_AT_ONCE = 200  # events that are rendered before the client, and others, get their turn


async def watch(
    engine: Engine, kind: Kind, namespace: str | None, query: Query, options: ListOptions, shaper: Shaper
) -> Stream:
    """Return the stream of a watch. A bad version or selector is raised here, before anything is sent."""
    batches = engine.follow(
        kind,
        namespace,
        query,
        since=query.resource_version,
        bookmarks=options.bookmarks,
        initial=bool(options.initial_events),
    )
    ahead = Ahead(batches)
    with contextlib.suppress(Gone):  # that is told in the stream
        await ahead.look(0)
    return Stream(_events(ahead, kind, shaper), ahead, JSON, options.seconds)


async def _events(batches: Ahead[list[Seen]], kind: Kind, shaper: Shaper) -> AsyncGenerator[bytes, None]:
    try:
        async for batch in batches:
            for start in range(0, len(batch), _AT_ONCE):
                yield b"".join([_event(one, kind, shaper) for one in batch[start : start + _AT_ONCE]])
    except ApiError as error:
        yield b'{"type":"ERROR","object":%b}\n' % msgspec.json.encode(error.status())


def _event(one: Seen, kind: Kind, shaper: Shaper) -> bytes:
    if one.entry is None:
        shown = shaper.bookmark(one.revision, initial_end=one.initial_end)
    else:
        shown = shaper.single(Stored(kind, one.entry).json())
    return b'{"type":"%b","object":%b}\n' % (one.type.encode(), shown.rstrip(b"\n"))
