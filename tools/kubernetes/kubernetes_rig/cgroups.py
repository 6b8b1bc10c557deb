"""The control groups of a cluster: one in each hierarchy of the host, the root of the cluster's namespace."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PARTS = "parts"
_GENERAL_OPTIONS = ("rw", "ro", "no", "rel", "xattr", "memory_", "nsdelegate")  # the others name the hierarchy
_SHARE_SECONDS = 5.0
_REMOVAL_SECONDS = 20.0


@dataclass(frozen=True)
class _Hierarchy:
    place: Path
    unified: bool
    options: str

    def controllers(self) -> list[str]:
        return (self.place / "cgroup.controllers").read_text().split() if self.unified else self.options.split(",")


def _hierarchies() -> list[_Hierarchy]:
    """Return the hierarchies of this machine; the options are what mounts one of the older kind again."""
    found: dict[str, _Hierarchy] = {}
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind in ("cgroup", "cgroup2"):
            named = ",".join(option for option in options.split(",") if not option.startswith(_GENERAL_OPTIONS))
            found[place] = _Hierarchy(Path(place), kind == "cgroup2", named)
    return list(found.values())


def make(name: str) -> None:
    """Make the groups of a cluster."""
    for hierarchy in _hierarchies():
        group = hierarchy.place / name
        group.mkdir()
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if not hierarchy.unified and (group / setting).exists():
                (group / setting).write_text((hierarchy.place / setting).read_text())


def enter(name: str) -> None:
    """Move this process into the groups of a cluster."""
    for hierarchy in _hierarchies():
        (hierarchy.place / name / "cgroup.procs").write_text(str(os.getpid()))


def mount_own(mount: Callable[..., None]) -> None:
    """Mount the hierarchies anew where they were, as this process's namespace shows them."""
    hierarchies = _hierarchies()
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/sys/fs/cgroup")
    for hierarchy in hierarchies:
        hierarchy.place.mkdir(exist_ok=True)
        if hierarchy.unified:
            mount("-t", "cgroup2", "cgroup2", str(hierarchy.place))
            _share_out(hierarchy)
        else:
            named = hierarchy.options
            mount("-t", "cgroup", "-o", f"none,{named}" if "name=" in named else named, "cgroup", str(hierarchy.place))


def _share_out(hierarchy: _Hierarchy) -> None:
    """Let groups below use the controllers: in a unified hierarchy, processes must not be beside them."""
    controllers = hierarchy.controllers()
    if not controllers:
        return
    parts = hierarchy.place / _PARTS
    parts.mkdir(exist_ok=True)
    (parts / "cgroup.procs").write_text(str(os.getpid()))
    deadline = time.monotonic() + _SHARE_SECONDS
    while controllers and time.monotonic() < deadline:
        # The warden has yet to release the process that made the namespaces.
        controllers = [controller for controller in controllers if not _share(hierarchy.place, controller)]


def _share(place: Path, controller: str) -> bool:
    try:
        (place / "cgroup.subtree_control").write_text(f"+{controller}")
    except OSError:
        time.sleep(0.01)
        return False
    return True


def release(pid: int) -> None:
    """Move a process back beside this one in the unified hierarchy, where it would be in the way."""
    own = [line.split("::", 1)[1] for line in Path("/proc/self/cgroup").read_text().splitlines() if "::" in line]
    for hierarchy in _hierarchies():
        if hierarchy.unified and own:
            (hierarchy.place / own[0].lstrip("/") / "cgroup.procs").write_text(str(pid))


def remove(name: str) -> None:
    """End every process in the groups of a cluster, and remove the groups."""
    deadline = time.monotonic() + _REMOVAL_SECONDS
    while True:
        left = list(_groups(name))
        for group in left:
            with contextlib.suppress(OSError):
                for pid in (group / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(OSError):
                group.rmdir()
        if not left or time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _groups(name: str) -> Iterator[Path]:
    """Yield the groups of a cluster, the innermost first."""
    for hierarchy in _hierarchies():
        for path, _, _ in os.walk(hierarchy.place / name, topdown=False):
            yield Path(path)
