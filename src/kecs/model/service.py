"""Services: what ECS fills in, which changes are a new deployment, and how one is shown.

What is refused is in `service_checks`.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from kecs.model import arns, cluster, marks, names, objects
from kecs.model.generated import ecs
from kecs.model.scope import Scope

ACTIVE, DRAINING, INACTIVE = "ACTIVE", "DRAINING", "INACTIVE"

# Percentages of a rollout where the service names none.
MINIMUM_PERCENT, MAXIMUM_PERCENT = 100, 200
_MINIMUM_OF_DAEMON, _MAXIMUM_OF_DAEMON = 0, 100

# What the tasks of a service are made of: a change of one of these is a new deployment. The others (counts,
# percentages, tags, placement, grace period) apply to what runs, or to tasks launched from then on.
_TEMPLATE_MEMBERS = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
# What UpdateService may change, apart from `desiredCount`.
_UPDATED_MEMBERS = (
    "taskDefinition",
    "capacityProviderStrategy",
    "availabilityZoneRebalancing",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "healthCheckGracePeriodSeconds",
    "deploymentController",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "loadBalancers",
    "propagateTags",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)


class Counts(NamedTuple):
    """Tasks of one deployment, derived from their pods."""

    running: int = 0
    pending: int = 0


def deployment_id() -> str:
    """Return the id of a new deployment: `ecs-svc/` and 19 digits."""
    return f"ecs-svc/{secrets.randbelow(9 * 10**18) + 10**18}"


def effective(spec: ecs.CreateServiceRequest) -> ecs.CreateServiceRequest:
    """Return a service's spec with ECS's defaults filled in; one made with kubectl has none of them."""
    daemon = spec.schedulingStrategy == "DAEMON"
    strategy = [] if spec.launchType else cluster.strategy(spec.capacityProviderStrategy)
    launch_type = None if strategy else spec.launchType or "EC2"
    fargate = cluster.on_fargate(launch_type, strategy)
    return msgspec.structs.replace(
        spec,
        schedulingStrategy=spec.schedulingStrategy or "REPLICA",
        desiredCount=spec.desiredCount if spec.desiredCount is not None else (0 if daemon else 1),
        launchType=launch_type,
        capacityProviderStrategy=strategy or None,
        platformVersion=(spec.platformVersion or "LATEST") if fargate else spec.platformVersion or None,
        deploymentConfiguration=_deployment_configuration(spec.deploymentConfiguration, daemon=daemon),
        deploymentController=spec.deploymentController or ecs.DeploymentController(type="ECS"),
        placementConstraints=spec.placementConstraints or [],
        placementStrategy=spec.placementStrategy or [],
        loadBalancers=spec.loadBalancers or [],
        serviceRegistries=spec.serviceRegistries or [],
        enableECSManagedTags=bool(spec.enableECSManagedTags),
        enableExecuteCommand=bool(spec.enableExecuteCommand),
        propagateTags=spec.propagateTags or "NONE",
        healthCheckGracePeriodSeconds=(spec.healthCheckGracePeriodSeconds or 0) if spec.loadBalancers else None,
        networkConfiguration=_network(spec.networkConfiguration),
        availabilityZoneRebalancing=spec.availabilityZoneRebalancing or "DISABLED",
        role=spec.role or None,
        tags=spec.tags or [],
    )


def _deployment_configuration(
    given: ecs.DeploymentConfiguration | None, *, daemon: bool
) -> ecs.DeploymentConfiguration:
    given = given or ecs.DeploymentConfiguration()
    breaker = given.deploymentCircuitBreaker or ecs.DeploymentCircuitBreaker()
    return msgspec.structs.replace(
        given,
        maximumPercent=_or(given.maximumPercent, _MAXIMUM_OF_DAEMON if daemon else MAXIMUM_PERCENT),
        minimumHealthyPercent=_or(given.minimumHealthyPercent, _MINIMUM_OF_DAEMON if daemon else MINIMUM_PERCENT),
        deploymentCircuitBreaker=msgspec.structs.replace(
            breaker, enable=bool(breaker.enable), rollback=bool(breaker.rollback)
        ),
        strategy=given.strategy or "ROLLING",
    )


def _or(given: int | None, default: int) -> int:
    return default if given is None else given


def _network(given: ecs.NetworkConfiguration | None) -> ecs.NetworkConfiguration | None:
    vpc = given.awsvpcConfiguration if given else None
    if vpc is None:
        return None
    return ecs.NetworkConfiguration(
        awsvpcConfiguration=msgspec.structs.replace(
            vpc,
            subnets=vpc.subnets or [],
            securityGroups=vpc.securityGroups or [],
            assignPublicIp=vpc.assignPublicIp or "DISABLED",
        )
    )


def fingerprint(spec: ecs.CreateServiceRequest, forced: str = "") -> str:
    """Return what tells whether a service's tasks would be other ones: equal exactly while no new deployment is due.

    `forced` is the annotation `kecs.io/force-new-deployment`.
    """
    filled = effective(spec)
    parts = [getattr(filled, member) for member in _TEMPLATE_MEMBERS]
    return hashlib.sha256(msgspec.json.encode([parts, forced])).hexdigest()[:16]


def same(one: ecs.CreateServiceRequest, other: ecs.CreateServiceRequest) -> bool:
    """Say whether two requests ask for the same service; tokens and tags aside."""
    return msgspec.structs.replace(effective(one), clientToken=None, tags=None) == msgspec.structs.replace(
        effective(other), clientToken=None, tags=None
    )


def updated(spec: ecs.CreateServiceRequest, request: ecs.UpdateServiceRequest) -> ecs.CreateServiceRequest:
    """Return the spec after an update: what the request names replaces what was there.

    An empty list removes; of `deploymentConfiguration`, members that are not given keep their values.
    """
    changes = {member: value for member in _UPDATED_MEMBERS if (value := getattr(request, member)) not in (None, "")}
    if request.desiredCount is not None:
        changes["desiredCount"] = request.desiredCount
    if request.capacityProviderStrategy is not None:
        changes["launchType"] = None
    if request.deploymentConfiguration is not None:
        changes["deploymentConfiguration"] = _merged(spec.deploymentConfiguration, request.deploymentConfiguration)
    return msgspec.structs.replace(spec, **changes)


def _merged(old: ecs.DeploymentConfiguration | None, new: ecs.DeploymentConfiguration) -> ecs.DeploymentConfiguration:
    if old is None:
        return new
    given = {name: value for name in new.__struct_fields__ if (value := getattr(new, name)) is not None}
    return msgspec.structs.replace(old, **given)


def wanted(service: objects.Service) -> objects.WantedDeployment | None:
    """Return the deployment that whoever changed the service last asked for; None while nobody has."""
    text = service.metadata.annotations.get(marks.DEPLOYMENT)
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=objects.WantedDeployment)
    except msgspec.DecodeError:
        return None


def is_record(service: objects.Service) -> bool:
    """Say whether an object only tells of a service that is over. The service's own name is free again."""
    return service.metadata.labels.get(marks.ROLE) == marks.ROLE_RECORD


