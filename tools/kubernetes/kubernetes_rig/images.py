"""Images for a cluster without a registry: what a sandbox runs, and busybox with a shell for everything else."""

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

BUSYBOX = ("kecs.local/busybox:1", "docker.io/library/busybox:1.36")
"""The names that the image of busybox has: the tests' own, and what examples use."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_SHELL = {"Cmd": ["sh"]}
_SLEEPER = {"Cmd": ["sleep", "86400"], "StopSignal": "SIGKILL"}  # as the first process it would hear no other


def stand_in(names: tuple[str, ...]) -> bytes:
    """Return an image of these names, in the place of what cannot be fetched: busybox, which sleeps until stopped."""
    return busybox(names, _SLEEPER)


def busybox(names: tuple[str, ...] = BUSYBOX, config: Mapping[str, object] = _SHELL) -> bytes:
    """Return an image of busybox as an archive; RuntimeError where the machine's busybox is not fit for one."""
    found = shutil.which("busybox")
    if found is None or subprocess.run(["ldd", found], check=False, capture_output=True).returncode == 0:
        raise RuntimeError("busybox is missing, or linked to libraries that an image has not: install busybox-static")
    applets = subprocess.run([found, "--list"], check=True, capture_output=True, text=True).stdout.split()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            tar.addfile(_entry(name, mode=mode, type=tarfile.DIRTYPE))
        _add(tar, "bin/busybox", Path(found).read_bytes(), 0o755)
        _add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n", 0o644)
        _add(tar, "etc/group", b"root:x:0:\nnobody:x:65534:\n", 0o644)
        for applet in applets:
            if applet != "busybox":
                tar.addfile(_entry(f"bin/{applet}", type=tarfile.SYMTYPE, linkname="busybox"))
    return archive(names, layer.getvalue(), {"Env": ["PATH=/bin"], **config})


def archive(names: tuple[str, ...], layer: bytes, config: dict[str, object]) -> bytes:
    """Return an image of one layer, a tar, as an archive that engines load."""
    document = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    body = json.dumps(document).encode()
    file = f"{hashlib.sha256(body).hexdigest()}.json"
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        _add(tar, "layer.tar", layer, 0o644)
        _add(tar, file, body, 0o644)
        listing = [{"Config": file, "RepoTags": list(names), "Layers": ["layer.tar"]}]
        _add(tar, "manifest.json", json.dumps(listing).encode(), 0o644)
    return whole.getvalue()


def _entry(name: str, *, mode: int = 0o777, type: bytes = tarfile.REGTYPE, linkname: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type, entry.linkname = mode, type, linkname
    return entry


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = _entry(name, mode=mode)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
