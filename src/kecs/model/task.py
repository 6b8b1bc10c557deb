"""Tasks: what RunTask and StartTask refuse, in ECS's words."""

from collections.abc import Sequence

import msgspec

from kecs.model import cluster, container_definition, tags
from kecs.model.constraints import check_length, check_model
from kecs.model.errors import ClientException, InvalidParameterException
from kecs.model.generated import ecs
from kecs.model.service_checks import (
    check_compatible,
    check_launch,
    check_network,
    check_placement,
    check_volumes,
)
from kecs.model.task_definition import cpu_units, memory_mib

MOST_RUN = 10  # tasks of one RunTask
MOST_DESCRIBED = 100
_MOST_OVERRIDES = 8192  # characters, as JSON


def check_run(
    request: ecs.RunTaskRequest,
    definition: ecs.RegisterTaskDefinitionRequest,
    providers: Sequence[str],
    default_strategy: Sequence[ecs.CapacityProviderStrategyItem],
) -> None:
    """Refuse a RunTask request. `providers` and `default_strategy` are those of the cluster."""
    check_model(request)
    count = 1 if request.count is None else request.count
    if not 1 <= count <= MOST_RUN:
        raise InvalidParameterException(f"count must be between 1 and {MOST_RUN}.")
    check_length("clientToken", request.clientToken, 64)
    check_launch(request.launchType, request.capacityProviderStrategy, request.platformVersion, providers)
    strategy = [] if request.launchType else request.capacityProviderStrategy or default_strategy
    on_fargate = cluster.on_fargate(request.launchType, strategy)
    check_placement(request.placementConstraints, request.placementStrategy, fargate=on_fargate)
    _check_common(request, definition)
    check_compatible(request.launchType or ("FARGATE" if on_fargate else "EC2"), definition)
    if request.propagateTags == "SERVICE":
        raise InvalidParameterException("propagateTags should be one of [TASK_DEFINITION,NONE]")


def check_start(request: ecs.StartTaskRequest, definition: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse a StartTask request."""
    if not request.containerInstances:
        raise InvalidParameterException("Container Instances cannot be empty.")
    if len(request.containerInstances) > MOST_RUN:
        raise InvalidParameterException(f"instanceIds can have at most {MOST_RUN} items.")
    check_model(request)
    _check_common(request, definition)


def _check_common(
    request: ecs.RunTaskRequest | ecs.StartTaskRequest, definition: ecs.RegisterTaskDefinitionRequest
) -> None:
    check_length("startedBy", request.startedBy, 128)
    tags.check(request.tags)
    if request.group is not None and request.group.startswith("service:"):
        raise InvalidParameterException("Group name must not begin with 'service:'.")
    check_network(request.networkConfiguration, definition)
    check_volumes([volume.name for volume in request.volumeConfigurations or ()], definition)
    if request.overrides:
        _check_overrides(request.overrides, definition)


def _check_overrides(overrides: ecs.TaskOverride, definition: ecs.RegisterTaskDefinitionRequest) -> None:
    if len(msgspec.json.encode(overrides.containerOverrides or [])) > _MOST_OVERRIDES:
        raise InvalidParameterException(f"Container Overrides length must be at most {_MOST_OVERRIDES}")
    names = {container.name for container in definition.containerDefinitions}
    try:
        cpu, memory = cpu_units(overrides.cpu), memory_mib(overrides.memory)
    except ClientException as error:
        raise InvalidParameterException(error.message) from None
    memory = memory or memory_mib(definition.memory)
    cpu = cpu or cpu_units(definition.cpu)
    for override in overrides.containerOverrides or ():
        if override.name is None and override == ecs.ContainerOverride():
            continue
        if override.name not in names:
            raise InvalidParameterException(
                f"Override for container named {override.name or ''} is not a container in the TaskDefinition."
            )
        if memory is not None and (override.memory or 0) > memory:
            raise InvalidParameterException(
                f"'memory' setting for container '{override.name}' is greater than for task."
            )
        if cpu is not None and (override.cpu or 0) > cpu:
            raise InvalidParameterException(f"'cpu' setting for container '{override.name}' is greater than for task.")
        try:
            container_definition.check_environment_files(override.environmentFiles)
        except ClientException as error:
            raise InvalidParameterException(error.message) from None
