"""What the node asks of a container engine, and the words in which it answers.

An engine knows containers, images and volumes, and nothing of pods: a pod's containers share the network of one more
container, its sandbox, and carry labels that say whose they are. Everything that an engine makes for a node has the
node's `owner` label, and an engine lists by it, so several nodes can share one engine.

Times are epoch seconds; 0.0 means "not yet".
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from kecs.kube.api import ExecResult

State = Literal["created", "running", "exited"]

OWNER = "kecs.io/owner"  # the node that a container, a volume belongs to
POD_UID = "io.kubernetes.pod.uid"
POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
CONTAINER = "io.kubernetes.container.name"  # "POD" is the sandbox
ATTEMPT = "io.kubernetes.container.restartCount"
SANDBOX_ID = "io.kubernetes.sandbox.id"
SANDBOX = "POD"


class EngineError(Exception):
    """The engine refused: the message is its own."""


class EngineGone(EngineError):
    """The engine cannot be reached; nothing is known of what was asked."""


class NoSuchContainer(EngineError):
    """There is no container of that id or name."""


class NameInUse(EngineError):
    """A container of that name is there already."""


class StartFailed(EngineError):
    """The container was made, but its process could not be started."""


class PullFailed(EngineError):
    """The image could not be had."""


class Found(msgspec.Struct, kw_only=True):
    """A container as the engine shows it."""

    id: str
    name: str = ""
    labels: Mapping[str, str] = {}
    state: State = "created"
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    message: str = ""  # its termination message, where the engine shares no files
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the engine has: its id, a digest by which it can be pulled again, and the user it runs as."""

    id: str
    digest: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login to a registry."""

    username: str
    password: str = field(repr=False)
    server: str = ""


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A port of the pod on the machine."""

    container: int
    host: int
    protocol: str = "TCP"
    host_ip: str = ""


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory or file in a container: `source` is a path of the machine (bind) or a volume's name (volume)."""

    kind: Literal["bind", "volume"]
    source: str
    target: str
    read_only: bool = False
    propagation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The container that holds a pod's network, names and memory-backed volumes."""

    name: str
    labels: Mapping[str, str]
    hostname: str = ""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    ports: Sequence[PortMapping] = ()
    hosts: Sequence[str] = ()  # "name:address"
    dns: Sequence[str] = ()
    searches: Sequence[str] = ()
    dns_options: Sequence[str] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    """One container of a pod. Sizes are bytes, `nano_cpus` billionths of a CPU, `cpu_shares` the kernel's weight."""

    name: str
    labels: Mapping[str, str]
    sandbox: str  # the sandbox's id
    image: str
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    hostname: str = ""
    working_dir: str = ""
    user: str = ""
    groups: Sequence[str] = ()
    mounts: Sequence[Mount] = ()
    memory: int = 0
    nano_cpus: int = 0
    cpu_shares: int = 0
    add_capabilities: Sequence[str] = ()
    drop_capabilities: Sequence[str] = ()
    privileged: bool = False
    read_only: bool = False
    no_new_privileges: bool = False
    tty: bool = False
    stdin: bool = False
    host_pid: bool = False
    shared_pid: bool = False
    stop_signal: str = ""
    simulation: str = ""  # what a simulated engine is to play (see `script`)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that an engine runs on."""

    engine: str  # "docker://24.0.7", "podman://4.3.1", "simulated://1"
    architecture: str
    operating_system: str
    kernel: str
    cpus: int
    memory: int


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something happened to a container: it began, it ended, or a check of its would now answer otherwise."""

    action: Literal["start", "exit", "health"]
    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which of a container's lines are wanted. Times are epoch seconds."""

    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe found. `steady` says that asking again is useless until the engine tells of a "health" event."""

    ok: bool
    output: str = ""
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A probe or hook over the network: an HTTP GET when `path` is set, else a connection."""

    host: str
    port: int
    scheme: str = "HTTP"
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A container that the API says is there, for an engine that forgets at its end (see `Engine.recall`).

    `config.sandbox` is the sandbox's name here.
    """

    config: ContainerConfig
    id: str
    started_at: float
    sandbox_ip: str
    found: Found | None = None  # how it ended, when it has


class Engine(Protocol):
    """A container engine. Every call may raise `EngineGone`; those that change something, `EngineError`."""

    scheme: str  # of container ids in a pod's status: "docker", "simulated"
    simulated: bool
    shares_files: bool  # files of this machine can be mounted in a container

    async def connect(self) -> Machine:
        """Reach the engine and prepare it (the sandbox's image)."""
        ...

    async def close(self) -> None:
        """Let go of the engine; what runs goes on running."""
        ...

    async def list(self, owner: str) -> list[Found]:
        """Return the containers of one owner in any state. Times, exit codes and addresses may be left out."""
        ...

    async def recall(self, claims: Sequence[Claim]) -> None:
        """Take back what the API says is there. An engine that remembers by itself does nothing."""
        ...

    async def inspect(self, container: str) -> Found:
        """Return one container by id or name. Raises `NoSuchContainer`."""
        ...

    async def image(self, name: str) -> Image | None:
        """Return an image that is there, or None."""
        ...

    async def pull(self, name: str, credentials: Sequence[Credentials]) -> Image:
        """Pull an image, with the first login that works. Raises `PullFailed`."""
        ...

    async def create_sandbox(self, config: SandboxConfig) -> str:
        """Make a sandbox and return its id. Raises `NameInUse`."""
        ...

    async def create(self, config: ContainerConfig) -> str:
        """Make a container in a sandbox that runs, and return its id. Raises `NameInUse`."""
        ...

    async def start(self, container: str) -> float:
        """Start a container and return when its process began. Raises `StartFailed`."""
        ...

    async def stop(self, container: str, grace: float) -> None:
        """Ask a container to end and return when it has; kill it after `grace` seconds."""
        ...

    async def kill(self, container: str) -> None:
        """Kill a container at once; one that has ended is fine."""
        ...

    async def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone is fine."""
        ...

    async def exec(self, container: str, command: Sequence[str], limit: float | None) -> ExecResult:
        """Run a command in a container. Raises `TimeoutError` after `limit` seconds."""
        ...

    async def reach(self, container: str, request: Request, limit: float) -> Answer:
        """Connect to a container's port."""
        ...

    async def check(self, container: str, command: Sequence[str], limit: float) -> Answer:
        """Run a probe's command in a container."""
        ...

    def logs(self, container: str, query: LogQuery) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote, standard output and errors as they came."""
        ...

    def events(self, owner: str) -> AsyncGenerator[EngineEvent | None, None]:
        """Yield what happens to an owner's containers; None once, when everything from then on will be told."""
        ...

    async def create_volume(self, name: str, labels: Mapping[str, str], *, memory: bool, size: int) -> None:
        """Make a volume; one that is there is fine. `memory` keeps it in RAM, `size` limits that (0: no limit)."""
        ...

    async def open_volume(self, container: str, target: str, mode: int, group: int) -> None:
        """Give the directory `target` of a container, where a volume is mounted, its mode and its group."""
        ...

    async def volumes(self, owner: str) -> Mapping[str, str]:
        """Return the volumes of an owner: name → uid of its pod."""
        ...

    async def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone is fine."""
        ...
