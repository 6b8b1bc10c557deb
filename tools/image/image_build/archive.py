"""The image: its layers in order, and what they are started with, as an archive that engines load."""

import hashlib
import io
import json
import os
import platform
import tarfile
from collections.abc import Sequence
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CONFIG = {
    "User": "65532:65532",
    "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHONPATH=/opt/kecs", "PYTHONDONTWRITEBYTECODE=1", "HOME=/tmp"],
    "Entrypoint": ["python3", "-m", "kecs"],
    "Cmd": ["serve"],
    "WorkingDir": "/tmp",
    "ExposedPorts": {"4566/tcp": {}, "9090/tcp": {}},
}
"""What the Dockerfile says as well; a test compares the two."""


def write(target: Path, names: Sequence[str], layers: Sequence[Path]) -> None:
    """Write the image with these names (`kecs:0.1.0`) as an archive."""
    document = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": CONFIG,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}" for layer in layers]},
    }
    body = json.dumps(document, sort_keys=True).encode()
    config = f"{hashlib.sha256(body).hexdigest()}.json"
    listing = [{"Config": config, "RepoTags": list(names), "Layers": [layer.name for layer in layers]}]
    unfinished = target.with_suffix(f".{os.getpid()}")  # others may be at it, too
    with tarfile.open(unfinished, "w", format=tarfile.GNU_FORMAT) as tar:
        for layer in layers:
            with layer.open("rb") as content:
                entry = tarfile.TarInfo(layer.name)
                entry.size = layer.stat().st_size
                tar.addfile(entry, content)
        for name, data in ((config, body), ("manifest.json", json.dumps(listing).encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    unfinished.rename(target)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
