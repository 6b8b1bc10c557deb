"""The resources of group `kecs.io`, ECSDeployment, and the views of Kubernetes's own that kecs caches."""

from typing import TypeVar

from kecs.kube import resources
from kecs.kube.api import Resource
from kecs.model import ecs_deployment, marks, objects
from kecs.translate import views

T = TypeVar("T")


def _own(kind: str, plural: str, type: type[T], *, namespaced: bool) -> Resource[T]:
    return Resource(marks.GROUP, marks.VERSION, kind, plural, namespaced, type)


CLUSTERS = _own("ECSCluster", "ecsclusters", objects.Cluster, namespaced=False)
TASK_DEFINITIONS = _own("ECSTaskDefinition", "ecstaskdefinitions", objects.TaskDefinition, namespaced=False)
SERVICES = _own("ECSService", "ecsservices", objects.Service, namespaced=True)
STOPPED_TASKS = _own("ECSTask", "ecstasks", objects.StoppedTask, namespaced=True)

ECS_DEPLOYMENTS = Resource(
    ecs_deployment.GROUP,
    ecs_deployment.VERSION,
    ecs_deployment.KIND,
    "ecsdeployments",
    True,
    ecs_deployment.EcsDeployment,
)

PODS = resources.PODS.viewed(views.Pod)
DEPLOYMENTS = resources.DEPLOYMENTS.viewed(views.Deployment)
DAEMON_SETS = resources.DAEMON_SETS.viewed(views.DaemonSet)
REPLICA_SETS = resources.REPLICA_SETS.viewed(views.ReplicaSet)
NODES = resources.NODES.viewed(views.Node)
