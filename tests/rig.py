"""Real Kubernetes for tests: clusters of their own (`tools/kubernetes/rig`), or the one KECS_TEST_KUBECONFIG names.

`kubernetes_control` is a control plane without a node, `kubernetes_node` one with a real node. All workers of a run
share them: use namespaces of your own, remove them, and leave every part running. Whoever stops parts starts a cluster
of their own with `start_kubernetes`. All of them end with the run, whatever ends it.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import pytest

from tests.waiting import until

_RIG = Path(__file__).parent.parent / "tools" / "kubernetes" / "rig"
_DIRECTORY = "KECS_TEST_CLUSTERS"  # from the first process of a run to its workers
_START_SECONDS = 1800.0  # the first time ever, Kubernetes is built
_held: dict[str, IO[bytes]] = {}


@dataclass(frozen=True)
class Cluster:
    """A real Kubernetes, as its administrator."""

    kubeconfig: Path
    directory: Path | None
    """Of a cluster of the tests' own; None for one that was there before, whose parts nobody may touch."""

    def rig(self, verb: str, *arguments: str) -> str:
        """Do what `tools/kubernetes/rig VERB DIR …` does and return what it prints: pause, resume, restart, freeze…"""
        assert self.directory, "the cluster is not the tests' own"
        return _rig(verb, str(self.directory), *arguments)


@pytest.fixture(scope="session")
def kubernetes_control() -> Cluster:
    """The kubeconfig of a control plane without nodes: register one of kecs's own, or see pods wait."""
    return shared_cluster("control")


@pytest.fixture(scope="session")
def kubernetes_node() -> Cluster:
    """The kubeconfig of a cluster with a real node, which has the image `tests.engine.IMAGE`."""
    return shared_cluster("node", node=True)


@pytest.fixture
def start_kubernetes() -> Iterator[Callable[..., Cluster]]:
    """Start a cluster of one's own (`node=True` for a real node), which is ended after the test."""
    with ExitStack() as started:

        def start(*, node: bool = False) -> Cluster:
            if os.environ.get("KECS_TEST_KUBECONFIG"):
                pytest.skip("stopping parts of Kubernetes needs a cluster of the tests' own, not KECS_TEST_KUBECONFIG")
            return started.enter_context(own_cluster(node=node))

        yield start


@contextmanager
def own_cluster(*companions: str, node: bool = False, quick_nodes: bool = False) -> Iterator[Cluster]:
    """A cluster of one's own for a while; where KECS_TEST_KUBECONFIG names one, that.

    With `quick_nodes` it gives up a node that is silent for five seconds.
    """
    if given := os.environ.get("KECS_TEST_KUBECONFIG"):
        yield Cluster(Path(given), None)
        return
    need_kubernetes(node=node)
    place = Path(tempfile.mkdtemp(prefix="own-", dir=os.environ[_DIRECTORY])) / "cluster"
    quick = ["--quick-nodes"] if quick_nodes else []
    cluster = _start(place, *_flags(node=node), *quick, "--with", ",".join(companions))
    try:
        yield cluster
    finally:
        cluster.rig("down")


def need_kubernetes(*, node: bool) -> None:
    """Skip the test where there can be no real Kubernetes; fail it where nothing may be left out."""
    lacking = _missing(node=node)
    if not lacking:
        return
    reason = f"real Kubernetes needs {lacking}"
    if os.environ.get("KECS_TEST_NOTHING_LEFT_OUT"):
        pytest.fail(reason)
    pytest.skip(reason)


def begin_run(config: pytest.Config) -> None:
    """In the first process of a run, make the place of its clusters: they live as long as it holds the lock there."""
    if not hasattr(config, "workerinput"):
        directory = tempfile.mkdtemp(prefix="clusters-")
        os.environ[_DIRECTORY] = directory
        _held[directory] = (Path(directory) / "lock").open("wb")
        fcntl.flock(_held[directory], fcntl.LOCK_SH)


def end_run() -> None:
    """In the first process of a run, end what its workers shared, and all clusters."""
    for directory, lock in _held.items():
        for file in Path(directory).glob("*/pid"):
            _end(int(file.read_text()))
        for pattern in ("*/rig.json", "own-*/cluster/rig.json"):
            for place in list(Path(directory).glob(pattern)):
                _rig("down", str(place.parent))
        lock.close()
        shutil.rmtree(directory, ignore_errors=True)
    _held.clear()


def _end(pid: int) -> None:
    """End a process that may be a child of ours, or of a worker that is gone."""
    os.kill(pid, signal.SIGTERM)

    def has_ended() -> bool:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        return not Path(f"/proc/{pid}").exists()

    until(has_ended, 20, f"process {pid} ends")


def shared_cluster(name: str, *, node: bool = False) -> Cluster:
    """Return the one cluster of that name in this run."""
    if given := os.environ.get("KECS_TEST_KUBECONFIG"):
        return Cluster(Path(given), None)
    need_kubernetes(node=node)
    place = once(name, lambda place: _start(place, *_flags(node=node)))
    return Cluster(place / "kubeconfig", place)


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Return the place of what all workers of the run share: the one that comes first makes it, and the others wait.

    A process that is to go on as long as the run has its id in the file `pid` there.
    """
    place = Path(os.environ[_DIRECTORY]) / name
    with place.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made, failed = place.with_suffix(".made"), place.with_suffix(".failed")
        if not made.exists() and not failed.exists():
            try:
                make(place)
            except (subprocess.CalledProcessError, AssertionError) as error:
                failed.write_text(f"{name} did not start: {getattr(error, 'stderr', error)}")
            else:
                made.touch()
    if failed.exists():
        pytest.fail(failed.read_text())
    return place


def _start(place: Path, *flags: str) -> Cluster:
    _rig("up", str(place), "--while-locked", str(Path(os.environ[_DIRECTORY]) / "lock"), *flags)
    return Cluster(place / "kubeconfig", place)


def _flags(*, node: bool) -> list[str]:
    return ["--node"] if node else []


@cache
def _missing(*, node: bool) -> str:
    return "; ".join(_rig("missing", *_flags(node=node)).splitlines())


def _rig(*arguments: str) -> str:
    argv = [str(_RIG), *arguments]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=_START_SECONDS)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
    return done.stdout
