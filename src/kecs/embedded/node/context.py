"""What everything that acts for pods is given: one frozen context instead of long parameter lists."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kecs.embedded.node.engine import Engine, Machine
from kecs.embedded.node.gate import Gate
from kecs.embedded.node.images import Images
from kecs.embedded.node.pool import SandboxPool
from kecs.embedded.node.record import PodRecord
from kecs.embedded.node.recorder import Recorder
from kecs.embedded.node.restarts import BackOff
from kecs.embedded.node.volumes import Volumes
from kecs.kube.api import Api

_SLOW = BackOff(10.0, 300.0)  # Kubernetes's, for containers that end and images that cannot be had
_BRISK = BackOff(1.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """How a node behaves. `directory` is its own, for its id and the files of volumes."""

    name: str
    directory: Path
    labels: Mapping[str, str] = field(default_factory=dict)  # besides its own, such as the zone
    address: str = ""  # that the machine is reached by; empty: the one by which it would reach others
    machine_capacity: bool = False  # show what the machine has, instead of ample capacity
    max_pods: int = 100_000
    warm_sandboxes: int = 2  # kept ready on a real engine; 0 for none
    restart_back_off: BackOff = _SLOW
    pull_back_off: BackOff = _SLOW
    retry_back_off: BackOff = _BRISK  # of sandboxes, volumes and configurations that failed
    refresh_seconds: float = 60.0  # between two looks at where the files of volumes come from
    patience: float = 0.5  # seconds that a start or a stop may take before the status says that it is under way
    lease_seconds: float = 10.0  # between two renewals of the node's lease; a real cluster gives up on one after 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The node's parts, for those who act on pods."""

    api: Api
    engine: Engine
    settings: NodeSettings
    owner: str
    machine: Machine
    recorder: Recorder
    images: Images
    volumes: Volumes
    pool: SandboxPool
    gate: Gate
    look: Callable[[PodRecord], None]  # ask for another look at a pod, soon
    forget: Callable[[PodRecord], None]  # a pod's containers are gone, and so may be its record
    now: Callable[[], float] = field(default=time.time)
