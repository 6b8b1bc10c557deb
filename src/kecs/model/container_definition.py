"""Container definitions: what ECS fills in, and what it refuses on registration (ClientException, in its words)."""

import re
from collections.abc import Iterator

import msgspec

from kecs.model import arns
from kecs.model.constraints import is_name
from kecs.model.errors import ClientException
from kecs.model.generated import ecs

_LEAST_MEMORY = 4  # MiB; engines before 20.10 allowed that little
_HEALTH_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
_HEALTH_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
_LOG_OPTIONS = {
    "awslogs": ("awslogs-region", "awslogs-group"),
    "splunk": ("splunk-token", "splunk-url"),
}
_MOST_ENVIRONMENT_FILES = 10
_RESTART_PERIOD = (60, 1800)  # seconds
_PORTS = (1, 65535)
_PORT_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")


def filled(container: ecs.ContainerDefinition, network_mode: str | None) -> ecs.ContainerDefinition:
    """Return a container definition as ECS describes it: with the members that are always there."""
    health = container.healthCheck
    return msgspec.structs.replace(
        container,
        cpu=container.cpu or 0,
        essential=container.essential is not False,
        environment=container.environment or [],
        mountPoints=container.mountPoints or [],
        volumesFrom=container.volumesFrom or [],
        systemControls=container.systemControls or [],
        portMappings=[_filled_port(mapping, network_mode) for mapping in container.portMappings or ()],
        healthCheck=_filled_health(health) if health else None,
    )


def _filled_port(mapping: ecs.PortMapping, network_mode: str | None) -> ecs.PortMapping:
    host = mapping.hostPort
    if mapping.containerPortRange is None and host is None:
        host = mapping.containerPort if network_mode in ("awsvpc", "host") else 0
    return msgspec.structs.replace(mapping, hostPort=host, protocol=mapping.protocol or "tcp")


def _filled_health(health: ecs.HealthCheck) -> ecs.HealthCheck:
    missing = {name: value for name, value in _HEALTH_DEFAULTS.items() if getattr(health, name) is None}
    return msgspec.structs.replace(health, **missing)


def port_range(text: str) -> tuple[int, int] | None:
    """Return the first and the last port of `8080-8090`; None when it is no range."""
    match = _PORT_RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return (first, last) if _PORTS[0] <= first < last <= _PORTS[1] else None


def check(container: ecs.ContainerDefinition, request: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse a container definition for what it says itself; how containers refer to each other is the caller's."""
    if not container.name:
        raise ClientException("Container.name should not be null or empty.")
    if not is_name(container.name):
        raise ClientException("Container.name contains invalid characters.")
    if not container.image:
        raise ClientException("Container.image should not be null or empty.")
    for member in ("cpu", "startTimeout", "stopTimeout"):
        if (getattr(container, member) or 0) < 0:
            raise _invalid(member, container)
    if any(not control.namespace or control.value is None for control in container.systemControls or ()):
        raise _invalid("systemControls", container)
    tmpfs = [item.containerPath for item in (container.linuxParameters and container.linuxParameters.tmpfs) or ()]
    if len(set(tmpfs)) < len(tmpfs):
        raise _invalid("tmpfs", container)
    _check_memory(container, request)
    _check_ports(container, request.networkMode)
    _check_network_mode(container, request.networkMode)
    _check_environment(container, request)
    _check_health(container)
    _check_restart(container)
    if container.logConfiguration:
        check_log(container.logConfiguration)


def _invalid(member: str, container: ecs.ContainerDefinition) -> ClientException:
    return ClientException(f"Invalid '{member}' setting for container '{container.name}'.")


def _check_memory(container: ecs.ContainerDefinition, request: ecs.RegisterTaskDefinitionRequest) -> None:
    name, memory, reservation = container.name, container.memory, container.memoryReservation
    for member, value in (("memory", memory), ("memoryReservation", reservation)):
        if value is not None and value < _LEAST_MEMORY:
            raise _invalid(member, container)
    if memory is None and reservation is None and not request.memory:
        raise ClientException(
            f"Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be "
            f"specified."
        )
    if memory is not None and reservation is not None and memory < reservation:
        raise ClientException(
            f"Invalid setting for container '{name}'. 'memory' must be greater than or equal to 'memoryReservation'."
        )


def _check_ports(container: ecs.ContainerDefinition, network_mode: str | None) -> None:
    for mapping in container.portMappings or ():
        if mapping.containerPortRange is not None:
            if mapping.containerPort is not None or mapping.hostPort is not None:
                raise ClientException(
                    f"Invalid port mapping for container '{container.name}', cannot specify both single port and port "
                    "range."
                )
            if port_range(mapping.containerPortRange) is None:
                raise _invalid("containerPortRange", container)
            continue
        if mapping.containerPort is None or not _PORTS[0] <= mapping.containerPort <= _PORTS[1]:
            raise _invalid("containerPort", container)
        if mapping.hostPort is not None and not 0 <= mapping.hostPort <= _PORTS[1]:
            raise _invalid("hostPort", container)
        if network_mode in ("awsvpc", "host") and mapping.hostPort not in (None, mapping.containerPort):
            raise ClientException(
                f"When networkMode={network_mode}, the host ports and container ports in port mappings must match."
            )


# Member → the words with which ECS refuses it when the network mode is not bridge, and for which modes it does.
_NETWORK_RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("links", "Links are not supported when networkMode={}.", ("awsvpc", "host", "none")),
    ("hostname", "hostname is not supported on container when networkMode={}.", ("awsvpc", "host")),
    ("extraHosts", "Extra hosts are not supported on container when networkMode={}.", ("awsvpc",)),
    ("dnsServers", "DNS servers are not supported on container when networkMode={}.", ("awsvpc",)),
    ("dnsSearchDomains", "DNS search domains are not supported on container when networkMode={}.", ("awsvpc",)),
    ("disableNetworking", "Disable Networking is not supported on container when networkMode={}.", ("awsvpc",)),
    ("portMappings", "Port mappings are not supported on container when networkMode={}.", ("none",)),
)


