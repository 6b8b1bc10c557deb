"""Clusters."""

from collections.abc import Callable, Collection

import msgspec

from kecs.kube.errors import AlreadyExists, NotFound
from kecs.model import arns, marks, names, objects, service
from kecs.model import cluster as model
from kecs.model.constraints import check_allowed, check_count, check_model
from kecs.model.errors import (
    ClusterContainsServicesException,
    ClusterContainsTasksException,
    ClusterNotFoundException,
    InvalidParameterException,
)
from kecs.model.generated import ecs, ecs_limits
from kecs.services.context import Context
from kecs.services.ecs.namespace import refuse_foreign
from kecs.services.ecs.paging import answer_page
from kecs.services.ecs.references import cluster_name, find_cluster
from kecs.services.registry import operation

_MOST_DESCRIBED = 100
_TITLES = {"EC2": "EC2", "FARGATE": "Fargate", "EXTERNAL": "External"}  # in the names of statistics


@operation("ecs", "CreateCluster")
async def create_cluster(ctx: Context, request: ecs.CreateClusterRequest) -> ecs.CreateClusterResponse:
    """Create a cluster; one of that name is returned as it is, a deleted one begins anew."""
    model.check_create(request)
    name = model.name_of(request)
    found = ctx.world.cluster(ctx.scope, name)
    if found is None:
        await refuse_foreign(ctx, names.cluster(name, ctx.scope))
        try:
            found = await ctx.world.create(ctx.world.clusters, None, _body(ctx, request, name))
        except AlreadyExists:
            found = await ctx.api.get(ctx.world.clusters.resource, None, names.cluster(name, ctx.scope))
            if model.name_of(found.spec) != name or objects.scope_of(found.metadata) != ctx.scope:
                # "a" in a region "b-c" and "a-b" in a region "c"; and digests are short enough to meet some day.
                raise InvalidParameterException(f"The name {found.metadata.name} is that of another cluster.") from None
            ctx.world.clusters.observe(found)
    if model.is_deleted(found):
        found = await _change(ctx, found.metadata.name, lambda cluster: _renewed(cluster, request, name, ctx.now()))
    return ecs.CreateClusterResponse(cluster=describe(ctx, found, ("SETTINGS", "TAGS", "CONFIGURATIONS")))


def _body(ctx: Context, request: ecs.CreateClusterRequest, name: str) -> dict[str, object]:
    cluster = objects.Cluster(
        metadata=objects.Meta(
            name=names.cluster(name, ctx.scope),
            labels=objects.scope_labels(ctx.scope),
            annotations={marks.CREATED_AT: f"{ctx.now():.3f}"},
        ),
        spec=msgspec.structs.replace(request, clusterName=name),
    )
    body: dict[str, object] = msgspec.to_builtins(cluster)
    return body


def _renewed(
    cluster: objects.Cluster, request: ecs.CreateClusterRequest, name: str, now: float
) -> objects.Cluster | None:
    if marks.DELETED_AT not in cluster.metadata.annotations:
        return None
    del cluster.metadata.annotations[marks.DELETED_AT]
    cluster.metadata.annotations[marks.CREATED_AT] = f"{now:.3f}"
    cluster.spec = msgspec.structs.replace(request, clusterName=name)
    return cluster


async def _change(
    ctx: Context, name: str, change: Callable[[objects.Cluster], objects.Cluster | None]
) -> objects.Cluster:
    try:
        return await ctx.world.update(ctx.world.clusters, None, name, change)
    except NotFound:
        raise ClusterNotFoundException("Cluster not found.") from None


def describe(ctx: Context, cluster: objects.Cluster, include: Collection[str]) -> ecs.Cluster:
    """Return a cluster with its counts, and of the rest what `include` names."""
    shown = model.described(cluster, ctx.scope)
    namespace = cluster.metadata.name
    if shown.status == "ACTIVE":
        counts = ctx.world.tasks.counts(namespace)
        shown.runningTasksCount, shown.pendingTasksCount = counts
        shown.activeServicesCount = len(ctx.world.service_names(namespace))
        shown.registeredContainerInstancesCount = len(ctx.world.nodes.values())
        if "STATISTICS" in include:
            shown.statistics = _statistics(ctx, namespace)
    if "SETTINGS" not in include:
        shown.settings = []
    if "TAGS" not in include:
        shown.tags = []
    if "CONFIGURATIONS" not in include:
        shown.configuration = None
    if "ATTACHMENTS" in include:
        shown.attachments = []
    return shown


def _statistics(ctx: Context, namespace: str) -> list[ecs.KeyValuePair]:
    """Return the counts by launch type."""
    figures: dict[str, int] = {}
    tasks, services = ctx.world.tasks.by_launch_type(namespace), ctx.world.service_counts.of(namespace)
    for launch_type, title in _TITLES.items():
        figures[f"running{title}TasksCount"] = tasks[launch_type].running
        figures[f"pending{title}TasksCount"] = tasks[launch_type].pending
        for status in (service.ACTIVE, service.DRAINING):
            figures[f"{status.lower()}{title}ServiceCount"] = services.get((status, launch_type), 0)
    return [ecs.KeyValuePair(name=name, value=str(value)) for name, value in figures.items()]


