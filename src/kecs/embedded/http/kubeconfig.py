"""The kubeconfig file that the door leaves in its data directory."""

import base64
from pathlib import Path

import msgspec

from kecs.embedded.http.auth import write_private
from kecs.kube.api import Json

KUBECONFIG_FILE = "kubeconfig"
_NAME = "kecs"


def write_kubeconfig(directory: Path, *, server: str, token: str, certificate: bytes) -> Path:
    """Write the file as JSON (which is YAML), readable by the user alone, and return its path."""
    content: Json = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": _NAME,
                "cluster": {"server": server, "certificate-authority-data": base64.b64encode(certificate).decode()},
            }
        ],
        "users": [{"name": _NAME, "user": {"token": token}}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
        "preferences": {},
    }
    path = directory / KUBECONFIG_FILE
    write_private(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    return path
