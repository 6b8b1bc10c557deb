"""An engine whose containers are entries in a table (`table`): no work is done while nothing happens.

At its end the engine forgets everything: `recall` makes the table anew from what the API says, as though the containers
had gone on meanwhile.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import lru_cache

from kecs.embedded.node import engine
from kecs.embedded.node.engine import (
    Answer,
    Claim,
    ContainerConfig,
    Credentials,
    EngineError,
    EngineEvent,
    EngineGone,
    Found,
    Image,
    LogQuery,
    Machine,
    NameInUse,
    NoSuchContainer,
    PullFailed,
    Request,
    SandboxConfig,
    StartFailed,
)
from kecs.embedded.node.images import registry_of
from kecs.embedded.node.script import NO_END, VARIABLE, BadScript, Script, command, script_for
from kecs.embedded.node.table import Entry, Table, values
from kecs.kube.api import ExecResult
from kecs.kube.time import rfc3339_micro

_KILLED = 137


class SimulatedEngine:
    """Plays containers. `gone` makes it behave as an engine that cannot be reached."""

    scheme = "simulated"
    simulated = True
    shares_files = False

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._table = Table(clock)
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the engine is out of reach."""
        return self._gone

    @gone.setter
    def gone(self, gone: bool) -> None:
        self._gone = gone
        self._table.silent = gone
        if gone:
            self._table.hang_up()

    @property
    def timers(self) -> int:
        """How many containers wait for a moment of their scripts."""
        return self._table.timers

    async def connect(self) -> Machine:
        """Answer as a small machine."""
        self._check()
        return Machine("simulated://1", "amd64", "linux", "simulated", 4, 8 << 30)

    async def close(self) -> None:
        """Stop playing."""
        self._table.close()

    def _check(self) -> None:
        if self._gone:
            raise EngineGone("the simulated engine is gone")

    def _entry(self, container: str) -> Entry:
        self._check()
        entry = self._table.entries.get(container)
        if entry is None:
            raise NoSuchContainer(f"no such container: {container}")
        return entry

    async def list(self, owner: str) -> list[Found]:
        """Return the containers of one owner."""
        self._check()
        return [entry.found(key) for key, entry in self._table.entries.items() if entry.labels[0] == owner]

    async def recall(self, claims: Sequence[Claim]) -> None:
        """Make the table anew."""
        self._check()
        entries = self._table.entries
        for claim in claims:
            config = claim.config
            sandbox = _id(config.sandbox)
            if sandbox not in entries:
                labels = {**config.labels, engine.CONTAINER: engine.SANDBOX, engine.SANDBOX_ID: ""}
                entry = Entry(values(labels), state="running", started_at=claim.started_at)
                entry.address = self._table.addresses.take(claim.sandbox_ip)
                entries[sandbox] = entry
            if claim.id in entries:
                continue
            entry = entries[claim.id] = Entry(values(config.labels), _script(config))
            if claim.found is not None:
                entry.state, entry.exit_code = "exited", claim.found.exit_code
                entry.started_at, entry.finished_at = claim.found.started_at, claim.found.finished_at
            else:
                self._table.run(claim.id, entry, claim.started_at)

    async def inspect(self, container: str) -> Found:
        """Return one container."""
        self._check()
        if container not in self._table.entries:
            container = _id(container)
        return self._entry(container).found(container)

    async def image(self, name: str) -> Image | None:
        """Return an image: all are there, but those of a host under `.invalid`."""
        self._check()
        return None if registry_of(name).endswith(".invalid") else _image(name)

    async def pull(self, name: str, credentials: Sequence[Credentials]) -> Image:
        """Pull an image."""
        image = await self.image(name)
        if image is None:
            host = registry_of(name)
            raise PullFailed(f'failed to do request: Head "https://{host}/v2/": dial tcp: lookup {host}: no such host')
        return image

    async def create_sandbox(self, config: SandboxConfig) -> str:
        """Make a sandbox, and give it an address."""
        key = self._new(config.name, Entry(values(config.labels)))
        self._table.entries[key].address = self._table.addresses.take()
        return key

    async def create(self, config: ContainerConfig) -> str:
        """Make a container; a script that cannot be read is refused."""
        if config.sandbox not in self._table.entries:
            raise NoSuchContainer(f"no such container: {config.sandbox}")
        try:
            script = _script(config)
        except BadScript as error:
            raise EngineError(str(error)) from error
        return self._new(config.name, Entry(values(config.labels), script))

    def _new(self, name: str, entry: Entry) -> str:
        self._check()
        key = _id(name)
        if key in self._table.entries:
            raise NameInUse(f"the name {name} is already in use")
        self._table.entries[key] = entry
        return key

    async def start(self, container: str) -> float:
        """Start a container."""
        entry = self._entry(container)
        if entry.script.start_delay:
            await asyncio.sleep(entry.script.start_delay)
            entry = self._entry(container)
        if entry.script.start_error:
            raise StartFailed(entry.script.start_error)
        if entry.state == "created":
            self._table.run(container, entry, self._clock())
            self._table.tell("start", container, entry)
        return entry.started_at

    async def stop(self, container: str, grace: float) -> None:
        """Ask a container to end."""
        entry = self._entry(container)
        script = entry.script
        slow = NO_END if script.ignores_term else script.stop_seconds
        if entry.state == "running" and min(slow, grace) > 0:
            await self._table.ended(container, min(slow, grace))
        self._table.end(container, entry, script.stop_exit_code if slow <= grace else _KILLED)

    async def kill(self, container: str) -> None:
        """Kill a container."""
        self._table.end(container, self._entry(container), _KILLED)

    async def remove(self, container: str) -> None:
        """Kill and remove a container."""
        self._check()
        entry = self._table.entries.get(container)
        if entry is not None:
            self._table.end(container, entry, _KILLED)
            self._table.remove(container, entry)

    async def exec(self, container: str, command: Sequence[str], limit: float | None) -> ExecResult:
        """Run a plain command; any other succeeds and says nothing."""
        if self._entry(container).state != "running":
            raise EngineError(f"container {container} is not running")
        script = _exec(command)
        if limit is not None and script.run_seconds > limit:
            await asyncio.sleep(limit)
            raise TimeoutError
        if script.run_seconds < NO_END:
            await asyncio.sleep(script.run_seconds)
        output = "".join(f"{line.line}\n" for line in script.lines())
        return ExecResult(script.exit_code if script.run_seconds < NO_END else 0, output.encode())

    async def reach(self, container: str, request: Request, limit: float) -> Answer:
        """Answer as the container's health has it."""
        return self._health(container)

    async def check(self, container: str, command: Sequence[str], limit: float) -> Answer:
        """Answer as the container's health has it, and as a plain command would."""
        answer = self._health(container)
        if answer.ok and not self._entry(container).script.health and _exec(command).exit_code:
            return Answer(ok=False, output="command failed", steady=True)
        return answer

    def _health(self, container: str) -> Answer:
        entry = self._entry(container)
        if entry.state != "running":
            return Answer(ok=False, output="the container does not run")
        ok = entry.script.healthy(self._clock() - entry.started_at)
        return Answer(ok, "" if ok else "simulated as unhealthy", steady=True)

    async def logs(self, container: str, query: LogQuery) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote."""
        entry = self._entry(container)
        lines = (
            [(entry.started_at + line.after, line.line) for line in entry.script.lines()] if entry.started_at else []
        )
        lines = [line for line in lines if line[0] >= query.since]
        told = [line for line in lines if self._written(entry, line[0])]
        for line in told if query.tail is None else told[max(0, len(told) - query.tail) :]:
            yield _printed(line, stamped=query.timestamps)
        for line in lines[len(told) :] if query.follow else ():
            if entry.state == "running" and line[0] > self._clock():
                await self._table.ended(container, line[0] - self._clock())
            if not self._written(entry, line[0], slack=0.01):
                return
            yield _printed(line, stamped=query.timestamps)
        if query.follow and entry.state == "running":
            await self._table.ended(container, 1e9)

    def _written(self, entry: Entry, moment: float, slack: float = 0.0) -> bool:
        return moment <= (entry.finished_at or self._clock()) + slack

    async def events(self, owner: str) -> AsyncGenerator[EngineEvent | None, None]:
        """Yield what happens to an owner's containers."""
        self._check()
        with self._table.listening(owner) as heard:
            yield None
            while (event := await heard.get()) is not None:
                yield event
        raise EngineGone("the simulated engine is gone")

    async def create_volume(self, name: str, labels: Mapping[str, str], *, memory: bool, size: int) -> None:
        """Do nothing: nobody writes to it."""
        self._check()

    async def open_volume(self, container: str, target: str, mode: int, group: int) -> None:
        """Do nothing."""
        self._check()

    async def volumes(self, owner: str) -> Mapping[str, str]:
        """Return none."""
        self._check()
        return {}

    async def remove_volume(self, name: str) -> None:
        """Do nothing."""
        self._check()


@lru_cache(maxsize=1024)
def _image(name: str) -> Image:
    return Image(f"sha256:{hashlib.sha256(name.encode()).hexdigest()}")


def _id(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def _script(config: ContainerConfig) -> Script:
    return script_for(config.simulation or config.env.get(VARIABLE, ""), (*config.command, *config.args))


def _exec(words: Sequence[str]) -> Script:
    return command(words) or Script(run_seconds=0.0)


def _printed(line: tuple[float, str], *, stamped: bool) -> bytes:
    prefix = f"{rfc3339_micro(line[0])[:-1]}000Z " if stamped else ""
    return f"{prefix}{line[1]}\n".encode()
