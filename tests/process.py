"""`kecs serve` as a process of its own, as users run it, and the clients that they use."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY = re.compile(r"^kecs ready on (http://[^\s,]+).*\n", re.MULTILINE)
START_SECONDS = 30.0
STOP_SECONDS = 20.0


def environment() -> dict[str, str]:
    """Return the environment without anything that would change what kecs or an AWS client does."""
    changing = ("AWS_", "KECS_", "DOCKER_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}


def kecs(*arguments: str, timeout: float = 30.0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of kecs to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kecs", *arguments],
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class KecsProcess:
    """One `kecs serve` on free ports over a data directory; `start` again after `stop` or `kill` to restart it.

    With the kubeconfig of a cluster it works on that one, where it is a simulated node unless told otherwise.
    """

    def __init__(self, data: Path, *arguments: str, cluster: Path | None = None, **variables: str) -> None:
        self.data = data
        self._cluster = cluster
        self._variables = variables
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[tuple[str, str, str, int], Any] = {}
        self.endpoint = ""

    def start(self) -> "KecsProcess":
        """Start it and return once it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        out, err = self._files()
        with out.open("wb") as stdout, err.open("ab") as stderr:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kecs", "serve", "--data", str(self.data)),
                    *("--listen", "127.0.0.1:0", *self._backend()),
                    *("--engine", "simulated", "--log-level", "info", *self._arguments),
                ],
                env=environment() | self._variables,
                stdout=stdout,
                stderr=stderr,
            )
        deadline = time.monotonic() + START_SECONDS
        while not READY.search(out.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"kecs did not become ready:\n{self.log()}")
            time.sleep(0.01)
        return self.attach()

    def attach(self) -> "KecsProcess":
        """Talk to what is started over this directory, by whomever."""
        ready = READY.search(self._files()[0].read_text())
        assert ready, "it is not ready"
        self.endpoint = ready[1]
        self._clients.clear()
        return self

    def _backend(self) -> tuple[str, str]:
        return ("--kubeconfig", str(self._cluster)) if self._cluster else ("--kubernetes-listen", "127.0.0.1:0")

    def _files(self) -> tuple[Path, Path]:
        return self.data.with_name(f"{self.data.name}.out"), self.data.with_name(f"{self.data.name}.log")

    def log(self) -> str:
        """Return what it has written to standard error."""
        return self._files()[1].read_text()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process
        return self._process.pid

    @property
    def local_endpoint(self) -> str:
        """The endpoint for programs, which know the names that this machine knows."""
        return self.endpoint

    @property
    def kubeconfig(self) -> Path:
        """The file for `kubectl --kubeconfig`."""
        return self._cluster or self.data / "kubeconfig"

    def stop(self) -> None:
        """End it as a supervisor does, and check that it ends in order."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"kecs did not end within {STOP_SECONDS} s of SIGTERM:\n{self.log()}") from None
        assert code == 0, f"kecs ended with {code}:\n{self.log()}"
        assert "Traceback" not in self.log()

    def kill(self) -> None:
        """End it as the kernel does, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(
        self, service: str = "ecs", *, region: str = "us-east-1", key: str = "AKIDEXAMPLE", attempts: int = 1
    ) -> Any:
        """Return a boto3 client. A `key` of twelve digits is the account; with `attempts` it retries as SDKs do."""
        import boto3
        from botocore.config import Config

        if (service, region, key, attempts) not in self._clients:
            self._clients[service, region, key, attempts] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=key,
                aws_secret_access_key="secret",
                config=Config(
                    retries={"total_max_attempts": attempts, "mode": "standard"}, connect_timeout=5, read_timeout=30
                ),
            )
        return self._clients[service, region, key, attempts]
