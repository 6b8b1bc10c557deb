"""Whatever ECS allows, Kubernetes takes what becomes of it: odd names, many containers, and every golden case."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.kube import resources
from kecs.kube.api import Resource
from kecs.model import names
from kecs.translate import facts, unsupported
from kecs.translate.dependencies import DependencyCycleError
from tests.translate.making import NAMESPACE, Case
from tests.translate.rules import problems_of_metadata, problems_of_pod, problems_of_service
from tests.translate.test_golden import CASES

Json = dict[str, Any]

KINDS: dict[str, Resource[Json]] = {one.kind: one for one in vars(resources).values() if isinstance(one, Resource)}

# What ECS allows: letters of both cases, digits, dashes and underscores.
NAMES = st.one_of(
    st.from_regex(r"\A[a-zA-Z0-9_-]{1,255}\Z"),
    st.sampled_from(["web", "Web", "WEB", "w_b", "w-b", "-", "_", "0", "x" * 255, "X" * 255, "default", "tcp-80"]),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PORTS = st.fixed_dictionaries(
    {"containerPort": st.integers(1, 65535)},
    optional={
        "hostPort": st.integers(0, 65535),
        "protocol": st.sampled_from(["tcp", "udp"]),
        "name": st.from_regex(r"\A[a-z0-9_][a-z0-9_-]{0,63}\Z"),
        "appProtocol": st.sampled_from(["http", "http2", "grpc"]),
    },
)
RANGES = st.integers(1, 60000).map(lambda first: {"containerPortRange": f"{first}-{first + 9}"})


@st.composite
def containers(draw: st.DrawFn) -> list[Json]:
    found = []
    known = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    for at, name in enumerate(known):
        container: Json = {"name": name, "image": draw(NAMES)}
        container["environment"] = [{"name": key, "value": draw(TEXTS)} for key in draw(st.lists(TEXTS, max_size=3))]
        container["portMappings"] = draw(st.lists(PORTS | RANGES, max_size=3))
        container["cpu"] = draw(st.integers(0, 700))
        container["memory"] = draw(st.integers(6, 900))
        container["essential"] = at == 0
        container["user"] = draw(st.sampled_from(["", "0", "1000:1000", "nobody", "a:b"]))
        container["hostname"] = draw(NAMES)
        container["extraHosts"] = [{"hostname": draw(NAMES), "ipAddress": "10.0.0.1"}]
        container["dockerLabels"] = draw(st.dictionaries(TEXTS, TEXTS, max_size=2))
        container["mountPoints"] = [
            {"sourceVolume": name, "containerPath": path} for path in draw(st.lists(st.sampled_from(["/a", "/b"])))
        ]
        container["links"] = [f"{draw(NAMES)}:{draw(NAMES)}"]
        container["linuxParameters"] = {
            "sharedMemorySize": draw(st.integers(0, 64)),
            "tmpfs": [{"containerPath": "/a"}],
        }
        if at:
            condition = draw(st.sampled_from(["START", "HEALTHY", "SUCCESS", "COMPLETE"]))
            container["dependsOn"] = [{"containerName": known[at - 1], "condition": condition}]
            container["healthCheck"] = {"command": ["CMD-SHELL", draw(TEXTS)]}
        found.append(container)
    return found


@st.composite
def inputs(draw: st.DrawFn) -> Json:
    made = draw(containers())
    definition = {
        "family": draw(NAMES),
        "networkMode": draw(st.sampled_from(["bridge", "awsvpc", "host", "none"])),
        "containerDefinitions": made,
        "volumes": [{"name": container["name"]} for container in made],
        "taskRoleArn": f"arn:aws:iam::123456789012:role/{draw(NAMES)}",
        "tags": [{"key": draw(TEXTS), "value": draw(TEXTS)}],
        **({"cpu": "256", "memory": "512"} if draw(st.booleans()) else {}),
    }
    if draw(st.booleans()):
        return {"definition": definition, "service": {"serviceName": draw(NAMES), "tags": definition["tags"]}}
    return {
        "definition": definition,
        "run": {"group": draw(NAMES), "tags": definition["tags"], "startedBy": draw(TEXTS)},
    }


def problems(case: Case) -> Iterator[str]:
    template = case.make("template")
    yield from problems_of_metadata(template["metadata"])
    yield from problems_of_pod(template["spec"])
    service = case.make("service")
    if service:
        yield from problems_of_service(service)
    for made in case.make("account"):
        yield from problems_of_metadata(made["metadata"])


@settings(max_examples=100, deadline=None)
@given(inputs())
def test_whatever_ecs_allows_kubernetes_takes(body: Json) -> None:
    case = Case(body)

    assert list(problems(case)) == []
    known = facts.decode(case.make("pod")["metadata"]["annotations"]["kecs.io/task"])
    assert known is not None
    assert [one.name for one in known.containers] == [one.name for one in case.definition.containerDefinitions]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.parent.name}-{case.parent.name}")
def test_golden_cases_keep_to_the_rules(case: Path) -> None:
    one = read(case)
    if not one.make("refusal"):
        assert list(problems(one)) == []


@given(NAMES, NAMES)
def test_two_names_never_give_one(one: str, other: str) -> None:
    assert (names.container(one) == names.container(other)) == (one == other)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    found = Engine.open()
    await found.create(resources.NAMESPACES, None, {"metadata": {"name": NAMESPACE}}, manager="kecs")
    yield found
    await found.close()


# The account first: a pod is refused while its account is not there.
TASKS = ("account", "pod", "volumes", "policies", "quota")
SERVICES = ("account", "deployment", "daemon", "service", "budget")


def read(case: Path) -> Case:
    return Case(json.loads(case.read_text()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.parent.name}-{case.parent.name}")
async def test_an_api_server_takes_every_golden_case(engine: Engine, case: Path) -> None:
    """The schemas of a real server: no unknown field, no wrong type, nothing required that is missing."""
    one = read(case)
    if one.make("refusal"):
        return
    for what in SERVICES if one.is_service else TASKS:
        made = one.make(what)
        for body in made if isinstance(made, list) else [made] if made else []:
            meta = body["metadata"]
            write = Write(
                "create",
                meta.get("namespace"),
                meta.get("name", ""),
                body,
                "kecs",
                dry_run=what != "account",
                validation="Strict",
            )
            await engine.write(engine.kind(KINDS[body["kind"]]), write)


def test_containers_that_wait_for_each_other_are_refused() -> None:
    body = {
        "containerDefinitions": [
            {"dependsOn": [{"containerName": "c1", "condition": "START"}]},
            {"dependsOn": [{"containerName": "app", "condition": "START"}]},
        ]
    }
    with pytest.raises(DependencyCycleError, match="app, c1"):
        Case({"definition": body}).make("pod")


def test_secrets_are_refused_rather_than_left_out() -> None:
    body = {"containerDefinitions": [{"secrets": [{"name": "TOKEN", "valueFrom": "x"}]}]}
    with pytest.raises(unsupported.RefusedError, match="secrets cannot be carried out"):
        Case({"definition": body}).make("template")
