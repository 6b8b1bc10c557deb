"""What can run beside a cluster: programs that a cluster often has, started as the cluster's own parts are."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kubernetes_rig import keeper
from kubernetes_rig.api import Api
from kubernetes_rig.binaries import manifests, program
from kubernetes_rig.layout import Layout
from kubernetes_rig.needs import tool
from kubernetes_rig.node import endpoints
from kubernetes_rig.warden import inside

READY_SECONDS = 60.0
_GATEWAY = "gateway"
_XDS = ("--xds-address=127.0.0.1", "--xds-port=8001")
_ENVOY_HEALTH = 8002
_NOT_STANDARD = ("tlsroutes", "tcproutes", "backendtlspolicies")  # kinds that the standard channel lacks
_METRICS_PORT = 4443
_AGGREGATION = "apiregistration.k8s.io/v1"
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
            keeper.until(layout, partial(api.holds, place, "Established"), READY_SECONDS, f"{name} is served")


def _gateway(layout: Layout) -> None:
    """Let Contour serve one Gateway, gateway/gateway, for routes of any namespace, by Envoy at the node's address."""
    _define(layout, "contour")
    path = layout.path("config", "contour.json")
    gateway = {"gatewayRef": {"namespace": _GATEWAY, "name": _GATEWAY}}
    path.write_text(json.dumps({"gateway": gateway, "ingress-status-address": layout.node_address}))
    command = [str(program("contour")), "serve", f"--kubeconfig={layout.kubeconfig}", f"--config-path={path}"]
    command += [
        "--disable-leader-election",
        "--http-address=127.0.0.1",
        "--health-address=127.0.0.1",
        "--insecure",
        *_XDS,
    ]
    keeper.start(layout, "contour", command + [f"--disable-feature={kind}" for kind in _NOT_STANDARD])
    _envoy(layout)
    api, version = Api(layout), "gateway.networking.k8s.io/v1"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _GATEWAY}}
    api.apply(f"/api/v1/namespaces/{_GATEWAY}", namespace)
    spec: dict[str, object] = {"controllerName": "projectcontour.io/gateway-controller"}
    made: dict[str, object] = {"apiVersion": version, "kind": "GatewayClass", "metadata": {"name": "contour"}}
    api.apply(f"/apis/{version}/gatewayclasses/contour", {**made, "spec": spec})
    listener = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    made = {"apiVersion": version, "kind": "Gateway", "metadata": {"name": _GATEWAY, "namespace": _GATEWAY}}
    spec = {"gatewayClassName": "contour", "listeners": [listener]}
    place = f"/apis/{version}/namespaces/{_GATEWAY}/gateways/{_GATEWAY}"
    api.apply(place, {**made, "spec": spec})
    keeper.until(layout, partial(api.holds, place, "Programmed"), READY_SECONDS, "Contour has programmed the gateway")
    keeper.until(
        layout,
        partial(_answers, f"http://{layout.node_address}:{_ENVOY_HEALTH}/ready"),
        READY_SECONDS,
        "Envoy is ready",
    )


def _envoy(layout: Layout) -> None:
    bootstrap = str(layout.path("config", "envoy.json"))
    command = [str(program("contour")), "bootstrap", bootstrap, *_XDS, "--admin-address=/run/envoy.sock"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"contour bootstrap: {done.stderr.strip()}")
    flags = ["--log-level", "warning", "--disable-hot-restart", "--service-cluster", "rig", "--service-node", "rig"]
    keeper.start(layout, "envoy", [str(program("envoy")), "-c", bootstrap, *flags])


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5.0):
            return True
    except OSError:
        return False


