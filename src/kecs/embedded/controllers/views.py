"""Kubernetes objects as the controllers see them: the fields that are read, and no others.

Ten thousand pods are held at once, so pods are lean: no collector overhead (`gc=False`), tuples instead of lists,
absent parts shared, and of the conditions and annotations only those that somebody asks for. What pods of one template
have in common is one object already when the engine decodes it.
"""

from sys import intern
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]
Labels: TypeAlias = dict[str, str]
Quantities: TypeAlias = dict[str, str]


class View(msgspec.Struct, gc=False, omit_defaults=True):
    """A part of an object. Members that are not declared are not kept."""


class OwnerReference(View):
    """An owner of an object."""

    kind: str
    name: str
    uid: str
    apiVersion: str = ""
    controller: bool = False
    blockOwnerDeletion: bool = False


class Meta(View):
    """What every kind is asked for."""

    name: str
    resourceVersion: str
    uid: str = ""
    namespace: str = ""
    generation: int = 0
    creationTimestamp: str = ""
    deletionTimestamp: str | None = None
    labels: Labels | None = None
    ownerReferences: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.namespace = intern(self.namespace)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages the object."""
        for owner in self.ownerReferences:
            if owner.controller:
                return owner
        return None


class NotedMeta(Meta):
    """Metadata with the annotations."""

    annotations: Labels | None = None


class Plain(View):
    """An object of any kind."""

    metadata: Meta


# Pods


class PodNotes(View):
    """The annotations of a pod that a controller reads."""

    deletion_cost: str = msgspec.field(name="controller.kubernetes.io/pod-deletion-cost", default="")


class PodMeta(Meta):
    """Metadata of a pod."""

    annotations: PodNotes | None = None

    def __post_init__(self) -> None:
        self.namespace = intern(self.namespace)
        self.creationTimestamp = intern(self.creationTimestamp)
        if self.annotations is not None and not self.annotations.deletion_cost:
            self.annotations = None


class ContainerPort(View):
    """A port of a container."""

    containerPort: int
    hostPort: int = 0
    name: str = ""
    protocol: str = "TCP"
    hostIP: str = ""


class Resources(View):
    """What a container, or a whole pod, asks for."""

    requests: Quantities | None = None
    limits: Quantities | None = None


class Container(View):
    """A container of a pod."""

    resources: Resources | None = None
    ports: tuple[ContainerPort, ...] = ()
    restartPolicy: str = ""


class Toleration(View):
    """A taint that a pod bears."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class Expression(View):
    """One condition of a node selector term."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class NodeTerm(View):
    """Conditions that hold together."""

    matchExpressions: tuple[Expression, ...] = ()
    matchFields: tuple[Expression, ...] = ()


class NodeTerms(View):
    """Terms of which one has to hold."""

    nodeSelectorTerms: tuple[NodeTerm, ...] = ()


class PreferredNodes(View):
    """A term and how much it counts."""

    weight: int
    preference: NodeTerm


class NodeAffinity(View):
    """Which nodes a pod needs, and which it likes."""

    requiredDuringSchedulingIgnoredDuringExecution: NodeTerms | None = None
    preferredDuringSchedulingIgnoredDuringExecution: tuple[PreferredNodes, ...] = ()


class PodTerm(View):
    """Pods near which (or away from which) a pod has to be."""

    topologyKey: str
    labelSelector: Json | None = None
    namespaces: tuple[str, ...] = ()
    namespaceSelector: Json | None = None
    matchLabelKeys: tuple[str, ...] = ()
    mismatchLabelKeys: tuple[str, ...] = ()


class PreferredPods(View):
    """A term and how much it counts."""

    weight: int
    podAffinityTerm: PodTerm


class PodAffinity(View):
    """Affinity, or anti-affinity, to other pods."""

    requiredDuringSchedulingIgnoredDuringExecution: tuple[PodTerm, ...] = ()
    preferredDuringSchedulingIgnoredDuringExecution: tuple[PreferredPods, ...] = ()


class Affinity(View):
    """Where a pod needs or likes to be."""

    nodeAffinity: NodeAffinity | None = None
    podAffinity: PodAffinity | None = None
    podAntiAffinity: PodAffinity | None = None


class Spread(View):
    """How even a pod and its like have to be spread."""

    maxSkew: int
    topologyKey: str
    whenUnsatisfiable: str
    labelSelector: Json | None = None
    minDomains: int | None = None
    matchLabelKeys: tuple[str, ...] = ()
    nodeAffinityPolicy: str = "Honor"
    nodeTaintsPolicy: str = "Ignore"


class Gate(View):
    """What keeps a pod from being scheduled."""

    name: str


class PodSpec(View):
    """What a pod is to be."""

    containers: tuple[Container, ...] = ()
    initContainers: tuple[Container, ...] = ()
    nodeName: str = ""
    nodeSelector: Labels | None = None
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topologySpreadConstraints: tuple[Spread, ...] = ()
    resources: Resources | None = None
    overhead: Quantities | None = None
    schedulerName: str = "default-scheduler"
    schedulingGates: tuple[Gate, ...] = ()
    priority: int = 0
    hostNetwork: bool = False
    hostname: str = ""
    subdomain: str = ""
    activeDeadlineSeconds: int | None = None


class Condition(View):
    """A status condition."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    lastTransitionTime: str = ""
    lastUpdateTime: str = ""
    observedGeneration: int = 0


