"""What a cluster sees of the file system, in its mount namespace: the host's, with private places where parts write."""

import os
import subprocess
from pathlib import Path

from kubernetes_rig import cgroups
from kubernetes_rig.layout import Layout

_FOREIGN = ("overlay", "nsfs")
# What forwards packets between pods, and shows those that stay on the bridge to the rules of services.
_SWITCHED_ON = ("ipv4/ip_forward", "bridge/bridge-nf-call-iptables")
# Settings of the kernel that hold for the whole machine, with the values that a kubelet demands.
_STAND_INS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
_PRIVATE = ("lib", "log")


def hidden(directory: Path) -> bool:
    """Return whether a directory of the host would not be seen from inside."""
    return any(directory.is_relative_to(place) for place in ("/run", *(f"/var/{name}" for name in _PRIVATE)))


def arrange(layout: Layout) -> None:
    """Arrange the mounts of this process's own namespace, and what of /proc/sys goes with the network."""
    _release_foreign(layout.directory)
    _mount("--make-rshared", "/")  # volumes of pods are mounted for containers that run already
    for name in _PRIVATE:
        place = layout.path("state", name)
        place.mkdir(parents=True, exist_ok=True)
        _mount("--bind", str(place), f"/var/{name}")
    _mount("-t", "proc", "proc", "/proc")
    _mount("-t", "sysfs", "sysfs", "/sys")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm")
    cgroups.mount_own(_mount)
    _protect_kernel()
    for name in _SWITCHED_ON:
        setting = Path("/proc/sys/net") / name
        if setting.exists():
            setting.write_text("1")


def _release_foreign(directory: Path) -> None:
    """Let go of what containers of others have mounted, which they could not remove while it is held here."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        _, place, kind, *_ = line.split()
        if kind in _FOREIGN and not directory.is_relative_to(place):
            subprocess.run(["umount", "--lazy", place], check=False, stderr=subprocess.DEVNULL)


def _protect_kernel() -> None:
    """Show the kubelet what it wants, instead of letting it set that for the whole machine."""
    for name, wanted in _STAND_INS.items():
        stand_in = Path("/run/sysctl", name)
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text(f"{wanted}\n")
        _mount("--bind", str(stand_in), f"/proc/sys/{name}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, env={**os.environ, "LC_ALL": "C"})
