"""Workloads, services, policies and definitions as the controllers see them; see `views`."""

import msgspec

from kecs.embedded.controllers.views import Condition, Json, Labels, Meta, NotedMeta, Quantities, View

MANAGER = "kube-controller-manager"
"""Who the owner of what controllers write is: in Kubernetes, all of them are one program."""

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
    data: Json = msgspec.field(default_factory=dict)


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
