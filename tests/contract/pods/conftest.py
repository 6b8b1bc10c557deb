"""The two nodes: kecs's own over a container engine of the tests' own, and a real kubelet over containerd."""

from collections.abc import Iterator

import pytest

from tests.contract.backends import Backend
from tests.contract.client import Client
from tests.contract.pods.watching import Pods
from tests.process import KecsProcess, kecs
from tests.rig import Cluster


@pytest.fixture(scope="session")
def embedded_backend(tmp_path_factory: pytest.TempPathFactory, container_engine: str) -> Iterator[Backend]:
    """The embedded cluster with real containers; they are removed at the end."""
    directory = tmp_path_factory.mktemp("pods") / "data"
    process = KecsProcess(directory, "--engine", "docker", DOCKER_HOST=container_engine).start()
    yield Backend("embedded", process.kubeconfig)
    process.stop()
    kecs("reset", "--data", str(directory), DOCKER_HOST=container_engine, timeout=120)


@pytest.fixture(scope="session")
def kubernetes_backend(kubernetes_node: Cluster) -> Backend:
    """A real cluster with a real node."""
    return Backend("kubernetes", kubernetes_node.kubeconfig)


@pytest.fixture
def pods(cluster: Client) -> Pods:
    """The pods of the test."""
    return Pods(cluster)
