"""What others do to a service's objects is put back and told, and nobody is fought in a hot loop."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.kube import resources
from kecs.kube.api import Resource
from kecs.kube.errors import NotFound
from kecs.model.generated.ecs import PortMapping, Tag
from kecs.reconcile import service
from kecs.reconcile.drift import Patience
from kecs.reconcile.service_objects import ServiceObjects
from tests.reconcile.conftest import NAMESPACE, SETTINGS, Stage, prepared, until
from tests.waiting import until_true

ROLE = "task-role-reader"


@pytest.fixture
async def web(stage: Stage) -> Stage:
    """A steady service that has every object that a service can have."""
    await stage.definition("sleep 1000", revision=2, portMappings=[PortMapping(containerPort=80)], role="reader")
    await stage.service(taskDefinition="web:2")
    await stage.steady(2)
    return stage


async def stored(stage: Stage, resource: Resource[Any], name: str) -> Any:
    try:
        return await stage.api.get(resource, NAMESPACE, name)
    except NotFound:
        return None


OBJECTS = [
    (resources.SERVICES, "web"),
    (resources.POD_DISRUPTION_BUDGETS, "web"),
    (resources.SERVICE_ACCOUNTS, ROLE),
    (resources.ROLES, ROLE),
    (resources.ROLE_BINDINGS, ROLE),
    (resources.DEPLOYMENTS, "web"),
]


@pytest.mark.parametrize(("resource", "name"), OBJECTS, ids=lambda value: getattr(value, "kind", None))
async def test_what_is_deleted_comes_back(web: Stage, resource: Resource[Any], name: str) -> None:
    before = await stored(web, resource, name)
    await web.api.delete(resource, NAMESPACE, name)

    async def back() -> bool:
        found = await stored(web, resource, name)
        return bool(found) and found["metadata"]["uid"] != before["metadata"]["uid"]

    await until_true(back)
    message = f"(service web) the {resource.kind} {name} was deleted by somebody else and has been put back."
    await until(lambda: web.messages().count(message) == 1)
    await web.steady(2)
    await until(lambda: web.get().status.runningCount == 2)


async def test_nothing_is_remembered_of_what_is_gone_with_its_cluster(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ServiceObjects] = []

    class Seen(ServiceObjects):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(service, "ServiceObjects", Seen)
    async with prepared(engine, SETTINGS) as stage:
        await stage.definition("sleep 1000", revision=2, role="reader")
        await stage.service(taskDefinition="web:2")
        await stage.steady(2)
        (objects,) = made
        assert len(objects._marks) >= 3
        await stage.world.delete(stage.world.clusters, None, NAMESPACE)
        await until(lambda: stage.world.clusters.get(None, NAMESPACE) is None)
        await until(lambda: not objects._marks)


CHANGES: list[tuple[Resource[Any], str, dict[str, Any], Callable[[Any], Any]]] = [
    (resources.SERVICES, "web", {"spec": {"ports": [{"port": 81}]}}, lambda found: found["spec"]["ports"][0]["port"]),
    (
        resources.POD_DISRUPTION_BUDGETS,
        "web",
        {"spec": {"maxUnavailable": 2}},
        lambda found: found["spec"]["maxUnavailable"],
    ),
    (
        resources.SERVICE_ACCOUNTS,
        ROLE,
        {"metadata": {"labels": {"kecs.io/cluster": None}}},
        lambda found: found["metadata"]["labels"],
    ),
    (
        resources.ROLES,
        ROLE,
        {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}]},
        lambda found: found["rules"],
    ),
    (resources.ROLE_BINDINGS, ROLE, {"subjects": None}, lambda found: found["subjects"]),
    (resources.DEPLOYMENTS, "web", {"spec": {"replicas": 5}}, lambda found: found["spec"]["replicas"]),
    (
        resources.DEPLOYMENTS,
        "web",
        {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 7}}}},
        lambda found: found["spec"]["strategy"],
    ),
    (
        resources.DEPLOYMENTS,
        "web",
        {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}},
        lambda found: found["spec"]["template"],
    ),
]


@pytest.mark.parametrize(
    ("resource", "name", "change", "part"), CHANGES, ids=[f"{row[0].kind}-{next(iter(row[2]))}" for row in CHANGES]
)
async def test_what_is_changed_is_put_back(
    web: Stage, resource: Resource[Any], name: str, change: dict[str, Any], part: Callable[[Any], Any]
) -> None:
    before = part(await stored(web, resource, name))
    await web.api.patch(resource, NAMESPACE, name, change, type="merge", manager="kubectl")
    word = "deleted" if name == ROLE and "metadata" in change else "changed"  # without its label it is not seen
    message = f"(service web) the {resource.kind} {name} was {word} by somebody else and has been put back."
    await until(lambda: web.messages().count(message) == 1)

    async def back() -> bool:
        return bool(part(await stored(web, resource, name)) == before)

    await until_true(back)
    await until(lambda: len(web.pods()) == 2 and web.get().status.runningCount == 2)
    assert len(web.rollout()) == 1


async def _bind_to_another_role(stage: Stage) -> None:
    body = {
        "metadata": {"name": ROLE, "labels": {"kecs.io/cluster": NAMESPACE}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
        "subjects": [{"kind": "ServiceAccount", "name": ROLE, "namespace": NAMESPACE}],
    }
    await stage.api.create(resources.ROLE_BINDINGS, NAMESPACE, body, manager="kubectl")


async def _bound_to_its_role(stage: Stage) -> bool:
    found = await stored(stage, resources.ROLE_BINDINGS, ROLE)
    return bool(found) and found["roleRef"]["name"] == ROLE


async def test_a_binding_to_another_role_is_made_anew(web: Stage) -> None:
    await web.api.delete(resources.ROLE_BINDINGS, NAMESPACE, ROLE)
    await _bind_to_another_role(web)
    await until_true(lambda: _bound_to_its_role(web))


async def test_a_binding_to_another_role_that_was_there_before_is_made_anew(stage: Stage) -> None:
    await _bind_to_another_role(stage)
    await stage.definition("sleep 1000", revision=2, role="reader")
    await stage.service(taskDefinition="web:2")
    await until_true(lambda: _bound_to_its_role(stage))


async def test_what_others_add_beside_is_left_to_them(web: Stage) -> None:
    meta = {"metadata": {"annotations": {"example.com/mine": "yes"}}}
    for resource, name in OBJECTS:
        await web.api.patch(resource, NAMESPACE, name, meta, type="merge", manager="kubectl")
    await web.update(desiredCount=3)
    await until(lambda: web.get().status.runningCount == 3)
    for resource, name in OBJECTS:
        found = await stored(web, resource, name)
        assert found["metadata"]["annotations"]["example.com/mine"] == "yes"
    assert not any("put back" in message for message in web.messages())


async def test_services_that_share_a_role_do_not_fight_over_it(web: Stage) -> None:
    """Their definitions may ask for other rules: the last one to be deployed has its way, as before."""
    tags = [Tag(key="kecs.io/rbac", value="get:pods")]
    await web.definition("sleep 1000", revision=3, role="reader", tags=tags)
    await web.service("other", taskDefinition="web:3")
    await web.steady(3, "other")
    await web.api.delete(resources.ROLES, NAMESPACE, ROLE)

    def told() -> list[str]:
        return [message for name in ("web", "other") for message in web.messages(name) if "put back" in message]

    await until(told)
    await asyncio.sleep(0.3)
    assert len(told()) == 1


async def test_a_daemon_set_is_put_back(stage: Stage) -> None:
    await stage.service(schedulingStrategy="DAEMON", desiredCount=None)
    await stage.steady(1)
    change = [{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{"name": "A", "value": "b"}]}]
    await stage.api.patch(resources.DAEMON_SETS, NAMESPACE, "web", change, type="json", manager="kubectl")
    await until(lambda: any("the DaemonSet web was changed" in message for message in stage.messages()))
    found = await stored(stage, resources.DAEMON_SETS, "web")
    assert "env" not in found["spec"]["template"]["spec"]["containers"][0]


async def test_another_manager_is_not_fought_in_a_hot_loop(web: Stage, monkeypatch: Any) -> None:
    """It changes the budget back as soon as it is put back: that happens less and less often, and is told once."""
    applied = 0
    apply = web.api.apply

    async def answered(resource: Any, namespace: Any, name: str, body: Any, **options: Any) -> Any:
        nonlocal applied
        found = await apply(resource, namespace, name, body, **options)
        if resource.kind == "PodDisruptionBudget":
            applied += 1
            change = {"spec": {"maxUnavailable": 7}}
            await web.api.patch(resource, namespace, name, change, type="merge", manager="another")
        return found

    monkeypatch.setattr(web.api, "apply", answered)
    start = {"spec": {"maxUnavailable": 7}}
    await web.api.patch(resources.POD_DISRUPTION_BUDGETS, NAMESPACE, "web", start, type="merge", manager="another")
    await until(lambda: applied == 2, seconds=20)
    assert web.context.now() > 0
    assert sum("PodDisruptionBudget web was changed" in message for message in web.messages()) == 1


def test_patience_grows_and_is_forgotten_when_calm() -> None:
    patience = Patience()

    def waits(times: int) -> Iterator[float]:
        now = 1000.0
        for _ in range(times):
            assert patience.wait(now) == 0.0
            patience.put_back(now)
            yield patience.wait(now)
            now += patience.wait(now)

    assert list(waits(8)) == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert patience.wait(10_000.0) == 0.0
    patience.put_back(10_000.0)
    assert patience.wait(10_000.0) == 1.0
