"""A container engine for tests: Podman behind the Docker API, apart from any other on the machine (`tools/engine`).

Use it as the fixture `container_engine`, which gives its DOCKER_HOST: import it into the `conftest.py` of the tests
that need it. `IMAGE` is the one image that it has: busybox, with a shell. With KECS_TEST_DOCKER_HOST the tests use
that engine instead, Docker say; it must hold `IMAGE`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IMAGE = "kecs.local/busybox:1"

_SCRIPT = Path(__file__).parent.parent / "tools" / "engine"
_BRIDGE = Path("/usr/lib/cni/bridge")
_NEEDED = ("podman", "runc", "busybox", "iptables", "ip")


def missing() -> str:
    """Return why there can be no container engine here; empty when there can."""
    if os.geteuid() != 0:
        return "real containers need root for an engine of their own"
    absent = [program for program in _NEEDED if shutil.which(program, path=_path()) is None]
    if not _BRIDGE.exists():
        absent.append("the CNI plugins (containernetworking-plugins)")
    return f"real containers need {', '.join(absent)}" if absent else ""


def need_engine() -> None:
    """Skip the test where there can be no engine; fail it where nothing may be left out."""
    reason = missing()
    if reason and os.environ.get("KECS_TEST_NOTHING_LEFT_OUT"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class EngineProcess:
    """One engine in a directory of its own. It can be ended and started again, as when a machine's engine restarts."""

    def __init__(self) -> None:
        # A directory of its own, because Podman takes short paths only.
        self.directory = Path(tempfile.mkdtemp(prefix="engine-"))
        self.host = f"unix://{self.directory / 'engine.sock'}"

    def start(self) -> "EngineProcess":
        """Start it."""
        self._run("start")
        return self

    def stop(self) -> None:
        """End it and remove everything that it made."""
        self._run("stop")

    def pause(self) -> None:
        """End the engine alone; its containers go on."""
        self._run("pause")

    def resume(self) -> None:
        """Start it again over the same containers."""
        self._run("resume")

    def _run(self, verb: str) -> None:
        environment = {**os.environ, "PATH": _path()}
        subprocess.run([str(_SCRIPT), verb, str(self.directory)], env=environment, check=True, timeout=60)


@pytest.fixture(scope="session")
def container_engine() -> Iterator[str]:
    """The DOCKER_HOST of an engine that all tests of this worker share: name what you make, and remove it."""
    if given := os.environ.get("KECS_TEST_DOCKER_HOST"):
        yield given
        return
    need_engine()
    engine = EngineProcess()
    try:
        yield engine.start().host
    finally:
        engine.stop()
