"""The clusters of the contract, and the comparison of each test's transcript with what real Kubernetes answers."""

import os
import secrets
from collections.abc import Generator, Iterator

import pytest

from tests.contract.answers import Transcript
from tests.contract.backends import Backend
from tests.contract.client import Client
from tests.contract.differences import allowed
from tests.contract.normal import Normal
from tests.process import KecsProcess
from tests.rig import Cluster

RECORDING = bool(os.environ.get("KECS_TEST_RECORD"))


@pytest.fixture(params=["embedded", "kubernetes"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """One of the clusters that all tests of a worker share."""
    return request.getfixturevalue(f"{request.param}_backend")  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def embedded_backend(kecs_server: KecsProcess) -> Backend:
    """The embedded cluster, through its door."""
    return Backend("embedded", kecs_server.kubeconfig)


@pytest.fixture(scope="session")
def kubernetes_backend(kubernetes_control: Cluster) -> Backend:
    """A real control plane, without nodes."""
    return Backend("kubernetes", kubernetes_control.kubeconfig)


@pytest.fixture
def token() -> str:
    """What is in all names of one test in one run."""
    return f"t{secrets.token_hex(4)}"


@pytest.fixture
def cluster(backend: Backend, token: str) -> Iterator[Client]:
    """A client of the cluster in a namespace of the test's own, which is gone afterwards."""
    client = Client(backend, f"contract-{token}", Normal(token))
    path = f"/api/v1/namespaces/{client.namespace}"
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": client.namespace}}
    assert client.quietly("POST", "/api/v1/namespaces", made).status == 201
    yield client
    client.quietly("DELETE", path)
    client.close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """After a test, compare what was asked and answered with what real Kubernetes answers."""
    result = yield
    client = pyfuncitem.funcargs.get("cluster")
    if isinstance(client, Client):
        _compare(pyfuncitem, client)
    return result


def _compare(item: pytest.Function, client: Client) -> None:
    module = item.path.stem.removeprefix("test_")
    parameters = [part for part in item.name.partition("[")[2].rstrip("]").split("-") if part != client.backend.name]
    name = f"{module}/{item.originalname.removeprefix('test_')}" + (f"[{'-'.join(parameters)}]" if parameters else "")
    transcript = Transcript(name)
    transcript.exchanges = client.notes
    real = client.backend.name == "kubernetes"
    if real and RECORDING:
        transcript.record()
    else:
        transcript.check([] if real else allowed(name))
