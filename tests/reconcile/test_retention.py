import msgspec

from kecs.embedded.engine import Engine
from kecs.model import objects
from kecs.model.generated import ecs
from kecs.reconcile import retention
from kecs.reconcile.context import Context
from kecs.world.world import World
from tests.reconcile.conftest import SETTINGS, prepared, until


async def test_records_go_when_their_time_is_over(engine: Engine) -> None:
    async with prepared(engine, msgspec.structs.replace(SETTINGS, stopped_task_retention=0.5)) as stage:
        await stage.definition("exit 0", revision=2)
        await stage.run_task(revision=2)
        (record,) = await until(stage.records)
        await until(lambda: not stage.records(), seconds=3)
        assert stage.context.now() >= (record.spec.stoppedAt or 0) + 0.5


async def test_of_one_family_only_the_newest_are_kept(engine: Engine) -> None:
    async with prepared(engine, msgspec.structs.replace(SETTINGS, stopped_tasks_kept=3)) as stage:
        await stage.definition("exit 0", revision=2)
        for count in range(1, 6):
            await stage.run_task(revision=2)
            await until(lambda count=count: len(stage.records()) == min(count, 3) and not stage.world.pods.values())  # type: ignore[misc]
        await stage.definition("exit 0", family="other")
        await stage.run_task(family="other")
        await until(lambda: len(stage.records()) == 4)


async def test_nothing_is_remembered_of_a_group_whose_records_are_gone() -> None:
    api = Engine.open()
    try:
        context = Context(api=api, world=World(api), now=lambda: 5000.0)
        records = retention.Records(context)
        for family in ("a", "b", "c"):
            task = ecs.Task(group=f"family:{family}", stoppedAt=1000.0)
            records.add(objects.StoppedTask(metadata=objects.Meta(name=family, namespace="demo"), spec=task))
        assert len(records) == 3
        await records.sweep("")
        assert len(records) == 0, "each family that ever ran a task would cost memory for ever"
    finally:
        await api.close()
