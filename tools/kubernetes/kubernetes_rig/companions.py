"""What can run beside a cluster: programs that a cluster often has, started as the cluster's own parts are."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kubernetes_rig import keeper
from kubernetes_rig.api import Api, until
from kubernetes_rig.binaries import manifests, program
from kubernetes_rig.layout import Layout
from kubernetes_rig.node import endpoints

READY_SECONDS = 60.0
_GATEWAY = "gateway"
_XDS = ("127.0.0.1", "8001")
_NOT_STANDARD = ("tlsroutes", "tcproutes", "backendtlspolicies")  # kinds that the standard channel lacks
_METRICS_PORT = 4443
_SIMULATED_PODS = "172.30.0.0/16"  # addresses that lead nowhere


@dataclass(frozen=True)
class Companion:
    """A companion: which programs it needs, and how it is started once the cluster is ready."""

    programs: tuple[str, ...]
    start: Callable[[Layout], None]
    needs_node: bool


def _define(layout: Layout, program_name: str) -> None:
    """Make the custom resources that come with a program."""
    api = Api(layout)
    for file in manifests(program_name):
        for name in api.define(file.read_text()):
            place = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
            until(partial(api.holds, place, "Established"), READY_SECONDS, f"{name} is served")


def _start(layout: Layout, name: str, *argv: str) -> None:
    keeper.tell(layout.directory, "start", name=name, argv=list(argv), env={}, log=str(layout.log(name)))


def _gateway(layout: Layout) -> None:
    """Contour serves one Gateway, gateway/gateway, and routes of all namespaces, by an Envoy at the node's address."""
    _define(layout, "contour")
    contour, path = str(program("contour")), layout.path("config", "contour.json")
    settings = {
        "gateway": {"gatewayRef": {"namespace": _GATEWAY, "name": _GATEWAY}},
        "ingress-status-address": layout.node_address,
    }
    path.write_text(json.dumps(settings))
    _start(layout, "contour", contour, "serve", f"--kubeconfig={layout.kubeconfig}", f"--config-path={path}",
           "--insecure", f"--xds-address={_XDS[0]}", f"--xds-port={_XDS[1]}", "--disable-leader-election",
           *(f"--disable-feature={kind}" for kind in _NOT_STANDARD),
           "--http-address=127.0.0.1", "--health-address=127.0.0.1")  # fmt: skip
    bootstrap = str(layout.path("config", "envoy.json"))
    done = subprocess.run([contour, "bootstrap", bootstrap, f"--xds-address={_XDS[0]}", f"--xds-port={_XDS[1]}",
                           "--admin-address=/run/envoy.sock"],
                          check=False, capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"contour bootstrap: {done.stderr.strip()}")
    who = ("--service-cluster", "rig", "--service-node", "rig")
    _start(layout, "envoy", str(program("envoy")), "-c", bootstrap, "--log-level", "warning", *who)
    api = Api(layout)
    api.apply(
        f"/api/v1/namespaces/{_GATEWAY}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _GATEWAY}}
    )
    version = "gateway.networking.k8s.io/v1"
    classes = {"controllerName": "projectcontour.io/gateway-controller"}
    api.apply(
        f"/apis/{version}/gatewayclasses/contour",
        {"apiVersion": version, "kind": "GatewayClass", "metadata": {"name": "contour"}, "spec": classes},
    )
    place = f"/apis/{version}/namespaces/{_GATEWAY}/gateways/{_GATEWAY}"
    listener = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    spec = {"gatewayClassName": "contour", "listeners": [listener]}
    metadata = {"name": _GATEWAY, "namespace": _GATEWAY}
    api.apply(place, {"apiVersion": version, "kind": "Gateway", "metadata": metadata, "spec": spec})
    until(partial(api.holds, place, "Programmed"), READY_SECONDS, "Contour has programmed the gateway")


def _metrics(layout: Layout) -> None:
    """metrics-server answers `kubectl top` and what a HorizontalPodAutoscaler asks."""
    who, place = f"{layout.kubeconfig}", layout.path("state", "metrics")
    _start(layout, "metrics-server", str(program("metrics-server")), f"--kubeconfig={who}",
           f"--authentication-kubeconfig={who}", f"--authorization-kubeconfig={who}", f"--cert-dir={place}",
           f"--secure-port={_METRICS_PORT}", "--kubelet-preferred-address-types=InternalIP", "--metric-resolution=11s",
           "--kubelet-request-timeout=5s",
           f"--kubelet-certificate-authority={layout.directory}/pki/ca.crt")  # fmt: skip
    api, namespace = Api(layout), "kube-system"
    metadata = {"name": "metrics-server", "namespace": namespace}
    port = {"name": "https", "port": 443, "targetPort": _METRICS_PORT}
    api.apply(
        f"/api/v1/namespaces/{namespace}/services/metrics-server",
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [port]}},
    )
    api.apply(
        f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/metrics-server",
        endpoints(layout, "metrics-server", [{"name": "https", "port": _METRICS_PORT, "protocol": "TCP"}]),
    )
    version = "v1beta1.metrics.k8s.io"
    place_of = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}"
    spec = {
        "service": {"name": "metrics-server", "namespace": namespace},
        "group": "metrics.k8s.io",
        "version": "v1beta1",
        "insecureSkipTLSVerify": True,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
    }
    service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": version},
        "spec": spec,
    }
    api.apply(place_of, service)
    until(partial(api.holds, place_of, "Available"), READY_SECONDS, "metrics-server is ready")


def _rollouts(layout: Layout) -> None:
    """Argo Rollouts: canary and blue-green deployments as its own custom resources."""
    _define(layout, "rollouts")
    _start(layout, "rollouts", str(program("rollouts")), f"--kubeconfig={layout.kubeconfig}", "--leader-elect=false",
           "--metricsPort=8090", "--healthzPort=8091")  # fmt: skip


def _kwok(layout: Layout) -> None:
    """Let kwok play nodes that have its annotation, and their pods, in thousands; one node is there already."""
    _start(layout, "kwok", str(program("kwok")), f"--kubeconfig={layout.kubeconfig}", "--manage-all-nodes=false",
           "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", f"--cidr={_SIMULATED_PODS}",
           "--node-lease-duration-seconds=40", *(f"--config={file}" for file in manifests("kwok")))  # fmt: skip
    api, name, ample = Api(layout), "kwok-0", {"cpu": "1000", "memory": "4Ti", "pods": "20000"}
    place = f"/api/v1/nodes/{name}"
    metadata = {"name": name, "labels": {"type": "kwok"}, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    taint = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": [taint]}}
    api.apply(place, node)
    status = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    api.apply(f"{place}/status", {**status, "status": {"capacity": ample, "allocatable": ample}})
    until(partial(api.holds, place, "Ready"), READY_SECONDS, "kwok plays a node")


COMPANIONS = {
    "gateway": Companion(("contour", "envoy"), _gateway, needs_node=True),
    "metrics": Companion(("metrics-server",), _metrics, needs_node=True),
    "rollouts": Companion(("rollouts",), _rollouts, needs_node=False),
    "kwok": Companion(("kwok",), _kwok, needs_node=False),
}
"""By the words that WITH knows."""
