"""Watches that bring more than is taken at once, on plain connections and on secured ones."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from kecs.kube.access import Static
from kecs.kube.http import HttpApi
from kecs.kube.resources import CONFIG_MAPS
from tests.kube.certificates import server_context, signed
from tests.kube.scripted import Step, client, serving

EVENTS = 20_000
LONG = "x" * 1000  # with which all of them do not fit into what lies between the two


class Teller:
    """A server's watch that tells of many changes as fast as they are taken."""

    def __init__(self) -> None:
        self.told = 0

    async def tell(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(1, EVENTS + 1):
            data = '"data":{"a":"%s"}' % (LONG * (number % 3))
            await response.write(
                b'{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"%d"},%b}}\n' % (number, data.encode())
            )
            self.told = number
        return response

    async def stopped(self) -> int:
        """Return how many changes it has told when it can tell no more."""
        deadline = time.monotonic() + 20
        before = -1
        while (now := self.told) != before or not now:
            assert time.monotonic() < deadline
            before = now
            await asyncio.sleep(0.3)
        return now


@asynccontextmanager
async def connected(step: Step, place: Path, *, secured: bool) -> AsyncIterator[HttpApi]:
    if not secured:
        async with serving(step) as server, client(server.url) as api:
            yield api
        return
    authority = signed("authority")
    context = server_context(place, signed("server", authority, host="127.0.0.1"), authority)
    access = {"credentials": Static(pair=signed("me", authority).pair), "authority": authority.pair.certificate}
    async with serving(step, tls=context) as server, client(server.url, **access) as api:  # type: ignore[arg-type]
        yield api


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "secured"])
async def test_who_is_slow_to_take_holds_the_server_up_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, secured: bool
) -> None:
    monkeypatch.setattr("kecs.kube.http._SILENCE", 0.2)  # that nothing is asked for does not count as silence
    teller = Teller()
    async with connected(teller.tell, tmp_path, secured=secured) as api:
        watch = api.watch(CONFIG_MAPS, "ns", since="0")
        assert await anext(watch) == []
        batches = [await anext(watch)]
        assert await teller.stopped() < EVENTS
        batches += [batch async for batch in watch]
    versions = [int(event.resource_version) for event in itertools.chain(*batches)]
    assert versions == list(range(1, EVENTS + 1))
