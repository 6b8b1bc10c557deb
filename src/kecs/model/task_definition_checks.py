"""What RegisterTaskDefinition refuses, all of it as ClientException in ECS's words.

In order: names and lists, the task's own settings, each container, how containers and volumes refer to each other,
ports, and last the rules of the launch types that were asked for.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from kecs.model import container_definition, fargate, tags
from kecs.model.constraints import check_model, is_name
from kecs.model.errors import ClientException
from kecs.model.generated import ecs
from kecs.model.task_definition import cpu_units, memory_mib

_MOST_CONTAINERS = 10
_MOST_BYTES = 65536
_MOST_CONSTRAINTS = 10
_EPHEMERAL_GIB = (21, 200)


def check(request: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse a task definition that ECS refuses. Raises ClientException (InvalidParameterException for tags)."""
    _check_outline(request)
    check_model(request, ClientException)
    tags.check(request.tags)
    cpu, memory = cpu_units(request.cpu), memory_mib(request.memory)
    for container in request.containerDefinitions:
        container_definition.check(container, request)
    _check_sums(request, cpu, memory)
    _check_volumes(request)
    _check_references(request)
    _check_dependencies(request)
    _check_ports(request)
    _check_firelens(request)
    _check_proxy(request)
    _check_launch_types(request, cpu, memory)


def _check_outline(request: ecs.RegisterTaskDefinitionRequest) -> None:
    if not request.family:
        raise ClientException("Family should not be null or empty.")
    if not is_name(request.family):
        raise ClientException("Family contains invalid characters.")
    containers = request.containerDefinitions
    if not containers:
        raise ClientException("Container list cannot be empty.")
    if len(containers) > _MOST_CONTAINERS:
        raise ClientException(f"Container list can have at most {_MOST_CONTAINERS} items.")
    length = len(msgspec.json.encode(request))
    if length > _MOST_BYTES:
        raise ClientException(f"Actual length: '{length}'. Max allowed length is '{_MOST_BYTES}' bytes.")
    names = [container.name for container in containers if container.name]
    if len(set(names)) < len(names):
        raise ClientException("Container names must be unique within a task definition.")
    if all(container.essential is False for container in containers):
        raise ClientException("Task definition doesn't have any essential container")
    if len(request.placementConstraints or ()) > _MOST_CONSTRAINTS:
        raise ClientException(f"placementConstraints can have at most {_MOST_CONSTRAINTS} items.")
    if any(not constraint.expression for constraint in request.placementConstraints or ()):
        raise ClientException("constraint.expression should not be null or empty.")
    if request.inferenceAccelerators:
        raise ClientException("Unsupported field 'inferenceAccelerators'.")


def _check_sums(request: ecs.RegisterTaskDefinitionRequest, cpu: int | None, memory: int | None) -> None:
    if cpu is not None and sum(container.cpu or 0 for container in request.containerDefinitions) > cpu:
        raise ClientException(
            "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."
        )
    if memory is None:
        return
    for container in request.containerDefinitions:
        if (container.memory or container.memoryReservation or 0) > memory:
            member = "memory" if container.memory else "memoryReservation"
            raise ClientException(
                f"Invalid setting for container '{container.name}'. The '{member}' setting for container "
                f"'{container.name}' is greater than for the task."
            )
    if sum(container.memoryReservation or 0 for container in request.containerDefinitions) > memory:
        raise ClientException(
            "The sum of all container 'memoryReservation' values cannot be greater than the value of the task 'memory'."
        )


def _check_volumes(request: ecs.RegisterTaskDefinitionRequest) -> None:
    names: set[str] = set()
    for volume in request.volumes or ():
        if not volume.name:
            raise ClientException("Volume.name should not be null or empty.")
        if not is_name(volume.name):
            raise ClientException("Volume.name contains invalid characters.")
        if volume.name in names:
            raise ClientException("Volume names must be unique within a task definition.")
        names.add(volume.name)
        if volume.efsVolumeConfiguration:
            _check_efs(volume.efsVolumeConfiguration)
    for container in request.containerDefinitions:
        for mount in container.mountPoints or ():
            if mount.sourceVolume not in names:
                raise ClientException(f"Unknown volume '{mount.sourceVolume or ''}'.")
            if not mount.containerPath:
                raise ClientException("MountPoint.containerPath should not be null or empty.")


def _check_efs(efs: ecs.EFSVolumeConfiguration) -> None:
    encrypted = efs.transitEncryption == "ENABLED"
    access = efs.authorizationConfig
    if not efs.fileSystemId:
        raise ClientException("EFSVolumeConfiguration.fileSystemId should not be null or empty.")
    if access and access.accessPointId and efs.rootDirectory not in (None, "", "/"):
        raise ClientException(
            'When using an EFS access point, the root directory must either be set to "/" or be omitted.'
        )
    if access and access.iam == "ENABLED" and not encrypted:
        raise ClientException("EFS IAM authorization requires TransitEncryption to be enabled.")
    if efs.transitEncryptionPort is not None and not encrypted:
        raise ClientException("TransitEncryptionPort requires that TransitEncryption is enabled.")


def _check_references(request: ecs.RegisterTaskDefinitionRequest) -> None:
    names = {container.name for container in request.containerDefinitions}
    for container in request.containerDefinitions:
        for link in container.links or ():
            target = link.partition(":")[0]
            if target not in names:
                raise ClientException(f"Cannot link to container + '{target}' because it does not exist")
        for source in container.volumesFrom or ():
            if source.sourceContainer not in names:
                raise ClientException(
                    f"Cannot use volumes from container + '{source.sourceContainer or ''}' because it does not exist"
                )
    links = {c.name or "": [link.partition(":")[0] for link in c.links or ()] for c in request.containerDefinitions}
    if has_cycle(links):
        raise ClientException("Container links should not have a cycle")


