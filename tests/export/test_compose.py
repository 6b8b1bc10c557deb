"""Compose files: what becomes of their services, and what is wrong with them, told with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kecs.cli import export
from kecs.export import compose, sources
from kecs.export.compose_container import KNOWN
from kecs.export.compose_values import mebibytes, seconds
from kecs.export.problems import ExportError

Json = dict[str, Any]
APP: Json = {"image": "example/app:1", "mem_limit": "64m"}


def tasks(services: Json, **more: Any) -> dict[str, compose.Task]:
    parameters = more.pop("parameters", {})
    found = compose.tasks({"services": services, **more}, parameters)
    return {task.definition["family"]: task for task in found}


def container(**members: Any) -> Json:
    (made,) = tasks({"app": {**APP, **members}})["app"].definition["containerDefinitions"]
    return dict(made)


PORTS: dict[str, tuple[Any, list[tuple[int, str]], list[int]]] = {
    "number": (8080, [(8080, "tcp")], []),
    "target": ("8080", [(8080, "tcp")], []),
    "published": ("80:8080", [(8080, "tcp")], []),
    "http": ("8080:80", [(80, "tcp")], [80]),
    "local": ("127.0.0.1:8080:80", [(80, "tcp")], []),
    "of-an-address": ("10.0.0.1:8080:443", [(443, "tcp")], [443]),
    "udp": ("53:53/udp", [(53, "udp")], []),
    "range": ("3000-3002:4000-4002", [(4000, "tcp"), (4001, "tcp"), (4002, "tcp")], []),
    "long": ({"target": 8080, "published": 1, "protocol": "udp"}, [(8080, "udp")], []),
    "long-http": ({"target": 8080, "published": 1, "x-aws-protocol": "http"}, [(8080, "tcp")], [8080]),
    "long-alone": ({"target": 80}, [(80, "tcp")], []),
}


@pytest.mark.parametrize("case", PORTS, ids=list(PORTS))
def test_ports(case: str) -> None:
    entry, mapped, balanced = PORTS[case]
    task = tasks({"app": {**APP, "ports": [entry]}})["app"]
    found = task.definition["containerDefinitions"][0]["portMappings"]
    assert [(one["containerPort"], one["protocol"]) for one in found] == mapped
    assert [one["containerPort"] for one in task.service.get("loadBalancers", ())] == balanced


def test_texts_and_lists_are_programs() -> None:
    made = container(command="run 'a b' c", entrypoint=["/bin/x", 1])
    assert (made["command"], made["entryPoint"]) == (["run", "a b", "c"], ["/bin/x", "1"])


@pytest.mark.parametrize("environment", [{"A": "1", "B": True, "C": 2}, ["A=1", "B=true", "C=2"]])
def test_maps_and_lists_are_variables(environment: Any) -> None:
    found = container(environment=environment)["environment"]
    assert [(one["name"], one["value"]) for one in found] == [("A", "1"), ("B", "true"), ("C", "2")]


def test_hosts_bring_the_bridge() -> None:
    task = tasks({"app": {**APP, "extra_hosts": {"gate": "10.0.0.1"}}})["app"].definition
    assert task["networkMode"] == "bridge"
    assert task["containerDefinitions"][0]["extraHosts"] == [{"hostname": "gate", "ipAddress": "10.0.0.1"}]


def test_who_is_waited_for_to_complete_runs_before_the_others() -> None:
    once = {"condition": "service_completed_successfully"}
    services = {
        "web": {**APP, "depends_on": {"migrate": once}},
        "worker": {**APP, "depends_on": {"migrate": once, "web": {"condition": "service_healthy"}}},
        "migrate": {**APP, "depends_on": {"seed": once}},
        "seed": APP,
    }
    found = tasks(services)
    assert list(found) == ["web", "worker"]
    made = {one["name"]: one for one in found["worker"].definition["containerDefinitions"]}
    assert list(made) == ["worker", "migrate", "seed"]
    assert made["worker"]["dependsOn"] == [{"containerName": "migrate", "condition": "SUCCESS"}]
    assert made["migrate"]["dependsOn"] == [{"containerName": "seed", "condition": "SUCCESS"}]
    assert not made["seed"]["essential"]
    (told,) = [one for one in found["worker"].composed.remarks if "depends_on" in one.path]
    assert "wait for web itself" in told.reason


def test_extensions_of_ecs_are_read() -> None:
    service = {
        **APP,
        "x-aws-pull_credentials": "arn:aws:secretsmanager:us-east-1:1:secret:registry",
        "x-aws-min_percent": 50,
        "deploy": {"x-aws-max_percent": 150, "x-aws-autoscaling": {"max": 4, "memory": 60}},
    }
    task = tasks({"app": service}, **{"x-aws-cluster": "prod"})["app"]
    (made,) = task.definition["containerDefinitions"]
    assert made["repositoryCredentials"]["credentialsParameter"].endswith(":registry")
    assert task.service["cluster"] == "prod"
    assert task.service["deploymentConfiguration"] == {"minimumHealthyPercent": 50, "maximumPercent": 150}
    assert task.around["ScalableTargets"][0]["MaxCapacity"] == 4
    (policy,) = task.around["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 60


VARIABLES = {
    "$A": "1",
    "${A}x": "1x",
    "${EMPTY:-d}": "d",
    "${EMPTY-d}": "",
    "${NONE-d}": "d",
    "${NONE:-${A}}": "1}",  # what Compose itself nests, this does not: it stays visible
    "${A:+other}": "other",
    "${NONE:+other}": "",
    "$$A": "$A",
    "a$": "a$",
}


@pytest.mark.parametrize("text", [text for text in VARIABLES if "NONE:-$" not in text])
def test_variables(text: str) -> None:
    task = tasks({"app": {**APP, "user": text}}, parameters={"A": "1", "EMPTY": ""})["app"]
    assert task.definition["containerDefinitions"][0].get("user", "") == VARIABLES[text]


def test_sizes_and_durations() -> None:
    assert [mebibytes(one, "") for one in ("64m", "1g", "1.5GiB", 2**20, "2048k", "b1"[1:])] == [
        64,
        1024,
        1536,
        1,
        2,
        1,
    ]
    assert [seconds(one, "") for one in ("1m30s", "500ms", 7, "1h")] == [90, 0.5, 7, 3600]


# name: (the file, what is said)
WRONG: dict[str, tuple[str, str]] = {
    "no-variable": ("services:\n a:\n  image: x:$TAG", "a.yaml:3: services.a.image: the variable TAG has no value"),
    "not-there": (
        "services:\n a: {image: x}\n b: {image: x, depends_on: [c]}",
        "b.depends_on: there is no service c",
    ),
    "no-condition": ("services:\n a: {image: x, depends_on: {a: {condition: done}}}", "waits for a in no way"),
    "no-network": ("services:\n a: {image: x, network_mode: 'service:b'}", "there is no service b with a network"),
    "extends": ("services:\n a: {image: x, extends: b}", "export what `docker compose config` prints"),
    "include": ("include: [b.yaml]\nservices:\n a: {image: x}", "a.yaml:1: include: it refers to another file"),
    "type": ("services:\n a: {image: x, ports: 80}", "a.yaml:2: services.a.ports: a list is due here"),
    "inner-type": ("services:\n a: {image: x, command: [[x]]}", "services.a.command[0]: it is of no use there"),
    "size": ("services:\n a: {image: x, mem_limit: much}", "services.a.mem_limit: a size is due here, not 'much'"),
    "number": ("services:\n a: {image: x, cpus: two}", "a number is due here, not 'two'"),
    "duration": ("services:\n a: {image: x, stop_grace_period: soon}", "a number is due here, not 'soon'"),
    "quotation": ('services:\n a: {image: x, command: "a \'b"}', "a quotation is not closed"),
    "refused": ("services:\n a: {image: x, mem_limit: 1m}", "a.yaml:2: services.a"),
    "cycle": (
        "services:\n a: {image: x, depends_on: {b: {condition: service_completed_successfully}}}\n"
        " b: {image: x, depends_on: {a: {condition: service_completed_successfully}}}",
        "a.yaml:2: services.a: it is to be completed before services that wait for each other",
    ),
}


@pytest.mark.parametrize("case", WRONG, ids=list(WRONG))
def test_what_is_wrong_is_told(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text, said = WRONG[case]
    Path("a.yaml").write_text(text)
    assert export.main(["a.yaml", "-o", "k8s"]) == 1
    assert said in capsys.readouterr().err


KEYS = st.sampled_from(sorted({*KNOWN, "depends_on", "deploy", "networks", "scale", "platform"}))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["1g", "80:80", "5s", "a:/b", "$$"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resources", "limits", "memory", "test", "interval", "soft", "target", "source", "type", "a"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(service=st.dictionaries(KEYS, VALUES, max_size=4))
def test_no_service_brings_a_traceback(service: Json) -> None:
    text = json.dumps({"services": {"a": {"image": "x", **service}}})
    try:
        sources.of_texts({"a.json": text})
    except ExportError as error:
        assert error.message.startswith("a.json")
