"""What tests of more than one package need."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import in_cluster
from tests.engine import container_engine
from tests.in_cluster import IN_CLUSTER, kecs_in_cluster
from tests.process import KecsProcess
from tests.rig import begin_run, end_run, kubernetes_control, kubernetes_node, once, shared_cluster, start_kubernetes

# How long an example takes says more of the machine than of the code.
settings.register_profile("kecs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kecs")

# For all tests, so that a worker has one engine, and a run one cluster of each sort.
__all__ = ["container_engine", "kecs_in_cluster", "kubernetes_control", "kubernetes_node", "start_kubernetes"]


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers start, make what they share."""
    begin_run(config)


def pytest_unconfigure() -> None:
    """After the last worker, end what they shared."""
    end_run()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where an installed kecs is asked for, leave what can run on it."""
    if IN_CLUSTER:
        in_cluster.select(config, items)


@pytest.fixture(scope="session")
def kecs_on_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KecsProcess]:
    """What `kecs_server` is where a module says nothing else."""
    server = KecsProcess(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kecs_server(request: pytest.FixtureRequest) -> KecsProcess:
    """One running kecs for all tests of this worker: use names of your own, and leave it running."""
    name = "kecs_in_cluster" if IN_CLUSTER else "kecs_on_embedded"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def kecs_on_kubernetes() -> KecsProcess:
    """As `kecs_server`, on a real control plane with a simulated node; all workers share it."""
    cluster = shared_cluster("kecs-control")

    def make(place: Path) -> None:
        place.mkdir()
        server = KecsProcess(place / "data", cluster=cluster.kubeconfig).start()
        (place / "pid").write_text(str(server.pid))

    return KecsProcess(once("kecs", make) / "data", cluster=cluster.kubeconfig).attach()


@pytest.fixture(scope="session", params=["in_cluster"] if IN_CLUSTER else ["on_embedded", "on_kubernetes"])
def kecs_on_both(request: pytest.FixtureRequest) -> KecsProcess:
    """As `kecs_server`, for each test once on the embedded cluster and once on a real one."""
    return request.getfixturevalue(f"kecs_{request.param}")  # type: ignore[no-any-return]


@pytest.fixture
def start_kecs(tmp_path: Path) -> Iterator[Callable[..., KecsProcess]]:
    """Start a kecs of one's own: `start_kecs("--sync", "full", DOCKER_HOST="unix://…")`. It is ended after the test."""
    started: list[KecsProcess] = []

    def start(*arguments: str, data: Path | None = None, cluster: Path | None = None, **variables: str) -> KecsProcess:
        place = data or tmp_path / f"data{len(started)}"
        server = KecsProcess(place, *arguments, cluster=cluster, **variables)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


NOTHING_LEFT_OUT = bool(os.environ.get("KECS_TEST_NOTHING_LEFT_OUT"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what was left out, and why."""
    for line in in_cluster.told() if IN_CLUSTER else ():
        terminalreporter.write_line(line)
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    if not reasons:
        terminalreporter.write_line("Nothing was left out.")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"Left out: {count} tests: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that left something out where nothing may be (CI)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if NOTHING_LEFT_OUT and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
