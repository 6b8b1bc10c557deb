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


class ContainerStatus(View):
    """How a container fares."""

    restartCount: int = 0


class PodIP(View):
    """An address of a pod."""

    ip: str = ""


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


# Workloads


class ReplicaSetSpec(View):
    """What a replica set is to be."""

    template: Json
    selector: Json
    replicas: int = 1
    minReadySeconds: int = 0


class ReplicaSetStatus(View):
    """What a replica set has."""

    replicas: int = 0
    fullyLabeledReplicas: int = 0
    readyReplicas: int = 0
    availableReplicas: int = 0
    terminatingReplicas: int | None = None
    observedGeneration: int = 0
    conditions: tuple[Condition, ...] = ()


class ReplicaSet(View):
    """A replica set."""

    metadata: NotedMeta
    spec: ReplicaSetSpec
    status: ReplicaSetStatus = msgspec.field(default_factory=ReplicaSetStatus)


class RollingUpdate(View):
    """How far a rolling update may go: counts, or percentages of the replicas."""

    maxSurge: int | str | None = None
    maxUnavailable: int | str | None = None


class Strategy(View):
    """How pods are replaced. `type` is RollingUpdate, Recreate or OnDelete."""

    type: str = "RollingUpdate"
    rollingUpdate: RollingUpdate | None = None


class DeploymentSpec(View):
    """What a deployment is to be."""

    template: Json
    selector: Json
    replicas: int = 1
    strategy: Strategy = msgspec.field(default_factory=Strategy)
    minReadySeconds: int = 0
    revisionHistoryLimit: int | None = 10
    progressDeadlineSeconds: int | None = 600
    paused: bool = False


class DeploymentStatus(View):
    """What a deployment has."""

    replicas: int = 0
    updatedReplicas: int = 0
    readyReplicas: int = 0
    availableReplicas: int = 0
    unavailableReplicas: int = 0
    terminatingReplicas: int | None = None
    observedGeneration: int = 0
    collisionCount: int | None = None
    conditions: tuple[Condition, ...] = ()


class Deployment(View):
    """A deployment."""

    metadata: NotedMeta
    spec: DeploymentSpec
    status: DeploymentStatus = msgspec.field(default_factory=DeploymentStatus)


class DaemonSetSpec(View):
    """What a daemon set is to be."""

    template: Json
    selector: Json
    updateStrategy: Strategy = msgspec.field(default_factory=Strategy)
    minReadySeconds: int = 0
    revisionHistoryLimit: int | None = 10


class DaemonSetStatus(View):
    """What a daemon set has."""

    currentNumberScheduled: int = 0
    numberMisscheduled: int = 0
    desiredNumberScheduled: int = 0
    numberReady: int = 0
    observedGeneration: int = 0
    updatedNumberScheduled: int = 0
    numberAvailable: int = 0
    numberUnavailable: int = 0
    collisionCount: int | None = None


class DaemonSet(View):
    """A daemon set."""

    metadata: NotedMeta
    spec: DaemonSetSpec
    status: DaemonSetStatus = msgspec.field(default_factory=DaemonSetStatus)


class ControllerRevision(View):
    """One state that a daemon set's template had. `data` is a strategic merge patch."""

    metadata: NotedMeta
    revision: int
    data: Json = {}


# Services


class ServicePort(View):
    """A port of a service."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    targetPort: int | str | None = None
    appProtocol: str | None = None


class ServiceSpec(View):
    """What a service is to be."""

    selector: Labels | None = None
    ports: tuple[ServicePort, ...] = ()
    type: str = "ClusterIP"
    clusterIP: str = ""
    ipFamilies: tuple[str, ...] = ()
    publishNotReadyAddresses: bool = False


class Service(View):
    """A service."""

    metadata: Meta
    spec: ServiceSpec


class EndpointSlice(View):
    """Some of the endpoints of a service."""

    metadata: NotedMeta
    addressType: str = "IPv4"
    endpoints: tuple[Json, ...] = ()
    ports: tuple[Json, ...] = ()


# Policy


class DisruptionSpec(View):
    """How many pods may be missing."""

    selector: Json | None = None
    minAvailable: int | str | None = None
    maxUnavailable: int | str | None = None


class DisruptionStatus(View):
    """How many pods are missing."""

    currentHealthy: int = 0
    desiredHealthy: int = 0
    disruptionsAllowed: int = 0
    expectedPods: int = 0
    observedGeneration: int = 0
    disruptedPods: Labels | None = None
    conditions: tuple[Condition, ...] = ()


class DisruptionBudget(View):
    """A pod disruption budget."""

    metadata: Meta
    spec: DisruptionSpec = msgspec.field(default_factory=DisruptionSpec)
    status: DisruptionStatus = msgspec.field(default_factory=DisruptionStatus)


class QuotaSpec(View):
    """What a namespace may use."""

    hard: Quantities | None = None
    scopes: tuple[str, ...] = ()


class QuotaStatus(View):
    """What a namespace uses."""

    hard: Quantities | None = None
    used: Quantities | None = None


class Quota(View):
    """A resource quota."""

    metadata: Meta
    spec: QuotaSpec = msgspec.field(default_factory=QuotaSpec)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class Event(View):
    """Something that was told about an object."""

    metadata: Meta
    lastTimestamp: str | None = None
    eventTime: str | None = None


# Custom resource definitions


class CrdNames(View):
    """The names of a custom resource."""

    plural: str
    kind: str


class CrdVersion(View):
    """A version of a custom resource."""

    name: str
    served: bool = True
    storage: bool = False


class CrdSpec(View):
    """What a custom resource is."""

    group: str
    names: CrdNames
    scope: str
    versions: tuple[CrdVersion, ...] = ()


class Crd(View):
    """A custom resource definition."""

    metadata: Meta
    spec: CrdSpec
