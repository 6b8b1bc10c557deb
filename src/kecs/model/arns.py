"""Amazon Resource Names of ECS: made from a scope and names, and taken apart again.

The forms are those of recorded AWS responses: `cluster/NAME`, `service/CLUSTER/NAME`, `task/CLUSTER/<32 hex>`,
`container/CLUSTER/<task id>/<uuid>`, `container-instance/CLUSTER/<32 hex>`, `task-definition/FAMILY:REV`,
`capacity-provider/NAME`.
"""

import msgspec

from kecs.model.scope import Scope


class Arn(msgspec.Struct, frozen=True):
    """An ARN taken apart. `kind` is the first segment of the resource (`cluster`), `path` what follows it."""

    scope: Scope
    service: str
    kind: str
    path: tuple[str, ...]


def parse(text: str) -> Arn | None:
    """Take an ARN apart; None when `text` is no ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    kind, _, rest = parts[5].partition("/")
    return Arn(Scope(parts[4], parts[3]), parts[2], kind, tuple(rest.split("/")) if rest else ())


def _ecs(scope: Scope, resource: str) -> str:
    return f"arn:{scope.partition}:ecs:{scope.region}:{scope.account}:{resource}"


def cluster(scope: Scope, name: str) -> str:
    """Return the ARN of a cluster."""
    return _ecs(scope, f"cluster/{name}")


def service(scope: Scope, cluster: str, name: str) -> str:
    """Return the ARN of a service in a cluster."""
    return _ecs(scope, f"service/{cluster}/{name}")


def task(scope: Scope, cluster: str, task_id: str) -> str:
    """Return the ARN of a task; its id is the pod's UID without dashes."""
    return _ecs(scope, f"task/{cluster}/{task_id}")


def container(scope: Scope, cluster: str, task_id: str, container_id: str) -> str:
    """Return the ARN of a task's container."""
    return _ecs(scope, f"container/{cluster}/{task_id}/{container_id}")


def container_instance(scope: Scope, cluster: str, instance_id: str) -> str:
    """Return the ARN of a container instance; its id is the node's UID without dashes."""
    return _ecs(scope, f"container-instance/{cluster}/{instance_id}")


def task_definition(scope: Scope, family: str, revision: int) -> str:
    """Return the ARN of one revision of a task definition."""
    return _ecs(scope, f"task-definition/{family}:{revision}")


def service_role(scope: Scope) -> str:
    """Return the ARN of the service-linked role of ECS."""
    return f"arn:{scope.partition}:iam::{scope.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def service_short(scope: Scope, name: str) -> str:
    """Return the ARN of a service in the old form, without its cluster: what failures name."""
    return _ecs(scope, f"service/{name}")


def capacity_provider(scope: Scope, name: str) -> str:
    """Return the ARN of a capacity provider."""
    return _ecs(scope, f"capacity-provider/{name}")


def service_deployment(scope: Scope, cluster: str, service: str, number: str) -> str:
    """Return the ARN of a service deployment; `number` is that of the deployment."""
    return _ecs(scope, f"service-deployment/{cluster}/{service}/{number}")


def service_revision(scope: Scope, cluster: str, service: str, number: str) -> str:
    """Return the ARN of a service revision; `number` is that of the deployment that first had it."""
    return _ecs(scope, f"service-revision/{cluster}/{service}/{number}")
