"""What tests of more than one package need."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.process import KecsProcess


@pytest.fixture(scope="session")
def kecs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KecsProcess]:
    """One running kecs for all tests of this worker: use names of your own, and leave it running."""
    server = KecsProcess(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    server.stop()


@pytest.fixture
def start_kecs(tmp_path: Path) -> Iterator[Callable[..., KecsProcess]]:
    """Start a kecs of one's own, with further flags: `start_kecs("--sync", "full")`. It is ended after the test."""
    started: list[KecsProcess] = []

    def start(*arguments: str, data: Path | None = None) -> KecsProcess:
        server = KecsProcess(data or tmp_path / f"data{len(started)}", *arguments)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()
