"""What CreateService and UpdateService refuse, in ECS's words."""

from collections.abc import Sequence

from kecs.model import cluster, container_definition, fargate, tags
from kecs.model.constraints import check_count, check_length, check_model, check_name, check_range
from kecs.model.errors import ClientException, InvalidParameterException
from kecs.model.generated import ecs
from kecs.model.service import effective
from kecs.model.task_definition import cpu_units, memory_mib

_BASE = (
    "There are multiple capacity providers in the specified capacity provider strategy with a base value greater than "
    "zero. "
    "Only one capacity provider can have a base value greater than zero. Specify a valid capacity provider strategy "
    "and try "
    "again."
)
_WEIGHT = (
    "There are no capacity providers in the capacity provider strategy with a weight value greater than zero. Specify "
    "a "
    "weight value greater than zero for at least one capacity provider and try again."
)
_SWITCH = (
    "When switching from launch type to capacity provider strategy on an existing service, or making a change to a "
    "capacity "
    "provider strategy on a service that is already using one, you must force a new deployment."
)
_BOTH_LOAD_BALANCERS = (
    "loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a "
    "targetGroupArn in all loadBalancer entries"
)
_NO_VOLUME = (
    "The volume name '{}' in your request does not have a matching volume in your Task Definition that is "
    "configurable at "
    "launch."
)
_MOST_DESIRED = 5000
_MOST_GRACE = 2**31 - 1


def check_create(
    request: ecs.CreateServiceRequest,
    definition: ecs.RegisterTaskDefinitionRequest | None,
    providers: Sequence[str],
) -> None:
    """Refuse a CreateService request. `providers` are the cluster's capacity providers."""
    if not request.serviceName:
        raise InvalidParameterException("Service name cannot be empty.")
    check_name("ServiceName", request.serviceName)
    check_length("clientToken", request.clientToken, 36)
    check_model(request)
    tags.check(request.tags)
    check_range("desiredCount", request.desiredCount, 0, _MOST_DESIRED)
    daemon = request.schedulingStrategy == "DAEMON"
    if daemon and request.desiredCount is not None:
        raise InvalidParameterException(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count "
            "value "
            "and try again"
        )
    if daemon and request.availabilityZoneRebalancing == "ENABLED":
        raise InvalidParameterException(
            "The service couldn't be created because Availability Zone Rebalancing does not support DAEMON as "
            "scheduling "
            "strategy. Update scheduling strategy and try again."
        )
    _check_controller(request, definition)
    check_launch(request.launchType, request.capacityProviderStrategy, request.platformVersion, providers)
    _check_whole(request, definition)


def check_update(
    old: ecs.CreateServiceRequest,
    new: ecs.CreateServiceRequest,
    request: ecs.UpdateServiceRequest,
    definition: ecs.RegisterTaskDefinitionRequest | None,
    providers: Sequence[str],
) -> None:
    """Refuse an UpdateService request. `old` and `new` are the service before and after it."""
    check_model(request)
    check_range("desiredCount", request.desiredCount, 0, _MOST_DESIRED)
    daemon = old.schedulingStrategy == "DAEMON"
    if daemon and request.desiredCount is not None:
        raise InvalidParameterException(
            "The daemon scheduling strategy does not support a desired count for services. Remove the desired count "
            "value "
            "and try again"
        )
    changed = effective(old).capacityProviderStrategy != effective(new).capacityProviderStrategy
    if changed and not request.forceNewDeployment:
        raise InvalidParameterException(_SWITCH)
    check_launch(new.launchType, new.capacityProviderStrategy, new.platformVersion, providers)
    _check_whole(new, definition)


