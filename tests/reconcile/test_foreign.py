"""Somebody else's objects that have the names of a service's: they stay as they are, and the rest goes on."""

from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.kube import resources
from kecs.kube.api import Resource
from kecs.kube.errors import NotFound
from kecs.model.generated.ecs import PortMapping
from kecs.reconcile.foreign import apply_new
from tests.reconcile.conftest import NAMESPACE, Stage, until
from tests.waiting import until_true

ROLE = "task-role-reader"
CONTAINERS = [{"name": "theirs", "image": "theirs"}]
TEMPLATE = {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": CONTAINERS}}
WORKLOAD = {"selector": {"matchLabels": {"app": "theirs"}}, "template": TEMPLATE}
OBJECTS: list[tuple[Resource[Any], str, dict[str, Any]]] = [
    (resources.SERVICES, "web", {"spec": {"ports": [{"port": 1234}]}}),
    (resources.POD_DISRUPTION_BUDGETS, "web", {"spec": {"minAvailable": 1}}),
    (resources.SERVICE_ACCOUNTS, ROLE, {}),
    (resources.ROLES, ROLE, {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}),
    (
        resources.ROLE_BINDINGS,
        ROLE,
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
    ),
]


async def prepared(stage: Stage) -> None:
    """Have a definition whose services need every object that there is."""
    await stage.definition("sleep 1000", revision=2, portMappings=[PortMapping(containerPort=80)], role="reader")


async def theirs_of(stage: Stage, resource: Resource[Any], name: str, body: dict[str, Any]) -> Any:
    await prepared(stage)
    return await stage.api.create(resource, NAMESPACE, {"metadata": {"name": name}, **body}, manager="kubectl")


def wanted(item: Any) -> Any:
    """Return of an object what kecs applies."""
    meta = {key: item["metadata"][key] for key in ("name", "namespace", "labels", "ownerReferences")}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": meta, "spec": item["spec"]}


async def stored(stage: Stage, resource: Resource[Any], name: str) -> Any:
    try:
        return await stage.api.get(resource, NAMESPACE, name)
    except NotFound:
        return None


def content(item: Any) -> Any:
    """Return an object without what its own controllers write."""
    meta = {key: value for key, value in item["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    return {key: value for key, value in item.items() if key != "status"} | {"metadata": meta}


def told(stage: Stage, kind: str, name: str) -> list[str]:
    return [one for one in stage.messages() if f"The {kind} {name} is there already, and is somebody else's." in one]


@pytest.mark.parametrize(("resource", "name", "body"), OBJECTS, ids=[row[0].kind for row in OBJECTS])
async def test_it_is_left_alone_and_the_rest_goes_on(
    stage: Stage, resource: Resource[Any], name: str, body: dict[str, Any]
) -> None:
    theirs = await theirs_of(stage, resource, name, body)
    await stage.service(taskDefinition="web:2")
    await stage.steady(2)
    assert stage.get().status.runningCount == 2
    (event,) = told(stage, resource.kind, name)
    assert event.startswith(f"(service web) was unable to write the {resource.kind} {name}. Reason: ")
    assert content(await stage.api.get(resource, NAMESPACE, name)) == content(theirs)
    for other, its_name, _ in OBJECTS:
        found = await stored(stage, other, its_name)
        assert found is not None and (other is resource or found["metadata"]["labels"]["kecs.io/cluster"] == NAMESPACE)
    await stage.api.delete(resource, NAMESPACE, name)

    async def ours() -> bool:
        found = await stored(stage, resource, name)
        return bool(found) and found["metadata"].get("labels", {}).get("kecs.io/cluster") == NAMESPACE

    await until_true(ours)
    assert len(told(stage, resource.kind, name)) == 1


@pytest.mark.parametrize(
    ("resource", "strategy"), [(resources.DEPLOYMENTS, "REPLICA"), (resources.DAEMON_SETS, "DAEMON")]
)
async def test_a_workload_of_somebody_else_keeps_its_pods(
    stage: Stage, resource: Resource[Any], strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = await theirs_of(stage, resource, "web", {"spec": WORKLOAD})
    attempts = 0
    apply = stage.api.apply

    async def counted(kind: Resource[Any], *args: Any, **options: Any) -> Any:
        nonlocal attempts
        attempts += kind.plural == resource.plural
        return await apply(kind, *args, **options)

    monkeypatch.setattr(stage.api, "apply", counted)
    asked: dict[str, Any] = {"taskDefinition": "web:2", "schedulingStrategy": strategy}
    asked |= {"desiredCount": None} if strategy == "DAEMON" else {}
    await stage.service(**asked)
    await stage.service("other", **asked)
    await until(lambda: told(stage, resource.kind, "web"))
    await stage.steady(2, "other")
    found = await stage.api.get(resource, NAMESPACE, "web")
    assert found["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert (found["metadata"].get("labels"), found["spec"]) == (None, theirs["spec"])
    assert stage.pods() == []
    (condition,) = [one for one in stage.get().status.conditions if one.type == "Accepted"]
    assert (condition.status, condition.message) == (
        "False",
        f"The {resource.kind} web is there already, and is somebody else's.",
    )
    await stage.api.delete(resource, NAMESPACE, "web")
    await stage.steady(2, seconds=30)
    assert attempts < 20
    assert len(told(stage, resource.kind, "web")) == 1


@pytest.mark.parametrize("part", ["labels", "ownerReferences"])
async def test_what_kecs_has_made_is_its_own(stage: Stage, part: str, engine: Engine) -> None:
    """Also for a kecs that remembers nothing and finds one of its marks only."""
    await prepared(stage)
    await stage.service(taskDefinition="web:2")
    await stage.steady(2)
    bodies = {}
    for resource in (resources.DEPLOYMENTS, resources.SERVICES):
        bodies[resource.kind] = await stage.api.get(resource, NAMESPACE, "web")
        change = [{"op": "remove", "path": f"/metadata/{part}"}]
        await stage.api.patch(resource, NAMESPACE, "web", change, type="json", manager="kubectl")
        found = await apply_new(engine, resource, NAMESPACE, "web", wanted(bodies[resource.kind]))
        assert found["metadata"][part] == bodies[resource.kind]["metadata"][part]


async def test_without_any_of_its_marks_it_is_known_to_whoever_has_made_it(stage: Stage) -> None:
    await prepared(stage)
    await stage.service(taskDefinition="web:2")
    await stage.steady(2)
    change = [{"op": "remove", "path": "/metadata/labels"}, {"op": "remove", "path": "/metadata/ownerReferences"}]
    for resource in (resources.DEPLOYMENTS, resources.SERVICES):
        await stage.api.patch(resource, NAMESPACE, "web", change, type="json", manager="kubectl")

    async def back() -> bool:
        found = [await stored(stage, resource, "web") for resource in (resources.DEPLOYMENTS, resources.SERVICES)]
        return all(one["metadata"].get("labels", {}).get("kecs.io/service") == "web" for one in found)

    await until_true(back)
    await until(lambda: stage.get().status.runningCount == 2)
    assert not any("somebody else's" in one for one in stage.messages())
