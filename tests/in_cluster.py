"""The e2e suite of the ECS API on a kecs that is installed in a cluster: `KECS_TEST_IN_CLUSTER=1 pytest tests`.

With that switch whatever tests ask for as `kecs_server` or `kecs_on_both` is the overlay `dev`, with the rights of its
ServiceAccount, on a cluster with a real node, called through its Service. The tests below `SUITE` are the suite; which
of them do not run there, and why, says `APART`, which is what leaves them out.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.replicas import Balancer
from tests.installed import ROOT, Installed, installed
from tests.rig import Cluster

IN_CLUSTER = bool(os.environ.get("KECS_TEST_IN_CLUSTER"))
SUITE = ("tests/e2e", "tests/services/test_boto3.py")

_PROCESSES = "the processes of kecs on this machine, which it ends"
_EMBEDDED = "the Kubernetes API that kecs itself serves"
APART = {
    "test_boto3.py::test_revisions_and_pages_go_on_after_a_restart": _PROCESSES,
    "test_by_hand.py": _PROCESSES,
    "test_controller.py": "`kecs controller`, which has no ECS API",
    "test_ecs_deployment.py::test_the_sample_is_what_is_said_of_it": "a file",
    "test_edges.py::test_a_directory_that_can_only_be_read": "the data directory",
    "test_edges.py::test_a_directory_that_is_none": "the data directory",
    "test_edges.py::test_a_disk_that_is_too_small_to_begin": "the data directory",
    "test_edges.py::test_a_full_disk": "the data directory",
    "test_edges.py::test_a_start_on_a_full_disk": "the data directory",
    "test_edges.py::test_data_that_is_not_ours_to_read": "the data directory",
    "test_edges.py::test_sigterm_in_the_middle_of_a_rollout": _PROCESSES,
    "test_export.py::test_an_endpoint_that_is_not_there_is_one_line": "no kecs",
    "test_export.py::test_an_exported_tree_is_taken_by_an_api_server": _EMBEDDED,
    "test_forgotten.py": _PROCESSES,
    "test_install.py": "installations of its own",
    "test_installed.py": "installations of its own",
    "test_kill.py": _PROCESSES,
    "test_kubectl_custom.py": _EMBEDDED,
    "test_kubectl_reading.py": _EMBEDDED,
    "test_kubectl_restart.py": _EMBEDDED,
    "test_kubectl_workloads.py": _EMBEDDED,
    "test_kubectl_writing.py": _EMBEDDED,
    "test_placement.py": "the region and the zones of a process with options of its own",
    "test_production.py": "installations of its own",
    "test_real.py::test_a_container_killed_from_outside_ends_its_task": "the containers of an engine of its own",
    "test_replicas.py": _PROCESSES,
    "test_restart.py": _PROCESSES,
    "test_spread.py": "installations of its own",
}
"""What does not run on an installed kecs: a file, or a test of one, and what it is about instead."""

_IMAGES = ("busybox:latest", "busybox:2", "example/steady:latest", "wordpress:latest", "mysql:latest")


class InCluster(Installed):
    """An installed kecs for the whole suite. Programs, which do not know the cluster's names, reach it by a relay."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        super().__init__(cluster, home)
        self._relay = Balancer()

    def install(self) -> "InCluster":
        """Install it as the documentation says, with images of the names that the suite has."""
        self.cluster.rig("stand-in", *_IMAGES)
        self.kubectl("apply", "--server-side", "-k", str(ROOT / "k8s" / "overlays" / "dev"))
        self.wait()
        self._relay.targets = [(self.address, 4566)]
        return self

    @property
    def local_endpoint(self) -> str:
        """The address of a relay to the Service."""
        return self._relay.endpoint

    def leave(self) -> None:
        """Leave nothing of it on this machine."""
        super().leave()
        self._relay.close()


@pytest.fixture(scope="session")
def kecs_in_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InCluster]:
    """One installed kecs for all tests, which asks for nothing that its rights do not allow."""
    with installed(tmp_path_factory.mktemp("in-cluster"), InCluster) as one:
        yield one.install()
        forbidden, log = one.forbidden(), one.log()
        assert not forbidden, forbidden
        assert "Traceback" not in log, log


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the suite among the tests; UsageError for a line of the table that fits nothing."""
    files, names = {item.path.name for item in items}, {_name(item) for item in items}
    gone = [name for name in APART if name.partition("::")[0] in files and name not in files | names]
    if gone:
        raise pytest.UsageError(f"tests/in_cluster.py names what is not there: {', '.join(gone)}")
    config.hook.pytest_deselected(items=[item for item in items if not _runs(item)])
    items[:] = [item for item in items if _runs(item)]


def told() -> list[str]:
    """Return what is to be told of the tests that do not run there."""
    apart: dict[str, list[str]] = {}
    for name, reason in APART.items():
        apart.setdefault(reason, []).append(name)
    return [f"Not on an installed kecs, being about {reason}: {', '.join(names)}" for reason, names in apart.items()]


def _runs(item: pytest.Item) -> bool:
    is_of_the_suite = any(item.path.is_relative_to(ROOT / place) for place in SUITE)
    return is_of_the_suite and not {item.path.name, _name(item)} & APART.keys()


def _name(item: pytest.Item) -> str:
    return f"{item.path.name}::{getattr(item, 'originalname', item.name)}"