class ContainerStatus(View):
    """How a container fares."""

    restartCount: int = 0


class PodStatus(View):
    """What a pod is. Of the conditions only Ready and PodScheduled are kept."""

    phase: str = "Pending"
    podIP: str = ""
    conditions: tuple[Condition, ...] = ()
    containerStatuses: tuple[ContainerStatus, ...] | None = None
    restarts: int = 0

    def __post_init__(self) -> None:
        self.phase = intern(self.phase)
        self.conditions = tuple(
            one
            for one in self.conditions
            if one.type == "Ready" or (one.type == "PodScheduled" and one.status != "True")
        )
        if self.containerStatuses is not None:
            self.restarts = sum(one.restartCount for one in self.containerStatuses)
            self.containerStatuses = None


class Pod(View):
    """A pod."""

    metadata: PodMeta
    spec: PodSpec
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def over(self) -> bool:
        """Whether the containers have ended for good."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def active(self) -> bool:
        """Whether the pod counts as one of its controller's: neither over nor about to go."""
        return self.metadata.deletionTimestamp is None and self.status.phase not in ("Succeeded", "Failed")

    @property
    def ready(self) -> bool:
        """Whether the pod's Ready condition is True."""
        for one in self.status.conditions:
            if one.type == "Ready":
                return one.status == "True"
        return False

    @property
    def ready_since(self) -> str:
        """When the Ready condition last changed (RFC 3339), empty where it never did."""
        return next((one.lastTransitionTime for one in self.status.conditions if one.type == "Ready"), "")


# Nodes and namespaces


class Taint(View):
    """What keeps pods from a node."""

    key: str
    effect: str
    value: str = ""


class NodeSpec(View):
    """What a node is to be."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeStatus(View):
    """What a node has to give."""

    allocatable: Quantities | None = None
    capacity: Quantities | None = None
    conditions: tuple[Condition, ...] = ()


class Node(View):
    """A node."""

    metadata: Meta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class NamespaceSpec(View):
    """What holds a namespace."""

    finalizers: tuple[str, ...] = ()


class NamespaceStatus(View):
    """Active or Terminating."""

    phase: str = "Active"
    conditions: tuple[Condition, ...] = ()


class Namespace(View):
    """A namespace."""

    metadata: Meta
    spec: NamespaceSpec = msgspec.field(default_factory=NamespaceSpec)
    status: NamespaceStatus = msgspec.field(default_factory=NamespaceStatus)
