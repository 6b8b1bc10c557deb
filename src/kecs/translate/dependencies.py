"""In which part of a pod each container belongs: the init part, the sidecars that open it, or the containers proper.

Kubernetes starts the init part one after the other, each when the one before has ended (or, a sidecar, has passed its
startup probe), then the containers proper in the order in which they are written.

| another container waits for it until it | it becomes |
|---|---|
| has started (START) | an earlier container; a sidecar if the other is in the init part |
| has ended well (SUCCESS) | an init container |
| has ended (COMPLETE) | an init container whose exit code is not held against it |
| is healthy (HEALTHY) | a sidecar with a startup probe |
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from kecs.model.generated import ecs

Kind = Literal["", "init", "sidecar"]


class DependencyCycleError(ValueError):
    """Containers that wait for each other in a circle. `containers` are the names of some that do."""

    def __init__(self, containers: Sequence[str]) -> None:
        super().__init__(f"containers depend on each other: {', '.join(containers)}")
        self.containers = tuple(containers)


class Place(msgspec.Struct, frozen=True):
    """Where a container goes. `tolerant`: its exit code does not matter to those that wait for it.

    `gate`: those that wait for it want it healthy.
    """

    container: ecs.ContainerDefinition
    kind: Kind = ""
    tolerant: bool = False
    gate: bool = False


def arrange(containers: Sequence[ecs.ContainerDefinition]) -> list[Place]:
    """Return the containers in the order in which they start. Raises `DependencyCycleError`.

    Containers that do not depend on each other keep their order. A dependency on a container that there is not is
    ignored.
    """
    if not any(container.dependsOn for container in containers):
        return [Place(container) for container in containers]
    ordered = _sorted(containers)
    wanted = _conditions(containers)
    kinds: dict[str, Kind] = {}
    # From the last to the first: what a container waits for depends on where the container itself went.
    for container in reversed(ordered):
        name = container.name or ""
        conditions = {condition for condition, _ in wanted.get(name, ())}
        if conditions & {"SUCCESS", "COMPLETE"}:
            kinds[name] = "init"
        elif "HEALTHY" in conditions or any(kinds[waiting] for _, waiting in wanted.get(name, ())):
            kinds[name] = "sidecar"
        else:
            kinds[name] = ""
    places = []
    for container in ordered:
        conditions = {condition for condition, _ in wanted.get(container.name or "", ())}
        places.append(
            Place(
                container,
                kinds[container.name or ""],
                tolerant="COMPLETE" in conditions and "SUCCESS" not in conditions,
                gate="HEALTHY" in conditions,
            )
        )
    return places


def _conditions(containers: Sequence[ecs.ContainerDefinition]) -> dict[str, list[tuple[str, str]]]:
    """Return, for each container, what others want of it: (condition, name of the one that waits)."""
    wanted: dict[str, list[tuple[str, str]]] = {}
    for container in containers:
        for dependency in container.dependsOn or ():
            wanted.setdefault(dependency.containerName or "", []).append(
                (dependency.condition or "START", container.name or "")
            )
    return wanted


def _sorted(containers: Sequence[ecs.ContainerDefinition]) -> list[ecs.ContainerDefinition]:
    """Return the containers so that each comes after those that it waits for, otherwise as they were."""
    names = {container.name for container in containers}
    left = list(containers)
    done: set[str | None] = set()
    ordered = []
    while left:
        for container in left:
            needs = {dependency.containerName for dependency in container.dependsOn or ()} & names
            if needs <= done:
                break
        else:
            raise DependencyCycleError([container.name or "" for container in left])
        left.remove(container)
        done.add(container.name)
        ordered.append(container)
    return ordered
