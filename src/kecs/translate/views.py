"""Kubernetes's objects with only what kecs reads of them, so that ten thousand pods stay small in memory.

Member names are Kubernetes's. Metadata is `kecs.model.objects.Meta`.
"""

from enum import StrEnum
from functools import lru_cache
from sys import intern
from typing import Literal

import msgspec

from kecs.model import marks
from kecs.model.objects import Meta


class ConditionType(StrEnum):
    """The types of conditions, so that ten thousand pods do not hold fifty thousand copies of a few words.

    Any other type reads as `OTHER`.
    """

    POD_SCHEDULED = "PodScheduled"
    READY_TO_START = "PodReadyToStartContainers"
    INITIALIZED = "Initialized"
    CONTAINERS_READY = "ContainersReady"
    READY = "Ready"
    DISRUPTION_TARGET = "DisruptionTarget"
    AVAILABLE = "Available"
    PROGRESSING = "Progressing"
    REPLICA_FAILURE = "ReplicaFailure"
    OTHER = ""

    @classmethod
    def _missing_(cls, value: object) -> "ConditionType":
        return cls.OTHER


class Condition(msgspec.Struct, omit_defaults=True, gc=False):
    """A status condition of a pod, a node, or a workload."""

    type: ConditionType
    status: Literal["True", "False", "Unknown", ""] = ""
    reason: str = ""
    message: str = ""
    lastTransitionTime: str | None = None


class Waiting(msgspec.Struct, omit_defaults=True, gc=False):
    """A container that is not running yet, or not again."""

    reason: str = ""
    message: str = ""


class Running(msgspec.Struct, omit_defaults=True, gc=False):
    """A container that runs. Times are RFC 3339."""

    startedAt: str | None = None


class Terminated(msgspec.Struct, omit_defaults=True, gc=False):
    """A container that has ended. Times are RFC 3339."""

    exitCode: int = 0
    reason: str = ""
    message: str = ""
    startedAt: str | None = None
    finishedAt: str | None = None
    containerID: str = ""


class ContainerState(msgspec.Struct, omit_defaults=True, gc=False):
    """One of the three; none of them means waiting."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """What the node reports of a container."""

    name: str
    ready: bool = False
    started: bool | None = None
    restartCount: int = 0
    imageID: str = ""
    containerID: str = ""
    state: ContainerState = msgspec.field(default_factory=ContainerState)
    lastState: ContainerState = msgspec.field(default_factory=ContainerState)


class PodSpec(msgspec.Struct, omit_defaults=True, gc=False):
    """What is read of a pod's spec: where it is. All else that matters of it is in its `TaskFacts`."""

    nodeName: str = ""


class PodStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """Status of a pod."""

    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    podIP: str = ""
    startTime: str | None = None
    conditions: tuple[Condition, ...] = ()
    containerStatuses: tuple[ContainerStatus, ...] = ()
    initContainerStatuses: tuple[ContainerStatus, ...] = ()


@lru_cache(maxsize=1024)
def _common(_whose: str) -> Meta:
    """Return what the pods of one owner, or with the same facts, have in common: as it was last seen."""
    return Meta()


class Pod(msgspec.Struct, omit_defaults=True, gc=False):
    """A pod, that is a task."""

    metadata: Meta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    def __post_init__(self) -> None:
        # The pods of a deployment hold the same objects, not equal ones: sooner compared, and ten thousand stay small.
        for statuses in (self.status.containerStatuses, self.status.initContainerStatuses):
            for status in statuses:
                status.name, status.imageID = intern(status.name), intern(status.imageID)
        meta = self.metadata
        if (facts := meta.annotations.get(marks.TASK)) is None:
            return
        common = _common(meta.ownerReferences[0].uid if meta.ownerReferences else facts)
        if common.labels != meta.labels:
            common.labels = meta.labels
        if common.annotations != meta.annotations:
            meta.annotations[marks.TASK] = intern(facts)
            common.annotations = meta.annotations
        if common.finalizers != meta.finalizers:
            common.finalizers = meta.finalizers
        if common.ownerReferences != meta.ownerReferences:
            common.ownerReferences = meta.ownerReferences
        meta.labels, meta.annotations = common.labels, common.annotations
        meta.finalizers, meta.ownerReferences = common.finalizers, common.ownerReferences

    def condition(self, type: str) -> Condition | None:
        """Return the condition of that type, if the pod has it."""
        for condition in self.status.conditions:
            if condition.type == type:
                return condition
        return None


