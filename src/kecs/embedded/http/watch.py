"""Watches as HTTP answers: one JSON object per event, in the chunks that the engine's batches make."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from kecs.embedded.catalog import Kind
from kecs.embedded.engine import Engine
from kecs.embedded.http.answers import JSON, Stream
from kecs.embedded.http.options import ListOptions
from kecs.embedded.http.tables import Shaper
from kecs.embedded.requests import Query, Stored
from kecs.embedded.watching import Seen
from kecs.kube.errors import ApiError, Gone


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
    first = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)  # enough for the checks that come before the first wait
    if first.done() and isinstance(first.exception(), ApiError) and not isinstance(first.exception(), Gone):
        first.result()
    return Stream(_events(first, batches, kind, shaper), JSON, options.seconds)


async def _events(
    first: "asyncio.Future[list[Seen]]", batches: AsyncGenerator[list[Seen], None], kind: Kind, shaper: Shaper
) -> AsyncGenerator[bytes, None]:
    try:
        batch = await first
        while True:
            yield b"".join([_event(one, kind, shaper) for one in batch])
            batch = await anext(batches)
    except ApiError as error:
        yield b'{"type":"ERROR","object":%b}\n' % msgspec.json.encode(error.status())
    except StopAsyncIteration:
        return
    finally:
        first.cancel()
        await batches.aclose()


def _event(one: Seen, kind: Kind, shaper: Shaper) -> bytes:
    if one.entry is None:
        shown = shaper.bookmark(one.revision, initial_end=one.initial_end)
    else:
        shown = shaper.single(Stored(kind, one.entry).json())
    return b'{"type":"%b","object":%b}\n' % (one.type.encode(), shown.rstrip(b"\n"))