@operation("ecs", "DescribeClusters")
async def describe_clusters(ctx: Context, request: ecs.DescribeClustersRequest) -> ecs.DescribeClustersResponse:
    """Describe clusters, deleted ones too; the unknown are failures."""
    wanted = request.clusters or [model.DEFAULT_NAME]
    check_count("clusters", wanted, _MOST_DESCRIBED)
    for field in request.include or ():
        check_allowed("include", field, ecs_limits.ClusterField, InvalidParameterException)
    found, failures = [], []
    for text in wanted:
        name = cluster_name(ctx, text)
        cluster = ctx.world.cluster(ctx.scope, name)
        if cluster is None:
            failures.append(ecs.Failure(arn=arns.cluster(ctx.scope, name), reason="MISSING"))
        else:
            found.append(describe(ctx, cluster, request.include or ()))
    return ecs.DescribeClustersResponse(clusters=found, failures=failures)


@operation("ecs", "ListClusters")
async def list_clusters(ctx: Context, request: ecs.ListClustersRequest) -> bytes:
    """List the ARNs of the clusters that are not deleted."""
    return answer_page(ctx, request, "clusterArns", ctx.world.cluster_arns(ctx.scope))


@operation("ecs", "UpdateCluster")
async def update_cluster(ctx: Context, request: ecs.UpdateClusterRequest) -> ecs.UpdateClusterResponse:
    """Change settings, configuration and Service Connect defaults."""
    place = find_cluster(ctx, _required(request.cluster))
    check_model(request)
    model.check_settings(request.settings)
    model.check_configuration(request.configuration)

    def change(cluster: objects.Cluster) -> objects.Cluster:
        for member in ("settings", "configuration", "serviceConnectDefaults"):
            if (value := getattr(request, member)) is not None:
                setattr(cluster.spec, member, value)
        return cluster

    cluster = await _change(ctx, place.namespace, change)
    return ecs.UpdateClusterResponse(cluster=describe(ctx, cluster, ("SETTINGS", "CONFIGURATIONS", "TAGS")))


def _required(text: str) -> str:
    if not text:
        raise InvalidParameterException("Cluster can not be blank.")
    return text


@operation("ecs", "UpdateClusterSettings")
async def update_cluster_settings(
    ctx: Context, request: ecs.UpdateClusterSettingsRequest
) -> ecs.UpdateClusterSettingsResponse:
    """Change the settings."""
    place = find_cluster(ctx, _required(request.cluster))
    if not request.settings:
        raise InvalidParameterException("Settings can not be empty.")
    model.check_settings(request.settings)

    def change(cluster: objects.Cluster) -> objects.Cluster:
        cluster.spec.settings = request.settings
        return cluster

    cluster = await _change(ctx, place.namespace, change)
    return ecs.UpdateClusterSettingsResponse(cluster=describe(ctx, cluster, ("SETTINGS", "TAGS")))


@operation("ecs", "PutClusterCapacityProviders")
async def put_cluster_capacity_providers(
    ctx: Context, request: ecs.PutClusterCapacityProvidersRequest
) -> ecs.PutClusterCapacityProvidersResponse:
    """Replace the capacity providers and the default strategy."""
    place = find_cluster(ctx, _required(request.cluster))
    check_model(request)
    model.check_capacity(request.capacityProviders, request.defaultCapacityProviderStrategy)

    def change(cluster: objects.Cluster) -> objects.Cluster:
        cluster.spec.capacityProviders = request.capacityProviders
        cluster.spec.defaultCapacityProviderStrategy = request.defaultCapacityProviderStrategy
        return cluster

    cluster = await _change(ctx, place.namespace, change)
    return ecs.PutClusterCapacityProvidersResponse(cluster=describe(ctx, cluster, ("SETTINGS", "TAGS")))


@operation("ecs", "DeleteCluster")
async def delete_cluster(ctx: Context, request: ecs.DeleteClusterRequest) -> ecs.DeleteClusterResponse:
    """Delete a cluster without services and tasks: it turns INACTIVE and stays described for a while."""
    name = cluster_name(ctx, _required(request.cluster))
    found = ctx.world.cluster(ctx.scope, name)
    if found is None:
        raise ClusterNotFoundException("Cluster not found.")
    if not model.is_deleted(found):
        _check_empty(ctx, found.metadata.name)

        def change(cluster: objects.Cluster) -> objects.Cluster | None:
            if marks.DELETED_AT in cluster.metadata.annotations:
                return None
            cluster.metadata.annotations[marks.DELETED_AT] = f"{ctx.now():.3f}"
            return cluster

        found = await _change(ctx, found.metadata.name, change)
    return ecs.DeleteClusterResponse(cluster=describe(ctx, found, ("SETTINGS", "TAGS")))


def _check_empty(ctx: Context, namespace: str) -> None:
    services = ctx.world.services.by("namespace", namespace)
    if any(service.status_of(one) != service.INACTIVE for one in services):
        raise ClusterContainsServicesException("The Cluster cannot be deleted while Services are active.")
    pods = ctx.world.pods.by("namespace", namespace)
    # A task whose end is recorded has ended, though its pod may take a moment more to go.
    if any(marks.TASK_FINALIZER in pod.metadata.finalizers for pod in pods):
        raise ClusterContainsTasksException("The Cluster cannot be deleted while Tasks are active.")