def is_named_rightly(service: objects.Service) -> bool:
    """Say whether an object that stands for a service is named as its spec demands; kubectl may name it otherwise."""
    return service.metadata.name == names.service(service.spec.serviceName)


def record_of(service: objects.Service, now: float) -> objects.Service:
    """Return what tells, from `now` on, of a service whose tasks have ended and whose object goes."""
    meta, before = service.metadata, service.status
    annotations = {marks.CREATED_AT: f"{objects.created_at(meta):.3f}", marks.DELETED_AT: f"{now:.3f}"}
    return objects.Service(
        metadata=objects.Meta(
            name=names.service_record(service.spec.serviceName, meta.uid),
            namespace=meta.namespace,
            labels={marks.CLUSTER: meta.namespace, marks.ROLE: marks.ROLE_RECORD},
            annotations=annotations,
        ),
        spec=service.spec,
        status=objects.ServiceStatus(status=INACTIVE, events=before.events),
    )


def deleted_at(service: objects.Service) -> float:
    """Return when a service was deleted through the API; of a record, since when it is INACTIVE."""
    try:
        return float(service.metadata.annotations.get(marks.DELETED_AT, "0"))
    except ValueError:
        return 0.0


def status_of(service: objects.Service) -> str:
    """Return ACTIVE, DRAINING while a deleted service's tasks end, or INACTIVE."""
    if is_record(service):
        return INACTIVE
    if marks.DELETED_AT in service.metadata.annotations or service.metadata.deletionTimestamp:
        return DRAINING
    return ACTIVE


