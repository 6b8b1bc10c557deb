"""Smaller parts: the sandbox's program, the gate, the node's object."""

import asyncio
import os
import platform
import stat
import subprocess
import tarfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from kecs.embedded.node import pause
from kecs.embedded.node.engine import CONTAINER, SANDBOX, Answer, EngineError, Found
from kecs.embedded.node.gate import Gate
from kecs.embedded.node.owned import owner_of, remove_containers
from kecs.embedded.node.registration import primary_address
from kecs.embedded.node.simulated import SimulatedEngine
from kecs.embedded.node.views import PodGlance
from kecs.kube import quantity
from kecs.kube.api import Event
from kecs.kube.resources import LEASES, NODES
from tests.embedded.node.cluster import Cluster, container, state, until


def test_the_sandbox_program_waits_and_does_nothing_else(tmp_path: Path) -> None:
    program = pause.program(platform.machine())
    assert len(pause.program("amd64")) == 129
    path = tmp_path / "pause"
    path.write_bytes(program)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with subprocess.Popen([str(path)]) as process:
        time.sleep(0.1)
        assert process.poll() is None
        state = Path(f"/proc/{process.pid}/stat").read_text().split()[2]
        process.kill()
    assert state == "S"


@pytest.mark.parametrize("architecture", ["amd64", "arm64", "riscv64", "x86_64", "aarch64"])
def test_the_sandbox_image(architecture: str) -> None:
    with tarfile.open(fileobj=BytesIO(pause.archive(architecture))) as archive:
        assert "manifest.json" in archive.getnames()
    assert pause.archive(architecture) == pause.archive(architecture)


def test_an_architecture_without_a_program() -> None:
    with pytest.raises(KeyError):
        pause.archive("s390x")


async def test_the_gate_lets_the_urgent_go_first() -> None:
    gate, order = Gate(1), list[str]()

    async def go(name: str, *, urgent: bool) -> None:
        async with gate.through(urgent=urgent):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(go("first", urgent=False), go("other", urgent=False), go("urgent", urgent=True))
    assert order == ["first", "urgent", "other"]


async def test_who_leaves_the_line_holds_nobody_up() -> None:
    gate = Gate(1)
    entered = asyncio.Event()

    async def go() -> None:
        async with gate.through(urgent=False):
            entered.set()
            await asyncio.sleep(10)

    first, second = asyncio.create_task(go()), asyncio.create_task(go())
    await entered.wait()
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    async with asyncio.timeout(1), gate.through(urgent=False):
        pass


async def test_an_end_is_not_believed_before_it_is_told_in_full(simulated: Cluster) -> None:
    """Podman shows a container that has just ended as exited with code 0 and no time: its pod seemed to succeed."""

    class Hesitant(SimulatedEngine):
        looks = 0

        async def inspect(self, container: str) -> Found:
            found = await super().inspect(container)
            self.looks += 1
            if found.state == "exited" and self.looks < 4:
                found.exit_code, found.finished_at = 0, 0.0
            return found

    await simulated.stop_node()
    simulated.containers = Hesitant()
    await simulated.start_node()
    await simulated.pod("fails", container("sleep 0.1; exit 5"), restartPolicy="Never")
    pod = await simulated.phase("fails", "Failed", "Succeeded")
    assert state(pod["status"])["terminated"]["exitCode"] == 5


def test_a_directory_keeps_its_owner(tmp_path: Path) -> None:
    assert owner_of(tmp_path / "a") == owner_of(tmp_path / "a") != owner_of(tmp_path / "b")


def test_what_a_full_disk_left_is_no_owner(tmp_path: Path) -> None:
    (tmp_path / "id").touch()
    owner = owner_of(tmp_path)
    assert owner
    assert owner_of(tmp_path) == owner
    assert [one.name for one in tmp_path.iterdir()] == ["id"]


def test_an_address() -> None:
    assert primary_address().count(".") == 3


async def test_the_node_is_there(simulated: Cluster) -> None:
    node = await simulated.api.get(NODES, None, simulated.name)
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == simulated.name
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.3"
    assert (await simulated.node_condition())["status"] == "True"
    assert quantity.value(node["status"]["allocatable"]["cpu"]) > 10 * (os.cpu_count() or 1)

    async def renewed() -> bool:
        page = await simulated.api.list(LEASES, "kube-node-lease")
        return any(each["spec"]["holderIdentity"] == simulated.name for each in page.items)

    await until(renewed, "a lease")


async def test_a_second_start_changes_nothing_but_the_heartbeat(simulated: Cluster) -> None:
    before = await simulated.api.get(NODES, None, simulated.name)
    await simulated.stop_node()
    await simulated.start_node()
    after = await simulated.api.get(NODES, None, simulated.name)
    assert before["metadata"]["uid"] == after["metadata"]["uid"]
    ready = [next(c for c in node["status"]["conditions"] if c["type"] == "Ready") for node in (before, after)]
    assert ready[0]["lastTransitionTime"] == ready[1]["lastTransitionTime"]


async def test_a_stray_fault_does_not_end_the_node(simulated: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = iter([RuntimeError("secret"), RuntimeError("secret")])

    def faulty(event: Event[PodGlance]) -> None:
        for fault in faults:
            raise fault
        heard(event)

    heard = simulated.node._heard_of
    monkeypatch.setattr(simulated.node, "_heard_of", faulty)
    await simulated.pod("late", container("exit 0"), restartPolicy="Never")
    await simulated.phase("late", "Succeeded")


async def test_a_stray_fault_does_not_end_a_probe(simulated: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = iter([RuntimeError("secret")])
    check = simulated.containers.check

    async def faulty(run: str, command: Sequence[str], limit: float) -> Answer:
        for fault in faults:
            raise fault
        return await check(run, command, limit)

    monkeypatch.setattr(simulated.containers, "check", faulty)
    probe = {"exec": {"command": ["true"]}, "periodSeconds": 1}
    await simulated.pod("probed", container(readinessProbe=probe))
    await simulated.status("probed", lambda status: status["containerStatuses"][0]["ready"])


async def test_what_cannot_be_removed_holds_nothing_up() -> None:
    class Stubborn(SimulatedEngine):
        async def remove(self, container: str) -> None:
            if container == "stuck":
                raise EngineError("device or resource busy")
            removed.append(container)

    removed: list[str] = []
    sandbox = Found(id="box", labels={CONTAINER: SANDBOX})
    found = [sandbox, Found(id="stuck", labels={CONTAINER: "a"}), Found(id="b", labels={CONTAINER: "b"})]
    assert await remove_containers(Stubborn(), found) == 2
    assert removed == ["b", "box"]  # who joined a sandbox goes before it
