"""A server under measurement: started in its own process, watched through /proc, ended when the case is done."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import load

READY_SECONDS = 30.0


class Server:
    """One server process, ready to answer once the object exists.

    `ready` is a pattern in what it prints; its group, if any, is the port. A server that says nothing is waited for by
    asking its port.
    """

    def __init__(self, command: list[str], *, ready: str, environment: dict[str, str] | None = None) -> None:
        # A file, not a pipe: nobody reads on, and a server that logs each request must not stop for that.
        self._output = tempfile.NamedTemporaryFile()  # noqa: SIM115  # closed in stop()
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdout=self._output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
        self.port = self._wait(re.compile(ready))

    def _wait(self, ready: re.Pattern[str]) -> int:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            found = ready.search(self.output())
            if found:
                return int(found.group(1))
            time.sleep(0.002)
        said = self.output()[-2000:]
        self.stop()
        raise RuntimeError(f"the server did not become ready: {said}")

    def output(self) -> str:
        """Return what the server has printed."""
        return Path(self._output.name).read_text(errors="replace")

    def first_answer(self) -> float:
        """Return the seconds from the start of the process to the end of its first answer to ListClusters."""
        message = load.request(self.port, "ListClusters", {})
        asyncio.run(load.flood(self.port, [message], connections=1))
        return time.perf_counter() - self.started

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used so far, threads that have ended included."""
        # The clock id of another process's CPU time, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident(self) -> float:
        """Return the resident memory in MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the process has no resident memory: it has ended")

    def kill(self) -> None:
        """End the process as the kernel does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End the process in order, or by force when it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def kecs(data: Path, *arguments: str) -> Server:
    """Start `kecs serve` on a free port, with simulated containers unless the arguments say otherwise."""
    script = Path(sys.executable).with_name("kecs")
    command = [
        str(script),
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--kubernetes-listen",
        "127.0.0.1:0",
        "--data",
        str(data),
    ]
    engine = [] if "--engine" in arguments else ["--engine", "simulated"]
    return Server([*command, *engine, *arguments], ready=r"kecs ready on http://[^:]+:(\d+)")


def kecs_on(kubeconfig: Path, data: Path, *arguments: str) -> Server:
    """Start `kecs serve` on a Kubernetes cluster, on a free port."""
    script = Path(sys.executable).with_name("kecs")
    command = [str(script), "serve", "--listen", "127.0.0.1:0", "--kubeconfig", str(kubeconfig), "--data", str(data)]
    return Server([*command, *arguments], ready=r"kecs ready on http://[^:]+:(\d+)")


def reset(data: Path) -> None:
    """End and remove the containers of a data directory."""
    script = Path(sys.executable).with_name("kecs")
    subprocess.run([str(script), "reset", "--data", str(data)], check=True, stdout=subprocess.DEVNULL)


def moto() -> Server:
    """Start moto's server on a free port."""
    script = Path(sys.executable).with_name("moto_server")
    return Server([str(script), "-H", "127.0.0.1", "-p", "0"], ready=r"Running on http://127\.0\.0\.1:(\d+)")


def hello() -> Server:
    """Start uvicorn with a bare ASGI application that answers one line: the floor of every request."""
    return Server([sys.executable, "-m", "bench.hello"], ready=r"Uvicorn running on http://127\.0\.0\.1:(\d+)")


def pods(count: int, changes: int) -> Server:
    """Start an API server that has so many pods, and tells watchers of so many changes."""
    command = [sys.executable, "-m", "bench.pods", str(count), str(changes)]
    return Server(command, ready=r"serving pods on 127\.0\.0\.1:(\d+)")
