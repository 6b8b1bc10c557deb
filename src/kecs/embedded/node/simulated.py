"""An engine whose containers are entries in a table: some hundred bytes each, and no work while nothing happens.

What a container does is known when it starts (`script`), so its end is one timer at most, its log is computed when it
is read, and a probe that cannot change its answer need not ask again. At its end the engine forgets everything:
`recall` makes the table anew from what the API says, as though the containers had gone on meanwhile.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import lru_cache
from sys import intern

import msgspec

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
    State,
)
from kecs.embedded.node.images import registry_of
from kecs.embedded.node.script import FOREVER, NO_END, VARIABLE, BadScript, Script, command, script_for
from kecs.kube.api import ExecResult
from kecs.kube.time import rfc3339_micro

_LABELS = (
    engine.OWNER,
    engine.POD_UID,
    engine.POD_NAME,
    engine.POD_NAMESPACE,
    engine.CONTAINER,
    engine.ATTEMPT,
    engine.SANDBOX_ID,
)
_NETWORK = 10 << 24 | 244 << 16  # 10.244.0.0, of which sandboxes get addresses
_ADDRESSES = 1 << 18
_KILLED = 137


class _Entry(msgspec.Struct, gc=False):
    labels: tuple[str, ...]
    script: Script = FOREVER
    state: State = "created"
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    address: int = 0


class SimulatedEngine:
    """Plays containers. `gone` makes it behave as an engine that cannot be reached."""

    scheme = "simulated"
    simulated = True
    shares_files = False

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiters: dict[str, list[asyncio.Future[None]]] = {}
        self._addresses: set[int] = set()
        self._next = 1
        self._listeners: list[tuple[str, asyncio.Queue[EngineEvent | None]]] = []
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the engine is out of reach."""
        return self._gone

    @gone.setter
    def gone(self, gone: bool) -> None:
        self._gone = gone
        if gone:
            for _, queue in self._listeners:
                queue.put_nowait(None)

    @property
    def timers(self) -> int:
        """How many containers wait for a moment of their scripts."""
        return len(self._timers)

    async def connect(self) -> Machine:
        """Answer as a small machine."""
        self._check()
        return Machine("simulated://1", "amd64", "linux", "simulated", 4, 8 << 30)

    async def close(self) -> None:
        """Stop playing."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _check(self) -> None:
        if self._gone:
            raise EngineGone("the simulated engine is gone")

    def _entry(self, container: str) -> _Entry:
        self._check()
        entry = self._entries.get(container)
        if entry is None:
            raise NoSuchContainer(f"no such container: {container}")
        return entry

    def _found(self, container: str, entry: _Entry) -> Found:
        return Found(
            id=container,
            labels=dict(zip(_LABELS, entry.labels, strict=False)),
            state=entry.state,
            started_at=entry.started_at,
            finished_at=entry.finished_at,
            exit_code=entry.exit_code,
            oom_killed=entry.oom_killed,
            message=entry.script.termination_message if entry.state == "exited" else "",
            ip=_ip(entry.address) if entry.address else "",
        )

    async def list(self, owner: str) -> list[Found]:
        """Return the containers of one owner."""
        self._check()
        return [self._found(key, entry) for key, entry in self._entries.items() if entry.labels[0] == owner]

    async def recall(self, claims: Sequence[Claim]) -> None:
        """Make the table anew."""
        self._check()
        for claim in claims:
            config = claim.config
            sandbox = _id(config.sandbox)
            if sandbox not in self._entries:
                entry = _Entry(_values({**config.labels, engine.CONTAINER: engine.SANDBOX, engine.SANDBOX_ID: ""}))
                entry.state, entry.started_at = "running", claim.started_at
                entry.address = self._take(_number(claim.sandbox_ip))
                self._entries[sandbox] = entry
            if claim.id in self._entries:
                continue
            entry = self._entries[claim.id] = _Entry(_values(config.labels), _script(config))
            if claim.found is not None:
                entry.state, entry.exit_code = "exited", claim.found.exit_code
                entry.started_at, entry.finished_at = claim.found.started_at, claim.found.finished_at
            else:
                self._run(claim.id, entry, claim.started_at)

    async def inspect(self, container: str) -> Found:
        """Return one container."""
        self._check()
        if container not in self._entries:
            container = _id(container)
        return self._found(container, self._entry(container))

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
        key = self._new(config.name, _Entry(_values(config.labels)))
        self._entries[key].address = self._take(0)
        return key

    async def create(self, config: ContainerConfig) -> str:
        """Make a container; a script that cannot be read is refused."""
        if config.sandbox not in self._entries:
            raise NoSuchContainer(f"no such container: {config.sandbox}")
        try:
            script = _script(config)
        except BadScript as error:
            raise EngineError(str(error)) from error
        return self._new(config.name, _Entry(_values(config.labels), script))

    def _new(self, name: str, entry: _Entry) -> str:
        self._check()
        key = _id(name)
        if key in self._entries:
            raise NameInUse(f"the name {name} is already in use")
        self._entries[key] = entry
        return key

    def _take(self, wanted: int) -> int:
        number = wanted
        while not number or number in self._addresses:
            number, self._next = self._next, self._next % _ADDRESSES + 1
        self._addresses.add(number)
        return number

    async def start(self, container: str) -> float:
        """Start a container."""
        entry = self._entry(container)
        if entry.script.start_delay:
            await asyncio.sleep(entry.script.start_delay)
            entry = self._entry(container)
        if entry.script.start_error:
            raise StartFailed(entry.script.start_error)
        if entry.state == "created":
            self._run(container, entry, self._clock())
            self._tell("start", container, entry)
        return entry.started_at

    def _run(self, container: str, entry: _Entry, since: float) -> None:
        entry.state, entry.started_at = "running", since
        self._arm(container, entry)

    def _arm(self, container: str, entry: _Entry) -> None:
        """Set the one timer that a container has: for its end, or the next turn of its health."""
        after = self._clock() - entry.started_at
        when = min(entry.script.run_seconds, entry.script.turns(after))
        if when < NO_END:
            loop = asyncio.get_running_loop()
            self._timers[container] = loop.call_later(max(0.0, when - after), self._due, container)

    def _due(self, container: str) -> None:
        self._timers.pop(container, None)
        entry = self._entries.get(container)
        if entry is None or entry.state != "running":
            return
        script = entry.script
        if self._clock() >= entry.started_at + script.run_seconds - 0.001:
            code = _KILLED if script.oom_killed else script.exit_code
            self._end(container, entry, code, at=entry.started_at + script.run_seconds, oom=script.oom_killed)
        else:
            self._tell("health", container, entry)
            self._arm(container, entry)

    def _end(self, container: str, entry: _Entry, code: int, *, at: float = 0.0, oom: bool = False) -> None:
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
        self._tell("exit", container, entry)

    def _tell(self, action: str, container: str, entry: _Entry) -> None:
        for owner, queue in self._listeners:
            if owner == entry.labels[0] and not self._gone:
                labels = dict(zip(_LABELS, entry.labels, strict=False))
                queue.put_nowait(EngineEvent(action, container, labels))  # type: ignore[arg-type]  # one of its literals

    async def stop(self, container: str, grace: float) -> None:
        """Ask a container to end."""
        entry = self._entry(container)
        script = entry.script
        slow = NO_END if script.ignores_term else script.stop_seconds
        if entry.state == "running" and min(slow, grace) > 0:
            await self._ended(container, min(slow, grace))
        self._end(container, entry, script.stop_exit_code if slow <= grace else _KILLED)

    async def _ended(self, container: str, limit: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(container, []).append(waiter)
        try:
            await asyncio.wait_for(waiter, limit)
        except TimeoutError:
            waiting = self._waiters.get(container, [])
            if waiter in waiting:
                waiting.remove(waiter)

    async def kill(self, container: str) -> None:
        """Kill a container."""
        self._end(container, self._entry(container), _KILLED)

    async def remove(self, container: str) -> None:
        """Kill and remove a container."""
        self._check()
        entry = self._entries.get(container)
        if entry is not None:
            self._end(container, entry, _KILLED)
            self._entries.pop(container, None)
            self._addresses.discard(entry.address)

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
                await self._ended(container, line[0] - self._clock())
            if not self._written(entry, line[0], slack=0.01):
                return
            yield _printed(line, stamped=query.timestamps)
        if query.follow and entry.state == "running":
            await self._ended(container, 1e9)

    def _written(self, entry: _Entry, moment: float, slack: float = 0.0) -> bool:
        return moment <= (entry.finished_at or self._clock()) + slack

    async def events(self, owner: str) -> AsyncGenerator[EngineEvent | None, None]:
        """Yield what happens to an owner's containers."""
        self._check()
        listener = (owner, asyncio.Queue[EngineEvent | None]())
        self._listeners.append(listener)
        try:
            yield None
            while (event := await listener[1].get()) is not None:
                yield event
            raise EngineGone("the simulated engine is gone")
        finally:
            self._listeners.remove(listener)

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


def _values(labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(intern(labels.get(key, "")) for key in _LABELS)


def _script(config: ContainerConfig) -> Script:
    return script_for(config.simulation or config.env.get(VARIABLE, ""), (*config.command, *config.args))


def _exec(words: Sequence[str]) -> Script:
    return command(words) or Script(run_seconds=0.0)


def _ip(number: int) -> str:
    address = _NETWORK + number
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def _number(ip: str) -> int:
    parts = ip.split(".")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        return 0
    number = sum(int(part) << shift for part, shift in zip(parts, (24, 16, 8, 0), strict=True)) - _NETWORK
    return number if 0 < number <= _ADDRESSES else 0


def _printed(line: tuple[float, str], *, stamped: bool) -> bytes:
    prefix = f"{rfc3339_micro(line[0])[:-1]}000Z " if stamped else ""
    return f"{prefix}{line[1]}\n".encode()
