"""The first process inside a cluster's namespaces: starts, ends and signals the cluster's parts as it is told.

It is told over a socket in the cluster's directory: one JSON object a connection, one JSON object back. When it ends,
the kernel ends every process in its namespace.
"""

import json
import os
import signal
import socket
import socketserver
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubernetes_rig import api
from kubernetes_rig.layout import Layout
from kubernetes_rig.mounts import arrange
from kubernetes_rig.needs import tool

_SOCKET = "keeper.sock"
_POST_SECONDS = 30.0
_RIGHTS = "+dac_override,+net_bind_service"  # files here are root's


class _Parts:
    """The parts by name: how each was started, its process while it runs, how it ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._specs: dict[str, dict[str, Any]] = {}
        self._running: dict[int, str] = {}
        self._ended: dict[str, int] = {}

    def start(self, name: str, argv: list[str], env: dict[str, str], log: str) -> dict[str, Any]:
        """Start a part, whose output goes to a file, and remember how."""
        self._specs[name] = {"name": name, "argv": argv, "env": env, "log": log}
        with self._changed:
            if name in self._running.values():
                return {"error": f"{name} runs already"}
            output = (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
            actions = (nothing, output, (os.POSIX_SPAWN_DUP2, 1, 2))
            pid = os.posix_spawn(argv[0], argv, {**os.environ, **env}, file_actions=actions, setsid=True, setsigmask=[])
            self._running[pid] = name
            self._ended.pop(name, None)
            self._changed.notify_all()
        return {"pid": pid}

    def resume(self, name: str) -> dict[str, Any]:
        """Start a part again, as it was started last."""
        spec = self._specs.get(name)
        return self.start(**spec) if spec else {"error": f"there is no part named {name}: {', '.join(self._specs)}"}

    def stop(self, name: str, seconds: float) -> dict[str, Any]:
        """End a part: ask it, and kill it when it has not ended in time."""
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 30.0)):
            answer = self.signal(name, number)
            if "error" in answer:
                return answer
            if self._wait(name, patience):
                break
        return {}

    def signal(self, name: str, number: int) -> dict[str, Any]:
        """Send a signal to a part."""
        with self._changed:
            for pid, running in self._running.items():
                if running == name:
                    os.kill(pid, number)
                    return {}
        return {"error": f"{name} does not run"}

    def parts(self) -> dict[str, Any]:
        """Return the parts: true for one that runs, else the status it ended with."""
        with self._changed:
            return {name: self._ended.get(name, True) for name in self._specs}

    def reap(self) -> None:
        """Collect ended processes for ever; those that lost their parent are ours as well."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                time.sleep(0.02)
                continue
            with self._changed:
                if name := self._running.pop(pid, None):
                    self._ended[name] = os.waitstatus_to_exitcode(status)
                    self._changed.notify_all()

    def _wait(self, name: str, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: name not in self._running.values(), seconds)


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask a part that listens inside only."""
    with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=_POST_SECONDS) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


class _Door(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, place: str, parts: _Parts) -> None:
        super().__init__(place, _Request)
        self.verbs: dict[str, Callable[..., dict[str, Any]]] = {
            "start": parts.start,
            "resume": parts.resume,
            "stop": parts.stop,
            "signal": parts.signal,
            "parts": parts.parts,
            "post": _post,
        }


class _Request(socketserver.StreamRequestHandler):
    server: _Door

    def handle(self) -> None:
        request = json.loads(self.rfile.readline())
        try:
            answer = self.server.verbs[request.pop("do")](**request)
        except OSError as error:
            answer = {"error": str(error)}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def _place(directory: Path) -> tuple[int, str]:
    """Return a short name for the socket, good while the descriptor is open: a socket's own name may have 107 bytes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return descriptor, f"/proc/self/fd/{descriptor}/{_SOCKET}"


def tell(directory: Path, do: str, **arguments: Any) -> dict[str, Any]:
    """Tell the keeper of a cluster what to do and return its answer; RuntimeError when it says that it cannot."""
    try:
        descriptor, place = _place(directory)
    except FileNotFoundError:
        raise RuntimeError(f"there is no cluster in {directory}") from None
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(place)
            except (FileNotFoundError, ConnectionRefusedError):
                raise RuntimeError(f"no cluster runs in {directory}") from None
            connection.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
            with connection.makefile() as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
    finally:
        os.close(descriptor)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


def until(layout: Layout, condition: Callable[[], object], seconds: float, what: str) -> None:
    """Return once the condition holds; RuntimeError when it does not in time, or a part of the cluster ends."""

    def check() -> None:
        if ended := [name for name, state in tell(layout.directory, "parts").items() if state is not True]:
            raise RuntimeError(f"{', '.join(ended)} ended")

    api.until(condition, seconds, what, check)


def start(layout: Layout, name: str, argv: list[str], *, root: bool = False) -> None:
    """Start a part of a cluster, as the cluster's own user unless it has to be root."""
    user = [tool("setpriv"), f"--reuid={layout.user}", f"--inh-caps={_RIGHTS}", f"--ambient-caps={_RIGHTS}", "--"]
    log = str(layout.log(name))
    tell(layout.directory, "start", name=name, argv=argv if root else [*user, *argv], env={}, log=log)


def main() -> None:
    """Keep the cluster whose directory is the argument; run as the first process of its namespaces."""
    layout = Layout.load(Path(sys.argv[1]))
    arrange(layout)
    parts = _Parts()
    _, place = _place(layout.directory)
    # With the socket there, the warden goes on.
    door = _Door(place, parts)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    parts.reap()


if __name__ == "__main__":
    main()
