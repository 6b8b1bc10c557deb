"""The custom resources of group `kecs.io` as Structs: what kecs stores, and nothing else does.

The spec of each is an ECS request shape, so decode → default → validate → store is all that the API does; the status
speaks ECS too. Two writers are normal: the operations own the spec and the annotations, the reconcilers the status.

| kind | scope | name | spec |
|---|---|---|---|
| ECSCluster | cluster | `names.cluster()`, also its namespace | CreateClusterRequest |
| ECSTaskDefinition | cluster | `names.task_definition()` for a revision | RegisterTaskDefinitionRequest + revision |
| ECSService | the cluster's namespace | `names.service()` | CreateServiceRequest |
| ECSTask | the cluster's namespace | the task id | the stopped task (Task), without a status |

Region and account of cluster-scoped ones are the labels `kecs.io/region` and `kecs.io/account`; of namespaced ones,
those of the ECSCluster whose name is the namespace.
"""

from datetime import datetime
from typing import Literal

import msgspec

from kecs.model import marks
from kecs.model.generated import ecs
from kecs.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION, Scope


class OwnerReference(msgspec.Struct, omit_defaults=True, gc=False):
    """A Kubernetes owner reference."""

    apiVersion: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    blockOwnerDeletion: bool = False


class Meta(msgspec.Struct, omit_defaults=True, gc=False):
    """The part of a Kubernetes object's metadata that kecs reads."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resourceVersion: str = ""
    generation: int = 0
    creationTimestamp: str = ""
    deletionTimestamp: str | None = None
    deletionGracePeriodSeconds: int | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: list[str] = []
    ownerReferences: list[OwnerReference] = []


def scope_of(meta: Meta) -> Scope:
    """Return whose a cluster-scoped object is, by its labels."""
    labels = meta.labels
    return Scope(labels.get(marks.ACCOUNT) or DEFAULT_ACCOUNT, labels.get(marks.REGION) or DEFAULT_REGION)


def scope_labels(scope: Scope) -> dict[str, str]:
    """Return the labels that say whose a cluster-scoped object is; the default ones are left out."""
    labels = {}
    if scope.region != DEFAULT_REGION:
        labels[marks.REGION] = scope.region
    if scope.account != DEFAULT_ACCOUNT:
        labels[marks.ACCOUNT] = scope.account
    return labels


def family_of(task: ecs.Task) -> str:
    """Return the family of a task's definition."""
    return (task.taskDefinitionArn or "").rpartition("/")[2].rpartition(":")[0]


def created_at(meta: Meta) -> float:
    """Return when an object was made, in epoch seconds: with milliseconds where kecs wrote them down."""
    text = meta.annotations.get(marks.CREATED_AT)
    try:
        return float(text) if text else datetime.fromisoformat(meta.creationTimestamp).timestamp()
    except ValueError:
        return 0.0


class Condition(msgspec.Struct, omit_defaults=True):
    """A Kubernetes status condition."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str = ""
    message: str = ""
    lastTransitionTime: str = ""
    observedGeneration: int = 0


class WantedDeployment(msgspec.Struct, omit_defaults=True):
    """The PRIMARY deployment, named by whoever changed the service (annotation `kecs.io/deployment`).

    `fingerprint` is `service.fingerprint()` of the spec that it was made for: a reconciler that finds another one (an
    edit with kubectl) makes a new deployment, as the operations do. `rollbackOf` is the id of a deployment given up.
    """

    id: str
    fingerprint: str
    createdAt: float
    rollbackOf: str = ""


class StopNote(msgspec.Struct, omit_defaults=True):
    """Why a task ends, written on its pod before anyone deletes it (annotation `kecs.io/stop`).

    `at` is epoch seconds.
    """

    code: str
    reason: str
    at: float


class ClusterStatus(msgspec.Struct, omit_defaults=True):
    """Status of an ECSCluster."""

    status: str = ""
    observedGeneration: int = 0
    conditions: list[Condition] = []


class Cluster(msgspec.Struct, omit_defaults=True):
    """ECSCluster."""

    metadata: Meta
    spec: ecs.CreateClusterRequest
    status: ClusterStatus = msgspec.field(default_factory=ClusterStatus)
    apiVersion: str = "kecs.io/v1alpha1"
    kind: str = "ECSCluster"


class ServiceStatus(msgspec.Struct, omit_defaults=True):
    """Status of an ECSService, written by the reconciler.

    `deployments` are ECS Deployment shapes without counts (those are derived from pods when read), newest first;
    `events` the newest hundred, newest first; `completed` the last deployment that was COMPLETED, to which a rollback
    returns; the counts and `selector` are what `kubectl get` and the scale subresource show.
    """

    status: str = ""
    observedGeneration: int = 0
    runningCount: int = 0
    pendingCount: int = 0
    rolloutState: str = ""
    selector: str = ""
    deployments: list[ecs.Deployment] = []
    completed: ecs.Deployment | None = None
    events: list[ecs.ServiceEvent] = []
    conditions: list[Condition] = []


class Service(msgspec.Struct, omit_defaults=True):
    """ECSService."""

    metadata: Meta
    spec: ecs.CreateServiceRequest
    status: ServiceStatus = msgspec.field(default_factory=ServiceStatus)
    apiVersion: str = "kecs.io/v1alpha1"
    kind: str = "ECSService"


class TaskDefinitionSpec(ecs.RegisterTaskDefinitionRequest, omit_defaults=True):
    """What RegisterTaskDefinition was given, and the revision that it became.

    Without a revision the object is the head of a family, made with kubectl: each change of it registers a revision.
    """

    revision: int | None = None


class TaskDefinitionStatus(msgspec.Struct, omit_defaults=True):
    """Status of an ECSTaskDefinition: empty `status` means ACTIVE.

    A revision that is DELETED is kept only while it is the highest of its family, so that revisions grow for ever.
    """

    status: str = ""
    registeredAt: float | None = None
    registeredBy: str | None = None
    deregisteredAt: float | None = None
    deleteRequestedAt: float | None = None
    taskDefinitionArn: str = ""
    observedGeneration: int = 0
    conditions: list[Condition] = []


class TaskDefinition(msgspec.Struct, omit_defaults=True):
    """ECSTaskDefinition."""

    metadata: Meta
    spec: TaskDefinitionSpec
    status: TaskDefinitionStatus = msgspec.field(default_factory=TaskDefinitionStatus)
    apiVersion: str = "kecs.io/v1alpha1"
    kind: str = "ECSTaskDefinition"


class StoppedTask(msgspec.Struct, omit_defaults=True):
    """ECSTask: the record of a stopped task, kept for as long as ECS describes one."""

    metadata: Meta
    spec: ecs.Task
    apiVersion: str = "kecs.io/v1alpha1"
    kind: str = "ECSTask"
