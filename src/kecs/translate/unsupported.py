"""What the user is told of members that are refused, or kept but not acted on (`members`)."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate import dependencies, members, placement
from kecs.translate.container.command import forgives
from kecs.translate.container.environment import is_name
from kecs.translate.container.ports import ports_of
from kecs.translate.container.security import is_numeric
from kecs.translate.launch import Launch
from kecs.translate.members import Row
from kecs.translate.network import is_host_name
from kecs.translate.options import DEFAULT, Options


class RefusedError(ValueError):
    """A definition asks for something without which its tasks must not run. The message is for its user."""


def refuse(definition: TaskDefinitionSpec, overrides: ecs.TaskOverride | None = None) -> None:
    """Raise `RefusedError` for what must not be left out in silence: secrets, files of variables, foreign volumes."""
    for where, row in _found(definition, members.TASK_DEFINITION, "refused"):
        raise RefusedError(f"{where} cannot be carried out: {row.reason}.")
    if overrides is not None:
        for where, row in _found(ecs.RunTaskRequest(overrides=overrides), members.RUN_TASK, "refused"):
            raise RefusedError(f"{where} cannot be carried out: {row.reason}.")


def refuse_launch(request: ecs.RunTaskRequest | ecs.CreateServiceRequest | Launch) -> None:
    """Raise `RefusedError` for what a launch itself asks for and cannot have."""
    rows = members.SERVICE if isinstance(request, ecs.CreateServiceRequest) else members.RUN_TASK
    for where, row in _found(request, rows, "refused"):
        raise RefusedError(f"{where} cannot be carried out: {row.reason}.")


def definition_warnings(definition: TaskDefinitionSpec, options: Options = DEFAULT) -> list[str]:
    """Return a sentence for each member of a task definition that is kept but not acted on."""
    return [*_kept(definition, members.TASK_DEFINITION), *_definition_limits(definition, options)]


def launch_warnings(
    request: ecs.RunTaskRequest | ecs.CreateServiceRequest, definition: TaskDefinitionSpec, launch: Launch
) -> list[str]:
    """Return a sentence for each member of a RunTask or a service that is kept but not acted on."""
    rows = members.RUN_TASK if isinstance(request, ecs.RunTaskRequest) else members.SERVICE
    found = list(_kept(request, rows))
    expressions = placement.expressions(definition, launch)
    reason = placement.inexpressible(expressions) if expressions else ""
    if reason:
        found.append(f"placementConstraints are kept but not acted on: {reason}.")
    left = sorted({strategy.type or "" for strategy in launch.placementStrategy} & {"binpack", "random"})
    if left:
        found.append(f"placementStrategy {', '.join(left)} is kept but not acted on: nodes are the scheduler's choice.")
    return found


def cluster_warnings(request: ecs.CreateClusterRequest) -> list[str]:
    """Return a sentence for each member of a cluster that is kept but not acted on."""
    return list(_kept(request, members.CLUSTER))


def kept(value: msgspec.Struct, rows: tuple[Row, ...]) -> list[str]:
    """Return a sentence for each member that a table of one's own says is kept but not acted on."""
    return list(_kept(value, rows))


def _kept(value: msgspec.Struct, rows: tuple[Row, ...]) -> Iterator[str]:
    for where, row in _found(value, rows, "kept"):
        yield f"{where} is kept but not acted on: {row.reason}."


def _found(value: msgspec.Struct, rows: tuple[Row, ...], verdict: str) -> Iterator[tuple[str, Row]]:
    """Yield where the members of that verdict are set, elements of lists by their names."""
    for row, steps in _of_verdict(rows, verdict):
        places = dict.fromkeys(where for where, found in _values(value, steps, "") if _says(found, row.quiet))
        for where in places:
            yield where, row


@lru_cache
def _of_verdict(rows: tuple[Row, ...], verdict: str) -> tuple[tuple[Row, tuple[str, ...]], ...]:
    return tuple((row, tuple(row.path.split("."))) for row in rows if row.verdict == verdict)


def _values(value: object, steps: tuple[str, ...], where: str) -> Iterator[tuple[str, object]]:
    if value is None:
        return
    if not steps:
        yield where, value
        return
    name = steps[0].removesuffix("[]")
    member = getattr(value, name, None)
    where = f"{where}.{name}" if where else name
    if not steps[0].endswith("[]"):
        yield from _values(member, steps[1:], where)
        return
    for at, element in enumerate(member or ()):
        label = getattr(element, "name", None)
        yield from _values(element, steps[1:], f"{where}[{label if label is not None else at}]")


def _says(value: object, quiet: tuple[object, ...]) -> bool:
    """Return whether a value asks for anything beside `quiet` ones; a structure does when one of its members does."""
    if isinstance(value, msgspec.Struct):
        return any(_says(getattr(value, name), quiet) for name in value.__struct_fields__)
    if isinstance(value, list):
        return any(_says(element, quiet) for element in value)
    return value is not None and value != {} and value not in quiet


def _definition_limits(definition: TaskDefinitionSpec, options: Options) -> Iterator[str]:
    """Yield what is acted on in general, but not with this value."""
    for place in dependencies.arrange(definition.containerDefinitions):
        container = place.container
        path = f"containerDefinitions[{container.name}]"
        if container.user and not is_numeric(container.user):
            yield f"{path}.user is kept but not acted on: Kubernetes knows users by number only."
        for variable in container.environment or ():
            if not is_name(variable.name or ""):
                yield f"{path}.environment[{variable.name}] is kept but not acted on: no such name is allowed."
        for entry in container.extraHosts or ():
            if not is_host_name(entry.hostname or ""):
                yield f"{path}.extraHosts[{entry.hostname}] is kept but not acted on: it is no host name."
        yield from _forgotten_ports(container, definition.networkMode or "bridge")
        if place.tolerant and not forgives(list(container.entryPoint or ()), list(container.command or ())):
            yield f"{path} stops the task if it fails: without a shell its exit code cannot be passed over."
    yield from _port_clashes(definition)
    for volume in definition.volumes or ():
        if volume.efsVolumeConfiguration and options.storage == "local":
            yield f"volumes[{volume.name}].efsVolumeConfiguration is a directory of the node: there is no EFS here."


def _forgotten_ports(container: ecs.ContainerDefinition, network: str) -> Iterator[str]:
    """Yield the host ports that a second mapping of one container port asks for: a pod has one for each."""
    ports = {(port.number, port.protocol): port.host for port in ports_of(container, network)}
    for mapping in container.portMappings or ():
        key = (mapping.containerPort or 0, (mapping.protocol or "tcp").lower())
        if mapping.hostPort and network == "bridge" and ports.get(key) != mapping.hostPort:
            yield (
                f"containerDefinitions[{container.name}].portMappings[].hostPort {mapping.hostPort} is kept but not "
                f"acted on: port {key[0]} is mapped already."
            )


def _port_clashes(definition: TaskDefinitionSpec) -> Iterator[str]:
    """Yield the ports that two containers want: on ECS's bridge each has its own, in a pod they share them."""
    owners: dict[tuple[int, str], str] = {}
    for container in definition.containerDefinitions:
        for port in ports_of(container, definition.networkMode or ""):
            first = owners.setdefault((port.number, port.protocol), container.name or "")
            if first != container.name:
                yield (
                    f"containerDefinitions[{container.name}] shares port {port.number}/{port.protocol} with "
                    f"{first}: containers of a task have one network, so only one of them can listen."
                )
