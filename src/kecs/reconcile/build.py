"""The reconcilers, put together."""

from collections.abc import Sequence

from kecs.kube.controller import Runnable
from kecs.reconcile import cluster, ecs_deployment, retention, service, task, task_definition
from kecs.reconcile.context import Context
from kecs.reconcile.parts import Parts


class _Synced:
    """Runs a controller once the caches are full: before that, what is not seen yet looks as if it were gone."""

    def __init__(self, context: Context, controller: Runnable) -> None:
        self._context = context
        self._controller = controller

    async def run(self) -> None:
        await self._context.world.synced()
        await self._controller.run()


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
        *ecs_deployment.build(context),
        *(_Synced(context, controller) for controller in controllers),
    ]
