"""A verb that kecs may not use: the user is told, the rest goes on, and it is tried again without a hot loop."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.kube.errors import Forbidden, NotFound
from kecs.kube.resources import POD_DISRUPTION_BUDGETS
from tests.reconcile.conftest import NAMESPACE, SETTINGS, Stage, prepared, until
from tests.waiting import until_true


class Gate:
    """Stands before an API and forbids verbs on kinds, as an administrator does who has given kecs too little."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.forbidden: set[tuple[str, str]] = set()
        self.attempts = 0

    def _check(self, verb: str, resource: Any) -> None:
        if (verb, resource.plural) in self.forbidden:
            self.attempts += 1
            raise Forbidden(f'{resource.plural} is forbidden: User "kecs" cannot {verb} resource "{resource.plural}"')

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        verb = {"apply": "patch", "replace": "update"}.get(name, name)
        if verb not in ("get", "list", "watch", "create", "update", "patch", "delete"):
            return method
        if verb == "watch":

            async def watch(resource: Any, *args: Any, **options: Any) -> AsyncGenerator[Any, None]:
                self._check(verb, resource)
                async for batch in method(resource, *args, **options):
                    yield batch

            return watch

        async def call(resource: Any, *args: Any, **options: Any) -> Any:
            self._check(verb, resource)
            return await method(resource, *args, **options)

        return call


@pytest.fixture
def gate(engine: Engine) -> Gate:
    return Gate(engine)


async def _budget(stage: Stage) -> bool:
    try:
        await stage.api.get(POD_DISRUPTION_BUDGETS, NAMESPACE, "web")
    except NotFound:
        return False
    return True


async def test_a_service_runs_without_what_kecs_may_not_write(gate: Gate) -> None:
    gate.forbidden = {("patch", "poddisruptionbudgets")}
    async with prepared(gate, SETTINGS) as stage:
        await stage.service()
        await stage.steady(1)
        (told,) = [message for message in stage.messages() if "PodDisruptionBudget" in message]
        assert told.startswith("(service web) was unable to write the PodDisruptionBudget web. Reason: ")
        assert 'cannot patch resource "poddisruptionbudgets"' in told
        assert [one.status for one in stage.get().status.conditions if one.type == "Accepted"] == ["True"]
        assert gate.attempts <= 2
        gate.forbidden.clear()
        await until_true(lambda: _budget(stage))


async def test_a_service_whose_tasks_kecs_may_not_make_says_so(gate: Gate) -> None:
    gate.forbidden = {("patch", "deployments")}
    async with prepared(gate, SETTINGS) as stage:
        await stage.service()
        await until(lambda: any('cannot patch resource "deployments"' in message for message in stage.messages()))
        gate.forbidden.clear()
        await stage.steady(1)


async def test_caches_that_cannot_be_filled_hold_nothing_up(gate: Gate) -> None:
    gate.forbidden = {(verb, kind) for verb in ("list", "watch") for kind in ("roles", "poddisruptionbudgets")}
    async with prepared(gate, SETTINGS) as stage:
        await stage.definition("sleep 1000", revision=2, role="reader")
        await stage.service(taskDefinition="web:2")
        await stage.steady(2)
        assert await _budget(stage)


async def test_a_task_whose_record_kecs_may_not_write_is_held_until_it_may(gate: Gate) -> None:
    gate.forbidden = {("create", "ecstasks")}
    async with prepared(gate, SETTINGS) as stage:
        name = await stage.run_task()
        await stage.stop_task(name)
        await until(lambda: gate.attempts)
        assert stage.world.pods.get(NAMESPACE, name) is not None
        gate.forbidden.clear()
        await until(stage.records, seconds=20)
