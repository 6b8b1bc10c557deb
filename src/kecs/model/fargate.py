"""What Fargate runs: its sizes, and what a task definition for it cannot have. All refusals are ClientException.

The sizes are those of the Amazon ECS developer guide, "Task CPU and memory".
"""

from kecs.model.errors import ClientException
from kecs.model.generated import ecs

_GB = 1024
_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GB, 2 * _GB),
    512: tuple(range(1 * _GB, 4 * _GB + 1, _GB)),
    1024: tuple(range(2 * _GB, 8 * _GB + 1, _GB)),
    2048: tuple(range(4 * _GB, 16 * _GB + 1, _GB)),
    4096: tuple(range(8 * _GB, 30 * _GB + 1, _GB)),
    8192: tuple(range(16 * _GB, 60 * _GB + 1, 4 * _GB)),
    16384: tuple(range(32 * _GB, 120 * _GB + 1, 8 * _GB)),
}
_LEAST_WINDOWS_CPU = 1024
_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_MOST_STOP_TIMEOUT = 120  # seconds


def has_size(cpu: int, memory: int, *, windows: bool = False) -> bool:
    """Say whether Fargate has tasks of `cpu` units (1024 a vCPU) and `memory` MiB."""
    return memory in _SIZES.get(cpu, ()) and not (windows and cpu < _LEAST_WINDOWS_CPU)


def is_windows(platform: ecs.RuntimePlatform | None) -> bool:
    """Say whether a task definition is for Windows."""
    return bool(platform and platform.operatingSystemFamily and platform.operatingSystemFamily.startswith("WINDOWS"))


def check(request: ecs.RegisterTaskDefinitionRequest, cpu: int | None, memory: int | None) -> None:
    """Refuse a task definition that Fargate cannot run. `cpu` and `memory` are those of the task, in units and MiB."""
    if request.networkMode != "awsvpc":
        raise ClientException("Fargate only supports network mode 'awsvpc'.")
    if cpu is None:
        raise ClientException("Fargate requires that 'cpu' be defined at the task level.")
    if memory is None:
        raise ClientException("Fargate requires that 'memory' be defined at the task level.")
    if not has_size(cpu, memory, windows=is_windows(request.runtimePlatform)):
        raise ClientException(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS "
            "documentation for the valid values."
        )
    if request.placementConstraints:
        raise _unsupported("constraints")
    if request.pidMode == "host":
        raise ClientException(
            "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is "
            "'task'."
        )
    if request.ipcMode:
        raise _unsupported("ipcMode")
    for volume in request.volumes or ():
        if volume.host and volume.host.sourcePath:
            raise _unsupported("sourcePath")
        if volume.dockerVolumeConfiguration:
            raise _unsupported("dockerVolumeConfiguration")
    for container in request.containerDefinitions:
        _check_container(container, request)


def _unsupported(what: str) -> ClientException:
    return ClientException(f"Fargate compatible task definitions do not support {what}")


def _check_container(container: ecs.ContainerDefinition, request: ecs.RegisterTaskDefinitionRequest) -> None:
    if container.privileged:
        raise ClientException(
            "Fargate requires that the \u2018privileged\u2019 setting be \u2018false\u2019 at the container level."
        )
    if container.dockerSecurityOptions:
        raise _unsupported("dockerSecurityOptions")
    if any(requirement.type == "GPU" for requirement in container.resourceRequirements or ()):
        raise ClientException("Tasks using the Fargate launch type do not support GPU resource requirements.")
    if (container.stopTimeout or 0) > _MOST_STOP_TIMEOUT:
        raise ClientException(
            "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds."
        )
    if container.linuxParameters:
        _check_linux(container.linuxParameters)
    if container.logConfiguration:
        _check_log(container.logConfiguration, request)


def _check_linux(linux: ecs.LinuxParameters) -> None:
    for capability in (linux.capabilities and linux.capabilities.add) or ():
        if capability != "SYS_PTRACE":
            raise ClientException(f"{capability} is not allowed on Fargate.")
    for member in ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness"):
        if getattr(linux, member):
            raise _unsupported(member)


def _check_log(log: ecs.LogConfiguration, request: ecs.RegisterTaskDefinitionRequest) -> None:
    if log.logDriver not in _LOG_DRIVERS:
        raise ClientException(f"{log.logDriver} is not a valid log driver. Must be one of [{','.join(_LOG_DRIVERS)}]")
    if log.logDriver == "awslogs":
        if not (log.options or {}).get("awslogs-stream-prefix"):
            raise ClientException(
                "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver "
                "awslogs."
            )
        if not request.executionRoleArn:
            raise ClientException(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            )
