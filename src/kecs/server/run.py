"""Running the doors of the process in one event loop: open them, wait to be told to end, close them in order.

house = House([Door("aws", app, "127.0.0.1", 4566), Door("kubernetes", ..., certificate=…, key=…)])
await house.open()
print(f"kecs ready on http://{house.address('aws')}")
await until_signalled()
await house.close()
"""

import asyncio
import errno
import logging
import signal
import ssl
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kecs.server import address
from kecs.server.clock import Clock, Limits
from kecs.server.connection import App, Connection

log = logging.getLogger(__name__)


class StartError(Exception):
    """A reason not to start that the user can do something about, in one line."""


class Door(msgspec.Struct, frozen=True):
    """One address and the ASGI application behind it.

    Port 0 takes a free one. With a certificate and a key (PEM files) it speaks TLS. At the end, requests at work get
    `grace` seconds to finish; what then still runs is cancelled.
    """

    name: str
    app: App
    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = Limits()
    grace: float = 10.0


class House:
    """All doors of the process."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._open: dict[str, _OpenDoor] = {}
        self._doors = doors

    async def open(self) -> None:
        """Listen on every door. Raises StartError when an address cannot be had; then none is open."""
        try:
            for door in self._doors:
                self._open[door.name] = await _OpenDoor.at(door)
        except BaseException:
            await self.close()
            raise

    def address(self, name: str) -> str:
        """Return the `HOST:PORT` at which a door is open, an IPv6 address in brackets."""
        return address.join(*self._open[name].bound)

    async def close(self) -> None:
        """Take no more connections, let requests finish, and return when all is quiet."""
        await asyncio.gather(*(door.close() for door in self._open.values()))
        self._open.clear()


class _OpenDoor:
    """A door that listens."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._clock = Clock()
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.bound: tuple[str, int] = (door.host, door.port)

    @classmethod
    async def at(cls, door: Door) -> "_OpenDoor":
        self = cls(door)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._protocol, door.host, door.port, ssl=_tls(door), backlog=2048, start_serving=True
            )
        except OSError as error:
            raise StartError(_reason(door, error)) from error
        self.bound = self._server.sockets[0].getsockname()[:2]
        return self

    def _protocol(self) -> Connection:
        return Connection(self._door.app, self._clock, self._door.limits, self._connections)

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.shut()
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=self._door.grace)
        if tasks := self._tasks():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=1.0)
        for connection in tuple(self._connections):
            connection.close()
        self._clock.stop()

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for connection in self._connections if (task := connection.task()) is not None]


def _tls(door: Door) -> ssl.SSLContext | None:
    if door.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(door.certificate, door.key)
    return context


def _reason(door: Door, error: OSError) -> str:
    where = address.join(door.host, door.port)
    if error.errno == errno.EADDRINUSE:
        return f"cannot listen on {where}: the port is in use"
    if error.errno == errno.EACCES:
        return f"cannot listen on {where}: not allowed (ports below 1024 need more rights)"
    return f"cannot listen on {where}: {error.strerror or error}"


def signalled() -> asyncio.Future[None]:
    """Return a future that is done once the process gets SIGTERM or SIGINT.

    Called first of all, so that whoever waits for the process to be ready may end it at once. A second signal ends the
    process without further ado, as it would without a handler.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()

    def tell(number: signal.Signals) -> None:
        log.info("ending", extra={"fields": {"signal": number.name}})
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
        if not told.done():
            told.set_result(None)

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, tell, each)
    return told
