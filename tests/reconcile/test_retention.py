import msgspec

from kecs.embedded.engine import Engine
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
            await until(lambda count=count: len(stage.records()) == min(count, 3) and not len(stage.world.pods))  # type: ignore[misc]
        await stage.definition("exit 0", family="other")
        await stage.run_task(family="other")
        await until(lambda: len(stage.records()) == 4)
