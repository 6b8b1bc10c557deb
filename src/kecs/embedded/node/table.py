"""The table of simulated containers: some hundred bytes each, and no work while nothing happens.

What a container does is known when it starts (`script`), so its end, or the next turn of its health, is one timer at
most.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from sys import intern

import msgspec

from kecs.embedded.node import engine
from kecs.embedded.node.addresses import Addresses, text
from kecs.embedded.node.engine import EngineEvent, Found, State
from kecs.embedded.node.script import FOREVER, NO_END, Script

_LABELS = (
    engine.OWNER,
    engine.POD_UID,
    engine.POD_NAME,
    engine.POD_NAMESPACE,
    engine.CONTAINER,
    engine.ATTEMPT,
    engine.SANDBOX_ID,
)
_KILLED = 137


def values(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels of an entry: their values alone, each text held once."""
    return tuple(intern(labels.get(key, "")) for key in _LABELS)


class Entry(msgspec.Struct, gc=False):
    """A container. `labels` are as `values` gives them, `address` is a number of `Addresses`, 0 for none."""

    labels: tuple[str, ...]
    script: Script = FOREVER
    state: State = "created"
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    address: int = 0

    def label_map(self) -> dict[str, str]:
        """Return the labels by their keys."""
        return dict(zip(_LABELS, self.labels, strict=False))

    def found(self, container: str) -> Found:
        """Return what an engine shows of it."""
        return Found(
            id=container,
            labels=self.label_map(),
            state=self.state,
            started_at=self.started_at,
            finished_at=self.finished_at,
            exit_code=self.exit_code,
            oom_killed=self.oom_killed,
            message=self.script.termination_message if self.state == "exited" else "",
            ip=text(self.address) if self.address else "",
        )


class Table:
    """Plays the scripts of its entries, and tells who listens. A `silent` one tells nobody."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.entries: dict[str, Entry] = {}
        self.addresses = Addresses()
        self.silent = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiters: dict[str, list[asyncio.Future[None]]] = {}
        self._listeners: list[tuple[str, asyncio.Queue[EngineEvent | None]]] = []

    @property
    def timers(self) -> int:
        """How many containers wait for a moment of their scripts."""
        return len(self._timers)

    def close(self) -> None:
        """Stop playing."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    @contextmanager
    def listening(self, owner: str) -> Iterator[asyncio.Queue[EngineEvent | None]]:
        """Give a queue of what happens to an owner's containers; None in it is the end."""
        listener = (owner, asyncio.Queue[EngineEvent | None]())
        self._listeners.append(listener)
        try:
            yield listener[1]
        finally:
            self._listeners.remove(listener)

    def hang_up(self) -> None:
        """Let everyone who listens know that nothing more comes."""
        for _, queue in self._listeners:
            queue.put_nowait(None)

    def remove(self, container: str, entry: Entry) -> None:
        """Forget a container that has ended."""
        self.entries.pop(container, None)
        self.addresses.give_back(entry.address)

    def run(self, container: str, entry: Entry, since: float) -> None:
        """Let a container play its script, begun at `since`."""
        entry.state, entry.started_at = "running", since
        self._arm(container, entry)

    def _arm(self, container: str, entry: Entry) -> None:
        """Set the one timer that a container has: for its end, or the next turn of its health."""
        after = self._clock() - entry.started_at
        when = min(entry.script.run_seconds, entry.script.turns(after))
        if when < NO_END:
            loop = asyncio.get_running_loop()
            self._timers[container] = loop.call_later(max(0.0, when - after), self._due, container)

    def _due(self, container: str) -> None:
        self._timers.pop(container, None)
        entry = self.entries.get(container)
        if entry is None or entry.state != "running":
            return
        script = entry.script
        if self._clock() >= entry.started_at + script.run_seconds - 0.001:
            code = _KILLED if script.oom_killed else script.exit_code
            self.end(container, entry, code, at=entry.started_at + script.run_seconds, oom=script.oom_killed)
        else:
            self.tell("health", container, entry)
            self._arm(container, entry)

    def end(self, container: str, entry: Entry, code: int, *, at: float = 0.0, oom: bool = False) -> None:
        """Note a container's end, now or at a moment that is over; one that has ended is fine."""
        if entry.state != "running":
            return
        timer = self._timers.pop(container, None)
        if timer is not None:
            timer.cancel()
        entry.state, entry.exit_code, entry.oom_killed = "exited", code, oom
        entry.finished_at = at or self._clock()
        for waiter in self._waiters.pop(container, ()):
            if not waiter.done():
                waiter.set_result(None)
        self.tell("exit", container, entry)

    def tell(self, action: str, container: str, entry: Entry) -> None:
        """Tell those who listen to the container's owner."""
        for owner, queue in self._listeners:
            if owner == entry.labels[0] and not self.silent:
                labels = entry.label_map()
                queue.put_nowait(EngineEvent(action, container, labels))  # type: ignore[arg-type]  # one of its literals

    async def ended(self, container: str, limit: float) -> None:
        """Return when a container has ended, after `limit` seconds at the latest."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(container, []).append(waiter)
        try:
            await asyncio.wait_for(waiter, limit)
        except TimeoutError:
            waiting = self._waiters.get(container, [])
            if waiter in waiting:
                waiting.remove(waiter)