def _metrics(layout: Layout) -> None:
    """Let metrics-server answer `kubectl top` and what a HorizontalPodAutoscaler asks."""
    flags = [f"--{use}kubeconfig={layout.kubeconfig}" for use in ("", "authentication-", "authorization-")]
    flags += [f"--cert-dir={layout.path('state', 'metrics')}", f"--secure-port={_METRICS_PORT}"]
    flags += ["--metric-resolution=11s", "--kubelet-request-timeout=5s"]  # the shortest that it takes
    flags += ["--kubelet-preferred-address-types=InternalIP"]
    flags += [f"--kubelet-certificate-authority={layout.directory}/pki/ca.crt"]
    keeper.start(layout, "metrics-server", [str(program("metrics-server")), *flags])
    api, name, namespace = Api(layout), "metrics-server", "kube-system"
    spec: dict[str, object] = {"ports": [{"name": "https", "port": 443, "targetPort": _METRICS_PORT}]}
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}}
    api.apply(f"/api/v1/namespaces/{namespace}/services/{name}", {**made, "spec": spec})
    place = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}"
    api.apply(place, endpoints(layout, name, [{"name": "https", "port": _METRICS_PORT, "protocol": "TCP"}]))
    version, group = "v1beta1", "metrics.k8s.io"
    spec = {"service": {"name": name, "namespace": namespace}, "group": group, "version": version}
    spec |= {"insecureSkipTLSVerify": True, "groupPriorityMinimum": 100, "versionPriority": 100}
    made = {"apiVersion": _AGGREGATION, "kind": "APIService", "metadata": {"name": f"{version}.{group}"}}
    place = f"/apis/{_AGGREGATION}/apiservices/{version}.{group}"
    api.apply(place, {**made, "spec": spec})
    keeper.until(layout, partial(api.holds, place, "Available"), READY_SECONDS, "metrics-server is ready")


def _policies(layout: Layout) -> None:
    """Let packets of pods go by what NetworkPolicies say."""
    command = [sys.executable, str(Path(__file__).resolve().parents[1] / "rig"), "enforce", str(layout.directory)]
    keeper.start(layout, "policies", command, root=True)
    look = [*inside(layout.directory), tool("iptables"), "--table", "mangle", "--check", "FORWARD", "--jump", "RIG"]

    def is_enforced() -> bool:
        return subprocess.run(look, check=False, capture_output=True).returncode == 0

    keeper.until(layout, is_enforced, READY_SECONDS, "network policies are enforced")


def _rollouts(layout: Layout) -> None:
    """Let Argo Rollouts carry out canary and blue-green deployments, its own custom resources."""
    _define(layout, "rollouts")
    flags = [f"--kubeconfig={layout.kubeconfig}", "--leader-elect=false", "--metricsPort=8090", "--healthzPort=8091"]
    keeper.start(layout, "rollouts", [str(program("rollouts")), *flags])


def _definitions(layout: Layout) -> None:
    """Let the API server judge custom resources whose controllers are not here: there are the definitions alone."""
    _define(layout, "definitions")


def _kwok(layout: Layout) -> None:
    """Let kwok play nodes that have its annotation, and their pods, in thousands; one node is there already."""
    flags = [f"--kubeconfig={layout.kubeconfig}", "--manage-all-nodes=false", f"--cidr={_SIMULATED_PODS}"]
    flags += ["--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--node-lease-duration-seconds=40"]
    flags += [f"--config={file}" for file in manifests("kwok")]
    keeper.start(layout, "kwok", [str(program("kwok")), *flags])
    api, name, ample = Api(layout), "kwok-0", {"cpu": "1000", "memory": "4Ti", "pods": "20000"}
    place = f"/api/v1/nodes/{name}"
    metadata = {"name": name, "labels": {"type": "kwok"}, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    taint = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": [taint]}}
    api.apply(place, node)
    status = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    api.apply(f"{place}/status", {**status, "status": {"capacity": ample, "allocatable": ample}})
    keeper.until(layout, partial(api.holds, place, "Ready"), READY_SECONDS, "kwok plays a node")


COMPANIONS = {
    "gateway": Companion(("contour", "envoy"), _gateway, needs_node=True),
    "metrics": Companion(("metrics-server",), _metrics, needs_node=True),
    "policies": Companion((), _policies, needs_node=True),
    "rollouts": Companion(("rollouts",), _rollouts, needs_node=False),
    "definitions": Companion(("definitions",), _definitions, needs_node=False),
    "kwok": Companion(("kwok",), _kwok, needs_node=False),
}
"""By the words that WITH knows."""
