"""The caches that all controllers share, so that an object is held and decoded once."""

import asyncio
from collections.abc import Iterable
from typing import Any

from kecs.embedded.controllers import kinds, views
from kecs.kube import resources
from kecs.kube.api import Api
from kecs.kube.informer import Informer


def _owner(item: Any) -> Iterable[str]:
    owner = item.metadata.controller
    return () if owner is None else (owner.uid,)


def _namespace(item: Any) -> Iterable[str]:
    return (item.metadata.namespace,)


def _orphan(item: Any) -> Iterable[str]:
    return () if item.metadata.controller is not None else (item.metadata.namespace,)


def _node(pod: views.Pod) -> Iterable[str]:
    return (pod.spec.nodeName,) if pod.spec.nodeName else ()


def _service(item: kinds.EndpointSlice) -> Iterable[tuple[str, str]]:
    name = (item.metadata.labels or {}).get("kubernetes.io/service-name")
    return ((item.metadata.namespace, name),) if name else ()


_CHILDREN = {"owner": _owner, "orphans": _orphan}


class Informers:
    """One informer a kind.

    Indexes: "owner" (uid of the managing owner), "orphans" (namespace of those without one), "namespace", "node"
    (name), "service" ((namespace, name) of a slice's service).
    """

    def __init__(self, api: Api) -> None:
        self.pods = Informer(
            api, resources.PODS.viewed(views.Pod), indexes={**_CHILDREN, "namespace": _namespace, "node": _node}
        )
        self.nodes = Informer(api, resources.NODES.viewed(views.Node))
        self.namespaces = Informer(api, resources.NAMESPACES.viewed(views.Namespace))
        self.replica_sets = Informer(api, resources.REPLICA_SETS.viewed(kinds.ReplicaSet), indexes=_CHILDREN)
        self.deployments = Informer(
            api, resources.DEPLOYMENTS.viewed(kinds.Deployment), indexes={"namespace": _namespace}
        )
        self.daemon_sets = Informer(api, resources.DAEMON_SETS.viewed(kinds.DaemonSet))
        self.revisions = Informer(
            api, resources.CONTROLLER_REVISIONS.viewed(kinds.ControllerRevision), indexes={"owner": _owner}
        )
        self.services = Informer(api, resources.SERVICES.viewed(kinds.Service), indexes={"namespace": _namespace})
        self.slices = Informer(
            api, resources.ENDPOINT_SLICES.viewed(kinds.EndpointSlice), indexes={"service": _service}
        )
        self.budgets = Informer(api, resources.POD_DISRUPTION_BUDGETS.viewed(kinds.DisruptionBudget))
        self.quotas = Informer(api, resources.RESOURCE_QUOTAS.viewed(kinds.Quota), indexes={"namespace": _namespace})
        self.accounts = Informer(api, resources.SERVICE_ACCOUNTS.viewed(views.Plain))
        self.definitions = Informer(api, resources.CUSTOM_RESOURCE_DEFINITIONS.viewed(kinds.Crd))

    def all(self) -> list[Informer[Any]]:
        """Return every informer."""
        return [one for one in vars(self).values() if isinstance(one, Informer)]

    async def run(self) -> None:
        """Keep all caches, for ever."""
        async with asyncio.TaskGroup() as group:
            for one in self.all():
                group.create_task(one.run(), name=f"informer-{one.resource.plural}")

    async def synced(self) -> None:
        """Return once every cache has its first list."""
        for one in self.all():
            await one.synced()
