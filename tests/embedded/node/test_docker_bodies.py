"""The Docker API's documents, its frames, its errors, and where it listens."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.node import docker_bodies as bodies
from kecs.embedded.node import sockets
from kecs.embedded.node.docker_http import Refused, refusal
from kecs.embedded.node.engine import ContainerConfig, Mount, NameInUse, NoSuchContainer, PortMapping, SandboxConfig
from kecs.embedded.node.frames import Frames


def test_a_sandbox() -> None:
    config = SandboxConfig(
        name="s",
        labels={"a": "b"},
        hostname="web",
        ports=[PortMapping(80, 8080), PortMapping(80, 8081, host_ip="127.0.0.1")],
        hosts=["db:192.0.2.1"],
    )
    body = bodies.sandbox(config)
    assert body["Hostname"] == "web"
    assert body["HostConfig"]["NetworkMode"] == "bridge"
    assert body["HostConfig"]["IpcMode"] == "shareable"
    assert body["HostConfig"]["ExtraHosts"] == ["db:192.0.2.1"]
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081"}]
    }
    assert body["ExposedPorts"] == {"80/tcp": {}}


def test_a_container_joins_its_sandbox() -> None:
    config = ContainerConfig(
        name="c",
        labels={},
        sandbox="box",
        image="web:1",
        args=["serve"],
        env={"A": "1"},
        hostname="web",
        memory=64 << 20,
        mounts=[Mount("volume", "v", "/v"), Mount("bind", "/b", "/c", read_only=True, propagation="rslave")],
        shared_pid=True,
    )
    body = bodies.container(config, may_name_itself=False)
    host = body["HostConfig"]
    assert (host["NetworkMode"], host["IpcMode"], host["PidMode"]) == ("container:box",) * 3
    assert host["Memory"] == host["MemorySwap"] == 64 << 20
    assert host["Mounts"][0]["VolumeOptions"] == {"NoCopy": True}
    assert host["Mounts"][1]["BindOptions"] == {"Propagation": "rslave"}
    assert body["Cmd"] == ["serve"]
    assert "Entrypoint" not in body  # the image's own stays
    assert "Hostname" not in body  # Docker refuses one beside another's network
    assert bodies.container(config, may_name_itself=True)["Hostname"] == "web"


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("nginx", ("nginx", "latest")),
        ("nginx:1", ("nginx", "1")),
        ("host:5000/nginx", ("host:5000/nginx", "latest")),
        ("host:5000/nginx:1", ("host:5000/nginx", "1")),
        ("nginx@sha256:00", ("nginx", "sha256:00")),
    ],
)
def test_references(image: str, parts: tuple[str, str]) -> None:
    assert bodies.reference(image) == parts


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0001-01-01T00:00:00Z", 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("2023-11-14T22:13:20.5Z", 1_700_000_000.5),
        ("2023-11-14T23:13:20.123456789+01:00", 1_700_000_000.123456),
    ],
)
def test_moments(text: str, moment: float) -> None:
    assert bodies.moment(text) == pytest.approx(moment)


def test_what_is_inspected() -> None:
    document = {
        "Id": "x",
        "Name": "/c",
        "Config": {"Labels": None},
        "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True, "FinishedAt": "2023-11-14T22:13:20Z"},
        "NetworkSettings": {"IPAddress": "", "Networks": {"other": {"IPAddress": "10.0.0.3"}, "none": None}},
    }
    found = bodies.inspected(document)
    assert (found.state, found.exit_code, found.oom_killed, found.ip, found.name) == (
        "exited",
        137,
        True,
        "10.0.0.3",
        "c",
    )


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (
            409,
            b'{"message": "Conflict. The container name \\"/x\\" is already in use by container \\"y\\""}',
            NameInUse,
        ),
        (
            500,
            b'{"message": "the container name \\"x\\" is already in use by y: that name is already in use"}',
            NameInUse,
        ),
        (404, b'{"message": "No such container: x"}', NoSuchContainer),
        (404, b'{"message": "no container with name or ID \\"x\\" found: no such container"}', NoSuchContainer),
        (404, b'{"message": "No such image: x"}', Refused),
        (500, b"plain words", Refused),
        (500, b"[]", Refused),
    ],
)
def test_errors(status: int, content: bytes, kind: type[Exception]) -> None:
    assert type(refusal(status, content)) is kind


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 30), max_size=40))
def test_frames_however_they_are_cut(contents: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(struct.pack(">BxxxL", 1 + number % 2, len(each)) + each for number, each in enumerate(contents))
    frames, found = Frames(), []
    for cut in cuts:
        found += list(frames.feed(stream[:cut]))
        stream = stream[cut:]
    found += list(frames.feed(stream))
    assert found == contents


@given(st.binary(max_size=200))
def test_no_stream_breaks_frames(data: bytes) -> None:
    list(Frames().feed(data))


def test_where_an_engine_is_looked_for() -> None:
    assert sockets.find({"DOCKER_HOST": "tcp://192.0.2.1:2375"}) == "tcp://192.0.2.1:2375"
    with pytest.raises(sockets.NoEngine, match="only unix:// and tcp://"):
        sockets.find({"DOCKER_HOST": "ssh://host"})
    places = sockets.places({"XDG_RUNTIME_DIR": "/run/user/7"}, Path("/home/me"))
    assert places[0] == Path("/var/run/docker.sock")
    assert Path("/run/user/7/podman/podman.sock") in places
    assert Path("/home/me/.docker/run/docker.sock") in places
