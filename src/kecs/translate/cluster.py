"""A cluster as a namespace, with its default network policies and, where asked for, a quota."""

import re
from collections.abc import Mapping

from kecs.model import arns, marks
from kecs.model.objects import Cluster
from kecs.model.scope import DEFAULT_ACCOUNT, DEFAULT_REGION, Scope
from kecs.translate.body import Json
from kecs.translate.network import make_isolation

# Tags of a cluster that ask for a quota, and what each limits.
QUOTA_TAGS = {
    "kecs.io/quota-cpu": "requests.cpu",
    "kecs.io/quota-memory": "requests.memory",
    "kecs.io/quota-tasks": "pods",
}
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_DEFAULT_POLICY = "kecs-default"
_QUOTA = "kecs-quota"


def scope_of(cluster: Cluster) -> Scope:
    """Return whose cluster it is, from its labels."""
    labels = cluster.metadata.labels
    return Scope(labels.get(marks.ACCOUNT, DEFAULT_ACCOUNT), labels.get(marks.REGION, DEFAULT_REGION))


def make_namespace(cluster: Cluster) -> Json:
    """Return the cluster's namespace, which carries its name."""
    meta = cluster.metadata
    scope = scope_of(cluster)
    arn = arns.cluster(scope, cluster.spec.clusterName or "default")
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": meta.name,
            "labels": {
                marks.CLUSTER: meta.name,
                marks.ROLE: marks.ROLE_CLUSTER,
                marks.ACCOUNT: scope.account,
                marks.REGION: scope.region,
            },
            "annotations": {marks.CLUSTER_ARN: arn},
        },
    }


def make_network_policies(namespace: str) -> list[Json]:
    """Return the default policies: tasks are reached by tasks of any cluster, as in one VPC, and may call anybody.

    Ports of the host and load balancers come in from outside the cluster, which a pod selector does not cover, so
    addresses are let in too; what stays out is other workloads of the same Kubernetes cluster, where the network
    plugin tells pods from addresses.
    """
    peers: list[Json] = [
        {"namespaceSelector": {"matchExpressions": [{"key": marks.CLUSTER, "operator": "Exists"}]}},
        {"ipBlock": {"cidr": "0.0.0.0/0"}},
        {"ipBlock": {"cidr": "::/0"}},
    ]
    default = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": _DEFAULT_POLICY, "namespace": namespace, "labels": {marks.CLUSTER: namespace}},
        "spec": {
            "podSelector": {"matchExpressions": [{"key": marks.NETWORK, "operator": "DoesNotExist"}]},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": peers}],
        },
    }
    return [default, make_isolation(namespace)]


def make_quota(cluster: Cluster, defaults: Mapping[str, str] | None = None) -> Json | None:
    """Return the ResourceQuota that the cluster's tags ask for; None when there is nothing to limit.

    `defaults` are quantities by resource name, over which the tags win. A tag whose value is no quantity is left out.
    """
    hard = dict(defaults or {})
    for tag in cluster.spec.tags or ():
        resource = QUOTA_TAGS.get(tag.key or "")
        if resource and _QUANTITY.fullmatch(tag.value or ""):
            hard[resource] = tag.value or ""
    if not hard:
        return None
    namespace = cluster.metadata.name
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": _QUOTA, "namespace": namespace, "labels": {marks.CLUSTER: namespace}},
        "spec": {"hard": hard},
    }
