"""Five thousand objects in one namespace."""

import asyncio
import uuid
from typing import Any

from kecs.embedded.engine import Engine
from kecs.kube.errors import NotFound
from kecs.kube.resources import NAMESPACES
from kecs.model import marks
from kecs.world.resources import STOPPED_TASKS
from tests.reconcile.conftest import NAMESPACE, SETTINGS, Stage, until
from tests.waiting import until_true

COUNT = 5000


async def multiply(stage: Stage) -> None:
    """Have the one record of a stopped task five thousand times."""
    resource = STOPPED_TASKS.viewed(dict[str, Any])
    (record,) = (await stage.api.list(resource, NAMESPACE)).items
    for _ in range(COUNT - 1):
        meta = {"name": uuid.uuid4().hex, "labels": record["metadata"]["labels"]}
        await stage.api.create(resource, NAMESPACE, {**record, "metadata": meta}, manager="test")


async def test_they_are_seen_each_once_and_the_rest_goes_on_as_ever(stage: Stage, engine: Engine) -> None:
    task = await stage.run_task()
    await stage.stop_task(task)
    await until(lambda: len(stage.records()) == 1)
    await multiply(stage)
    await until(lambda: len(stage.records()) == COUNT)
    known = {record.metadata.name for record in stage.records()}
    assert len(stage.world.stopped.ids(NAMESPACE)) == len(known) == COUNT
    later = Stage(engine, SETTINGS)
    async with later.running():  # it lists them, in pages
        assert {record.metadata.name for record in later.records()} == known
    began = asyncio.get_running_loop().time()
    await stage.service()
    await stage.steady(1)
    assert asyncio.get_running_loop().time() - began < 10
    await stage.delete_service()
    await until(lambda: stage.status() == "INACTIVE")
    note = {"metadata": {"annotations": {marks.DELETED_AT: f"{stage.context.now():.3f}"}}}
    await stage.world.patch(stage.world.clusters, None, NAMESPACE, note)

    async def gone() -> bool:
        try:
            await stage.api.get(NAMESPACES, None, NAMESPACE)
        except NotFound:
            return True
        return False

    await until_true(gone, 30)
    await until(lambda: stage.records() == [])
