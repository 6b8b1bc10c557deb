"""Volumes: what is in them, who may write, and what becomes of them when their source changes."""

import base64
from typing import Any

import pytest

from tests.contract.client import MERGE_PATCH
from tests.contract.pods.watching import STAY, Pods, container

Json = dict[str, Any]


def _source(pods: Pods, kind: str, name: str = "source", **data: str) -> None:
    if kind == "Secret":
        data = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}
    path = {"ConfigMap": "configmaps", "Secret": "secrets"}[kind]
    assert pods.client.quietly("POST", path, body).status == 201


def _says(pods: Pods, line: str, volume: Json, mount: Json | None = None, **members: Any) -> str:
    """Run a pod that has a volume at /data to its end, and return what it wrote."""
    mounts = [{"name": "data", "mountPath": "/data", **(mount or {})}]
    pods.make(
        container(line, volumeMounts=mounts, **members),
        volumes=[{"name": "data", **volume}],
        restartPolicy="Never",
        metadata={"labels": {"app": "files", "tier": "x-y"}, "annotations": {"note": "a\nb"}},
    )
    pods.over()
    return pods.log()


FROM_THE_API: dict[str, tuple[Json, str, str]] = {
    "all": ({}, "ls {0}; cat {0}/a; stat -L -c %a {0}/a", "a\nb.txt\none644\n"),
    "chosen": ({"items": [{"key": "a", "path": "x/y"}]}, "cd {0}; ls; ls x; cat x/y; echo", "x\ny\none\n"),
    "mode": (
        {"items": [{"key": "a", "path": "a", "mode": 0o400}], "defaultMode": 0o440},
        "stat -L -c %a {0}/a",
        "400\n",
    ),
    "default-mode": ({"defaultMode": 0o440}, "stat -L -c %a {0}/b.txt", "440\n"),
    "read-only": ({}, "echo x > {0}/a || echo no; touch {0}/new || echo no", "no\nno\n"),
    "missing": ({"optional": True}, "ls {0} | wc -l", "0\n"),
}


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_from_the_api(pods: Pods, kind: str) -> None:
    _source(pods, kind, a="one", **{"b.txt": "two"})
    noun, member = ("configMap", "name") if kind == "ConfigMap" else ("secret", "secretName")
    volumes, mounts, lines = [], [], []
    for name, (members, line, _) in FROM_THE_API.items():
        source = {member: "missing" if name == "missing" else "source", **members}
        volumes.append({"name": name, noun: source})
        mounts.append({"name": name, "mountPath": f"/{name}"})
        lines.append(f"({line.format('/' + name)})")
    mounts.append({"name": "all", "mountPath": "/etc/one.conf", "subPath": "a"})
    line = f"({'; '.join(lines)}; cat /etc/one.conf) 2>/dev/null"
    pods.make(container(line, volumeMounts=mounts), volumes=volumes, restartPolicy="Never")
    pods.over()
    assert pods.log() == "".join(found for _, _, found in FROM_THE_API.values()) + "one"


@pytest.mark.parametrize(
    ("volume", "line", "found"),
    [
        ({"emptyDir": {}}, "stat -c %a /data; id -u; echo x > /data/x && cat /data/x", "777\n1234\nx\n"),
        ({"emptyDir": {"medium": "Memory"}}, "stat -c %a /data; grep -c ' /data tmpfs' /proc/mounts", "1777\n1\n"),
        (
            {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            "dd if=/dev/zero of=/data/big bs=1M count=2 2>/dev/null || echo full",
            "full\n",
        ),
    ],
    ids=["disk", "memory", "memory-limit"],
)
def test_scratch(pods: Pods, volume: Json, line: str, found: str) -> None:
    assert _says(pods, line, volume, securityContext={"runAsUser": 1234}) == found


def test_scratch_outlives_a_container(pods: Pods) -> None:
    mount = {"name": "data", "mountPath": "/data"}
    line = f"echo x >> /data/runs; cat /data/runs; [ $(wc -l < /data/runs) -gt 1 ] || exit 1; {STAY}"
    pods.make(container(line, volumeMounts=[mount]), volumes=[{"name": "data", "emptyDir": {}}])
    pods.restarted()
    assert pods.logged("x\nx") == "x\nx\n"


def test_facts_of_the_pod(pods: Pods) -> None:
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "annotations", "fieldRef": {"fieldPath": "metadata.annotations"}},
        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
        {
            "path": "memory",
            "resourceFieldRef": {"containerName": "main", "resource": "limits.memory", "divisor": "1Mi"},
        },
    ]
    found = _says(
        pods,
        "for f in labels name memory; do cat /data/$f; echo; done; grep note /data/annotations",
        {"downwardAPI": {"items": items}},
        resources={"limits": {"memory": "64Mi"}},
    )
    assert found == 'app="files"\ntier="x-y"\nit\n64\nnote="a\\nb"\n'


def test_several_sources_in_one(pods: Pods) -> None:
    _source(pods, "ConfigMap", a="map")
    _source(pods, "Secret", b="secret")
    sources = [
        {"configMap": {"name": "source"}},
        {"secret": {"name": "source", "items": [{"key": "b", "path": "c"}]}},
        {"downwardAPI": {"items": [{"path": "d", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    ]
    volume = {"projected": {"sources": sources}}
    assert _says(pods, "cd /data; ls; cat a; echo; cat c; echo; cat d", volume) == "a\nc\nd\nmap\nsecret\nit"


def test_changes_come_through(pods: Pods) -> None:
    _source(pods, "ConfigMap", a="one", b="two")
    _source(pods, "Secret", a="one")
    items = [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
    volumes = [
        {"name": "map", "configMap": {"name": "source"}},
        {"name": "secret", "secret": {"secretName": "source"}},
        {"name": "facts", "downwardAPI": {"items": items}},
    ]
    mounts = [{"name": each["name"], "mountPath": f"/{each['name']}"} for each in volumes]
    line = "while true; do echo $(ls /map) $(cat /map/a) $(cat /secret/a) $(cat /facts/labels); sleep 0.5; done"
    pods.make(container(line, volumeMounts=mounts), volumes=volumes, metadata={"labels": {"app": "one"}})
    pods.logged('a b one one app="one"')
    new = base64.b64encode(b"new").decode()
    for path, patch in (
        ("configmaps/source", {"data": {"a": "new", "b": None, "c": "more"}}),
        ("secrets/source", {"data": {"a": new}}),
        ("pods/it", {"metadata": {"labels": {"app": "two"}}}),
    ):
        assert pods.client.quietly("PATCH", path, patch, **{"content-type": MERGE_PATCH}).status == 200
    pods.logged('a c new new app="two"', seconds=180)
