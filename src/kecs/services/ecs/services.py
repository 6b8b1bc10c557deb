"""Services: creating, updating and deleting them. What they come to is the reconcilers' business."""

import asyncio
import time

import msgspec

from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound
from kecs.model import marks, names, objects, service, service_checks, task_definition
from kecs.model.errors import (
    ClientException,
    InvalidParameterException,
    ServiceNotActiveException,
    ServiceNotFoundException,
)
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.namespace import write_in
from kecs.services.ecs.references import Place, find_cluster, find_service, refused
from kecs.services.ecs.task_definitions import find_active
from kecs.services.registry import operation
from kecs.translate import unsupported

_RENEWAL = 10.0  # seconds that a deleted service's object may take to go, when the service is created anew
_LOOK_AGAIN = 0.02
_DRAINING = "Unable to Start a service that is still Draining."


@operation("ecs", "CreateService")
async def create_service(ctx: Context, request: ecs.CreateServiceRequest) -> bytes:
    """Create a service. One of that name which was asked for in the same words is returned as it is."""
    if not request.serviceName:
        raise InvalidParameterException("Service name cannot be empty.")
    place = find_cluster(ctx, request.cluster)
    definition = _definition(ctx, request.taskDefinition)
    spec = definition.spec if definition else None
    service_checks.check_create(request, spec, place.object.spec.capacityProviders or [])
    _refuse_unsupported(spec, request)
    request.cluster = place.name
    if definition is not None:
        request.taskDefinition = task_definition.arn_of(definition, ctx.scope)
    _apply_cluster_defaults(request, place)
    found = ctx.world.service(place.namespace, request.serviceName)
    if found is None or _is_free(found, request):
        found = await _create(ctx, place, request)
    return _answer(ctx, place, found)


def _definition(ctx: Context, text: str | None) -> objects.TaskDefinition | None:
    """Return the ACTIVE task definition that a request names, None when it names none."""
    return find_active(ctx, text, ClientException) if text else None


def _refuse_unsupported(definition: objects.TaskDefinitionSpec | None, spec: ecs.CreateServiceRequest) -> None:
    try:
        unsupported.refuse_launch(spec)
        if definition is not None:
            unsupported.refuse(definition)
    except unsupported.RefusedError as error:
        raise InvalidParameterException(str(error)) from None


def _apply_cluster_defaults(request: ecs.CreateServiceRequest, place: Place) -> None:
    """Give a service without launch type and strategy the one that its cluster has now."""
    strategy = place.object.spec.defaultCapacityProviderStrategy
    if strategy and not request.launchType and not request.capacityProviderStrategy:
        request.capacityProviderStrategy = strategy


def _is_free(found: objects.Service, request: ecs.CreateServiceRequest) -> bool:
    """Say whether the name of a service can be used again. Raises InvalidParameterException when it must not."""
    if found.spec.serviceName != request.serviceName:
        raise InvalidParameterException(
            f"The name {found.metadata.name} is that of the service {found.spec.serviceName}."
        )
    status = service.status_of(found)
    if status == service.DRAINING:
        raise InvalidParameterException(_DRAINING)
    if status == service.ACTIVE and not service.same(found.spec, request):
        raise InvalidParameterException("Creation of service was not idempotent.")
    return status == service.INACTIVE


async def _create(ctx: Context, place: Place, request: ecs.CreateServiceRequest) -> objects.Service:
    """Create the object of a service, or return the one that somebody else made at the same time for the same."""
    body = _body(ctx, place, request)

    async def write() -> objects.Service:
        return await ctx.world.create(ctx.world.services, place.namespace, body)

    deadline = time.monotonic() + _RENEWAL
    while True:
        try:
            return await write_in(ctx, place, write)
        except AlreadyExists:
            present = await _present(ctx, place, request.serviceName)
            if present is not None and not _is_free(present, request):
                return present
            if time.monotonic() > deadline:
                raise InvalidParameterException(_DRAINING) from None
            await asyncio.sleep(_LOOK_AGAIN)
        except Forbidden as error:
            raise refused(error) from None


async def _present(ctx: Context, place: Place, name: str) -> objects.Service | None:
    """Return the service that the API has under a name; the cache, which did not know it, does so from now on."""
    try:
        found = await ctx.api.get(ctx.world.services.resource, place.namespace, names.service(name))
    except NotFound:
        return None
    ctx.world.services.observe(found)
    return None if found.metadata.deletionTimestamp else found


