"""What the node remembers of a pod between two looks at it: kept small, because there may be ten thousand.

The engine is the truth about containers; a record is what was last heard from it, and the little that no engine knows
(why something waits, how long it backs off, what probes found).
"""

from typing import Any

import msgspec

from kecs.embedded.node.engine import State

NEVER = float("inf")


class Run(msgspec.Struct, gc=False):
    """One run of a container: made, started, ended."""

    id: str
    attempt: int
    state: State = "created"
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    reason: str = ""  # of a run that has ended: Completed, Error, OOMKilled, StartError
    message: str = ""
    image_id: str = ""
    opened: bool = False  # its start hook is done and its startup probe has passed
    ready: bool = False
    heard: bool = False  # its termination message has been read


class ContainerRecord(msgspec.Struct):
    """A container of a pod over all its runs."""

    name: str
    run: Run | None = None
    last: Run | None = None  # the run before, kept for its exit code and its logs
    restarts: int = 0
    step: int = 0  # of the back-off: how often it was started again lately
    waiting: str = ""  # why it does not run: ErrImagePull, CreateContainerConfigError, …
    message: str = ""
    retry_at: float = 0.0  # when a failed attempt to start may be repeated
    failures: int = 0  # attempts to start that failed in a row
    kill: str = ""  # why the run has to end: a failed probe's words
    kill_grace: int | None = None


class PodRecord(msgspec.Struct, weakref=True):
    """A pod of this node."""

    uid: str
    namespace: str
    name: str
    containers: list[ContainerRecord] = []  # the init part, then the main part, in the order of the spec
    sandbox: str = ""  # id of the sandbox, when there is one that runs
    ip: str = ""
    sandbox_attempt: int = 0
    generation: int = 0
    started_at: float = 0.0  # when the node took the pod on
    deadline: float = NEVER  # when what still runs is killed; set when the pod ends
    failure: str = ""  # why the whole pod was ended by the node: DeadlineExceeded
    trouble: str = ""  # why there is no sandbox, or no volume, yet
    retry_at: float = 0.0  # when that is tried again
    failures: int = 0
    volumes: tuple[str, ...] = ()  # names of the engine's volumes that are the pod's
    remains: tuple[str, ...] = ()  # ids of containers that are of no more use, removed with the pod
    adopted: bool = False  # it is known what the engine has of it
    refresh_at: float = 0.0  # when the files of its volumes are brought up to date
    deleting: bool = False
    finished: bool = False  # its last status is written, and its deletion asked for
    gone: bool = False  # the API has it no more
    dirty: bool = False
    at_work: Any = None  # what is going on for it (worker.Work), None when nothing is

    def of(self, name: str) -> ContainerRecord:
        """Return the record of a container, made if need be."""
        for record in self.containers:
            if record.name == name:
                return record
        record = ContainerRecord(name)
        self.containers.append(record)
        return record

    def leave_sandbox(self) -> str:
        """Let go of the sandbox; it is removed with the pod, because containers that joined it may have to stay."""
        sandbox, self.sandbox = self.sandbox, ""
        self.sandbox_attempt += 1
        self.remains = (*self.remains, sandbox)
        return sandbox

    def by_id(self, container: str) -> ContainerRecord | None:
        """Return the record whose current run has this id."""
        for record in self.containers:
            if record.run is not None and record.run.id == container:
                return record
        return None
