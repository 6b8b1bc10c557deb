"""ECSDeployment (`ecskube.ecskube/v1alpha1`): an ECS task definition and a service as one object of kubectl's users.

What a user writes is kept as it was written, in whatever case and form; the status holds it in the one canonical form,
the requests of the API (`kecs.model.shapes`).
"""

from typing import Any

import msgspec

from kecs.model.objects import Condition, Meta

GROUP, VERSION, KIND = "ecskube.ecskube", "v1alpha1", "ECSDeployment"
API_VERSION = f"{GROUP}/{VERSION}"


class ConfigMapKey(msgspec.Struct, omit_defaults=True):
    """One entry of a ConfigMap of the same namespace; without a key its only one."""

    name: str
    key: str = ""


class Source(msgspec.Struct, omit_defaults=True):
    """Where a definition stands that is not in the object itself."""

    configMapKeyRef: ConfigMapKey


class EcsDeploymentSpec(msgspec.Struct, omit_defaults=True):
    """What the user wrote, each member in either case. `replicas` is what `kubectl scale` sets."""

    Task: Any = None
    task: Any = None
    TaskFrom: Source | None = None
    taskFrom: Source | None = None
    Service: Any = None
    service: Any = None
    ServiceFrom: Source | None = None
    serviceFrom: Source | None = None
    replicas: int | None = None


class EcsDeploymentStatus(msgspec.Struct, omit_defaults=True):
    """What has become of it.

    `task` and `service` are the definitions in their canonical form (RegisterTaskDefinitionRequest and
    CreateServiceRequest, in JSON: what is only shown needs no schema of its own); `workload` is the kind that runs the
    tasks; `address` is the load balancer's; `warnings` tell, each of one field, what is not acted on.
    """

    observedGeneration: int = 0
    desiredCount: int = 0
    runningCount: int = 0
    pendingCount: int = 0
    updatedCount: int = 0
    workload: str = ""
    selector: str = ""
    address: str = ""
    conditions: list[Condition] = []
    warnings: list[str] = []
    task: Any = None
    service: Any = None


class EcsDeployment(msgspec.Struct, omit_defaults=True):
    """ECSDeployment."""

    metadata: Meta
    spec: EcsDeploymentSpec = msgspec.field(default_factory=EcsDeploymentSpec)
    status: EcsDeploymentStatus = msgspec.field(default_factory=EcsDeploymentStatus)
    apiVersion: str = API_VERSION
    kind: str = KIND
