"""Running the doors of the process in one event loop: open them, wait to be told to end, close them in order.

house = House([Door("aws", app, "127.0.0.1", 4566), Door("kubernetes", ..., certificate=…, key=…)])
await house.open()
print(f"kecs ready on http://{house.address('aws')}")
await until_signalled()
await house.close()
"""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kecs.server import address
from kecs.server.http import App, Config, Limits, Server

log = logging.getLogger(__name__)


class StartError(Exception):
    """A reason not to start that the user can do something about, in one line."""


class Door(msgspec.Struct, frozen=True):
    """One address and the ASGI application behind it.

    Port 0 takes a free one. With a certificate and a key (PEM files) it speaks TLS. At the end, requests at work get
    `grace` seconds to finish; what then still runs is cancelled. `option` is the flag that sets the address, for a user
    whose address cannot be had.
    """

    name: str
    app: App
    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = Limits()
    grace: int = 10
    option: str = ""


async def check_free(host: str, port: int, option: str) -> None:
    """Raise StartError when an address cannot be had: before anything is made that would be left behind."""
    try:
        for listener in await _listeners(host, port):
            listener.close()
    except OSError as error:
        raise StartError(_reason(host, port, option, error)) from error


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

    def __init__(self, door: Door, listeners: list[socket.socket]) -> None:
        config = Config(door.app, door.limits, door.grace, door.certificate, door.key)
        self.bound: tuple[str, int] = listeners[0].getsockname()[:2]
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve(listeners))

    @classmethod
    async def at(cls, door: Door) -> "_OpenDoor":
        try:
            return cls(door, await _listeners(door.host, door.port))
        except OSError as error:
            raise StartError(_reason(door.host, door.port, door.option, error)) from error

    async def close(self) -> None:
        self._server.end()
        await self._serving


async def _listeners(host: str, port: int) -> list[socket.socket]:
    """Listen on each address of a host: uvicorn would end the process where it cannot. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with contextlib.ExitStack() as opened:
        listeners = [
            opened.enter_context(socket.create_server(where, family=family))
            for family, where in dict.fromkeys((family, where) for family, _, _, _, where in found)
        ]
        opened.pop_all()
    return listeners


def _reason(host: str, port: int, option: str, error: OSError) -> str:
    reasons = {
        errno.EADDRINUSE: "the port is in use",
        errno.EACCES: "not allowed (ports below 1024 need more rights)",
        errno.EADDRNOTAVAIL: "this machine has no such address",
    }
    reason = reasons.get(error.errno or 0) or error.strerror or error
    hint = f" ({option} HOST:PORT takes another address, port 0 a free one)" if option else ""
    return f"cannot listen on {address.join(host, port)}: {reason}{hint}"


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
