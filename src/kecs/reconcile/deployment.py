"""The deployment that a service wants: its id, its task definition, how its tasks are launched, and the way back.

Operations name a new deployment in an annotation when they change a service (`objects.WantedDeployment`). Where the
spec has become another one without that, as after an edit with kubectl, it is named here.
"""

import msgspec

from kecs.decide import events
from kecs.decide import service as rules
from kecs.model import marks, names, objects
from kecs.model import service as model
from kecs.model.cluster import name_of as cluster_name
from kecs.model.errors import AwsError
from kecs.model.generated import ecs
from kecs.model.objects import Service, WantedDeployment
from kecs.model.service_checks import check_create
from kecs.model.task_definition import arn_of
from kecs.reconcile import conditions
from kecs.reconcile.context import Context
from kecs.reconcile.workload import Launched, Workload
from kecs.translate.launch import for_service
from kecs.translate.unsupported import definition_warnings, launch_warnings

# What a rollback takes back: the members that a deployment shows and a service's spec has.
_RESTORED = (
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
)


class RefusedServiceError(Exception):
    """The service cannot be served as it is; the message is for its user."""


async def ensure(context: Context, service: Service, now: float) -> tuple[Service, WantedDeployment]:
    """Return the service and the deployment that it wants, after naming one where its spec is not the one named for."""
    forced = service.metadata.annotations.get(marks.FORCE_NEW_DEPLOYMENT, "")
    fingerprint = model.fingerprint(service.spec, forced)
    wanted = model.wanted(service)
    if wanted is not None and wanted.fingerprint == fingerprint:
        return service, wanted
    made = WantedDeployment(id=model.deployment_id(), fingerprint=fingerprint, createdAt=round(now, 3))
    annotations = {marks.DEPLOYMENT: msgspec.json.encode(made).decode()}
    meta, world = service.metadata, context.world
    patch = {"metadata": {"resourceVersion": meta.resourceVersion, "annotations": annotations}}
    return await world.patch(world.services, meta.namespace, meta.name, patch), made


def launched(context: Context, service: Service, spec: ecs.CreateServiceRequest, wanted: WantedDeployment) -> Launched:
    """Return how the tasks of the wanted deployment are launched. Raises RefusedServiceError."""
    cluster = context.world.clusters.get(None, service.metadata.namespace)
    if cluster is None:
        raise RefusedServiceError(f"The namespace {service.metadata.namespace} is not that of an ECSCluster.")
    if not context.world.is_accepted(service):
        raise RefusedServiceError(f"The object of this service has to be named {names.service(spec.serviceName)}.")
    scope = objects.scope_of(cluster.metadata)
    begun = next((one for one in service.status.deployments if one.id == wanted.id), None)
    # Once a deployment has begun it keeps its revision, whatever becomes the latest of its family.
    name = (begun.taskDefinition if begun else None) or spec.taskDefinition or ""
    try:
        definition = context.world.definitions.find(scope, name)
    except AwsError as error:
        raise RefusedServiceError(error.message) from error
    if definition is None:
        raise RefusedServiceError(f"TaskDefinition not found: {name or 'none is given'}.")
    if begun is None or not conditions.is_accepted(service.status.conditions, service.metadata.generation):
        try:
            check_create(service.spec, definition.spec, cluster.spec.capacityProviders or [])
        except AwsError as error:
            raise RefusedServiceError(error.message) from error
    launch = for_service(
        spec,
        definition.spec,
        scope=scope,
        cluster=cluster_name(cluster.spec),
        deployment_id=wanted.id,
        default_strategy=cluster.spec.defaultCapacityProviderStrategy or (),
    )
    return Launched(service=service, spec=spec, definition=definition, launch=launch)


def wanted(context: Context, one: Launched, asked: WantedDeployment, workload: Workload) -> rules.Wanted:
    """Return the service as the rules want it told."""
    spec, service = one.spec, one.service
    configuration = spec.deploymentConfiguration or ecs.DeploymentConfiguration()
    begun = any(deployment.id == asked.id for deployment in service.status.deployments)
    return rules.Wanted(
        name=spec.serviceName,
        deployment=model.new_deployment(asked, spec, arn_of(one.definition, one.launch.scope)),
        desired=workload.desired(spec),
        rollbackOf=asked.rollbackOf,
        minimumPercent=configuration.minimumHealthyPercent or 0,
        maximumPercent=configuration.maximumPercent or 0,
        breaker=configuration.deploymentCircuitBreaker,
        warnings=() if begun else tuple(_warnings(context, one)),
        touched=service.status.observedGeneration not in (0, service.metadata.generation),
    )


def _warnings(context: Context, one: Launched) -> list[str]:
    """Return the events that tell what a new deployment keeps but does not act on."""
    definition, given = one.definition.spec, one.service.spec
    sentences = definition_warnings(definition, context.settings.options)
    sentences += launch_warnings(given, definition, one.launch)
    return [events.warning(one.spec.serviceName, sentence) for sentence in sentences]


async def roll_back(
    context: Context, one: Launched, failed: ecs.Deployment, completed: ecs.Deployment, now: float
) -> None:
    """Ask for a new deployment of what was last COMPLETED: its revision, and what else it ran with.

    Whoever has asked for another deployment meanwhile gets that one.
    """
    shown = model.new_deployment(WantedDeployment("", "", 0.0), one.spec, failed.taskDefinition or "")
    values = {member: getattr(completed, member) for member in _RESTORED}
    restored = {member: value for member, value in values.items() if value != getattr(shown, member)}

    def change(service: Service) -> Service | None:
        asked = model.wanted(service)
        if asked is None or asked.id != failed.id:
            return None
        service.spec = msgspec.structs.replace(service.spec, **restored)
        annotations = service.metadata.annotations
        made = WantedDeployment(
            id=model.deployment_id(),
            fingerprint=model.fingerprint(service.spec, annotations.get(marks.FORCE_NEW_DEPLOYMENT, "")),
            createdAt=round(now, 3),
            rollbackOf=asked.id,
        )
        annotations[marks.DEPLOYMENT] = msgspec.json.encode(made).decode()
        return service

    world, meta = context.world, one.service.metadata
    await world.update(world.services, meta.namespace, meta.name, change)
