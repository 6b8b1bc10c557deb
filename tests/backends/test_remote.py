"""kecs over a cluster of another process: the embedded Kubernetes alone, which needs nothing of the machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.process import KecsProcess, environment, kecs
from tests.waiting import until

CONTAINER = {"name": "main", "image": "example/steady", "memory": 16, "command": ["sleep", "86400"]}
SOON = {"Delay": 0.1, "MaxAttempts": 300}
OVER_HTTP = ("--engine", "auto", "--lease-duration", "3")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an embedded Kubernetes without anything of ECS."""
    directory = tmp_path_factory.mktemp("kubernetes")
    command = [sys.executable, "-m", "tests.kubernetes", str(directory)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().startswith("kubernetes ready")
    yield directory / "kubeconfig"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def test_two_replicas_are_one_kecs(start_kecs: Callable[..., KecsProcess], kubeconfig: Path) -> None:
    first, second = (start_kecs(*OVER_HTTP, cluster=kubeconfig) for _ in range(2))
    writes, reads = first.client(region="eu-west-1"), second.client(region="eu-west-1")
    writes.create_cluster(clusterName="c")
    writes.register_task_definition(family="f", containerDefinitions=[CONTAINER])
    tasks = [task["taskArn"] for task in writes.run_task(cluster="c", taskDefinition="f", count=2)["tasks"]]
    until(lambda: len(reads.list_clusters()["clusterArns"]) == 1, 10, "the other one sees the cluster")
    until(lambda: not reads.describe_tasks(cluster="c", tasks=tasks)["failures"], 10, "the other one sees the tasks")
    reads.get_waiter("tasks_running").wait(cluster="c", tasks=tasks, WaiterConfig=SOON)
    until(lambda: reads.list_task_definitions()["taskDefinitionArns"], 10, "the other one sees the definition")
    reads.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=2)
    until(lambda: writes.list_services(cluster="c")["serviceArns"], 10, "the first one sees the service")
    writes.get_waiter("services_stable").wait(cluster="c", services=["s"], WaiterConfig=SOON)
    reads.stop_task(cluster="c", task=tasks[0], reason="done")
    writes.get_waiter("tasks_stopped").wait(cluster="c", tasks=tasks[:1], WaiterConfig=SOON)
    page = writes.list_tasks(cluster="c", maxResults=1)
    assert reads.list_tasks(cluster="c", maxResults=1, nextToken=page["nextToken"])["taskArns"]
    assert sum(" leading " in replica.log() for replica in (first, second)) == 1
    assert writes.list_clusters()["clusterArns"] != first.client(region="us-west-2").list_clusters()["clusterArns"]


def test_the_other_one_leads_when_the_first_ends(start_kecs: Callable[..., KecsProcess], kubeconfig: Path) -> None:
    first = start_kecs(*OVER_HTTP, cluster=kubeconfig)
    until(lambda: " leading " in first.log(), 10, "the first one leads")
    second = start_kecs(*OVER_HTTP, cluster=kubeconfig)
    first.stop()
    until(lambda: " leading " in second.log(), 10, "the second one leads")
    ecs = second.client(region="eu-west-2")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="f", containerDefinitions=[CONTAINER])
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=1)
    ecs.get_waiter("services_stable").wait(cluster="c", services=["s"], WaiterConfig=SOON)


@pytest.mark.parametrize(
    ("text", "with_", "arguments", "told"),
    [
        ("", "", ("--context", "nope"), "there is no 'nope'"),
        ('"token": "', '"token": "not-', (), "Unauthorized"),
        ('"apiVersion"', '{"apiVersion"', (), "no YAML"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_line(
    kubeconfig: Path, tmp_path: Path, text: str, with_: str, arguments: tuple[str, ...], told: str
) -> None:
    path = changed(kubeconfig, tmp_path, text, with_)
    run = kecs("serve", "--kubeconfig", str(path), "--listen", "127.0.0.1:0", *arguments)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("kecs: ")
    assert told in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def changed(kubeconfig: Path, tmp_path: Path, text: str, with_: str) -> Path:
    """Return a copy of a kubeconfig with one text in another's place."""
    whole = kubeconfig.read_text()
    assert text in whole
    path = tmp_path / "config"
    path.write_text(whole.replace(text, with_, 1))
    return path


def test_a_kubeconfig_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    run = kecs("serve", "--kubeconfig", str(tmp_path / "none"), "--listen", "127.0.0.1:0")
    assert (run.returncode, run.stderr) == (
        1,
        f"kecs: the kubeconfig {tmp_path}/none cannot be read: No such file or directory\n",
    )


def test_outside_of_a_pod_there_is_no_cluster_to_be_in() -> None:
    run = kecs("serve", "--in-cluster", "--listen", "127.0.0.1:0")
    assert run.returncode == 1
    assert run.stderr.startswith("kecs: this is no pod: ")


def test_who_waits_for_a_cluster_still_ends_when_told(kubeconfig: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = re.search(r'"server": "([^"]+)"', kubeconfig.read_text())
    assert server
    path = changed(kubeconfig, tmp_path, server[1], f"https://127.0.0.1:{port}")
    command = [sys.executable, "-m", "kecs", "serve", "--kubeconfig", str(path), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        assert "waiting for the cluster: " in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=20)
        assert (process.returncode, "Traceback" in rest) == (0, False)
    finally:
        process.kill()
        process.communicate()


def test_a_context_alone_is_of_the_user_s_own_kubeconfig(
    start_kecs: Callable[..., KecsProcess], kubeconfig: Path
) -> None:
    """What kecs keeps is in kecs-system all the same, and not in the namespace of the context; files may be several."""
    name = json.loads(kubeconfig.read_text())["current-context"]
    files = os.pathsep.join((str(kubeconfig.with_name("none")), str(kubeconfig)))
    server = start_kecs("--kubeconfig", "", "--context", name, cluster=kubeconfig, KUBECONFIG=files)
    out = server.data.with_name(f"{server.data.name}.out").read_text()
    assert ", namespace kecs-system, node kecs-" in out
