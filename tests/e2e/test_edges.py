"""The edges that a running kecs has to hold: what clients, disks and signals do to it, and how it says so."""

import contextlib
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.process import KecsProcess, kecs

MAIN = {"name": "main", "image": "example/steady", "memory": 16}
TAGS = [{"key": "Größe", "value": "日本 語/é"}, {"key": "empty", "value": ""}]
LONG = "A_b-" * 63 + "Xyz"  # 255 characters
SECONDS = 30


@pytest.fixture
def kecs_server(kecs_on_both: KecsProcess) -> KecsProcess:
    return kecs_on_both


@pytest.fixture
def ecs(kecs_server: KecsProcess) -> Any:
    return kecs_server.client()


def post(server: KecsProcess, operation: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send what no SDK would send, and return the status and the body of the answer."""
    target = {"X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}"}
    request = urllib.request.Request(
        server.endpoint, body, {"Content-Type": "application/x-amz-json-1.1"} | target | headers
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def refusal(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Make a request that has to be refused; return the error's code and text."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def stable(ecs: Any, cluster: str, *services: str) -> list[dict[str, Any]]:
    """Wait, as users do, until services are stable, and return them."""
    for first in range(0, len(services), 10):
        ecs.get_waiter("services_stable").wait(
            cluster=cluster, services=services[first : first + 10], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
        )
    return [describe(ecs, cluster, name) for name in services]


def describe(ecs: Any, cluster: str, service: str) -> dict[str, Any]:
    (found,) = ecs.describe_services(cluster=cluster, services=[service], include=["TAGS"])["services"]
    return dict(found)


def test_names_of_255_characters_and_unicode_tags_everywhere(ecs: Any) -> None:
    arns = [ecs.create_cluster(clusterName=LONG, tags=TAGS)["cluster"]["clusterArn"]]
    definition = ecs.register_task_definition(
        family=LONG, containerDefinitions=[MAIN | {"name": LONG, "image": "example/steady"}], tags=TAGS
    )["taskDefinition"]["taskDefinitionArn"]
    arns.append(definition)
    made = ecs.create_service(
        cluster=LONG, serviceName=LONG, taskDefinition=LONG, desiredCount=1, tags=TAGS, propagateTags="SERVICE"
    )
    arns.append(made["service"]["serviceArn"])
    stable(ecs, LONG, LONG)
    (task,) = ecs.run_task(cluster=LONG, taskDefinition=LONG, tags=TAGS)["tasks"]
    arns.append(task["taskArn"])
    ecs.get_waiter("tasks_running").wait(
        cluster=LONG, tasks=[task["taskArn"]], WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    arns += ecs.list_tasks(cluster=LONG, serviceName=LONG)["taskArns"]
    assert len(arns) == 5
    for arn in arns:
        tags = ecs.list_tags_for_resource(resourceArn=arn)["tags"]
        assert sorted(one["key"] for one in tags) == sorted(one["key"] for one in TAGS), arn
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "neu", "value": "ü"}])
        ecs.untag_resource(resourceArn=arn, tagKeys=["empty"])
        tags = ecs.list_tags_for_resource(resourceArn=arn)["tags"]
        assert {one["key"]: one["value"] for one in tags} == {"Größe": "日本 語/é", "neu": "ü"}, arn
    ecs.delete_service(cluster=LONG, service=LONG, force=True)
    ecs.get_waiter("services_inactive").wait(
        cluster=LONG, services=[LONG], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )


def test_ten_containers_run_and_eleven_are_refused(ecs: Any) -> None:
    containers = [MAIN | {"name": f"c{number}"} for number in range(11)]
    assert refusal(ecs.register_task_definition, family="eleven", containerDefinitions=containers) == (
        "ClientException",
        "Container list can have at most 10 items.",
    )
    ecs.register_task_definition(family="ten", containerDefinitions=containers[:10])
    ecs.create_cluster(clusterName="ten")
    (task,) = ecs.run_task(cluster="ten", taskDefinition="ten")["tasks"]
    ecs.get_waiter("tasks_running").wait(
        cluster="ten", tasks=[task["taskArn"]], WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    (task,) = ecs.describe_tasks(cluster="ten", tasks=[task["taskArn"]])["tasks"]
    assert [one["lastStatus"] for one in task["containers"]] == ["RUNNING"] * 10


def test_an_environment_of_a_megabyte_is_refused_and_most_of_64_kib_is_not(ecs: Any) -> None:
    def register(size: int) -> Any:
        container = MAIN | {"environment": [{"name": "E", "value": "x" * size}]}
        return ecs.register_task_definition(family="large", containerDefinitions=[container])

    code, text = refusal(register, size=1 << 20)
    assert code == "ClientException"
    assert "Max allowed length is '65536' bytes" in text
    assert len(register(60_000)["taskDefinition"]["containerDefinitions"][0]["environment"][0]["value"]) == 60_000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"clusterName":', b"null", b"[]", b"\xff\xfe", b'{"clusterName":"\\ud800"}', b"[" * 100_000,
     b'{"x":' * 5_000 + b"1" + b"}" * 5_000, b'{"clusterName":1}', b'{"tags":{}}', b'{"tags":["x"]}',
     b'{"settings":"x"}'],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_request_is_told_so(kecs_server: KecsProcess, body: bytes) -> None:
    status, answer = post(kecs_server, "CreateCluster", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_unknown_members_are_ignored_and_unknown_operations_are_not(kecs_server: KecsProcess) -> None:
    body = b'{"clusterName":"unknown-members","notYet":{"deep":[1,null,{}]}}'
    status, answer = post(kecs_server, "CreateCluster", body)
    assert (status, answer["cluster"]["clusterName"]) == (200, "unknown-members")
    for operation in ("Nope", "createcluster", "CreateCluster.", ""):
        assert post(kecs_server, operation, b"{}") == (400, {"__type": "UnknownOperationException"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/cbor", ""):
        assert post(kecs_server, "ListClusters", b"{}", **{"Content-Type": kind})[0] == 404


def test_missing_members_are_told_as_aws_tells_them(ecs: Any, kecs_server: KecsProcess) -> None:
    ecs.create_cluster()
    missing = {
        "RegisterTaskDefinition": ("ClientException", "Family should not be null or empty."),
        "RunTask": ("InvalidParameterException", "TaskDefinition can not be blank."),
        "DescribeTasks": ("InvalidParameterException", "Tasks cannot be empty."),
        "DescribeServices": ("InvalidParameterException", "Services cannot be empty."),
        "CreateService": ("InvalidParameterException", "Service name cannot be empty."),
    }
    for operation, (code, text) in missing.items():
        assert post(kecs_server, operation, b"{}") == (400, {"__type": code, "message": text})


def test_a_huge_body_and_half_a_request_hurt_nobody(kecs_server: KecsProcess, ecs: Any) -> None:
    host, _, port = kecs_server.endpoint.removeprefix("http://").partition(":")
    halves: list[socket.socket] = []
    for _ in range(20):
        half = socket.create_connection((host, int(port)), timeout=SECONDS)
        half.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        halves.append(half)
    status, answer = post(kecs_server, "CreateCluster", b"{" + b" " * (5 << 20) + b"}")
    assert (status, answer["__type"]) == (413, "RequestEntityTooLarge")
    assert ecs.list_clusters()["clusterArns"] is not None
    for half in halves:
        half.close()


def test_times_have_milliseconds_and_nothing_finer(kecs_server: KecsProcess, ecs: Any) -> None:
    ecs.create_cluster(clusterName="times")
    ecs.register_task_definition(family="times", containerDefinitions=[MAIN])
    ecs.create_service(cluster="times", serviceName="s", taskDefinition="times", desiredCount=1)
    ecs.update_service(cluster="times", service="s", forceNewDeployment=True)
    stable(ecs, "times", "s")
    _, answer = post(kecs_server, "DescribeServices", b'{"cluster":"times","services":["s"]}')
    times = re.findall(r'At": (\d+\.?\d*)', json.dumps(answer))
    assert len(times) >= 4
    assert [time for time in times if len(time.partition(".")[2]) > 3] == []


def test_sixteen_writers_of_one_family(ecs: Any) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = pool.map(
            lambda _: ecs.register_task_definition(family="sixteen", containerDefinitions=[MAIN]), range(160)
        )
        assert sorted(one["taskDefinition"]["revision"] for one in made) == list(range(1, 161))


def test_fifty_services_at_once(ecs: Any) -> None:
    ecs.create_cluster(clusterName="fifty")
    ecs.register_task_definition(family="fifty", containerDefinitions=[MAIN])
    names = [f"s{number}" for number in range(50)]
    with ThreadPoolExecutor(10) as pool:
        list(
            pool.map(
                lambda name: ecs.create_service(
                    cluster="fifty", serviceName=name, taskDefinition="fifty", desiredCount=2
                ),
                names,
            )
        )
    assert all(one["runningCount"] == 2 for one in stable(ecs, "fifty", *names))


def test_clients_who_update_a_service_at_once(ecs: Any) -> None:
    ecs.create_cluster(clusterName="two")
    for _ in range(4):
        ecs.register_task_definition(family="two", containerDefinitions=[MAIN])
    ecs.create_service(cluster="two", serviceName="s", taskDefinition="two:1", desiredCount=1)
    updates: list[dict[str, Any]] = [
        *({"taskDefinition": f"two:{number}"} for number in (2, 3, 4)),
        *({"desiredCount": count} for count in (2, 3)),
        {"forceNewDeployment": True},
    ]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda update: ecs.update_service(cluster="two", service="s", **update), updates * 4))
    ecs.update_service(cluster="two", service="s", taskDefinition="two:2", desiredCount=2)
    (found,) = stable(ecs, "two", "s")
    assert (found["taskDefinition"].rpartition("/")[2], found["runningCount"]) == ("two:2", 2)
    tasks = ecs.describe_tasks(cluster="two", tasks=ecs.list_tasks(cluster="two", serviceName="s")["taskArns"])["tasks"]
    assert [one["taskDefinitionArn"].rpartition("/")[2] for one in tasks] == ["two:2"] * 2


def test_a_service_deleted_while_it_rolls_out(ecs: Any) -> None:
    ecs.create_cluster(clusterName="going")
    ecs.register_task_definition(family="going", containerDefinitions=[MAIN])
    ecs.create_service(cluster="going", serviceName="s", taskDefinition="going", desiredCount=3)
    stable(ecs, "going", "s")
    ecs.update_service(cluster="going", service="s", forceNewDeployment=True)
    assert refusal(ecs.delete_service, cluster="going", service="s") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    ecs.delete_service(cluster="going", service="s", force=True)
    ecs.get_waiter("services_inactive").wait(
        cluster="going", services=["s"], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    assert ecs.list_tasks(cluster="going")["taskArns"] == []
    assert refusal(ecs.update_service, cluster="going", service="s", desiredCount=1)[0] == "ServiceNotActiveException"
    assert ecs.delete_cluster(cluster="going")["cluster"]["status"] == "INACTIVE"


def test_a_definition_deregistered_while_in_use(ecs: Any) -> None:
    ecs.create_cluster(clusterName="kept")
    ecs.register_task_definition(family="kept", containerDefinitions=[MAIN])
    ecs.create_service(cluster="kept", serviceName="s", taskDefinition="kept:1", desiredCount=1)
    stable(ecs, "kept", "s")
    ecs.deregister_task_definition(taskDefinition="kept:1")
    (old,) = ecs.list_tasks(cluster="kept", serviceName="s")["taskArns"]
    ecs.stop_task(cluster="kept", task=old)
    ecs.get_waiter("tasks_stopped").wait(cluster="kept", tasks=[old], WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    ecs.update_service(cluster="kept", service="s", desiredCount=2)
    assert stable(ecs, "kept", "s")[0]["runningCount"] == 2
    assert refusal(ecs.run_task, cluster="kept", taskDefinition="kept:1")[0] == "InvalidParameterException"
    assert refusal(ecs.update_service, cluster="kept", service="s", taskDefinition="kept:1") == (
        "ClientException",
        "TaskDefinition is inactive",
    )


def test_sigterm_in_the_middle_of_a_rollout(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    ecs = server.client()
    ecs.create_cluster()
    ecs.register_task_definition(family="app", containerDefinitions=[MAIN])
    ecs.create_service(serviceName="s", taskDefinition="app", desiredCount=20)
    stable(ecs, "default", "s")
    before = set(ecs.list_tasks(serviceName="s")["taskArns"])
    for _ in range(3):
        ecs.update_service(service="s", forceNewDeployment=True)
        server.stop()  # checks the end and the log
        server.start()
        ecs = server.client()
    (found,) = stable(ecs, "default", "s")
    assert (found["runningCount"], len(found["deployments"])) == (20, 1)
    after = set(ecs.list_tasks(serviceName="s")["taskArns"])
    assert (len(after), after & before) == (20, set())
    ended = ecs.describe_tasks(tasks=sorted(before))
    assert ended["failures"] == []
    assert {one["lastStatus"] for one in ended["tasks"]} == {"STOPPED"}


@contextlib.contextmanager
def small_disk(directory: Path, *options: str) -> Iterator[None]:
    """Mount a file system of its own over a directory, where that is allowed."""
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(directory)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def remount(directory: Path, *options: str) -> None:
    subprocess.run(["mount", "-o", ",".join(("remount", *options)), str(directory)], check=True)


def test_a_full_disk(start_kecs: Callable[..., KecsProcess], tmp_path: Path) -> None:
    data = tmp_path / "disk"
    with small_disk(data, "size=3m"):
        server = start_kecs(data=data)
        ecs = server.client()
        ecs.create_cluster()
        ecs.register_task_definition(family="app", containerDefinitions=[MAIN])
        ecs.create_service(serviceName="s", taskDefinition="app", desiredCount=2)
        stable(ecs, "default", "s")
        kept = _fill(ecs)
        tasks = ecs.list_tasks(serviceName="s")["taskArns"]
        assert not _fits(ecs.run_task, taskDefinition="app", count=10)
        assert ecs.list_tasks()["taskArns"] == tasks, "all ten or none"
        desired = 2
        if _fits(ecs.update_service, service="s", desiredCount=1):  # it is small
            desired = 1
        assert describe(ecs, "default", "s")["desiredCount"] == desired

        remount(data, "size=60m")
        ecs.update_service(service="s", desiredCount=3)
        assert stable(ecs, "default", "s")[0]["runningCount"] == 3
        server.stop()
        server.start()
        ecs = server.client()
        pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix="filler")
        assert sum(len(page["taskDefinitionArns"]) for page in pages) == kept
        assert stable(ecs, "default", "s")[0]["runningCount"] == 3
        server.stop()


def _fill(ecs: Any) -> int:
    """Register until nothing fits any more, not even something small; return how many did."""
    count = 0
    for size in (50_000, 2_000, 10):
        container = MAIN | {"environment": [{"name": "E", "value": "x" * size}]}
        while _fits(ecs.register_task_definition, family="filler", containerDefinitions=[container]):
            count += 1
    return count


def _fits(call: Callable[..., Any], **members: Any) -> bool:
    """Make a request that a full disk may refuse, and say whether it did not."""
    try:
        call(**members)
    except ClientError as error:
        told = error.response["Error"]
        assert (told["Code"], "disk is full" in told["Message"]) == ("ServerException", True), told
        return False
    return True


def test_a_start_on_a_full_disk(start_kecs: Callable[..., KecsProcess], tmp_path: Path) -> None:
    data = tmp_path / "disk"
    with small_disk(data, "size=3m"):
        server = start_kecs(data=data)
        server.client().create_cluster(clusterName="kept")
        with (data / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(b"x" * 4096):
                pass
        server.stop()
        told = _refused("serve", data)  # which file finds no room first is not said here
        assert (str(data) in told, "cannot be used: " in told) == (True, True), told
        assert not [path.name for path in data.iterdir() if path.name.startswith(".")]
        (data / "ballast").unlink()
        server.start()
        assert server.client().describe_clusters(clusters=["kept"])["clusters"][0]["status"] == "ACTIVE"
        server.stop()


def test_a_directory_that_can_only_be_read(tmp_path: Path) -> None:
    data = tmp_path / "disk"
    with small_disk(data, "size=1m", "ro"):
        told = f"kecs: the data directory {data} cannot be used: Read-only file system\n"
        assert _refused("serve", data) == told
        assert _refused("reset", data) == told


def test_a_disk_that_is_too_small_to_begin(tmp_path: Path) -> None:
    data = tmp_path / "disk"
    with small_disk(data, "size=40k"):
        assert "disk is full" in _refused("serve", data)


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in ("serve", "reset"):
        told = f"kecs: the data directory {tmp_path / 'file'} cannot be used: Not a directory\n"
        assert _refused(command, tmp_path / "file") == told


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("PRAGMA user_version = 99", "was written by a newer kecs (format 99, this one knows 1)"),
        ("UPDATE objects SET tail = x'00'", "is damaged"),
        ("PRAGMA application_id = 7", "is a database of another program"),
    ],
)
def test_data_that_is_not_ours_to_read(
    start_kecs: Callable[..., KecsProcess], tmp_path: Path, statement: str, told: str
) -> None:
    server = start_kecs()
    server.client().create_cluster()
    server.stop()
    path = server.data / "kubernetes.db"
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    assert told in _refused("serve", server.data)
    assert path.read_bytes() == before, "what cannot be read is left as it is"


def _refused(command: str, data: Path) -> str:
    """Run a command that has to end at once; return its last line, which says why. What it logged may come before."""
    ports = ("--listen", "127.0.0.1:0", "--kubernetes-listen", "127.0.0.1:0") if command == "serve" else ()
    run = kecs(command, "--data", str(data), "--engine", "simulated", *ports)
    assert (run.returncode, run.stdout) == (1, ""), run
    told = run.stderr.splitlines(keepends=True)[-1]
    assert (told.startswith("kecs: "), "Traceback" in run.stderr) == (True, False), run.stderr
    return told
