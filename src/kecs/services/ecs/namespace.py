"""Writing into a cluster's namespace, which may not be there yet, or may still be going with a deleted cluster."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from kecs.kube import resources
from kecs.kube.api import Json, Resource
from kecs.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound
from kecs.model import marks
from kecs.model.errors import InvalidParameterException
from kecs.services.context import Context
from kecs.services.ecs.references import Place, find_cluster, refused
from kecs.translate.cluster import make_namespace

T = TypeVar("T")

_PATIENCE = 10.0  # seconds that a namespace may take to go, when its cluster was deleted and created anew
_LOOK_AGAIN = 0.02
_NO_ACCOUNT_YET = 'serviceaccount "default" not found'  # of a namespace that Kubernetes has not furnished yet
_BY_KIND: dict[str, Resource[Json]] = {
    found.kind: found
    for found in (
        *(resources.SERVICE_ACCOUNTS, resources.ROLES, resources.ROLE_BINDINGS),
        *(resources.PERSISTENT_VOLUMES, resources.PERSISTENT_VOLUME_CLAIMS, resources.STORAGE_CLASSES),
    )
}


async def write_in(ctx: Context, place: Place, write: Callable[[], Awaitable[T]]) -> T:
    """Write an object into the namespace of a cluster, and make the namespace when there is none.

    Raises AlreadyExists, and Forbidden for other reasons than a namespace that is going; anything else that the API
    answers is raised as an AWS error.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await write()
        except AlreadyExists:
            raise
        except Forbidden as error:
            if not error.namespace_ends and _NO_ACCOUNT_YET not in error.message:
                raise
            if time.monotonic() > deadline:
                raise refused(error) from None
            await asyncio.sleep(_LOOK_AGAIN)
        except NotFound as error:
            if time.monotonic() > deadline:
                raise refused(error) from None
            if not await ensure(ctx, place):
                await asyncio.sleep(_LOOK_AGAIN)  # it is there: what is missing is something in it
        except ApiError as error:
            raise refused(error) from None


async def refuse_foreign(ctx: Context, name: str) -> None:
    """Refuse a cluster whose namespace would be one that is there for something else. A label makes it a cluster's."""
    for found in (await ctx.api.list(resources.NAMESPACES, fields=f"metadata.name={name}")).items:
        if found["metadata"].get("labels", {}).get(marks.ROLE) != marks.ROLE_CLUSTER:
            raise InvalidParameterException(f"The namespace {name} is there already and is not that of a cluster.")


async def ensure(ctx: Context, place: Place) -> bool:
    """Make the namespace of a cluster, which a reconciler may not have done yet; say whether it was missing.

    Raises ClusterNotFoundException when the cluster was deleted meanwhile: nobody would remove that namespace.
    """
    find_cluster(ctx, place.name)
    try:
        await ctx.api.create(resources.NAMESPACES, None, make_namespace(place.object), manager=marks.MANAGER)
    except AlreadyExists:
        return False
    return True


async def ensure_all(ctx: Context, namespace: str, bodies: list[Json]) -> None:
    """Make what a task leans on (the account of its role, its volumes), as far as it is not there."""
    for body in bodies:
        resource = _BY_KIND[body["kind"]]
        with suppress(AlreadyExists):
            await ctx.api.create(resource, namespace if resource.namespaced else None, body, manager=marks.MANAGER)
