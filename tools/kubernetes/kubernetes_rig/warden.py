"""The process outside a cluster's namespaces: makes them, waits, and removes whatever is left when they end.

It ends with the cluster, when it is asked to (SIGTERM), or when nobody holds the lock file any more that it was given.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kubernetes_rig import cgroups, network
from kubernetes_rig.layout import Layout

START_SECONDS = 20.0
END_SECONDS = 60.0
_UNSHARE = ("unshare", "--mount", "--net", "--pid", "--ipc", "--cgroup", "--fork", "--kill-child",
            "--propagation", "slave")  # fmt: skip


def launch(layout: Layout, lock: Path | None) -> None:
    """Start the warden of a cluster and return once the namespaces are there; RuntimeError with its log if it fails."""
    log = layout.log("warden")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "kubernetes_rig.warden", str(layout.directory), *([str(lock)] if lock else [])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[:2])},
        )
    deadline = time.monotonic() + START_SECONDS
    while not (layout.directory / "ready").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the namespaces could not be made: {log.read_text() if log.exists() else ''}")
        time.sleep(0.01)


def end(directory: Path) -> None:
    """End the cluster in a directory and remove every trace of it; nothing happens where there is none."""
    try:
        layout = Layout.load(directory)
    except FileNotFoundError:
        return
    pid = _pid(layout.directory)
    if pid:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while pid and not _gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    _clean(layout)


def inside(directory: Path) -> list[str]:
    """Return the beginning of a command line that runs the rest in the namespaces of a cluster."""
    try:
        pid = (directory / "keeper.pid").read_text()
    except FileNotFoundError:
        raise RuntimeError(f"no cluster runs in {directory}") from None
    return ["nsenter", "--target", pid, "--mount", "--net", "--pid", "--ipc", "--cgroup", "--"]


def _pid(directory: Path) -> int:
    """Return the process id of a cluster's warden, 0 when it has ended."""
    try:
        pid = int((directory / "warden.pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return 0
    return pid if os.fsencode(directory) in arguments else 0


def _gone(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # it is this process's own child where a start has failed
    return not Path(f"/proc/{pid}").exists()


def _clean(layout: Layout) -> None:
    """Remove what a cluster has on the host; safe to repeat."""
    cgroups.remove(layout.name)
    network.disconnect(layout)
    shutil.rmtree(layout.directory, ignore_errors=True)


def _end_with(lock: Path) -> None:
    """End this process when nobody holds the lock."""
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGTERM)


def _make_namespaces(layout: Layout) -> "subprocess.Popen[bytes]":
    cgroups.make(layout.name)
    process = subprocess.Popen(
        [*_UNSHARE, sys.executable, "-m", "kubernetes_rig.keeper", str(layout.directory)],
        preexec_fn=lambda: cgroups.enter(layout.name),
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    _wait(process, lambda: bool(children.read_text()))
    (layout.directory / "keeper.pid").write_text(children.read_text().split()[0])
    cgroups.release(process.pid)
    _wait(process, (layout.directory / "keeper.sock").exists)
    network.connect(layout, process.pid)
    return process


def _wait(process: "subprocess.Popen[bytes]", condition: Callable[[], bool]) -> None:
    while not condition():
        if process.poll() is not None:
            raise RuntimeError("the keeper ended")
        time.sleep(0.01)


def main() -> None:
    """Watch over the cluster whose directory is the argument."""
    layout = Layout.load(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    layout.path("warden.pid").write_text(str(os.getpid()))
    try:
        process = _make_namespaces(layout)
        if len(sys.argv) > 2:
            threading.Thread(target=_end_with, args=(Path(sys.argv[2]),), daemon=True).start()
        (layout.directory / "ready").touch()
        process.wait()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _clean(layout)


if __name__ == "__main__":
    main()
