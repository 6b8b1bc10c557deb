"""All controllers of a cluster, wired."""

from collections.abc import Callable, Iterable

from kecs.embedded.controllers.daemon_set import DaemonSets
from kecs.embedded.controllers.deployment import Deployments
from kecs.embedded.controllers.disruption import DisruptionBudgets
from kecs.embedded.controllers.endpoint_slice import EndpointSlices
from kecs.embedded.controllers.events import Recorder
from kecs.embedded.controllers.garbage import GarbageCollector
from kecs.embedded.controllers.graph import Graph, Served
from kecs.embedded.controllers.informers import Informers
from kecs.embedded.controllers.namespaces import Namespaces
from kecs.embedded.controllers.pod_gc import PodCollector
from kecs.embedded.controllers.quota import Quotas
from kecs.embedded.controllers.replica_set import ReplicaSets
from kecs.embedded.controllers.scheduler import Scheduler
from kecs.kube.api import Api
from kecs.kube.controller import Runnable


def build(api: Api, served: Callable[[], Iterable[Served]], *, events: bool = True) -> list[Runnable]:
    """Return everything that has to run beside an API to make it a cluster (but its nodes).

    `served` gives the kinds that the API serves at the moment (`engine.catalog.kinds`). `events` says whether Event
    objects are written.
    """
    informers = Informers(api)
    graph = Graph(api, informers, served)
    scheduling = Recorder(api, "default-scheduler", enabled=events)
    workloads = {
        name: Recorder(api, f"{name}-controller", enabled=events) for name in ("deployment", "replicaset", "daemonset")
    }
    return [
        informers,
        graph,
        scheduling,
        *workloads.values(),
        Scheduler(api, informers, scheduling),
        Deployments(api, informers, workloads["deployment"]),
        ReplicaSets(api, informers, workloads["replicaset"]),
        GarbageCollector(api, graph),
        Namespaces(api, informers, graph),
        DaemonSets(api, informers, workloads["daemonset"]),
        EndpointSlices(api, informers),
        DisruptionBudgets(api, informers),
        Quotas(api, informers, graph),
        PodCollector(api, informers),
    ]
