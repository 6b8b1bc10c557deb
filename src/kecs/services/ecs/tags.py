"""Tags of clusters, services, tasks, task definitions and capacity providers."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import msgspec

from kecs.kube.errors import Conflict, NotFound
from kecs.kube.informer import Informer
from kecs.model import arns, cluster, marks, objects, service, tags, task_definition
from kecs.model.constraints import own_arn
from kecs.model.errors import (
    ClusterNotFoundException,
    InvalidParameterException,
    ServerException,
    ServiceNotFoundException,
)
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.references import find_cluster, find_service
from kecs.services.registry import operation
from kecs.translate import facts, views

_ATTEMPTS = 32
_KINDS = ("cluster", "service", "task", "task-definition", "container-instance", "capacity-provider", "task-set")
Change: TypeAlias = Callable[[list[ecs.Tag]], list[ecs.Tag]]
Tagged = TypeVar("Tagged", objects.Cluster, objects.Service, objects.TaskDefinition)


@operation("ecs", "TagResource")
async def tag_resource(ctx: Context, request: ecs.TagResourceRequest) -> ecs.TagResourceResponse:
    """Put tags on a resource; a key that is there gets the new value."""
    if not request.tags:
        raise InvalidParameterException("Tags can not be empty.")
    tags.check(request.tags)
    await _change(ctx, request.resourceArn, lambda old: tags.merge(old, request.tags))
    return ecs.TagResourceResponse()


@operation("ecs", "UntagResource")
async def untag_resource(ctx: Context, request: ecs.UntagResourceRequest) -> ecs.UntagResourceResponse:
    """Take tags off a resource; keys that it does not have are ignored."""
    if not request.tagKeys:
        raise InvalidParameterException("TagKeys can not be empty.")
    await _change(ctx, request.resourceArn, lambda old: tags.remove(old, request.tagKeys))
    return ecs.UntagResourceResponse()


@operation("ecs", "ListTagsForResource")
async def list_tags_for_resource(
    ctx: Context, request: ecs.ListTagsForResourceRequest
) -> ecs.ListTagsForResourceResponse:
    """List the tags of a resource."""
    return ecs.ListTagsForResourceResponse(tags=_read(ctx, _parse(ctx, request.resourceArn)))


def _parse(ctx: Context, text: str) -> arns.Arn:
    if not text:
        raise InvalidParameterException("Resource ARN can not be blank.")
    arn = own_arn(text, ctx.scope, *_KINDS)
    if arn.kind in ("service", "task") and len(arn.path) != 2:
        raise InvalidParameterException("Long arn format must be used for tagging operations")
    return arn


def _read(ctx: Context, arn: arns.Arn) -> list[ecs.Tag]:
    if arn.kind == "cluster":
        return _cluster(ctx, arn).spec.tags or []
    if arn.kind == "service":
        return _service(ctx, arn).spec.tags or []
    if arn.kind == "task-definition":
        return _definition(ctx, arn).spec.tags or []
    if arn.kind == "task":
        known = facts.of(_pod(ctx, arn))
        return known.tags if known else []
    return []


async def _change(ctx: Context, text: str, change: Change) -> None:
    arn = _parse(ctx, text)
    try:
        if arn.kind == "cluster":
            await _change_spec(ctx, ctx.world.clusters, _cluster(ctx, arn), change)
        elif arn.kind == "service":
            await _change_spec(ctx, ctx.world.services, _service(ctx, arn), change)
        elif arn.kind == "task-definition":
            await _change_spec(ctx, ctx.world.task_definitions, _definition(ctx, arn), change)
        elif arn.kind == "task":
            await _change_task(ctx, arn, change)
        else:
            raise InvalidParameterException(f"Tagging is not supported for {arn.kind}.")
    except NotFound:
        raise InvalidParameterException("The specified resource was not found.") from None


def _cluster(ctx: Context, arn: arns.Arn) -> objects.Cluster:
    """Return a cluster. The text for a deleted one is AWS's own (hashicorp/terraform-provider-aws#35524)."""
    found = ctx.world.cluster(ctx.scope, arn.path[0])
    if found is None:
        raise ClusterNotFoundException("Cluster not found.")
    if cluster.is_deleted(found):
        raise InvalidParameterException("The specified cluster is inactive. Specify an active cluster and try again.")
    return found


def _service(ctx: Context, arn: arns.Arn) -> objects.Service:
    """Return a service. ServiceNotFoundException is none of the errors that tagging has."""
    try:
        found = find_service(ctx, find_cluster(ctx, arn.path[0]), arn.path[1])
    except ServiceNotFoundException as error:
        raise InvalidParameterException(error.message) from None
    if service.status_of(found) == service.INACTIVE:
        raise InvalidParameterException("The specified service is inactive. Specify an active service and try again.")
    return found


def _definition(ctx: Context, arn: arns.Arn) -> objects.TaskDefinition:
    reference = task_definition.parse_reference(arn.path[0], ctx.scope)
    found = (
        ctx.world.definitions.get(ctx.scope, reference.family, reference.revision)
        if reference and reference.revision
        else None
    )
    if found is None:
        raise InvalidParameterException("The specified task definition does not exist.")
    return found


def _pod(ctx: Context, arn: arns.Arn) -> views.Pod:
    place = find_cluster(ctx, arn.path[0])
    found = ctx.world.task_pod(place.namespace, arn.path[1])
    if ctx.world.stopped_tasks.get(place.namespace, arn.path[1]) is not None:
        raise InvalidParameterException("The specified task is stopped. Specify a running task and try again.")
    if found is None:
        raise InvalidParameterException("The referenced task was not found.")
    return found


async def _change_spec(ctx: Context, cache: Informer[Tagged], item: Tagged, change: Change) -> None:
    def changed(current: Tagged) -> Tagged:
        current.spec.tags = change(current.spec.tags or [])
        return current

    await ctx.world.update(cache, item.metadata.namespace or None, item.metadata.name, changed)


async def _change_task(ctx: Context, arn: arns.Arn, change: Change) -> None:
    """Change the tags among the facts of a task's pod, until nobody comes between."""
    pod = _pod(ctx, arn)
    for _ in range(_ATTEMPTS):
        known = facts.of(pod)
        if known is None:
            return
        text = facts.encode(msgspec.structs.replace(known, tags=change(known.tags)))
        meta = {"resourceVersion": pod.metadata.resourceVersion, "annotations": {marks.TASK: text}}
        try:
            await ctx.world.patch(ctx.world.pods, pod.metadata.namespace, pod.metadata.name, {"metadata": meta})
        except Conflict:
            pod = await ctx.api.get(ctx.world.pods.resource, pod.metadata.namespace, pod.metadata.name)
        else:
            return
    raise ServerException("The task changes too often.")
