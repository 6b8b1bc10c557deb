from kecs.kube.resources import DEPLOYMENTS, PODS, REPLICA_SETS
from tests.embedded.controllers.cluster import Cluster, deployment


async def test_a_deployment_becomes_available(cluster: Cluster) -> None:
    await cluster.create(DEPLOYMENTS, deployment(replicas=3))
    found = await cluster.settle(DEPLOYMENTS, "web", lambda one: one.get("status", {}).get("availableReplicas") == 3)
    assert len(await cluster.all(PODS)) == 3
    assert len(await cluster.all(REPLICA_SETS)) == 1
    print(found["status"])
