"""What containers write, and commands in them, through a real API server and a real kubelet."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from kecs.kube import errors
from kecs.kube.api import Api, LogOptions
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import PODS
from tests.engine import IMAGE
from tests.rig import Cluster

ME = "test"


@pytest.fixture
async def real(kubernetes_node: Cluster) -> AsyncIterator[Api]:
    api = await HttpApi.connect(load_kubeconfig(kubernetes_node.kubeconfig))
    yield api
    await api.close()


async def test_logs_and_commands_of_a_real_container(real: Api) -> None:
    namespace, name = "default", f"client-{uuid.uuid4().hex[:8]}"
    command = "echo one; echo two; trap 'exit 0' TERM; while :; do sleep 0.1; done"
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", command]}
    body = {"metadata": {"name": name}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}}
    await real.create(PODS, namespace, body, manager=ME)
    try:
        async with asyncio.timeout(60):
            while (await real.get(PODS, namespace, name))["status"].get("phase") != "Running":
                await asyncio.sleep(0.1)
        written = b""
        async with asyncio.timeout(20), aclosing(real.log(namespace, name, LogOptions(follow=True))) as log:
            async for piece in log:
                written += piece
                if written.count(b"\n") >= 2:
                    break
        assert written == b"one\ntwo\n"
        last = [piece async for piece in real.log(namespace, name, LogOptions(tail_lines=1, timestamps=True))]
        assert b"".join(last).endswith(b" two\n")
        done = await real.exec(namespace, name, ["sh", "-c", "echo a b; echo c >&2; exit 7"])
        assert (done.exit_code, sorted(done.output.split())) == (7, [b"a", b"b", b"c"])
        assert (await real.exec(namespace, name, ["true"], container="main")).exit_code == 0
        with pytest.raises(errors.ApiError):
            await real.exec(namespace, name, ["true"], container="another")
    finally:
        await real.delete(PODS, namespace, name, grace_seconds=0)
    with pytest.raises(errors.NotFound):
        [piece async for piece in real.log(namespace, "no-such-pod", LogOptions())]
    with pytest.raises(errors.NotFound):
        await real.exec(namespace, "no-such-pod", ["true"])
