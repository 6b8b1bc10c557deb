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

READY_SECONDS = 60.0
_GATEWAY = "gateway"
_XDS = ("127.0.0.1", "8001")
_NOT_STANDARD = ("tlsroutes", "tcproutes", "backendtlspolicies")  # kinds that the standard channel lacks
_METRICS_PORT = 4443


@dataclass(frozen=True)
class Companion:
    """A companion: which programs it needs, and how it is started once the cluster is ready."""

    programs: tuple[str, ...]
    start: Callable[[Layout], None]


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


COMPANIONS = {
    "gateway": Companion(("contour", "envoy"), _gateway),
}
"""By the words that WITH knows."""
