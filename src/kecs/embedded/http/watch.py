"""Watches as HTTP answers: one JSON object per event, in the chunks that the engine's batches make."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.http.answers import Stream
from kecs.embedded.http.options import ListOptions
from kecs.embedded.http.tables import Shaper
from kecs.embedded.requests import Query, Stored
from kecs.embedded.watching import Seen
from kecs.kube.errors import ApiError


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
    return Stream(_events(batches, kind, shaper), shaper.content_type, options.seconds)


async def _events(batches: AsyncGenerator[list[Seen], None], kind: Kind, shaper: Shaper) -> AsyncGenerator[bytes, None]:
    async with aclosing(batches):
        try:
            async for batch in batches:
                yield b"".join([_event(one, kind, shaper) for one in batch])
        except ApiError as error:
            yield b'{"type":"ERROR","object":%b}\n' % msgspec.json.encode(error.status())


def _event(one: Seen, kind: Kind, shaper: Shaper) -> bytes:
    if one.entry is None:
        shown = shaper.bookmark(one.revision, initial_end=one.initial_end)
    else:
        shown = shaper.single(Stored(kind, one.entry).json())
    return b'{"type":"%b","object":%b}\n' % (one.type.encode(), shown.rstrip(b"\n"))
