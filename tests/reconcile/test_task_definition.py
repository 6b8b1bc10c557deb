import asyncio
from typing import Any

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.model import marks, objects
from tests.reconcile.conftest import SCOPE, SETTINGS, Stage, until

HEAD: dict[str, Any] = {
    "apiVersion": "kecs.io/v1alpha1",
    "kind": "ECSTaskDefinition",
    "metadata": {"name": "api"},
    "spec": {"family": "api", "containerDefinitions": [{"name": "app", "image": "busybox:1", "memory": 32}]},
}
SPEC = msgspec.convert(HEAD["spec"], objects.TaskDefinitionSpec)


def head(stage: Stage) -> Any:
    return stage.world.task_definitions.get(None, "api")


async def set_status(stage: Stage, revision: int, status: str, family: str = "web") -> None:
    name = f"{family}.{revision}.us-east-1"
    await stage.world.patch(
        stage.world.task_definitions, None, name, {"status": {"status": status}}, subresource="status"
    )


async def test_each_change_of_a_head_registers_a_revision(stage: Stage) -> None:
    await stage.world.create(stage.world.task_definitions, None, HEAD)
    await until(lambda: head(stage).status.taskDefinitionArn.endswith(":task-definition/api:1"))
    containers = [{"name": "app", "image": "busybox:2", "memory": 32}]
    await stage.world.patch(stage.world.task_definitions, None, "api", {"spec": {"containerDefinitions": containers}})
    await until(lambda: head(stage).status.taskDefinitionArn.endswith(":task-definition/api:2"))
    images = [
        stage.world.task_definitions.get(None, f"api.{revision}.us-east-1").spec.containerDefinitions[0].image  # type: ignore[union-attr]
        for revision in (1, 2)
    ]
    assert images == ["busybox:1", "busybox:2"]
    await stage.service(taskDefinition="api")
    await stage.steady(2)


async def test_what_a_head_became_is_found_among_later_revisions(engine: Engine) -> None:
    """As when kecs dies before it has noted so, and others have registered more of the family since."""
    before = Stage(engine, SETTINGS)
    await before.create(objects.TaskDefinition(metadata=objects.Meta(name="api"), spec=SPEC))
    stored = await engine.get(before.world.task_definitions.resource, None, "api")
    origin = {marks.HEAD: f"{stored.metadata.uid}/{stored.metadata.generation}"}
    for revision, annotations in ((1, origin), (2, {})):
        meta = objects.Meta(name=f"api.{revision}.us-east-1", annotations=annotations)
        spec = msgspec.structs.replace(SPEC, revision=revision)
        await before.create(objects.TaskDefinition(metadata=meta, spec=spec))
    stage = Stage(engine, SETTINGS)
    async with stage.running():
        await until(lambda: head(stage).status.taskDefinitionArn.endswith("/api:1"))
        await until(lambda: stage.world.definitions.highest(SCOPE, "api") == 2)
        await asyncio.sleep(0.1)
        assert stage.world.definitions.highest(SCOPE, "api") == 2


async def test_a_head_that_ecs_refuses_says_why(stage: Stage) -> None:
    wrong = {**HEAD, "spec": {"family": "api", "containerDefinitions": [{"name": "app", "image": "busybox"}]}}
    await stage.world.create(stage.world.task_definitions, None, wrong)
    await until(lambda: head(stage).status.conditions)
    (condition,) = head(stage).status.conditions
    assert (condition.type, condition.status) == ("Accepted", "False")
    assert "memory" in condition.message
    assert stage.world.task_definitions.get(None, "api.1.us-east-1") is None


async def test_a_revision_made_with_kubectl_is_checked_as_a_registered_one(stage: Stage) -> None:
    """Tasks are made of it only once it has been found to be good, also after an edit."""

    def verdict(name: str) -> tuple[str, str]:
        found = stage.world.task_definitions.get(None, f"{name}.us-east-1")
        return next(((one.status, one.message) for one in found.status.conditions), ("", "")) if found else ("", "")

    wrong = [{"name": "app", "image": "busybox"}]
    bad: dict[str, Any] = {
        "metadata": {"name": "bad.1.us-east-1"},
        "spec": {**HEAD["spec"], "family": "bad", "revision": 1},
    }
    bad["spec"]["containerDefinitions"] = wrong
    await stage.world.create(stage.world.task_definitions, None, bad)
    assert stage.world.definitions.find(SCOPE, "bad:1") is None
    await stage.service("bad", taskDefinition="bad:1", desiredCount=1)
    await until(lambda: verdict("bad.1")[0])
    assert verdict("bad.1")[0] == "False" and "memory" in verdict("bad.1")[1]
    assert stage.world.definitions.find(SCOPE, "bad") is None
    assert list(stage.world.definitions.families(SCOPE, active=True)) == ["web"]
    good = {"spec": {"containerDefinitions": HEAD["spec"]["containerDefinitions"]}}
    await stage.world.patch(stage.world.task_definitions, None, "bad.1.us-east-1", good)
    await stage.steady(1, "bad")
    assert list(stage.world.definitions.families(SCOPE, active=True)) == ["bad", "web"]
    await stage.world.patch(
        stage.world.task_definitions, None, "web.1.us-east-1", {"spec": {"containerDefinitions": wrong}}
    )
    await until(lambda: stage.world.definitions.find(SCOPE, "web:1") is None)


async def test_a_deleted_revision_stays_while_it_is_used(stage: Stage) -> None:
    await stage.definition("sleep 1000", revision=2)
    await stage.service(desiredCount=1)
    await stage.steady(1)
    await set_status(stage, 1, "DELETE_IN_PROGRESS")
    await stage.update(taskDefinition="web:2")
    await stage.steady(2)
    await until(lambda: stage.world.task_definitions.get(None, "web.1.us-east-1") is None)


async def test_the_highest_revision_is_kept_so_that_numbers_never_come_again(stage: Stage) -> None:
    await set_status(stage, 1, "DELETE_IN_PROGRESS")
    await until(lambda: stage.world.task_definitions.get(None, "web.1.us-east-1").status.status == "DELETED")  # type: ignore[union-attr]
    await stage.definition("sleep 1000", revision=2)
    await until(lambda: stage.world.task_definitions.get(None, "web.1.us-east-1") is None)


async def test_a_deleted_revision_that_is_kept_is_not_looked_at_again_for_what_others_do(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_status(stage, 1, "DELETE_IN_PROGRESS")
    await until(lambda: stage.world.task_definitions.get(None, "web.1.us-east-1").status.status == "DELETED")  # type: ignore[union-attr]
    walks: list[str] = []
    services, values = stage.world.services, stage.world.services.values

    def walked() -> Any:
        walks.append("services")
        return values()

    monkeypatch.setattr(services, "values", walked)
    await stage.definition("sleep 1000", family="other")
    await stage.service("other", taskDefinition="other:1")
    await stage.steady(1, "other")
    assert not walks, "its cost would grow with the cluster and with every family that was ever deleted"
