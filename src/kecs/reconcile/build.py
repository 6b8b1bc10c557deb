"""The reconcilers, put together."""

from collections.abc import Sequence
from typing import Protocol

from kecs.reconcile import cluster, retention, service, task, task_definition
from kecs.reconcile.context import Context


class Runnable(Protocol):
    """Something that works until it is cancelled."""

    async def run(self) -> None:
        """Work for ever."""
        ...


def build(context: Context) -> Sequence[Runnable]:
    """Return everything that has to run beside `context.world` for clusters, services and tasks to become real.

    One process of several does this work: whoever holds the lease, where there is more than one.
    """
    namespaces = cluster.namespaces(context)
    return [
        namespaces,
        cluster.build(context, namespaces),
        task_definition.build(context),
        service.build(context),
        task.build(context),
        retention.build(context),
    ]