def _check_network_mode(container: ecs.ContainerDefinition, network_mode: str | None) -> None:
    for member, text, modes in _NETWORK_RULES:
        if network_mode in modes and getattr(container, member):
            raise ClientException(text.format(network_mode))


def _check_environment(container: ecs.ContainerDefinition, request: ecs.RegisterTaskDefinitionRequest) -> None:
    names = set()
    for variable in container.environment or ():
        if not variable.name:
            raise ClientException("KeyValuePair.name should not be null or empty.")
        names.add(variable.name)
    for secret in container.secrets or ():
        if not secret.name or not secret.valueFrom:
            raise ClientException("Secret.name and Secret.valueFrom should not be null or empty.")
        if secret.name in names:
            raise ClientException(
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                "the "
                f"container, such as '{secret.name}'."
            )
        names.add(secret.name)
    if container.secrets and not request.executionRoleArn:
        raise ClientException(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )
    check_environment_files(container.environmentFiles)


def check_environment_files(files: list[ecs.EnvironmentFile] | None) -> None:
    """Refuse more than ten environment files, or one that is no object in S3."""
    if len(files or ()) > _MOST_ENVIRONMENT_FILES:
        raise ClientException(
            "The maximum number of environment files was exceeded. Specify ten or less and try again."
        )
    for file in files or ():
        arn = arns.parse(file.value or "")
        if arn is None or arn.service != "s3" or not arn.path:
            raise ClientException("Invalid arn syntax.")


def _check_health(container: ecs.ContainerDefinition) -> None:
    health = container.healthCheck
    if health is None:
        return
    if not health.command:
        raise ClientException(f"Health check command must not be empty for container '{container.name}'")
    for member, (least, most) in _HEALTH_RANGES.items():
        value = getattr(health, member)
        if value is not None and value > most:
            raise ClientException(
                f"Health check {member} must be less than or equal to the maximum allowed value {most} for container "
                f"'{container.name}'"
            )
        if value is not None and value < least:
            raise ClientException(
                f"Health check {member} must be greater than or equal to the minimum allowed value {least} for "
                f"container "
                f"'{container.name}'"
            )


def _check_restart(container: ecs.ContainerDefinition) -> None:
    policy = container.restartPolicy
    period = policy.restartAttemptPeriod if policy else None
    if period is not None and not _RESTART_PERIOD[0] <= period <= _RESTART_PERIOD[1]:
        raise ClientException(
            f"The 'restartAttemptPeriod' setting for container '{container.name}' must be between "
            f"{_RESTART_PERIOD[0]} and {_RESTART_PERIOD[1]}."
        )


def check_log(log: ecs.LogConfiguration) -> None:
    """Refuse a log configuration without the options that its driver needs."""
    if not log.logDriver:
        raise ClientException("LogConfiguration.logDriver should not be null or empty.")
    given = {*(log.options or {}), *(secret.name for secret in log.secretOptions or ())}
    missing = [name for name in _LOG_OPTIONS.get(log.logDriver, ()) if name not in given]
    if missing:
        raise ClientException(f"Log driver {log.logDriver} requires options: {', '.join(missing)}")


def ports(container: ecs.ContainerDefinition, *, of_host: bool) -> Iterator[tuple[str, int]]:
    """Yield protocol and number of each port that a container takes for itself: its own, or (fixed ones) the host's."""
    for mapping in container.portMappings or ():
        protocol = mapping.protocol or "tcp"
        if mapping.containerPortRange is not None:
            bounds = port_range(mapping.containerPortRange)
            if bounds and not of_host:
                yield from ((protocol, number) for number in range(bounds[0], bounds[1] + 1))
        elif of_host:
            if mapping.hostPort:
                yield protocol, mapping.hostPort
        elif mapping.containerPort:
            yield protocol, mapping.containerPort
