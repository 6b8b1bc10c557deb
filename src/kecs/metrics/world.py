"""What the caches say of clusters, services, deployments and tasks, and of themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator

from kecs.kube.figures import Family
from kecs.model import objects
from kecs.model import service as service_model
from kecs.world.world import World

_Samples = Iterator[tuple[tuple[str, ...], float]]


def families(world: World) -> Iterable[Family]:
    """Return what is there now. What it costs grows with the clusters and services, not with the tasks."""
    return (
        Family(
            "kecs_tasks",
            "gauge",
            "Tasks by cluster and status; STOPPED ones are records, kept for a while.",
            ("cluster", "status"),
            _tasks(world),
        ),
        Family(
            "kecs_services",
            "gauge",
            "Services by cluster and status.",
            ("cluster", "status"),
            _services(world.services.values()),
        ),
        Family(
            "kecs_deployments",
            "gauge",
            "Deployments of services by cluster and rollout state.",
            ("cluster", "state"),
            _deployments(world.services.values()),
        ),
        Family(
            "kecs_service_tasks_missing",
            "gauge",
            "Tasks that active services want and that do not run, by cluster.",
            ("cluster",),
            _missing(world),
        ),
        Family(
            "kecs_informer_objects",
            "gauge",
            "Objects in the cache, by resource.",
            ("resource",),
            (((informer.resource.plural,), len(informer.values())) for informer in world.informers),
        ),
        Family(
            "kecs_informer_lag_seconds",
            "gauge",
            "For how long a cache has not been following its resource; 0 while it does.",
            ("resource",),
            (((informer.resource.plural,), informer.staleness) for informer in world.informers),
        ),
    )


def _tasks(world: World) -> _Samples:
    for cluster in world.clusters.values():
        name = cluster.metadata.name
        counts = world.tasks.counts(name)
        stopping = len(world.pods.by("namespace", name)) - counts.running - counts.pending
        yield (name, "PENDING"), counts.pending
        yield (name, "RUNNING"), counts.running
        yield (name, "STOPPING"), max(stopping, 0)
        yield (name, "STOPPED"), max(len(world.stopped.ids(name)) - max(stopping, 0), 0)


def _services(services: Iterable[objects.Service]) -> _Samples:
    found = Counter((one.metadata.namespace, service_model.status_of(one)) for one in services)
    yield from found.items()


def _deployments(services: Iterable[objects.Service]) -> _Samples:
    found = Counter(
        (one.metadata.namespace, deployment.rolloutState or "")
        for one in services
        for deployment in one.status.deployments
    )
    yield from found.items()


def _missing(world: World) -> _Samples:
    missing = dict.fromkeys((cluster.metadata.name for cluster in world.clusters.values()), 0)
    for one in world.services.values():
        if service_model.status_of(one) == service_model.ACTIVE:
            meta = one.metadata
            counts = world.tasks.by_deployment(meta.namespace, meta.name)
            running = sum(count.running for count in counts.values())
            missing[meta.namespace] = missing.get(meta.namespace, 0) + max(_desired(one) - running, 0)
    for name, count in missing.items():
        yield (name,), count


def _desired(service: objects.Service) -> int:
    """Return how many tasks a service wants; for one on every node its reconciler knows."""
    if service.spec.schedulingStrategy == "DAEMON" and service.status.deployments:
        return service.status.deployments[0].desiredCount or 0
    return 1 if service.spec.desiredCount is None else service.spec.desiredCount
