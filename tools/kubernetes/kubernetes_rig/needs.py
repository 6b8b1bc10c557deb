"""What the machine lacks for a cluster."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from kubernetes_rig.binaries import needs_go

_GO = (1, 21)  # from there on Go fetches the newer one itself that the modules ask for

# Program: its package in Debian.
_CONTROL = {"openssl": "openssl", "ip": "iproute2", "mount": "mount"}
_CONTROL |= dict.fromkeys(("unshare", "nsenter", "setpriv"), "util-linux")
_NODE = {
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "busybox": "busybox-static",
}
PLUGINS = Path("/usr/lib/cni")
"""Where the CNI plugins are."""


def search_programs() -> None:
    """Look for programs where Debian has the ones of administrators as well."""
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"


def tool(name: str) -> str:
    """Return where a program of the machine is; RuntimeError when it is nowhere."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"there is no {name}")
    return found


def missing(programs: Iterable[str], *, node: bool) -> list[str]:
    """Return what is missing for a cluster with these built programs, in words; empty when nothing is."""
    found = []
    if sys.platform != "linux":
        found.append("Linux")
    if os.geteuid() != 0:
        found.append("root, for namespaces of its own")
    wanted = _CONTROL | (_NODE if node else {})
    packages = {package for name, package in wanted.items() if shutil.which(name) is None}
    if node and not (PLUGINS / "bridge").exists():
        packages.add("containernetworking-plugins")
    if packages:
        found.append(f"the packages {' '.join(sorted(packages))} (apt-get install)")
    if any(needs_go(name) for name in programs) and (lack := _go()):
        found.append(lack)
    return found


def _go() -> str:
    """Return what is wrong with Go here; empty when it will do."""
    if shutil.which("go") is None:
        return "Go 1.21 or newer, to build Kubernetes with (Debian's is older: see go.dev/dl)"
    words = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"go(\d+)\.(\d+)", words)
    if version and tuple(map(int, version.groups())) >= _GO:
        return ""
    return f"Go 1.21 or newer, to build Kubernetes with (here is {words.strip() or 'one that does not run'})"
