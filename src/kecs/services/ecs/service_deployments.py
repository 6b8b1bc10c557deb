"""Deployments and revisions of services, as ECS has them beside the services themselves.

Each deployment that a service has now is one service deployment, and what it deploys one service revision; both carry
the deployment's number. Those that are over are not kept.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kecs.model import arns, objects
from kecs.model.constraints import check_allowed, check_count, own_arn
from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.paging import limit_of, position_of
from kecs.services.ecs.references import find_cluster, find_service
from kecs.services.registry import operation
from kecs.world.listing import page

_MOST = 20
_STATUS = {"IN_PROGRESS": "IN_PROGRESS", "COMPLETED": "SUCCESSFUL", "FAILED": "ROLLBACK_SUCCESSFUL"}


class _Deployment(NamedTuple):
    """One deployment of a service, with its service."""

    arn: str
    revision_arn: str
    service: ecs.Service
    deployment: ecs.Deployment

    @property
    def status(self) -> str:
        """The status of the service deployment; one that another has taken the place of has been stopped."""
        if self.deployment.status != "PRIMARY" and self.deployment.rolloutState == "IN_PROGRESS":
            return "STOPPED"
        return _STATUS.get(self.deployment.rolloutState or "", "SUCCESSFUL")

    @property
    def finished(self) -> float | None:
        """When it was over, None while it is not."""
        return None if self.status == "IN_PROGRESS" else self.deployment.updatedAt


def _of(ctx: Context, cluster: str, name: str, item: objects.Service) -> Iterator[_Deployment]:
    shown = ctx.world.service_views.describe(item, ctx.scope, cluster)
    for deployment in shown.deployments or ():
        number = (deployment.id or "").rpartition("/")[2]
        yield _Deployment(
            arns.service_deployment(ctx.scope, cluster, name, number),
            arns.service_revision(ctx.scope, cluster, name, number),
            shown,
            deployment,
        )


@operation("ecs", "ListServiceDeployments")
async def list_service_deployments(
    ctx: Context, request: ecs.ListServiceDeploymentsRequest
) -> ecs.ListServiceDeploymentsResponse:
    """List a service's deployments, by status and time of creation where asked for."""
    for status in request.status or ():
        check_allowed("status", status, ecs_limits.ServiceDeploymentStatus, InvalidParameterException)
    place = find_cluster(ctx, request.cluster)
    item = find_service(ctx, place, request.service)
    span = request.createdAt or ecs.CreatedAt()
    found = {
        one.arn: one
        for one in _of(ctx, place.name, item.spec.serviceName, item)
        if (not request.status or one.status in request.status)
        and (span.after is None or (one.deployment.createdAt or 0) >= span.after)
        and (span.before is None or (one.deployment.createdAt or 0) <= span.before)
    }
    keys, position = page(sorted(found), position_of(ctx, request), limit_of(request, _MOST))
    return ecs.ListServiceDeploymentsResponse(
        serviceDeployments=[_brief(found[key]) for key in keys],
        nextToken=ctx.tokens.seal(position, ctx.scope, request) if position else None,
    )


def _brief(one: _Deployment) -> ecs.ServiceDeploymentBrief:
    return ecs.ServiceDeploymentBrief(
        serviceDeploymentArn=one.arn,
        serviceArn=one.service.serviceArn,
        clusterArn=one.service.clusterArn,
        createdAt=one.deployment.createdAt,
        startedAt=one.deployment.createdAt,
        finishedAt=one.finished,
        targetServiceRevisionArn=one.revision_arn,
        status=one.status,
        statusReason=one.deployment.rolloutStateReason,
    )


def _find(ctx: Context, text: str, kind: str) -> _Deployment | None:
    """Return the deployment that an ARN of a service deployment, or of a service revision, names."""
    path = own_arn(text, ctx.scope, kind).path
    cluster = ctx.world.cluster(ctx.scope, path[0])
    if cluster is None or len(path) != 3:
        return None
    item = ctx.world.service(cluster.metadata.name, path[1])
    if item is None:
        return None
    for one in _of(ctx, path[0], path[1], item):
        if text in (one.arn, one.revision_arn):
            return one
    return None