def _check_controller(request: ecs.CreateServiceRequest, definition: ecs.RegisterTaskDefinitionRequest | None) -> None:
    controller = request.deploymentController.type if request.deploymentController else "ECS"
    if controller == "EXTERNAL":
        if request.taskDefinition:
            raise InvalidParameterException("TaskDefinition must be blank.")
        if request.loadBalancers:
            raise InvalidParameterException("LoadBalancers must be empty or null.")
        return
    if not request.taskDefinition:
        raise InvalidParameterException("TaskDefinition can not be blank.")
    if controller == "CODE_DEPLOY" and not request.loadBalancers:
        raise InvalidParameterException(
            "When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load "
            "Balancer "
            "or Network Load Balancer."
        )


def check_launch(
    launch_type: str | None,
    strategy: Sequence[ecs.CapacityProviderStrategyItem] | None,
    platform_version: str | None,
    providers: Sequence[str],
) -> None:
    """Refuse a launch type and a capacity provider strategy that exclude each other or do not exist."""
    if launch_type and strategy:
        raise InvalidParameterException(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    if platform_version and launch_type in ("EC2", "EXTERNAL"):
        raise InvalidParameterException("The platform version must be null when specifying an EC2 launch type.")
    if not strategy:
        return
    check_count("capacityProviderStrategy", strategy, 20)
    for item in strategy:
        if item.capacityProvider not in providers and item.capacityProvider not in cluster.FARGATE_PROVIDERS:
            raise InvalidParameterException(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
                "with "
                "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider "
                "and try "
                "again."
            )
    if sum(1 for item in strategy if item.base) > 1:
        raise InvalidParameterException(_BASE)
    # A weight is zero unless given, but a single provider needs none.
    if len(strategy) > 1 and not any(item.weight for item in strategy):
        raise InvalidParameterException(_WEIGHT)


def _check_whole(spec: ecs.CreateServiceRequest, definition: ecs.RegisterTaskDefinitionRequest | None) -> None:
    """Check what has to hold for a service after any change of it."""
    on_fargate = cluster.on_fargate(spec.launchType, spec.capacityProviderStrategy)
    check_placement(spec.placementConstraints, spec.placementStrategy, fargate=on_fargate)
    if spec.schedulingStrategy == "DAEMON":
        if spec.placementStrategy:
            raise InvalidParameterException(
                "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy "
                "and "
                "try again"
            )
        if on_fargate:
            raise InvalidParameterException("The daemon scheduling strategy is not supported with FARGATE launch type.")
    _check_deployment(spec)
    _check_load_balancers(spec, definition, fargate=on_fargate)
    check_count("service registries", spec.serviceRegistries, 1)
    if definition is not None:
        check_network(spec.networkConfiguration, definition)
        check_compatible(spec.launchType or ("FARGATE" if on_fargate else "EC2"), definition)
        check_volumes([volume.name for volume in spec.volumeConfigurations or ()], definition)


def check_placement(
    constraints: Sequence[ecs.PlacementConstraint] | None,
    strategy: Sequence[ecs.PlacementStrategy] | None,
    *,
    fargate: bool,
) -> None:
    """Refuse placement constraints and strategies that make no sense, or any on Fargate."""
    if fargate and constraints:
        raise InvalidParameterException("Placement constraints are not supported with FARGATE launch type.")
    if fargate and strategy:
        raise InvalidParameterException("Placement strategies are not supported with FARGATE launch type.")
    if len(constraints or ()) > 10:
        raise InvalidParameterException("Maximum number of constraints is 10.")
    if len(strategy or ()) > 5:
        raise InvalidParameterException("Maximum number of strategies is 5.")
    for constraint in constraints or ():
        if constraint.type == "distinctInstance" and constraint.expression:
            raise InvalidParameterException("distinctInstance expression should not be specified.")
        if constraint.type == "memberOf" and not constraint.expression:
            raise InvalidParameterException("memberOf expression should not be null or empty.")
    for item in strategy or ():
        if item.type == "random" and item.field:
            raise InvalidParameterException("random field should not be specified.")
        if item.type == "binpack" and (item.field or "").lower() not in ("cpu", "memory"):
            raise InvalidParameterException(f"binpack field '{item.field or ''}' is invalid.")


def _check_deployment(spec: ecs.CreateServiceRequest) -> None:
    given = spec.deploymentConfiguration
    if given is None:
        return
    daemon = spec.schedulingStrategy == "DAEMON"
    if daemon and (given.maximumPercent or 0) > 100:
        raise InvalidParameterException(
            "The daemon scheduling strategy does not support values above 100 for maximumPercent on a deployment "
            "configuration. Change the maximumPercent value to 100, and try again"
        )
    check_range("minimumHealthyPercent", given.minimumHealthyPercent, 0, 100)
    check_range("maximumPercent", given.maximumPercent, 100, None)
    if given.maximumPercent == 100 and given.minimumHealthyPercent == 100:
        raise InvalidParameterException(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        )
    controller = spec.deploymentController.type if spec.deploymentController else "ECS"
    if controller != "ECS" and given.deploymentCircuitBreaker and given.deploymentCircuitBreaker.enable:
        raise InvalidParameterException(
            "Deployment circuit breaker feature can only be enabled with ECS deployment controller."
        )


def _check_load_balancers(
    spec: ecs.CreateServiceRequest, definition: ecs.RegisterTaskDefinitionRequest | None, *, fargate: bool
) -> None:
    check_range("healthCheckGracePeriodSeconds", spec.healthCheckGracePeriodSeconds, 0, _MOST_GRACE)
    if spec.healthCheckGracePeriodSeconds and not spec.loadBalancers:
        raise InvalidParameterException(
            "Health check grace period is only valid for services configured to use load balancers"
        )
    containers = {container.name: container for container in definition.containerDefinitions} if definition else {}
    for balancer in spec.loadBalancers or ():
        if balancer.targetGroupArn and balancer.loadBalancerName:
            raise InvalidParameterException(_BOTH_LOAD_BALANCERS)
        if fargate and balancer.loadBalancerName:
            raise InvalidParameterException("Classic Load Balancers are not supported with Fargate.")
        if definition is None:
            continue
        container = containers.get(balancer.containerName)
        if container is None:
            raise InvalidParameterException(
                f"The container {balancer.containerName or ''} does not exist in the task definition."
            )
        numbers = {number for _, number in container_definition.ports(container, of_host=False)}
        if balancer.containerPort not in numbers:
            raise InvalidParameterException(
                f"The container {container.name} did not have a container port {balancer.containerPort or 0} defined."
            )


def check_network(network: ecs.NetworkConfiguration | None, definition: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse a network configuration without awsvpc, and awsvpc without one."""
    vpc = network.awsvpcConfiguration if network else None
    if definition.networkMode != "awsvpc":
        if vpc is not None:
            raise InvalidParameterException(
                "Network Configuration is not valid for the given networkMode of this task definition."
            )
        return
    if vpc is None:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if not vpc.subnets:
        raise InvalidParameterException("subnets can not be empty.")
    check_count("subnets", vpc.subnets, 16)
    check_count("securityGroups", vpc.securityGroups, 5)


def check_compatible(launch_type: str, definition: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse a launch type for which the task definition is not made."""
    if launch_type == "FARGATE":
        try:
            fargate.check(definition, cpu_units(definition.cpu), memory_mib(definition.memory))
        except ClientException:
            raise InvalidParameterException("Task definition does not support launch_type FARGATE.") from None
    elif launch_type == "EXTERNAL" and definition.networkMode == "awsvpc":
        raise InvalidParameterException("Task definition does not support launch_type EXTERNAL.")


def check_volumes(names: Sequence[str | None], definition: ecs.RegisterTaskDefinitionRequest) -> None:
    """Refuse the configuration of a volume that the task definition does not leave to the launch."""
    open_volumes = {volume.name for volume in definition.volumes or () if volume.configuredAtLaunch}
    for name in names:
        if name not in open_volumes:
            raise InvalidParameterException(_NO_VOLUME.format(name or ""))
