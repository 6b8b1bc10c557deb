"""Which columns a built-in kind has, by group and kind."""

from kecs.embedded.http.columns import access, cluster, network, pod, workload
from kecs.embedded.http.columns.base import Printer

PLAIN: Printer = access.DATED
"""The columns of a kind that has none of its own."""

PRINTERS: dict[tuple[str, str], Printer] = {
    ("", "ConfigMap"): cluster.CONFIG_MAP,
    ("", "Endpoints"): network.ENDPOINTS,
    ("", "Event"): cluster.EVENT,
    ("", "Namespace"): cluster.NAMESPACE,
    ("", "Node"): cluster.NODE,
    ("", "PersistentVolume"): cluster.VOLUME,
    ("", "PersistentVolumeClaim"): cluster.CLAIM,
    ("", "Pod"): pod.POD,
    ("", "PodTemplate"): pod.POD_TEMPLATE,
    ("", "ResourceQuota"): cluster.QUOTA,
    ("", "Secret"): cluster.SECRET,
    ("", "Service"): network.SERVICE,
    ("", "ServiceAccount"): cluster.SERVICE_ACCOUNT,
    ("apps", "ControllerRevision"): workload.CONTROLLER_REVISION,
    ("apps", "DaemonSet"): workload.DAEMON_SET,
    ("apps", "Deployment"): workload.DEPLOYMENT,
    ("apps", "ReplicaSet"): workload.REPLICA_SET,
    ("autoscaling", "Scale"): workload.SCALE,
    ("autoscaling", "HorizontalPodAutoscaler"): workload.AUTOSCALER,
    ("coordination.k8s.io", "Lease"): cluster.LEASE,
    ("discovery.k8s.io", "EndpointSlice"): network.ENDPOINT_SLICE,
    ("networking.k8s.io", "Ingress"): network.INGRESS,
    ("networking.k8s.io", "IngressClass"): network.INGRESS_CLASS,
    ("networking.k8s.io", "NetworkPolicy"): network.NETWORK_POLICY,
    ("policy", "PodDisruptionBudget"): workload.DISRUPTION_BUDGET,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): access.BINDING,
    ("rbac.authorization.k8s.io", "RoleBinding"): access.BINDING,
    ("scheduling.k8s.io", "PriorityClass"): cluster.PRIORITY_CLASS,
    ("storage.k8s.io", "StorageClass"): cluster.STORAGE_CLASS,
}