def _find_all(
    ctx: Context, member: str, texts: Sequence[str], kind: str
) -> tuple[list[_Deployment], list[ecs.Failure]]:
    """Return the deployments that ARNs name, and failures for the unknown; `member` is what the request calls them."""
    if not texts:
        raise InvalidParameterException(f"{member} can not be empty.")
    check_count(member, texts, _MOST)
    found = {text: _find(ctx, text, kind) for text in texts}
    missing = [ecs.Failure(arn=text, reason="MISSING") for text in texts if found[text] is None]
    return [one for text in texts if (one := found[text]) is not None], missing


@operation("ecs", "DescribeServiceDeployments")
async def describe_service_deployments(
    ctx: Context, request: ecs.DescribeServiceDeploymentsRequest
) -> ecs.DescribeServiceDeploymentsResponse:
    """Describe service deployments; the unknown are failures."""
    found, failures = _find_all(ctx, "serviceDeploymentArns", request.serviceDeploymentArns, "service-deployment")
    return ecs.DescribeServiceDeploymentsResponse(
        serviceDeployments=[_deployment(one) for one in found], failures=failures
    )


def _deployment(one: _Deployment) -> ecs.ServiceDeployment:
    deployment = one.deployment
    return ecs.ServiceDeployment(
        serviceDeploymentArn=one.arn,
        serviceArn=one.service.serviceArn,
        clusterArn=one.service.clusterArn,
        createdAt=deployment.createdAt,
        startedAt=deployment.createdAt,
        finishedAt=one.finished,
        updatedAt=deployment.updatedAt,
        sourceServiceRevisions=[],
        targetServiceRevision=ecs.ServiceRevisionSummary(
            arn=one.revision_arn,
            requestedTaskCount=deployment.desiredCount,
            runningTaskCount=deployment.runningCount,
            pendingTaskCount=deployment.pendingCount,
        ),
        status=one.status,
        statusReason=deployment.rolloutStateReason,
        deploymentConfiguration=one.service.deploymentConfiguration,
    )


@operation("ecs", "DescribeServiceRevisions")
async def describe_service_revisions(
    ctx: Context, request: ecs.DescribeServiceRevisionsRequest
) -> ecs.DescribeServiceRevisionsResponse:
    """Describe service revisions; the unknown are failures."""
    found, failures = _find_all(ctx, "serviceRevisionArns", request.serviceRevisionArns, "service-revision")
    return ecs.DescribeServiceRevisionsResponse(
        serviceRevisions=[_revision(ctx, one) for one in found], failures=failures
    )


def _revision(ctx: Context, one: _Deployment) -> ecs.ServiceRevision:
    deployment = one.deployment
    definition = ctx.world.definitions.find(ctx.scope, deployment.taskDefinition or "")
    return ecs.ServiceRevision(
        serviceRevisionArn=one.revision_arn,
        serviceArn=one.service.serviceArn,
        clusterArn=one.service.clusterArn,
        taskDefinition=deployment.taskDefinition,
        capacityProviderStrategy=deployment.capacityProviderStrategy,
        launchType=deployment.launchType,
        platformVersion=deployment.platformVersion,
        platformFamily=deployment.platformFamily,
        loadBalancers=one.service.loadBalancers,
        serviceRegistries=one.service.serviceRegistries,
        networkConfiguration=deployment.networkConfiguration,
        containerImages=[
            ecs.ContainerImage(containerName=container.name, image=container.image)
            for container in (definition.spec.containerDefinitions if definition else ())
        ],
        serviceConnectConfiguration=deployment.serviceConnectConfiguration,
        volumeConfigurations=deployment.volumeConfigurations,
        createdAt=deployment.createdAt,
    )
