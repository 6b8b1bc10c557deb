"""The defaults that Kubernetes has in code and its schemas do not tell, by type.

`CONSTANTS` holds plain values, `FILLERS` the few that depend on other members. Each is applied to every object of its
type, wherever it stands, after the members below it have theirs. Source: the `defaults.go` of each API group of
Kubernetes 1.36.
"""

import base64
from collections.abc import Callable
from typing import Any

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"  # an annotation

Json = dict[str, Any]
Filler = Callable[[Json], None]

CONSTANTS: dict[str, Json] = {
    "api.core.v1.PodSpec": {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30,
        "securityContext": {},
        "schedulerName": "default-scheduler",
    },
    "api.core.v1.Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "api.core.v1.HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "api.core.v1.GRPCAction": {"service": ""},
    "api.core.v1.SecretVolumeSource": {"defaultMode": 420},
    "api.core.v1.ConfigMapVolumeSource": {"defaultMode": 420},
    "api.core.v1.DownwardAPIVolumeSource": {"defaultMode": 420},
    "api.core.v1.ProjectedVolumeSource": {"defaultMode": 420},
    "api.core.v1.ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "api.core.v1.HostPathVolumeSource": {"type": ""},
    "api.core.v1.ObjectFieldSelector": {"apiVersion": "v1"},
    "api.core.v1.PersistentVolumeSpec": {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"},
    "api.core.v1.PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "api.core.v1.Secret": {"type": "Opaque"},
    "api.core.v1.ServiceSpec": {"sessionAffinity": "None", "type": "ClusterIP", "internalTrafficPolicy": "Cluster"},
    "api.apps.v1.DaemonSetSpec": {"revisionHistoryLimit": 10},
    "api.apps.v1.ReplicaSetSpec": {"replicas": 1},
    "api.apps.v1.DeploymentSpec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
    "api.core.v1.EndpointPort": {"protocol": "TCP"},
    "api.core.v1.PodCondition": {"lastProbeTime": None},
    "api.rbac.v1.ClusterRole": {"rules": None},
    "api.rbac.v1.Role": {"rules": None},
    "api.discovery.v1.EndpointPort": {"name": "", "protocol": "TCP"},
    "api.networking.v1.NetworkPolicyPort": {"protocol": "TCP"},
    "api.rbac.v1.RoleRef": {"apiGroup": "rbac.authorization.k8s.io"},
    "api.scheduling.v1.PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "api.storage.v1.StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    "api.autoscaling.v2.HorizontalPodAutoscalerSpec": {"minReplicas": 1},
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion": {"strategy": "None"},
}


def _container(container: Json) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = "Always" if _is_latest(container.get("image", "")) else "IfNotPresent"


def _is_latest(image: str) -> bool:
    name, at, _ = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(image) and (tag == "latest" or not (tag or at))


def _pod_spec(spec: Json) -> None:
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name
    if spec.get("hostNetwork"):
        for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
            for port in container.get("ports", ()):
                port.setdefault("hostPort", port.get("containerPort", 0))


def _pod(pod: Json) -> None:
    spec = pod["spec"]
    spec.setdefault("enableServiceLinks", True)
    for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
        limits = container["resources"].get("limits")
        if limits:
            requests = container["resources"].get("requests", {})
            container["resources"]["requests"] = {**requests, **{k: v for k, v in limits.items() if k not in requests}}


def _volume(volume: Json) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}


def _rolling(surge: Any, unavailable: Any) -> Filler:
    def fill(strategy: Json) -> None:
        strategy.setdefault("type", "RollingUpdate")
        if strategy["type"] == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxSurge", surge)
            rolling.setdefault("maxUnavailable", unavailable)

    return fill


def _service(service: Json) -> None:
    spec = service["spec"]
    kind = spec["type"]
    if kind in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind == "ExternalName":
        spec.pop("internalTrafficPolicy", None)
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})


def _secret(secret: Json) -> None:
    """Turn the plain texts of `stringData` into data."""
    plain = secret.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        secret["data"] = {**secret.get("data", {}), **encoded}


def _pod_status(status: Json) -> None:
    if status.get("podIP"):
        status.setdefault("podIPs", [{"ip": status["podIP"]}])


def _event(event: Json) -> None:
    for name in ("eventTime", "firstTimestamp", "lastTimestamp"):
        event.setdefault(name, None)  # times that are shown even where there are none


def _daemon_set(daemon_set: Json) -> None:
    daemon_set["metadata"].setdefault("annotations", {}).setdefault(TEMPLATE_GENERATION, "0")


def _service_port(port: Json) -> None:
    if not port.get("targetPort"):
        port["targetPort"] = port["port"]


def _network_policy_spec(spec: Json) -> None:
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def _subject(subject: Json) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _phase(phase: str) -> Filler:
    def fill(thing: Json) -> None:
        thing["status"].setdefault("phase", phase)

    return fill


def _namespace(namespace: Json) -> None:
    namespace["status"].setdefault("phase", "Active")
    if name := namespace["metadata"].get("name"):
        namespace["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name


def _node(node: Json) -> None:
    status = node["status"]
    if "capacity" in status:
        status["allocatable"] = {**status["capacity"], **status.get("allocatable", {})}


def _definition_names(spec: Json) -> None:
    names = spec["names"]
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})


_COMPUTED: dict[str, Filler] = {
    "api.core.v1.Container": _container,
    "api.core.v1.EphemeralContainer": _container,
    "api.core.v1.Pod": _pod,
    "api.core.v1.PodSpec": _pod_spec,
    "api.core.v1.Volume": _volume,
    "api.core.v1.PodStatus": _pod_status,
    "api.core.v1.Service": _service,
    "api.core.v1.Secret": _secret,
    "api.core.v1.Event": _event,
    "api.apps.v1.DaemonSet": _daemon_set,
    "api.core.v1.ServicePort": _service_port,
    "api.core.v1.Namespace": _namespace,
    "api.core.v1.PersistentVolume": _phase("Pending"),
    "api.core.v1.PersistentVolumeClaim": _phase("Pending"),
    "api.core.v1.Node": _node,
    "api.apps.v1.DeploymentStrategy": _rolling("25%", "25%"),
    "api.apps.v1.DaemonSetUpdateStrategy": _rolling(0, 1),
    "api.networking.v1.NetworkPolicySpec": _network_policy_spec,
    "api.rbac.v1.Subject": _subject,
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec": _definition_names,
}


def _constants(values: Json) -> Filler:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    nested = [key for key, value in values.items() if isinstance(value, dict)]

    def fill(thing: Json) -> None:
        for key, value in plain.items():
            if key not in thing:
                thing[key] = value
        for key in nested:
            if key not in thing:
                thing[key] = dict(values[key])

    return fill


def _both(first: Filler, second: Filler) -> Filler:
    def fill(thing: Json) -> None:
        first(thing)
        second(thing)

    return fill


def _joined() -> dict[str, Filler]:
    fillers = {name: _constants(values) for name, values in CONSTANTS.items()}
    for name, computed in _COMPUTED.items():
        fillers[name] = _both(fillers[name], computed) if name in fillers else computed
    return {f"io.k8s.{name}": filler for name, filler in fillers.items()}


FILLERS: dict[str, Filler] = _joined()
