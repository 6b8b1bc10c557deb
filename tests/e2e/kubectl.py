"""The real kubectl, run as a user runs it."""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("kubectl")
SECONDS = 30.0


class Failed(AssertionError):
    """kubectl ended with another code than 0."""


class Kubectl:
    """kubectl with a kubeconfig, a namespace and caches of its own."""

    def __init__(self, kubeconfig: Path, namespace: str, home: Path) -> None:
        self.namespace = namespace
        self._command = [str(PROGRAM), "--namespace", namespace, "--cache-dir", str(home / "cache")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}
        self._environment = {**kept, "HOME": str(home), "KUBECONFIG": str(kubeconfig)}

    def run(self, *arguments: str, stdin: Any = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end; `stdin` that is no text is given as JSON."""
        return subprocess.run(
            [*self._command, *arguments],
            input=stdin if isinstance(stdin, str) else json.dumps(stdin),
            env=self._environment | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def __call__(self, *arguments: str, stdin: Any = "", **environment: str) -> str:
        """Run it, demand success, and return what it wrote."""
        done = self.run(*arguments, stdin=stdin, **environment)
        if done.returncode:
            raise Failed(f"kubectl {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def refused(self, *arguments: str, stdin: Any = "") -> str:
        """Run it, demand a failure, and return what it wrote to standard error."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode, done.stdout
        return done.stderr

    def json(self, *arguments: str, stdin: Any = "") -> Any:
        """Run it with `-o json` and return what it shows."""
        return json.loads(self(*arguments, "-o", "json", stdin=stdin))

    def rows(self, *arguments: str) -> list[list[str]]:
        """Run it and return the words of each line, the header first."""
        return [line.split() for line in self(*arguments).splitlines()]

    def until(self, wanted: Callable[[str], bool], *arguments: str) -> str:
        """Run it again and again until what it writes is as wanted."""
        deadline = time.monotonic() + SECONDS
        while not wanted(shown := self.run(*arguments).stdout):
            assert time.monotonic() < deadline, f"kubectl {' '.join(arguments)} still shows:\n{shown}"
            time.sleep(0.05)
        return shown

    @contextmanager
    def follow(self, *arguments: str) -> Iterator["Followed"]:
        """Run it while the block lasts, and read its lines as they come."""
        process = subprocess.Popen(
            [*self._command, *arguments], env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            yield Followed(process)
        finally:
            process.kill()
            process.communicate()


class Followed:
    """A kubectl that goes on."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._text = b""

    def line(self, wanted: str = "") -> str:
        """Return the next line that contains `wanted`."""
        assert self._process.stdout
        deadline = time.monotonic() + SECONDS
        while True:
            while b"\n" in self._text:
                line, _, self._text = self._text.partition(b"\n")
                if wanted in line.decode():
                    return line.decode()
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not part:
                raise AssertionError(f"no line with {wanted!r} came, the rest is {self._text!r}")
            self._text += part

    def end(self) -> int:
        """Wait for its end and return its exit code."""
        return self._process.wait(SECONDS)
