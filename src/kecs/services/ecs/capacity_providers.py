"""Capacity providers: those of Fargate, which every account has; groups of EC2 instances are not to be had."""

from kecs.model import arns
from kecs.model.cluster import FARGATE_PROVIDERS
from kecs.model.constraints import check_count, own_arn
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.paging import limit_of, position_of
from kecs.services.registry import operation
from kecs.world.listing import page

_MOST_DESCRIBED = 100
_PAGE = 10


@operation("ecs", "DescribeCapacityProviders")
async def describe_capacity_providers(
    ctx: Context, request: ecs.DescribeCapacityProvidersRequest
) -> ecs.DescribeCapacityProvidersResponse:
    """Describe capacity providers; without names, all of them."""
    check_count("capacityProviders", request.capacityProviders, _MOST_DESCRIBED)
    failures = []
    wanted: list[str] = []
    for text in request.capacityProviders or FARGATE_PROVIDERS:
        name = own_arn(text, ctx.scope, "capacity-provider").path[0] if text.startswith("arn:") else text
        if name in FARGATE_PROVIDERS:
            wanted.append(name)
        else:
            failures.append(ecs.Failure(arn=arns.capacity_provider(ctx.scope, name), reason="MISSING"))
    found, position = page(sorted(wanted), position_of(ctx, request), limit_of(request, _PAGE))
    return ecs.DescribeCapacityProvidersResponse(
        capacityProviders=[
            ecs.CapacityProvider(
                capacityProviderArn=arns.capacity_provider(ctx.scope, name),
                name=name,
                status="ACTIVE",
                tags=[],
                type=name,
            )
            for name in found
        ],
        failures=failures,
        nextToken=ctx.tokens.seal(position, ctx.scope, request) if position else None,
    )
