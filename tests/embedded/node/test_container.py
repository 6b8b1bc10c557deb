"""What an engine is asked for."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.node.container import Place, container_config, container_name, hostname, is_plain, sandbox_config
from kecs.embedded.node.engine import ContainerConfig, Image, Mount, PortMapping
from kecs.embedded.node.environment import ConfigError, Sources
from kecs.embedded.node.views import Pod

IMAGE = Image("sha256:1", user="app")


def pod(container: dict[str, Any] | None = None, **spec: Any) -> Pod:
    main = {"name": "main", "image": "web:1", **(container or {})}
    metadata = {"name": "p", "namespace": "n", "uid": "u", "annotations": {"simulation.kecs.io/main": "{}"}}
    return msgspec.convert({"metadata": metadata, "spec": {"containers": [main], **spec}}, Pod)


def made(given: Pod, **volumes: Mount) -> ContainerConfig:
    return container_config(given, given.spec.containers[0], 2, Place("me", "box", volumes), Sources({}, {}), IMAGE)


def test_a_plain_container() -> None:
    found = made(pod({"command": ["run", "$(X)"], "args": ["$$(X)"], "env": [{"name": "X", "value": "y"}]}))
    assert found == ContainerConfig(
        name="k8s_main_p_n_u_2",
        labels={
            "kecs.io/owner": "me",
            "io.kubernetes.pod.uid": "u",
            "io.kubernetes.pod.name": "p",
            "io.kubernetes.pod.namespace": "n",
            "io.kubernetes.container.name": "main",
            "io.kubernetes.container.restartCount": "2",
            "io.kubernetes.sandbox.id": "box",
        },
        sandbox="box",
        image="web:1",
        command=["run", "y"],
        args=["$(X)"],
        env={"HOSTNAME": "p", "X": "y"},
        hostname="p",
        simulation="{}",
    )


def test_names_are_the_same_for_everyone_who_asks() -> None:
    assert container_name(pod(), "main", 0) == container_name(pod(), "main", 0) == "k8s_main_p_n_u_0"


@pytest.mark.parametrize(
    ("own", "whole", "memory", "nano_cpus", "shares"),
    [
        ({}, {}, 0, 0, 0),
        ({"limits": {"memory": "64Mi", "cpu": "250m"}}, {}, 64 << 20, 250_000_000, 256),
        ({"requests": {"cpu": "1"}}, {}, 0, 0, 1024),
        ({"requests": {"cpu": "1m"}}, {}, 0, 0, 2),
        ({}, {"limits": {"memory": "1Gi", "cpu": "2"}}, 1 << 30, 2_000_000_000, 0),
        ({"limits": {"memory": "64Mi"}}, {"limits": {"memory": "1Gi"}}, 64 << 20, 0, 0),
    ],
)
def test_resources(own: Any, whole: Any, memory: int, nano_cpus: int, shares: int) -> None:
    found = made(pod({"resources": own}, resources=whole))
    assert (found.memory, found.nano_cpus, found.cpu_shares) == (memory, nano_cpus, shares)


@pytest.mark.parametrize(
    ("own", "whole", "user"),
    [
        ({}, {}, ""),
        ({"runAsUser": 1}, {}, "1"),
        ({"runAsUser": 1, "runAsGroup": 2}, {}, "1:2"),
        ({}, {"runAsUser": 3, "runAsGroup": 4}, "3:4"),
        ({"runAsUser": 0}, {"runAsUser": 3}, "0"),
        ({"runAsGroup": 2}, {}, "app:2"),
    ],
)
def test_users(own: Any, whole: Any, user: str) -> None:
    assert made(pod({"securityContext": own}, securityContext=whole)).user == user


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"runAsNonRoot": True, "runAsUser": 0}, "container's runAsUser breaks non-root policy"),
        ({"runAsNonRoot": True}, "container has runAsNonRoot and image has non-numeric user (app)"),
    ],
)
def test_root_is_refused(own: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        made(pod({"securityContext": own}))
    assert str(caught.value).startswith(message)


def test_security() -> None:
    context = {
        "privileged": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
    }
    found = made(pod({"securityContext": context}, securityContext={"supplementalGroups": [7], "fsGroup": 8}))
    assert (found.privileged, found.read_only, found.no_new_privileges) == (True, True, True)
    assert (found.add_capabilities, found.drop_capabilities, found.groups) == (("NET_ADMIN",), ("ALL",), ("7", "8"))


def test_mounts() -> None:
    mounts = [
        {"name": "data", "mountPath": "/data", "readOnly": True},
        {"name": "data", "mountPath": "/part", "subPath": "a/b"},
        {"name": "data", "mountPath": "/named", "subPathExpr": "$(X)"},
    ]
    found = made(
        pod({"volumeMounts": mounts, "env": [{"name": "X", "value": "pod-1"}]}), data=Mount("bind", "/srv/data", "")
    )
    assert [(each.source, each.target, each.read_only) for each in found.mounts] == [
        ("/srv/data", "/data", True),
        ("/srv/data/a/b", "/part", False),
        ("/srv/data/pod-1", "/named", False),
    ]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc"])
def test_a_part_of_a_volume_stays_within_it(path: str) -> None:
    given = pod({"volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": path}]})
    with pytest.raises(ConfigError):
        made(given, data=Mount("bind", "/srv/data", ""))


def test_memory_backed_volumes_are_mounted_whole() -> None:
    given = pod({"volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": "part"}]})
    with pytest.raises(ConfigError, match="whole or not at all"):
        made(given, data=Mount("volume", "k8s_u_data", ""))


def test_a_sandbox() -> None:
    given = pod(
        {"ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}, {"containerPort": 81}]},
        hostAliases=[{"ip": "192.0.2.5", "hostnames": ["db", "cache"]}],
        dnsConfig={"nameservers": ["192.0.2.53"], "searches": ["test"], "options": [{"name": "ndots", "value": "2"}]},
        securityContext={"sysctls": [{"name": "net.core.somaxconn", "value": "9"}]},
    )
    found = sandbox_config(given, 1, "me", [])
    assert found.name == "k8s_POD_p_n_u_1"
    assert found.ports == (PortMapping(80, 8080, "UDP"),)
    assert found.hosts == ("db:192.0.2.5", "cache:192.0.2.5")
    assert (found.dns, found.searches, found.dns_options) == (("192.0.2.53",), ("test",), ("ndots:2",))
    assert found.sysctls == {"net.core.somaxconn": "9"}
    assert not is_plain(found)


@pytest.mark.parametrize(
    ("spec", "plain"),
    [
        ({}, True),
        ({"hostname": "web"}, True),
        ({"hostNetwork": True}, False),
        ({"hostPID": True}, False),
        ({"hostAliases": [{"ip": "192.0.2.5", "hostnames": ["db"]}]}, False),
        ({"dnsConfig": {"nameservers": ["192.0.2.53"]}}, False),
    ],
)
def test_which_pods_can_take_a_warm_sandbox(spec: dict[str, Any], plain: bool) -> None:
    assert is_plain(sandbox_config(pod(**spec), 0, "me", [])) is plain


def test_long_names_become_host_names() -> None:
    given = pod()
    given.metadata.name = "a" * 62 + "-b"
    assert hostname(given) == "a" * 62
