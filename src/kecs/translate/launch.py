"""How a task is launched: everything that a RunTask or a service adds to its task definition.

Each door (RunTask, a service, later a task set) makes a `Launch`; from there on there is one converter.
"""

from collections.abc import Sequence

import msgspec

from kecs.model import names
from kecs.model.cluster import FARGATE_PROVIDERS
from kecs.model.generated import ecs
from kecs.model.objects import TaskDefinitionSpec
from kecs.model.scope import Scope


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """One way to launch tasks of a definition. `cluster` and `service` are ECS names; RunTask has no service.

    `own_namespace` is where tasks run that belong to no cluster's namespace.
    """

    scope: Scope
    cluster: str
    group: str
    service: str = ""
    startedBy: str = ""
    launchType: str = "EC2"
    capacityProviderName: str = ""
    platformVersion: str = ""
    overrides: ecs.TaskOverride | None = None
    network: ecs.AwsVpcConfiguration | None = None
    tags: Sequence[ecs.Tag] = ()
    enableExecuteCommand: bool = False
    placementConstraints: Sequence[ecs.PlacementConstraint] = ()
    placementStrategy: Sequence[ecs.PlacementStrategy] = ()
    volumeConfigurations: Sequence[ecs.TaskVolumeConfiguration | ecs.ServiceVolumeConfiguration] = ()
    own_namespace: str = ""

    @property
    def namespace(self) -> str:
        """The namespace of the tasks."""
        return self.own_namespace or names.cluster(self.cluster, self.scope)


def for_run(
    request: ecs.RunTaskRequest,
    definition: TaskDefinitionSpec,
    *,
    scope: Scope,
    cluster: str,
    default_strategy: Sequence[ecs.CapacityProviderStrategyItem] = (),
    index: int = 0,
) -> Launch:
    """Return the launch of the `index`th task of a RunTask; `default_strategy` is the cluster's."""
    strategy = _strategy(request.launchType, request.capacityProviderStrategy, default_strategy)
    provider = pick_provider(strategy, index)
    managed = [ecs.Tag(key="aws:ecs:clusterName", value=cluster)] if request.enableECSManagedTags else []
    inherited = (definition.tags or []) if request.propagateTags == "TASK_DEFINITION" else []
    launch_type = request.launchType or _launch_type(provider)
    return Launch(
        scope=scope,
        cluster=cluster,
        group=request.group or f"family:{definition.family}",
        startedBy=request.startedBy or "",
        launchType=launch_type,
        capacityProviderName=provider,
        platformVersion=request.platformVersion or "",
        overrides=request.overrides,
        network=_network(request.networkConfiguration),
        tags=_merged(managed, inherited, request.tags or []),
        enableExecuteCommand=bool(request.enableExecuteCommand),
        placementConstraints=request.placementConstraints or (),
        placementStrategy=request.placementStrategy or (),
        volumeConfigurations=request.volumeConfigurations or (),
    )


def for_service(
    service: ecs.CreateServiceRequest,
    definition: TaskDefinitionSpec,
    *,
    scope: Scope,
    cluster: str,
    deployment_id: str,
    default_strategy: Sequence[ecs.CapacityProviderStrategyItem] = (),
) -> Launch:
    """Return the launch of the tasks of a service's deployment; `default_strategy` is the cluster's."""
    strategy = _strategy(service.launchType, service.capacityProviderStrategy, default_strategy)
    # A service's tasks are made from one template, so they all go to the provider that would get most of them.
    provider = max(strategy, key=lambda item: item.weight or 0).capacityProvider or "" if strategy else ""
    managed = []
    if service.enableECSManagedTags:
        managed = [
            ecs.Tag(key="aws:ecs:clusterName", value=cluster),
            ecs.Tag(key="aws:ecs:serviceName", value=service.serviceName),
        ]
    sources = {"TASK_DEFINITION": definition.tags or [], "SERVICE": service.tags or []}
    return Launch(
        scope=scope,
        cluster=cluster,
        service=service.serviceName,
        group=f"service:{service.serviceName}",
        startedBy=deployment_id,
        launchType=service.launchType or _launch_type(provider),
        capacityProviderName=provider,
        platformVersion=service.platformVersion or "",
        network=_network(service.networkConfiguration),
        tags=_merged(managed, sources.get(service.propagateTags or "", [])),
        enableExecuteCommand=bool(service.enableExecuteCommand),
        placementConstraints=service.placementConstraints or (),
        placementStrategy=service.placementStrategy or (),
        volumeConfigurations=service.volumeConfigurations or (),
    )


def pick_provider(strategy: Sequence[ecs.CapacityProviderStrategyItem], index: int) -> str:
    """Return the capacity provider of the `index`th task: bases first, then by weight; empty without a strategy."""
    for item in strategy:
        base = item.base or 0
        if index < base:
            return item.capacityProvider or ""
        index -= base
    weights = [(item.capacityProvider or "", item.weight or 0) for item in strategy]
    total = sum(weight for _, weight in weights)
    if not total:
        return (strategy[0].capacityProvider or "") if strategy else ""
    index %= total
    for name, weight in weights:
        if index < weight:
            return name
        index -= weight
    raise AssertionError("unreachable: the index is below the sum of the weights")


def _strategy(
    launch_type: str | None,
    own: Sequence[ecs.CapacityProviderStrategyItem] | None,
    default: Sequence[ecs.CapacityProviderStrategyItem],
) -> Sequence[ecs.CapacityProviderStrategyItem]:
    """Return the strategy that applies: a launch type excludes one."""
    return () if launch_type else own or default


def _launch_type(provider: str) -> str:
    return "FARGATE" if provider in FARGATE_PROVIDERS else "EC2"


def _network(configuration: ecs.NetworkConfiguration | None) -> ecs.AwsVpcConfiguration | None:
    return configuration.awsvpcConfiguration if configuration else None


def _merged(*groups: Sequence[ecs.Tag]) -> list[ecs.Tag]:
    """Return the tags of all groups; a later group wins over an earlier one."""
    tags = {tag.key: tag for group in groups for tag in group}
    return list(tags.values())
