"""The node: containerd, the kubelet, the proxy that makes services reachable, and the names of services."""

import json
import platform
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from kecs.embedded.node import pause
from kubernetes_rig import images, keeper, pki
from kubernetes_rig.api import Api
from kubernetes_rig.binaries import program
from kubernetes_rig.layout import DNS_SERVICE, NODE, Layout
from kubernetes_rig.needs import PLUGINS, tool
from kubernetes_rig.warden import inside

READY_SECONDS = 120.0
_CONTAINERD = "/run/containerd/containerd.sock"
_DOMAIN = "cluster.local"


def prepare(layout: Layout) -> None:
    """Start the container runtime, which needs no API server, and give it its images."""
    _write(layout, "containerd.toml", _containerd(layout))
    _write(layout, "cni/rig.conflist", json.dumps(_bridge(layout)))
    _write(layout, "resolv.conf", "# Pods ask the cluster's own server alone.\n")
    command = [tool("containerd"), "--config", str(_path(layout, "containerd.toml"))]
    keeper.start(layout, "containerd", command, root=True)
    keeper.until(layout, lambda: _ctr(layout, "version").returncode == 0, READY_SECONDS, "containerd answers")
    load(layout, pause.archive(platform.machine()))
    load(layout, images.busybox())


def start(layout: Layout) -> None:
    """Start what makes a node of it, and return once pods can run and names resolve."""
    who = [f"--kubeconfig={pki.kubeconfig_of(layout, 'kubelet')}", f"--hostname-override={NODE}"]
    for name, configuration, flags in (
        ("kubelet", _kubelet(layout), [*who, f"--node-ip={layout.node_address}"]),
        ("proxy", _proxy(layout), []),
    ):
        path = _write(layout, f"{name}.json", json.dumps(configuration, indent=2))
        command = [str(program("kubernetes")), name, f"--config={path}", *flags]
        keeper.start(layout, name, command, root=True)
    _names(layout)
    api = Api(layout)
    keeper.until(layout, partial(api.holds, f"/api/v1/nodes/{NODE}", "Ready"), READY_SECONDS, "the node is ready")


def load(layout: Layout, archive: bytes) -> None:
    """Give the node an image, as `docker save` writes it; RuntimeError with containerd's words when it is none."""
    done = _ctr(layout, "images", "import", "-", content=archive)
    if done.returncode:
        raise RuntimeError(f"the image was not imported: {done.stderr.decode(errors='replace').strip()}")


def _ctr(layout: Layout, *arguments: str, content: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    argv = [*inside(layout.directory), tool("ctr"), "--address", _CONTAINERD, "--namespace", "k8s.io", *arguments]
    return subprocess.run(argv, input=content, check=False, capture_output=True)


def _names(layout: Layout) -> None:
    """Start CoreDNS beside the kubelet, and let the address that pods ask lead to it."""
    corefile = f"""\
.:53 {{
  bind {layout.node_address}
  errors
  ready {layout.node_address}:8181
  kubernetes {_DOMAIN} in-addr.arpa ip6.arpa {{
    kubeconfig {layout.kubeconfig}
    pods verified
  }}
}}
"""
    keeper.start(layout, "coredns", [str(program("coredns")), "-conf", str(_write(layout, "Corefile", corefile))])
    api, place = Api(layout), "/api/v1/namespaces/kube-system/services/kube-dns"
    ports = [{"name": name, "port": 53, "protocol": name.upper()} for name in ("udp", "tcp")]
    metadata = {"name": "kube-dns", "namespace": "kube-system"}
    spec = {"clusterIP": DNS_SERVICE, "ports": ports}
    api.apply(place, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    place = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns"
    api.apply(place, endpoints(layout, "kube-dns", ports))


def endpoints(layout: Layout, service: str, ports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what leads a service of kube-system that selects no pods to a part of the cluster beside the kubelet."""
    labels = {"kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "rig"}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": service, "namespace": "kube-system", "labels": labels},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [layout.node_address]}],
    }


def _path(layout: Layout, name: str) -> Path:
    return layout.path("config", name)


def _write(layout: Layout, name: str, content: str) -> Path:
    path = layout.path("config", *name.split("/"))
    path.write_text(content)
    return path


def _containerd(layout: Layout) -> str:
    return f"""\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "{_CONTAINERD}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause.NAME}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{PLUGINS}"
  conf_dir = "{_path(layout, "cni")}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
"""


def _bridge(layout: Layout) -> dict[str, Any]:
    addresses = {"type": "host-local", "ranges": [[{"subnet": layout.pods}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "rig", "plugins": [bridge, ports]}


def _kubelet(layout: Layout) -> dict[str, Any]:
    pki_place = layout.directory / "pki"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "0.0.0.0",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki_place / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki_place / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki_place / "kubelet-server.key"),
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "featureGates": {"KubeletInUserNamespace": True},  # it may not set its own score for the OOM killer everywhere
        "containerRuntimeEndpoint": f"unix://{_CONTAINERD}",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": _DOMAIN,
        "resolvConf": str(_path(layout, "resolv.conf")),
        "volumePluginDir": "/var/lib/kubelet/plugins/volume",
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 250,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
    }


def _proxy(layout: Layout) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(pki.kubeconfig_of(layout, "proxy"))},
        "hostnameOverride": NODE,
        "mode": "iptables",
        "clusterCIDR": layout.pods,
        # Nothing that holds for the whole machine.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