class TemplateMeta(msgspec.Struct, omit_defaults=True, gc=False):
    """Metadata of a pod template."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Template(msgspec.Struct, omit_defaults=True, gc=False):
    """A pod template: its metadata names the ECS deployment and the definition."""

    metadata: TemplateMeta = msgspec.field(default_factory=TemplateMeta)


class RollingUpdate(msgspec.Struct, omit_defaults=True, gc=False):
    """How many pods a rolling update may add and take away: whole numbers, or texts that are percentages."""

    maxSurge: int | str = "25%"
    maxUnavailable: int | str = "25%"


class Strategy(msgspec.Struct, omit_defaults=True, gc=False):
    """How a workload is updated."""

    type: str = "RollingUpdate"
    rollingUpdate: RollingUpdate | None = None


class DeploymentSpec(msgspec.Struct, omit_defaults=True, gc=False):
    """What is read of a Deployment's spec."""

    replicas: int = 1
    paused: bool = False
    strategy: Strategy = msgspec.field(default_factory=Strategy)
    template: Template = msgspec.field(default_factory=Template)


class DeploymentStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """Status of a Deployment."""

    observedGeneration: int = 0
    replicas: int = 0
    updatedReplicas: int = 0
    readyReplicas: int = 0
    availableReplicas: int = 0
    unavailableReplicas: int = 0
    terminatingReplicas: int = 0
    conditions: list[Condition] = []


class Deployment(msgspec.Struct, omit_defaults=True, gc=False):
    """A Deployment, that is a service (or a task set)."""

    metadata: Meta
    spec: DeploymentSpec = msgspec.field(default_factory=DeploymentSpec)
    status: DeploymentStatus = msgspec.field(default_factory=DeploymentStatus)


class ReplicaSetSpec(msgspec.Struct, omit_defaults=True, gc=False):
    """What is read of a ReplicaSet's spec."""

    replicas: int = 1
    template: Template = msgspec.field(default_factory=Template)


class ReplicaSetStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """Status of a ReplicaSet."""

    observedGeneration: int = 0
    replicas: int = 0
    readyReplicas: int = 0
    availableReplicas: int = 0
    conditions: list[Condition] = []


class ReplicaSet(msgspec.Struct, omit_defaults=True, gc=False):
    """A ReplicaSet, that is one ECS deployment of a service."""

    metadata: Meta
    spec: ReplicaSetSpec = msgspec.field(default_factory=ReplicaSetSpec)
    status: ReplicaSetStatus = msgspec.field(default_factory=ReplicaSetStatus)


class DaemonSetSpec(msgspec.Struct, omit_defaults=True, gc=False):
    """What is read of a DaemonSet's spec."""

    template: Template = msgspec.field(default_factory=Template)
    updateStrategy: Strategy = msgspec.field(default_factory=Strategy)


class DaemonSetStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """Status of a DaemonSet."""

    observedGeneration: int = 0
    desiredNumberScheduled: int = 0
    currentNumberScheduled: int = 0
    updatedNumberScheduled: int = 0
    numberReady: int = 0
    numberAvailable: int = 0


class DaemonSet(msgspec.Struct, omit_defaults=True, gc=False):
    """A DaemonSet, that is a service with the scheduling strategy DAEMON."""

    metadata: Meta
    spec: DaemonSetSpec = msgspec.field(default_factory=DaemonSetSpec)
    status: DaemonSetStatus = msgspec.field(default_factory=DaemonSetStatus)


class Taint(msgspec.Struct, omit_defaults=True, gc=False):
    """A taint of a node."""

    key: str
    effect: str = ""
    value: str = ""


class NodeSpec(msgspec.Struct, omit_defaults=True, gc=False):
    """What is read of a node's spec."""

    unschedulable: bool = False
    taints: list[Taint] = []


class NodeInfo(msgspec.Struct, omit_defaults=True, gc=False):
    """The node's own word on its machine and software."""

    architecture: str = ""
    operatingSystem: str = ""
    containerRuntimeVersion: str = ""
    kubeletVersion: str = ""


class Address(msgspec.Struct, omit_defaults=True, gc=False):
    """One address of a node: `InternalIP`, `Hostname`."""

    type: str
    address: str = ""


class NodeStatus(msgspec.Struct, omit_defaults=True, gc=False):
    """Status of a node. Quantities are texts, as Kubernetes writes them."""

    capacity: dict[str, str] = {}
    allocatable: dict[str, str] = {}
    conditions: list[Condition] = []
    addresses: list[Address] = []
    nodeInfo: NodeInfo = msgspec.field(default_factory=NodeInfo)


class Node(msgspec.Struct, omit_defaults=True, gc=False):
    """A node, that is a container instance."""

    metadata: Meta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)
