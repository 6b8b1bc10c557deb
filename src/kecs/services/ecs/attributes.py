"""Attributes of container instances: those that the node brings, and those that are put on it.

The latter are labels of the node (`attribute.kecs.io/<name>`), so that placement can go by them.
"""

import re

from kecs.kube.errors import ApiError, NotFound
from kecs.model import arns, marks
from kecs.model.constraints import check_count
from kecs.model.errors import InvalidParameterException, TargetNotFoundException
from kecs.model.generated import ecs
from kecs.services.context import Context
from kecs.services.ecs.container_instances import attributes_of, find_node
from kecs.services.ecs.paging import limit_of, position_of
from kecs.services.ecs.references import Place, find_cluster, refused
from kecs.services.registry import operation
from kecs.translate import views
from kecs.translate.observe.ids import task_id as id_of
from kecs.world.listing import page

_MOST = 10
# What can be a label of a node: a part of what ECS allows.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9\-_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9\-_.]{0,61}[A-Za-z0-9])?)?")


def _target(ctx: Context, place: Place, attribute: ecs.Attribute) -> views.Node:
    if attribute.targetType not in (None, "", "container-instance"):
        raise InvalidParameterException("targetType should be one of [container-instance]")
    node = find_node(ctx, place, attribute.targetId or "")
    if node is None:
        raise TargetNotFoundException(f"Could not find {attribute.targetId or ''}")
    return node


def _shown(ctx: Context, place: Place, node: views.Node, name: str, value: str | None) -> ecs.Attribute:
    target = arns.container_instance(ctx.scope, place.name, id_of(node.metadata.uid))
    return ecs.Attribute(name=name, value=value, targetType="container-instance", targetId=target)


@operation("ecs", "PutAttributes")
async def put_attributes(ctx: Context, request: ecs.PutAttributesRequest) -> ecs.PutAttributesResponse:
    """Put attributes on instances; one that is there gets the new value."""
    place = find_cluster(ctx, request.cluster)
    if not request.attributes:
        raise InvalidParameterException("Attributes can not be empty.")
    check_count("attributes", request.attributes, _MOST)
    for attribute in request.attributes:
        if not _NAME.fullmatch(attribute.name or "") or not _VALUE.fullmatch(attribute.value or ""):
            raise InvalidParameterException(f"Invalid attribute {attribute.name or ''}.")
    done = []
    for attribute in request.attributes:
        node = _target(ctx, place, attribute)
        await _label(ctx, node, attribute.name or "", attribute.value or "")
        done.append(_shown(ctx, place, node, attribute.name or "", attribute.value))
    return ecs.PutAttributesResponse(attributes=done)


@operation("ecs", "DeleteAttributes")
async def delete_attributes(ctx: Context, request: ecs.DeleteAttributesRequest) -> ecs.DeleteAttributesResponse:
    """Take attributes off instances."""
    place = find_cluster(ctx, request.cluster)
    if not request.attributes:
        raise InvalidParameterException("Attributes can not be empty.")
    check_count("attributes", request.attributes, _MOST)
    done = []
    for attribute in request.attributes:
        name = attribute.name or ""
        node = _target(ctx, place, attribute)
        if marks.ATTRIBUTE + name in node.metadata.labels:
            await _label(ctx, node, name, None)
        done.append(_shown(ctx, place, node, name, attribute.value))
    return ecs.DeleteAttributesResponse(attributes=done)


async def _label(ctx: Context, node: views.Node, name: str, value: str | None) -> None:
    patch = {"metadata": {"labels": {marks.ATTRIBUTE + name: value}}}
    try:
        await ctx.world.patch(ctx.world.nodes, None, node.metadata.name, patch)
    except NotFound:
        raise TargetNotFoundException(f"Could not find {node.metadata.name}") from None
    except ApiError as error:
        raise refused(error) from None


@operation("ecs", "ListAttributes")
async def list_attributes(ctx: Context, request: ecs.ListAttributesRequest) -> ecs.ListAttributesResponse:
    """List the attributes of a cluster's instances, by name and value where asked for."""
    if request.targetType != "container-instance":
        raise InvalidParameterException("targetType should be one of [container-instance]")
    place = find_cluster(ctx, request.cluster)
    found = {
        f"{node.metadata.uid}/{attribute.name}": _shown(ctx, place, node, attribute.name or "", attribute.value)
        for node in ctx.world.nodes.values()
        for attribute in attributes_of(node)
        if (not request.attributeName or attribute.name == request.attributeName)
        and (not request.attributeValue or attribute.value == request.attributeValue)
    }
    keys, position = page(sorted(found), position_of(ctx, request), limit_of(request))
    return ecs.ListAttributesResponse(
        attributes=[found[key] for key in keys],
        nextToken=ctx.tokens.seal(position, ctx.scope, request) if position else None,
    )