def described(
    service: objects.Service, scope: Scope, cluster_name: str, counts: Mapping[str, Counts], definition: str
) -> ecs.Service:
    """Return a service as ECS shows it. `counts` are its live tasks by deployment, `definition` an ARN.

    Tags are those of the service; to show them only where asked for is the caller's to do.
    """
    spec = effective(service.spec)
    state = status_of(service)
    vpc = spec.networkConfiguration
    deployments = _deployments(service, spec, counts, definition) if state != INACTIVE else []
    desired = spec.desiredCount
    if spec.schedulingStrategy == "DAEMON":  # as many as there are instances, which the reconciler has seen
        desired = deployments[0].desiredCount if deployments else 0
    return ecs.Service(
        serviceArn=arns.service(scope, cluster_name, spec.serviceName),
        serviceName=spec.serviceName,
        clusterArn=arns.cluster(scope, cluster_name),
        loadBalancers=spec.loadBalancers,
        serviceRegistries=spec.serviceRegistries,
        status=state,
        desiredCount=desired if state == ACTIVE else 0,
        runningCount=sum(count.running for count in counts.values()),
        pendingCount=sum(count.pending for count in counts.values()),
        launchType=spec.launchType,
        capacityProviderStrategy=spec.capacityProviderStrategy,
        platformVersion=spec.platformVersion,
        platformFamily="Linux" if spec.platformVersion else None,
        taskDefinition=definition,
        deploymentConfiguration=spec.deploymentConfiguration,
        deployments=deployments,
        roleArn=arns.service_role(scope) if vpc else spec.role,
        events=service.status.events,
        createdAt=objects.created_at(service.metadata),
        placementConstraints=spec.placementConstraints,
        placementStrategy=spec.placementStrategy,
        networkConfiguration=vpc,
        healthCheckGracePeriodSeconds=spec.healthCheckGracePeriodSeconds,
        schedulingStrategy=spec.schedulingStrategy,
        deploymentController=spec.deploymentController,
        tags=spec.tags,
        createdBy=f"arn:{scope.partition}:iam::{scope.account}:root",
        enableECSManagedTags=spec.enableECSManagedTags,
        propagateTags=spec.propagateTags,
        enableExecuteCommand=spec.enableExecuteCommand,
        availabilityZoneRebalancing=spec.availabilityZoneRebalancing,
    )


def _deployments(
    service: objects.Service, spec: ecs.CreateServiceRequest, counts: Mapping[str, Counts], definition: str
) -> list[ecs.Deployment]:
    """Return the deployments with their live counts; one just asked for is there before any reconciler has seen it."""
    known: Sequence[ecs.Deployment] = service.status.deployments
    asked = wanted(service)
    if asked and all(deployment.id != asked.id for deployment in known):
        older = [msgspec.structs.replace(one, status="ACTIVE") for one in known]
        known = [new_deployment(asked, spec, definition), *older]
    return [
        msgspec.structs.replace(
            deployment,
            desiredCount=deployment.desiredCount or 0,
            runningCount=counts.get(deployment.id or "", Counts()).running,
            pendingCount=counts.get(deployment.id or "", Counts()).pending,
            failedTasks=deployment.failedTasks or 0,
        )
        for deployment in known
    ]


def new_deployment(asked: objects.WantedDeployment, spec: ecs.CreateServiceRequest, definition: str) -> ecs.Deployment:
    """Return a deployment that was just asked for as ECS shows it; `spec` is effective, `definition` an ARN."""
    fargate = spec.platformVersion is not None
    return ecs.Deployment(
        id=asked.id,
        status="PRIMARY",
        taskDefinition=definition,
        desiredCount=0,
        createdAt=asked.createdAt,
        updatedAt=asked.createdAt,
        capacityProviderStrategy=spec.capacityProviderStrategy,
        launchType=spec.launchType,
        platformVersion="1.4.0" if fargate else None,
        platformFamily="Linux" if fargate else None,
        networkConfiguration=spec.networkConfiguration,
        rolloutState="IN_PROGRESS",
        rolloutStateReason=f"ECS deployment {asked.id} in progress.",
        serviceConnectConfiguration=spec.serviceConnectConfiguration,
        volumeConfigurations=spec.volumeConfigurations,
    )
