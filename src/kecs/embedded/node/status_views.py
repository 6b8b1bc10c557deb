"""A pod's status, as the node writes it and reads it back after a restart."""

import msgspec
from msgspec import field


class _View(msgspec.Struct, omit_defaults=True, gc=False):
    pass


class Condition(_View):
    """A condition of the pod's status."""

    type: str
    status: str = ""
    lastTransitionTime: str | None = None
    reason: str = ""
    message: str = ""
    observedGeneration: int = 0


class Running(_View):
    """A container that runs."""

    startedAt: str | None = None


class Terminated(msgspec.Struct, gc=False):
    """A container that has ended."""

    exitCode: int
    reason: str | msgspec.UnsetType = msgspec.UNSET
    message: str | msgspec.UnsetType = msgspec.UNSET
    startedAt: str | None = None
    finishedAt: str | None = None
    containerID: str | msgspec.UnsetType = msgspec.UNSET


class Waiting(_View):
    """A container that does not run yet."""

    reason: str = ""
    message: str = ""


class ContainerState(_View):
    """A container's state; one member is set."""

    running: Running | None = None
    terminated: Terminated | None = None
    waiting: Waiting | None = None


class ContainerStatus(msgspec.Struct, gc=False):
    """What a pod's status says of a container: written by the node, and read back after its restart."""

    name: str
    state: ContainerState = field(default_factory=ContainerState)
    lastState: ContainerState = field(default_factory=ContainerState)
    ready: bool = False
    restartCount: int = 0
    image: str = ""
    imageID: str = ""
    containerID: str | msgspec.UnsetType = msgspec.UNSET
    started: bool = False


class Address(_View):
    """An element of `podIPs` and `hostIPs`."""

    ip: str = ""


class PodStatus(_View):
    """The status that was last written."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    hostIP: str = ""
    hostIPs: list[Address] = []
    podIP: str = ""
    podIPs: list[Address] = []
    startTime: str | None = None
    observedGeneration: int = 0
    conditions: list[Condition] = []
    initContainerStatuses: list[ContainerStatus] = []
    containerStatuses: list[ContainerStatus] = []