def _check_dependencies(request: ecs.RegisterTaskDefinitionRequest) -> None:
    by_name = {container.name or "": container for container in request.containerDefinitions}
    for container in request.containerDefinitions:
        for dependency in container.dependsOn or ():
            target = by_name.get(dependency.containerName or "")
            if target is None:
                raise ClientException(
                    f"Cannot depend on container + '{dependency.containerName or ''}' because it does not exist"
                )
            if dependency.condition is None:
                raise ClientException("ContainerDependency.condition should not be null or empty.")
            if dependency.condition in ("SUCCESS", "COMPLETE") and target.essential is not False:
                raise ClientException(
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
                )
            if dependency.condition == "HEALTHY" and target.healthCheck is None:
                raise ClientException("A dependency container with HEALTHY condition must have health check configured")
    graph = {
        name: [dependency.containerName or "" for dependency in container.dependsOn or ()]
        for name, container in by_name.items()
    }
    if has_cycle(graph):
        raise ClientException("Container dependencies should not have a cycle")


def has_cycle(graph: Mapping[str, Iterable[str]]) -> bool:
    """Say whether one comes back to where one began by following the edges of a graph (node → nodes that it needs)."""
    waiting = {node: set(needed) for node, needed in graph.items()}
    while waiting:
        free = [node for node, needed in waiting.items() if not needed & waiting.keys()]
        if not free:
            return True
        for node in free:
            del waiting[node]
    return False


def _check_ports(request: ecs.RegisterTaskDefinitionRequest) -> None:
    mode = request.networkMode
    # In awsvpc and host mode the containers share one network; else only fixed ports of the host can collide.
    shared = mode in ("awsvpc", "host")
    seen: set[tuple[str, int]] = set()
    names: set[str] = set()
    for container in request.containerDefinitions:
        for protocol, number in container_definition.ports(container, of_host=not shared):
            if (protocol, number) in seen:
                raise ClientException(
                    f"{protocol.upper()} container port '{number}' is used multiple times in task when "
                    f"networkMode={mode}."
                    if shared
                    else f"{protocol.upper()} host port '{number}' is used multiple times in task."
                )
            seen.add((protocol, number))
        for mapping in container.portMappings or ():
            if mapping.name and mapping.name in names:
                raise ClientException(f"When networkMode={mode or 'bridge'}, port mapping name is already used")
            names.add(mapping.name or "")


def _check_firelens(request: ecs.RegisterTaskDefinitionRequest) -> None:
    containers = request.containerDefinitions
    routers = [container for container in containers if container.firelensConfiguration]
    users = [c for c in containers if c.logConfiguration and c.logConfiguration.logDriver == "awsfirelens"]
    if users and not routers:
        raise ClientException(
            "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be "
            "configured in one of the containers."
        )
    if routers and not users:
        raise ClientException(
            "When a firelensConfiguration object is specified, at least one container has to be configured with the "
            "awsfirelens log driver."
        )


def _check_proxy(request: ecs.RegisterTaskDefinitionRequest) -> None:
    proxy = request.proxyConfiguration
    if proxy is None:
        return
    if request.networkMode != "awsvpc":
        raise ClientException("APPMESH proxy configuration is only supported in networkMode=awsvpc")
    if proxy.containerName not in {container.name for container in request.containerDefinitions}:
        raise ClientException(f"Proxy container [{proxy.containerName or ''}] does not exist")
    given = {item.name for item in proxy.properties or ()}
    if "ProxyIngressPort" not in given:
        raise ClientException("Ingress port not found")
    if "ProxyEgressPort" not in given:
        raise ClientException("Egress port not found")


def _check_ec2(request: ecs.RegisterTaskDefinitionRequest, cpu: int | None, memory: int | None) -> None:
    if request.ephemeralStorage:
        raise ClientException("Tasks using the EC2 launch type do not support EphemeralStorage.")


def _check_external(request: ecs.RegisterTaskDefinitionRequest, cpu: int | None, memory: int | None) -> None:
    if request.networkMode == "awsvpc":
        raise ClientException("External launch type does not support network mode 'awsvpc'.")


_LAUNCH_TYPES: dict[str, Callable[[ecs.RegisterTaskDefinitionRequest, int | None, int | None], None]] = {
    "FARGATE": fargate.check,
    "EXTERNAL": _check_external,
}


def _check_launch_types(request: ecs.RegisterTaskDefinitionRequest, cpu: int | None, memory: int | None) -> None:
    wanted = request.requiresCompatibilities or []
    for launch_type in wanted:
        rule = _LAUNCH_TYPES.get(launch_type)
        if rule:
            rule(request, cpu, memory)
    if "FARGATE" not in wanted and "MANAGED_INSTANCES" not in wanted:
        _check_ec2(request, cpu, memory)
    size = request.ephemeralStorage.sizeInGiB if request.ephemeralStorage else None
    if size is not None and size < _EPHEMERAL_GIB[0]:
        raise ClientException(f"EphemeralStorage size should be at least {_EPHEMERAL_GIB[0]}")
    if size is not None and size > _EPHEMERAL_GIB[1]:
        raise ClientException(f"EphemeralStorage size should be at most {_EPHEMERAL_GIB[1]}")
