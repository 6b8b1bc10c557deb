"""The built-in resources that kecs uses, as untyped `Resource` constants; `viewed()` gives a typed one."""

from typing import Any

from kecs.kube.api import Json, Resource


def _core(kind: str, plural: str, *, namespaced: bool = True) -> Resource[Json]:
    return Resource("", "v1", kind, plural, namespaced, dict[str, Any])


def _of(group: str, version: str, kind: str, plural: str, *, namespaced: bool = True) -> Resource[Json]:
    return Resource(group, version, kind, plural, namespaced, dict[str, Any])


CONFIG_MAPS = _core("ConfigMap", "configmaps")
EVENTS = _core("Event", "events")
LIMIT_RANGES = _core("LimitRange", "limitranges")
NAMESPACES = _core("Namespace", "namespaces", namespaced=False)
NODES = _core("Node", "nodes", namespaced=False)
PERSISTENT_VOLUMES = _core("PersistentVolume", "persistentvolumes", namespaced=False)
PERSISTENT_VOLUME_CLAIMS = _core("PersistentVolumeClaim", "persistentvolumeclaims")
PODS = _core("Pod", "pods")
RESOURCE_QUOTAS = _core("ResourceQuota", "resourcequotas")
SECRETS = _core("Secret", "secrets")
SERVICE_ACCOUNTS = _core("ServiceAccount", "serviceaccounts")
SERVICES = _core("Service", "services")

DAEMON_SETS = _of("apps", "v1", "DaemonSet", "daemonsets")
DEPLOYMENTS = _of("apps", "v1", "Deployment", "deployments")
REPLICA_SETS = _of("apps", "v1", "ReplicaSet", "replicasets")
CONTROLLER_REVISIONS = _of("apps", "v1", "ControllerRevision", "controllerrevisions")

ENDPOINT_SLICES = _of("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
HORIZONTAL_POD_AUTOSCALERS = _of("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
INGRESSES = _of("networking.k8s.io", "v1", "Ingress", "ingresses")
LEASES = _of("coordination.k8s.io", "v1", "Lease", "leases")
NETWORK_POLICIES = _of("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")
POD_DISRUPTION_BUDGETS = _of("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets")
CLUSTER_ROLES = _of("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDINGS = _of(
    "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False
)
ROLES = _of("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDINGS = _of("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
STORAGE_CLASSES = _of("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
CUSTOM_RESOURCE_DEFINITIONS = _of(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
