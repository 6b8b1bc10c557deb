"""Sandboxes made in advance, so that a pod that asks for nothing but a network need not wait for one.

A warm sandbox carries its owner's label and no pod's; the pod that takes it is known by the containers that join it. A
sandbox that no container has joined is warm again after a restart.
"""

import asyncio
import logging
import secrets

from kecs.embedded.node import engine as engines
from kecs.embedded.node.engine import Engine, EngineError, EngineGone, Found, NoSuchContainer, SandboxConfig

log = logging.getLogger(__name__)

WARM = "kecs.io/warm"
_QUIET = 0.3  # seconds after the last start until sandboxes are made again


class SandboxPool:
    """Keeps up to `size` sandboxes running ahead of need."""

    def __init__(self, engine: Engine, owner: str, size: int) -> None:
        self._engine, self._owner, self._size = engine, owner, size
        self._ready: list[tuple[str, str]] = []
        self._making: str | None = None  # the name of the one that is made now
        self._filling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> tuple[str, str] | None:
        """Return the id and address of a warm sandbox, or None; another one is made in the background."""
        taken = self._ready.pop(0) if self._ready else None
        if self._size:
            self._refill_later()
        return taken

    def _refill_later(self) -> None:
        """Make others once no pod has asked for a while: making one beside a pod's start would slow that down."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_QUIET, self.fill)

    @property
    def ready(self) -> int:
        """How many are there."""
        return len(self._ready)

    def has(self, found: Found) -> bool:
        """Tell whether a sandbox is one of those that are ready, or the one that is being made."""
        return found.name == self._making or any(found.id == each for each, _ in self._ready)

    def fill(self) -> None:
        """Make what is missing, in the background."""
        if len(self._ready) < self._size and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        while len(self._ready) < self._size:
            try:
                self._ready.append(await self._make())
            except EngineError as error:
                log.debug("no warm sandbox: %s", error)
                return

    async def _make(self) -> tuple[str, str]:
        labels = {engines.OWNER: self._owner, engines.CONTAINER: engines.SANDBOX, WARM: "true"}
        self._making = name = f"k8s_POD_warm_{self._owner}_{secrets.token_hex(4)}"
        try:
            container = await self._engine.create_sandbox(SandboxConfig(name=name, labels=labels, hostname="pod"))
            try:
                await self._engine.start(container)
                return container, (await self._engine.inspect(container)).ip
            except EngineError as error:
                if not isinstance(error, EngineGone):
                    await self._engine.remove(container)
                raise
        finally:
            self._making = None

    def lost(self, container: str) -> None:
        """Forget a sandbox that has ended."""
        self._ready = [each for each in self._ready if each[0] != container]

    async def adopt(self, found: Found) -> bool:
        """Take in a warm sandbox of an earlier run, if it still runs and there is room. Returns whether it did."""
        if found.state != "running" or len(self._ready) >= self._size:
            return False
        try:
            shown = await self._engine.inspect(found.id)
        except NoSuchContainer:
            return False  # it went since it was listed
        self._ready.append((found.id, shown.ip))
        return True

    async def close(self) -> None:
        """Remove what is ready: a node that is not there needs no warm sandboxes."""
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
        if self._filling is not None:
            await asyncio.gather(self._filling, return_exceptions=True)
        for container, _ in self._ready:
            try:
                await self._engine.remove(container)
            except EngineError as error:
                log.debug("warm sandbox not removed: %s", error)
        self._ready.clear()
