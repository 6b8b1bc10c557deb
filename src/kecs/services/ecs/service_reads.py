"""Services: describing and listing them."""

from collections.abc import Iterator

import msgspec

from kecs.model import arns, cluster, names, objects, service
from kecs.model.constraints import check_allowed, check_count
from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.paging import answer_page
from kecs.services.ecs.references import find_cluster, service_name
from kecs.services.registry import operation

_MOST_DESCRIBED = 10
_PAGE = 10  # ListServices has a smaller page than the other lists


@operation("ecs", "DescribeServices")
async def describe_services(ctx: Context, request: ecs.DescribeServicesRequest) -> bytes:
    """Describe services, deleted ones too while they are known; the unknown are failures."""
    if not request.services:
        raise InvalidParameterException("Services cannot be empty.")
    check_count("service names", request.services, _MOST_DESCRIBED)
    for field in request.include or ():
        check_allowed("include", field, ecs_limits.ServiceField, InvalidParameterException)
    place = find_cluster(ctx, request.cluster, active=False)
    tags = bool(request.include)
    found, failures = [], []
    for text in request.services:
        name = service_name(ctx, text, place.name)
        item = ctx.world.service(place.namespace, name)
        if item is None or not ctx.world.is_accepted(item):
            arn = text if text.startswith("arn:") else arns.service_short(ctx.scope, name)
            failures.append(ecs.Failure(arn=arn, reason="MISSING"))
        else:
            found.append(ctx.world.service_views.json(item, ctx.scope, place.name, tags=tags))
    return b'{"services":[' + b",".join(found) + b'],"failures":' + msgspec.json.encode(failures) + b"}"


@operation("ecs", "ListServices")
async def list_services(ctx: Context, request: ecs.ListServicesRequest) -> bytes:
    """List the ARNs of a cluster's services that are not deleted."""
    check_allowed("launchType", request.launchType or None, ecs_limits.LaunchType, InvalidParameterException)
    check_allowed(
        "schedulingStrategy",
        request.schedulingStrategy or None,
        ecs_limits.SchedulingStrategy,
        InvalidParameterException,
    )
    place = find_cluster(ctx, request.cluster)
    listed = ctx.world.service_names(place.namespace)
    if request.launchType or request.schedulingStrategy:
        listed = [
            name
            for name in listed
            if (item := ctx.world.service(place.namespace, name)) and _matches(item.spec, request)
        ]
    prefix = arns.service(ctx.scope, place.name, "")
    return answer_page(ctx, request, "serviceArns", listed, prefix=prefix, default=_PAGE)


def _matches(spec: ecs.CreateServiceRequest, request: ecs.ListServicesRequest) -> bool:
    filled = service.effective(spec)
    return (not request.launchType or filled.launchType == request.launchType) and (
        not request.schedulingStrategy or filled.schedulingStrategy == request.schedulingStrategy
    )


@operation("ecs", "ListServicesByNamespace")
async def list_services_by_namespace(ctx: Context, request: ecs.ListServicesByNamespaceRequest) -> bytes:
    """List the services of all clusters that use a Cloud Map namespace for Service Connect."""
    if not request.namespace:
        raise InvalidParameterException("Namespace can not be blank.")
    return answer_page(ctx, request, "serviceArns", sorted(_in_namespace(ctx, request.namespace)), default=_PAGE)


def _in_namespace(ctx: Context, namespace: str) -> Iterator[str]:
    for found in ctx.world.clusters.values():
        if objects.scope_of(found.metadata) != ctx.scope or cluster.is_deleted(found):
            continue
        default = found.spec.serviceConnectDefaults.namespace if found.spec.serviceConnectDefaults else None
        for name in ctx.world.service_names(found.metadata.name):
            item = ctx.world.services.get(found.metadata.name, names.service(name))
            connect = item.spec.serviceConnectConfiguration if item else None
            if connect and connect.enabled and (connect.namespace or default) == namespace:
                yield arns.service(ctx.scope, cluster.name_of(found.spec), name)
