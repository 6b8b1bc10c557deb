"""Clusters: what ECS fills in, what it refuses, and how one is shown."""

from collections.abc import Sequence

from kecs.model import arns, marks, objects, tags
from kecs.model.constraints import check_count, check_model, check_name
from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs
from kecs.model.scope import Scope

DEFAULT_NAME = "default"
FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")

_MULTIPLE_BASE = (
    "The specified capacity provider strategy contains multiple capacity providers with a base value defined. Only one "
    "capacity provider per strategy can have a base value defined."
)
_NOT_ASSOCIATED = (
    "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the "
    "cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again."
)
_NO_PROVIDER = "The specified capacity provider '{}' was not found. Specify a valid name or ARN and try again."
_NO_LOG_TARGET = (
    "A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration."
)


def name_of(spec: ecs.CreateClusterRequest) -> str:
    """Return a cluster's name, `default` when it was given none."""
    return spec.clusterName or DEFAULT_NAME


def is_deleted(cluster: objects.Cluster) -> bool:
    """Say whether a cluster is INACTIVE: the API was asked to delete it, or its object is going."""
    return marks.DELETED_AT in cluster.metadata.annotations or cluster.metadata.deletionTimestamp is not None


def is_refused(cluster: objects.Cluster) -> bool:
    """Say whether an object made with kubectl has been found to be no cluster."""
    return any(one.type == "Accepted" and one.status == "False" for one in cluster.status.conditions)


def check_create(request: ecs.CreateClusterRequest) -> None:
    """Refuse a CreateCluster request that ECS refuses. Raises InvalidParameterException."""
    check_name("ClusterName", name_of(request))
    check_model(request)
    tags.check(request.tags)
    check_settings(request.settings)
    check_configuration(request.configuration)
    check_capacity(request.capacityProviders, request.defaultCapacityProviderStrategy)


def check_settings(settings: Sequence[ecs.ClusterSetting] | None) -> None:
    """Refuse settings that ECS does not know, or values that they do not have."""
    for setting in settings or ():
        if setting.name != "containerInsights":
            raise InvalidParameterException("Setting name should be one of [containerInsights]")
        if setting.value not in ("enabled", "disabled", "enhanced"):
            raise InvalidParameterException("Setting value should be one of [enabled,disabled,enhanced]")


def check_configuration(configuration: ecs.ClusterConfiguration | None) -> None:
    """Refuse a configuration of ExecuteCommand whose logging and log configuration contradict each other."""
    execute = configuration.executeCommandConfiguration if configuration else None
    if execute is None:
        return
    logs = execute.logConfiguration
    if logs is not None and execute.logging != "OVERRIDE":
        raise InvalidParameterException("You must set logging to 'OVERRIDE' when you supply a log configuration.")
    if execute.logging == "OVERRIDE" and (logs is None or not (logs.cloudWatchLogGroupName or logs.s3BucketName)):
        raise InvalidParameterException(_NO_LOG_TARGET)


def check_capacity(
    providers: Sequence[str] | None, strategy: Sequence[ecs.CapacityProviderStrategyItem] | None
) -> None:
    """Refuse capacity providers that do not exist, and a default strategy that does not fit to them."""
    check_count("capacityProviders", providers, 20)
    check_count("defaultCapacityProviderStrategy", strategy, 20)
    for provider in providers or ():
        if provider not in FARGATE_PROVIDERS:
            raise InvalidParameterException(_NO_PROVIDER.format(provider))
    if sum(1 for item in strategy or () if item.base) > 1:
        raise InvalidParameterException(_MULTIPLE_BASE)
    if any(item.capacityProvider not in (providers or ()) for item in strategy or ()):
        raise InvalidParameterException(_NOT_ASSOCIATED)


def on_fargate(launch_type: str | None, strategy: Sequence[ecs.CapacityProviderStrategyItem] | None) -> bool:
    """Say whether tasks of this launch type, or of this strategy where there is no type, run on Fargate."""
    return launch_type == "FARGATE" or any(item.capacityProvider in FARGATE_PROVIDERS for item in strategy or ())


def described(cluster: objects.Cluster, scope: Scope) -> ecs.Cluster:
    """Return a cluster as ECS shows it, with everything that is its own; the counts are the caller's to set.

    Settings, tags, configuration and statistics are shown only where asked for, which is the caller's to do as well.
    """
    spec = cluster.spec
    name = name_of(spec)
    defaults = spec.serviceConnectDefaults
    return ecs.Cluster(
        clusterArn=arns.cluster(scope, name),
        clusterName=name,
        status="INACTIVE" if is_deleted(cluster) else "ACTIVE",
        registeredContainerInstancesCount=0,
        runningTasksCount=0,
        pendingTasksCount=0,
        activeServicesCount=0,
        statistics=[],
        tags=spec.tags or [],
        settings=settings(spec),
        configuration=spec.configuration,
        capacityProviders=spec.capacityProviders or [],
        defaultCapacityProviderStrategy=strategy(spec.defaultCapacityProviderStrategy),
        serviceConnectDefaults=ecs.ClusterServiceConnectDefaults(namespace=defaults.namespace)
        if defaults and defaults.namespace
        else None,
    )


def settings(spec: ecs.CreateClusterRequest) -> list[ecs.ClusterSetting]:
    """Return the settings with the default of the one that there is."""
    given = {setting.name: setting.value for setting in spec.settings or ()}
    return [ecs.ClusterSetting(name="containerInsights", value=given.get("containerInsights") or "disabled")]


def strategy(items: Sequence[ecs.CapacityProviderStrategyItem] | None) -> list[ecs.CapacityProviderStrategyItem]:
    """Return a capacity provider strategy with weight and base filled in."""
    return [
        ecs.CapacityProviderStrategyItem(
            capacityProvider=item.capacityProvider, weight=item.weight or 0, base=item.base or 0
        )
        for item in items or ()
    ]
