"""The programs of a cluster: built from their Go modules once, and kept outside the checkout."""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

_MODULES = Path(__file__).parent.parent / "go"


def program(name: str) -> Path:
    """Return where a program is once it is built; another state of its module, or way to build, has another place."""
    state = hashlib.sha256(repr(_command(name)).encode())
    for file in sorted((_MODULES / name).iterdir()):
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "kecs" / f"{name}-{state.hexdigest()[:16]}" / name


def _command(name: str) -> list[str]:
    """Return how a program is built, without where to."""
    flags = ["-s", "-w"]
    if name == "kubernetes":
        # What it says of itself, which clients parse; a build of the release sets the same.
        module = (_MODULES / name / "go.mod").read_text()
        version = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S+)", module)
        if version:
            whole, major, minor = version.groups()
            said = {"gitVersion": whole, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
            flags += [f"-X k8s.io/component-base/version.{key}={value}" for key, value in said.items()]
    return ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(flags)]


def build(name: str) -> None:
    """Build a program unless it is there, safely if several do so at once; RuntimeError quotes Go where it fails."""
    place = program(name)
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return
        print(f"rig: building {name}, once; this takes minutes", file=sys.stderr, flush=True)
        unfinished = place.with_suffix(".unfinished")
        done = subprocess.run(
            [*_command(name), "-o", str(unfinished), "."],
            cwd=_MODULES / name,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""},
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"go build of {name} failed:\n{done.stderr.strip()}")
        unfinished.rename(place)
