"""How many services of each status and launch type a cluster has, kept as they change."""

from collections import Counter
from collections.abc import Mapping

from kecs.kube.informer import Informer
from kecs.model import cluster, objects, service

Kind = tuple[str, str]  # status (ACTIVE or DRAINING) and launch type


def _kind(item: objects.Service) -> Kind:
    fargate = cluster.on_fargate(item.spec.launchType, item.spec.capacityProviderStrategy)
    return service.status_of(item), "FARGATE" if fargate else item.spec.launchType or "EC2"


class ServiceCounts:
    """The services of all clusters that are not over, by namespace."""

    def __init__(self, services: Informer[objects.Service]) -> None:
        self._counts: dict[str, Counter[Kind]] = {}
        services.subscribe(self._on_service)

    def _on_service(self, old: objects.Service | None, new: objects.Service | None) -> None:
        for item, change in ((old, -1), (new, 1)):
            if item is None or not service.is_named_rightly(item):
                continue
            counts = self._counts.setdefault(item.metadata.namespace, Counter())
            counts[_kind(item)] += change
            if not any(counts.values()):
                del self._counts[item.metadata.namespace]

    def of(self, namespace: str) -> Mapping[Kind, int]:
        """Return the services of a cluster."""
        return self._counts.get(namespace, {})
