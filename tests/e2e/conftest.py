"""What the tests with users' own tools need."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.process import KecsProcess

# Suites of their own, which take minutes; KECS_TEST_WITH names the companions of their cluster.
collect_ignore = (
    [] if os.environ.get("KECS_TEST_WITH") else ["test_installed.py", "test_production.py", "test_spread.py"]
)


@pytest.fixture
def new_kubectl(kecs_server: KecsProcess, tmp_path: Path) -> Callable[[str], Kubectl]:
    """Make a kubectl for a namespace, which need not be there."""
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    return lambda namespace: Kubectl(kecs_server.kubeconfig, namespace, tmp_path)


@pytest.fixture
def kubectl(new_kubectl: Callable[[str], Kubectl]) -> Kubectl:
    """Kubectl in a namespace of the test's own."""
    found = new_kubectl(f"test-{secrets.token_hex(4)}")
    found("create", "namespace", found.namespace)
    return found
