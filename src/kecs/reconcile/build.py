"""The reconcilers, put together."""

import asyncio
from collections.abc import Sequence

from kecs.kube.controller import Runnable
from kecs.kube.informer import Informer
from kecs.model import names
from kecs.model.ecs_deployment import EcsDeployment
from kecs.reconcile import cluster, retention, service, task, task_definition
from kecs.reconcile.context import Context
from kecs.reconcile.parts import Parts
from kecs.world.resources import ECS_DEPLOYMENTS


class _Synced:
    """Runs a controller once the caches are full: before that, what is not seen yet looks as if it were gone."""

    def __init__(self, context: Context, controller: Runnable) -> None:
        self._context = context
        self._controller = controller

    async def run(self) -> None:
        await self._context.world.synced()
        await self._controller.run()


def ecs_deployments(context: Context) -> Sequence[Runnable]:
    """Return what has to run for ECSDeployments to become real."""
    return [_EcsDeployments(context)]


class _EcsDeployments:
    """Looks out for ECSDeployments. What carries them out comes with the first: none costs no more than this watch."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._cache = Informer(context.api, ECS_DEPLOYMENTS, indexes={"label": _label})
        self._needed = asyncio.Event()
        context.world.siblings.add(self._cache)

    async def run(self) -> None:
        self._cache.subscribe(lambda old, new: self._needed.set())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._cache.run(), name="informer ecsdeployments")
            await self._needed.wait()
            from kecs.reconcile.ecs_deployment import EcsDeployments

            await EcsDeployments(self._context, self._cache).run()


def _label(item: EcsDeployment) -> tuple[tuple[str, str], ...]:
    return ((item.metadata.namespace, names.label(item.metadata.name)),)


def build(context: Context) -> Sequence[Runnable]:
    """Return everything that has to run beside `context.world` for clusters, services and tasks to become real.

    One process of several does this work: whoever holds the lease, where there is more than one.
    """
    namespaces, parts = cluster.namespaces(context), Parts(context)
    controllers = (
        cluster.build(context, namespaces),
        task_definition.build(context),
        service.build(context, parts),
        task.build(context),
        retention.build(context),
    )
    return [
        namespaces,
        parts,
        *ecs_deployments(context),
        *(_Synced(context, controller) for controller in controllers),
    ]
