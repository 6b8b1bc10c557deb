"""Keys, certificates and kubeconfigs of a cluster, made by openssl."""

import base64
import json
import subprocess
from pathlib import Path

from kubernetes_rig.layout import API_SERVICE, NODE, Layout

TOKEN = "rig-admin-token"  # of a cluster that only this machine reaches, for whoever may read its directory anyway
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "3650")
_SERVICE_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")

# Who is who: the subject of a client certificate, whose organisation is a group to Kubernetes.
_CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "apiserver-kubelet": "/O=system:masters/CN=apiserver-kubelet",
    "front-proxy": "/CN=front-proxy",
    "controllers": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
}
_NODE_CLIENTS = {
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE}",
    "proxy": "/CN=system:kube-proxy",
}


def make(layout: Layout) -> None:
    """Write everything below `pki/`, and a kubeconfig for each client; the administrator's is the cluster's own."""
    place = layout.path("pki", "ca.crt").parent
    (place / "openssl.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n")
    _openssl(place, "req", "-x509", *_CURVE, "-subj", "/CN=rig", "-keyout", "ca.key", "-out", "ca.crt",
             "-config", "openssl.cnf", "-addext", "basicConstraints=critical,CA:true")  # fmt: skip
    _openssl(place, "genpkey", "-algorithm", "RSA", "-out", "accounts.key")
    _openssl(place, "pkey", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")
    (place / "tokens.csv").write_text(f"{TOKEN},admin-by-token,admin-by-token,system:masters\n")
    names = [f"DNS:{name}" for name in (*_SERVICE_NAMES, "localhost")]
    names += [f"IP:{address}" for address in (layout.node_address, API_SERVICE, "127.0.0.1")]
    _certificate(place, "apiserver", "/CN=apiserver", "serverAuth", ",".join(names))
    if layout.node:
        _certificate(place, "kubelet-server", f"/CN={NODE}", "serverAuth", f"DNS:{NODE},IP:{layout.node_address}")
    for name, subject in (_CLIENTS | (_NODE_CLIENTS if layout.node else {})).items():
        _certificate(place, name, subject, "clientAuth")
        _kubeconfig(layout, place, name)


def kubeconfig_of(layout: Layout, name: str) -> Path:
    """Return the kubeconfig of a client."""
    return layout.kubeconfig if name == "admin" else layout.path("config", f"{name}.kubeconfig")


def _certificate(place: Path, name: str, subject: str, usage: str, names: str = "") -> None:
    extensions = [f"extendedKeyUsage={usage}", *([f"subjectAltName={names}"] if names else [])]
    _openssl(place, "req", "-x509", "-CA", "ca.crt", "-CAkey", "ca.key", *_CURVE, "-subj", subject,
             "-keyout", f"{name}.key", "-out", f"{name}.crt", "-config", "openssl.cnf",
             *(word for extension in extensions for word in ("-addext", extension)))  # fmt: skip


def _kubeconfig(layout: Layout, place: Path, name: str) -> None:
    def data(file: str) -> str:
        return base64.b64encode((place / file).read_bytes()).decode()

    cluster = {"server": layout.server, "certificate-authority-data": data("ca.crt")}
    certificate = {"client-certificate-data": data(f"{name}.crt"), "client-key-data": data(f"{name}.key")}
    users = {name: certificate, **({"admin-by-token": {"token": TOKEN}} if name == "admin" else {})}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rig", "cluster": cluster}],
        "users": [{"name": user, "user": credentials} for user, credentials in users.items()],
        "contexts": [{"name": user, "context": {"cluster": "rig", "user": user}} for user in users],
        "current-context": name,
    }
    path = kubeconfig_of(layout, name)
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2) + "\n")


def _openssl(place: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=place, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")
