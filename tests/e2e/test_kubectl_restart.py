"""kubectl and a kecs that ends and comes back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.kubectl import PROGRAM, Kubectl
from tests.process import KecsProcess

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kubectl is not installed")

_SOON = 5.0


def test_open_streams_do_not_hold_up_the_end(start_kecs: Callable[..., KecsProcess], tmp_path: Path) -> None:
    server = start_kecs()
    kubectl = Kubectl(server.kubeconfig, "default", tmp_path)
    kubectl("run", "it", "--image", "busybox", "--", "sh", "-c", "echo hello; sleep 3600")
    kubectl("wait", "--for=condition=Ready", "pod/it", "--timeout=20s")
    with kubectl.follow("get", "pods", "-w") as pods, kubectl.follow("logs", "-f", "it") as log:
        pods.line("it")
        assert log.line() == "hello"
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < _SOON


def test_what_was_made_is_there_again(start_kecs: Callable[..., KecsProcess], tmp_path: Path) -> None:
    server = start_kecs()
    kubectl = Kubectl(server.kubeconfig, "default", tmp_path)
    kubectl("create", "configmap", "it", "--from-literal=a=b")
    token = kubectl("config", "view", "--raw", "-o", "jsonpath={.users[0].user.token}")
    made = kubectl.json("get", "configmap", "it")
    server.kill()
    server.start()
    assert kubectl.json("get", "configmap", "it") == made
    assert kubectl("config", "view", "--raw", "-o", "jsonpath={.users[0].user.token}") == token
