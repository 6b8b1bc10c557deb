"""Simulated containers: scripts, health, and how little thousands of them cost."""

import asyncio
import json
import time
from typing import Any

from kecs.embedded.node.simulated import SimulatedEngine
from kecs.kube.api import Json
from kecs.kube.resources import PODS
from tests.embedded.node.cluster import NAMESPACE, Cluster, container, state, until


def scripted(**script: Any) -> Json:
    return {"annotations": {"simulation.kecs.io/main": json.dumps(script)}}


async def test_a_script_from_an_annotation(simulated: Cluster) -> None:
    script = scripted(startDelay=0.2, runSeconds=0.2, exitCode=9, logs=["hello", {"after": 0.1, "line": "later"}])
    began = time.monotonic()
    await simulated.pod("played", metadata=script, restartPolicy="Never")
    pod = await simulated.phase("played", "Failed")
    assert time.monotonic() - began >= 0.4
    assert state(pod["status"])["terminated"]["exitCode"] == 9
    assert await simulated.log("played") == "hello\nlater\n"


async def test_a_script_from_a_variable(simulated: Cluster) -> None:
    env = [{"name": "KECS_SIMULATION", "value": '{"runSeconds": 0, "oomKilled": true}'}]
    await simulated.pod("variable", container(["server"], env=env), restartPolicy="Never")
    ended = state((await simulated.phase("variable", "Failed"))["status"])["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


async def test_a_start_that_fails(simulated: Cluster) -> None:
    await simulated.pod("broken", metadata=scripted(startError="exec format error"), restartPolicy="Never")
    ended = state((await simulated.phase("broken", "Failed"))["status"])["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (128, "StartError", "exec format error")


async def test_a_bad_script_is_told(simulated: Cluster) -> None:
    await simulated.pod("odd", metadata=scripted(runs=3))
    waiting = await simulated.waiting("odd", "CreateContainerError")
    assert waiting["message"].startswith("simulation script: ")


async def test_health_turns(simulated: Cluster) -> None:
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "failureThreshold": 1}
    health = [{"after": 0, "healthy": False}, {"after": 0.3, "healthy": True}, {"after": 0.8, "healthy": False}]
    main = container(["server"], readinessProbe=probe)
    await simulated.pod("moody", main, metadata=scripted(health=health))

    def ready(status: Json) -> bool:
        return bool(status["containerStatuses"][0]["ready"])

    assert not ready((await simulated.phase("moody", "Running"))["status"])
    await simulated.status("moody", ready)
    await simulated.status("moody", lambda status: not ready(status))


async def test_a_failed_liveness_probe_restarts(simulated: Cluster) -> None:
    probe = {"exec": {"command": ["check"]}, "periodSeconds": 1, "failureThreshold": 2}
    health = [{"after": 0.2, "healthy": False}]
    await simulated.pod("sick", container(["server"], livenessProbe=probe), metadata=scripted(health=health))
    await simulated.status("sick", lambda status: status["containerStatuses"][0]["restartCount"] >= 1)
    await simulated.event("sick", "Unhealthy", "Liveness probe failed: simulated as unhealthy")


async def test_a_startup_probe_holds_back_readiness(simulated: Cluster) -> None:
    probe = {"exec": {"command": ["check"]}, "periodSeconds": 1, "failureThreshold": 5}
    health = [{"after": 0, "healthy": False}, {"after": 0.5, "healthy": True}]
    await simulated.pod("slow", container(["server"], startupProbe=probe), metadata=scripted(health=health))
    status = (await simulated.phase("slow", "Running"))["status"]["containerStatuses"][0]
    assert (status["started"], status["ready"]) == (False, False)
    status = await simulated.status("slow", lambda status: status["containerStatuses"][0]["started"])
    assert status["containerStatuses"][0]["ready"]


async def test_grpc_probes_are_refused_clearly(simulated: Cluster) -> None:
    await simulated.pod("grpc", container(["server"], readinessProbe={"grpc": {"port": 1}, "failureThreshold": 1}))
    await simulated.event("grpc", "Unhealthy", "gRPC probes are not supported by this node")


async def test_how_a_container_takes_its_stop(simulated: Cluster) -> None:
    held = {"finalizers": ["example.com/hold"]}
    await simulated.pod("polite", metadata={**scripted(stopSeconds=0.1, stopExitCode=0), **held})
    await simulated.pod("deaf", metadata={**scripted(ignoresTerm=True), **held})
    await simulated.phase("polite", "Running")
    await simulated.phase("deaf", "Running")
    await simulated.delete("polite", grace_seconds=5)
    await simulated.delete("deaf", grace_seconds=1)
    assert state((await simulated.phase("polite", "Succeeded"))["status"])["terminated"]["exitCode"] == 0
    assert state((await simulated.phase("deaf", "Failed"))["status"])["terminated"]["exitCode"] == 137


async def test_addresses_are_each_ones_own_and_used_again(simulated: Cluster) -> None:
    for number in range(20):
        await simulated.pod(f"p{number}")
    found = [(await simulated.phase(f"p{number}", "Running"))["status"]["podIP"] for number in range(20)]
    assert len(set(found)) == 20
    await simulated.stop_node()
    await simulated.start_node()
    await simulated.pod("fresh")
    fresh = (await simulated.phase("fresh", "Running"))["status"]["podIP"]
    assert fresh not in found


async def test_many_pods_run_at_once_and_then_nothing_moves(simulated: Cluster) -> None:
    """A pod that runs has no task, no timer and no work; it is written once on its way there."""
    count = 300
    version = int((await simulated.api.list(PODS, NAMESPACE)).resource_version)
    for number in range(count):
        await simulated.pod(f"p{number}", container(["server"]))
    await simulated.phase(f"p{count - 1}", "Running")

    async def running() -> bool:
        page = await simulated.api.list(PODS, NAMESPACE)
        return all(each["status"].get("phase") == "Running" for each in page.items)

    await until(running, "all pods")
    engine = simulated.containers
    assert isinstance(engine, SimulatedEngine)
    written = int((await simulated.api.list(PODS, NAMESPACE)).resource_version) - version
    assert written <= 2 * count + 3  # made, and running
    tasks = [task for task in asyncio.all_tasks() if "Worker" in repr(task) or "Starter" in repr(task)]
    assert not tasks
    assert not engine.timers


async def test_a_restart_writes_nothing(simulated: Cluster) -> None:
    for number in range(50):
        await simulated.pod(f"p{number}", container(["server"]))
        await simulated.phase(f"p{number}", "Running")
    before = {each["metadata"]["name"]: each for each in (await simulated.api.list(PODS, NAMESPACE)).items}
    await simulated.stop_node()
    await simulated.start_node()
    await simulated.pod("after")
    await simulated.phase("after", "Running")
    page = await simulated.api.list(PODS, NAMESPACE)
    assert {each["metadata"]["name"]: each for each in page.items if each["metadata"]["name"] != "after"} == before
