"""What the families are given: a container, what the launch overrides of it, and its place in the pod."""

import msgspec

from kecs.model import names
from kecs.model.generated import ecs
from kecs.translate.dependencies import Kind


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A container about to be made.

    `kind`, `tolerant` and `gate` are its place (`dependencies.Place`). `service`: a service scheduler looks after the
    task, so it may be stopped for its health. `network` is the task's network mode.
    """

    definition: ecs.ContainerDefinition
    override: ecs.ContainerOverride = msgspec.field(default_factory=ecs.ContainerOverride)
    kind: Kind = ""
    tolerant: bool = False
    gate: bool = False
    service: bool = False
    network: str = ""

    @property
    def name(self) -> str:
        """The ECS name."""
        return self.definition.name or ""

    @property
    def pod_name(self) -> str:
        """The name in the pod."""
        return names.container(self.name)

    @property
    def essential(self) -> bool:
        """Whether its end is the task's."""
        return self.definition.essential is not False

    @property
    def cpu(self) -> int:
        """CPU units, 1024 to a CPU; 0 when none are asked for."""
        return _first(self.override.cpu, self.definition.cpu) or 0

    @property
    def memory(self) -> int | None:
        """The hard limit in MiB."""
        return _first(self.override.memory, self.definition.memory)

    @property
    def reservation(self) -> int | None:
        """The soft limit in MiB."""
        return _first(self.override.memoryReservation, self.definition.memoryReservation)


def _first(override: int | None, given: int | None) -> int | None:
    return given if override is None else override
