"""Services that are over: ECS describes them as INACTIVE for a while, whoever deleted them.

The object of a deleted service goes, so that kubectl gets what it waits for and its name can be used again at once. An
ECSService under another name, labelled as a record, tells of it until its time is over.
"""

import logging
from contextlib import suppress

import msgspec

from kecs.kube.errors import AlreadyExists, Forbidden, NotFound
from kecs.model import service as model
from kecs.model.objects import Service
from kecs.reconcile.context import Context

log = logging.getLogger(__name__)


async def keep(context: Context, service: Service, now: float) -> None:
    """Write the record of a service whose tasks have ended. What a crash left of an earlier attempt is completed."""
    world, record = context.world, model.record_of(service, round(now, 3))
    meta, body = record.metadata, msgspec.to_builtins(record)
    status = body.pop("status")
    try:
        with suppress(AlreadyExists):
            await world.create(world.services, meta.namespace, body)
        await world.patch(world.services, meta.namespace, meta.name, {"status": status}, subresource="status")
    except (Forbidden, NotFound) as error:
        # Its namespace or the whole resource goes, or kecs may not: what waits for the service's end shall not hang.
        log.info("no record is kept of service %s/%s: %s", meta.namespace, service.metadata.name, error.message)


async def rest(context: Context, record: Service) -> float | None:
    """Return after how many seconds a record is to be looked at again; remove it when its time is over."""
    left = model.deleted_at(record) + context.settings.inactive_retention - context.now()
    if left > 0:
        return left
    meta, world = record.metadata, context.world
    await world.delete(world.services, meta.namespace, meta.name, uid=meta.uid)
    return None