def _body(ctx: Context, place: Place, request: ecs.CreateServiceRequest) -> dict[str, object]:
    made = objects.Service(
        metadata=objects.Meta(
            name=names.service(request.serviceName),
            namespace=place.namespace,
            labels={marks.CLUSTER: place.namespace, marks.ROLE: marks.ROLE_SERVICE},
            annotations={
                marks.CREATED_AT: f"{ctx.now():.3f}",
                marks.DEPLOYMENT: _new_deployment(ctx, request, ""),
            },
            finalizers=[marks.SERVICE_FINALIZER],
        ),
        spec=request,
    )
    body: dict[str, object] = msgspec.to_builtins(made)
    return body


def _new_deployment(ctx: Context, spec: ecs.CreateServiceRequest, forced: str) -> str:
    wanted = objects.WantedDeployment(
        id=service.deployment_id(), fingerprint=service.fingerprint(spec, forced), createdAt=ctx.now()
    )
    return msgspec.json.encode(wanted).decode()


def _answer(ctx: Context, place: Place, found: objects.Service) -> bytes:
    shown = ctx.world.service_views.describe(found, ctx.scope, place.name)
    return b'{"service":' + msgspec.json.encode(shown) + b"}"


@operation("ecs", "UpdateService")
async def update_service(ctx: Context, request: ecs.UpdateServiceRequest) -> bytes:
    """Change a service. What its tasks are made of, or `forceNewDeployment`, makes a new deployment; a count not."""
    place = find_cluster(ctx, request.cluster)
    found = find_service(ctx, place, request.service)
    definition = _definition(ctx, request.taskDefinition)
    if definition is not None:
        request.taskDefinition = task_definition.arn_of(definition, ctx.scope)
    providers = place.object.spec.capacityProviders or []

    def change(item: objects.Service) -> objects.Service:
        if service.status_of(item) != service.ACTIVE:
            raise ServiceNotActiveException("Service was not ACTIVE.")
        _check_controller(item.spec, request)
        new = service.updated(item.spec, request)
        current = definition or ctx.world.definitions.find(ctx.scope, new.taskDefinition or "")
        service_checks.check_update(item.spec, new, request, current.spec if current else None, providers)
        _refuse_unsupported(definition.spec if definition else None, new)
        forced = item.metadata.annotations.get(marks.FORCE_NEW_DEPLOYMENT, "")
        wanted = service.wanted(item)
        if request.forceNewDeployment or wanted is None or wanted.fingerprint != service.fingerprint(new, forced):
            item.metadata.annotations[marks.DEPLOYMENT] = _new_deployment(ctx, new, forced)
        item.spec = new
        return item

    try:
        found = await ctx.world.update(ctx.world.services, place.namespace, found.metadata.name, change)
    except NotFound:
        raise ServiceNotFoundException("Service not found.") from None
    except ApiError as error:
        raise refused(error) from None
    return _answer(ctx, place, found)


def _check_controller(spec: ecs.CreateServiceRequest, request: ecs.UpdateServiceRequest) -> None:
    """Refuse deployments of a service that something else than ECS deploys."""
    controller = (spec.deploymentController.type if spec.deploymentController else None) or "ECS"
    if controller == "ECS":
        return
    by = "Use AWS CodeDeploy to trigger a new deployment." if controller == "CODE_DEPLOY" else "Use task sets."
    if request.taskDefinition:
        raise InvalidParameterException(
            f"Unable to update task definition on services with a {controller} deployment controller. {by}"
        )
    if request.forceNewDeployment:
        raise InvalidParameterException(
            f"Cannot force a new deployment on services with a {controller} deployment controller. {by}"
        )


@operation("ecs", "DeleteService")
async def delete_service(ctx: Context, request: ecs.DeleteServiceRequest) -> bytes:
    """Delete a service: it is DRAINING until its tasks have ended, and then INACTIVE."""
    place = find_cluster(ctx, request.cluster)
    found = find_service(ctx, place, request.service)

    def change(item: objects.Service) -> objects.Service | None:
        status = service.status_of(item)
        if status == service.INACTIVE:
            raise ServiceNotFoundException("Service not found.")
        if status == service.DRAINING:
            return None
        spec = service.effective(item.spec)
        if spec.schedulingStrategy != "DAEMON":
            if spec.desiredCount and not request.force:
                raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
            item.spec.desiredCount = 0
        item.metadata.annotations[marks.DELETED_AT] = f"{ctx.now():.3f}"
        return item

    try:
        found = await ctx.world.update(ctx.world.services, place.namespace, found.metadata.name, change)
    except NotFound:
        raise ServiceNotFoundException("Service not found.") from None
    except ApiError as error:
        raise refused(error) from None
    return _answer(ctx, place, found)
