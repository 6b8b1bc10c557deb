"""How large a task is, and what Fargate says of it."""

from kecs.model.errors import ClientException
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.model.task_definition import cpu_units, memory_mib

FARGATE_STORAGE = 20  # GiB
_PLATFORM_VERSION = "1.4.0"  # what Fargate's LATEST stands for on Linux
_WINDOWS_PLATFORM_VERSION = "1.0.0"


def task_size(definition: TaskDefinitionSpec, overrides: ecs.TaskOverride | None) -> tuple[int, int]:
    """Return the CPU units and MiB of the whole task; 0 where neither the launch nor the definition names them."""
    cpu = (overrides.cpu if overrides else None) or definition.cpu
    memory = (overrides.memory if overrides else None) or definition.memory
    try:
        return cpu_units(cpu) or 0, memory_mib(memory) or 0
    except ClientException:
        return 0, 0  # a definition that kubectl made, and nobody checked


def ephemeral_storage(definition: TaskDefinitionSpec, overrides: ecs.TaskOverride | None, launch_type: str) -> int:
    """Return the GiB of scratch space that ECS reports; 0 outside Fargate unless it is asked for."""
    asked = (overrides.ephemeralStorage if overrides else None) or definition.ephemeralStorage
    if asked and asked.sizeInGiB:
        return asked.sizeInGiB
    return FARGATE_STORAGE if launch_type == "FARGATE" else 0


def platform_version(launch_type: str, asked: str) -> str:
    """Return the platform version that a task reports: LATEST is resolved; empty outside Fargate."""
    if launch_type != "FARGATE":
        return ""
    return _PLATFORM_VERSION if asked in ("", "LATEST") else asked


def platform_family(definition: TaskDefinitionSpec, launch_type: str) -> str:
    """Return the platform family that a Fargate task reports: `Linux`, `WindowsServer2019Core`."""
    if launch_type != "FARGATE":
        return ""
    platform = definition.runtimePlatform
    family = (platform.operatingSystemFamily if platform else None) or "LINUX"
    return "".join(word.capitalize() for word in family.split("_"))
