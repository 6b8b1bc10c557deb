"""ECSDeployments among what others own, make, delete and change, also between any two requests of kecs."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.kube import resources as kube
from kecs.kube.api import Event, Page
from kecs.kube.errors import Conflict
from kecs.world.resources import ECS_DEPLOYMENTS
from tests.reconcile.conftest import SETTINGS, Stage, prepared, until
from tests.reconcile.test_ecs_deployment import NAME, SPACE, Bench, container
from tests.waiting import until_true

ROLE = "task-role-app"
WITH_ROLE: dict[str, Any] = {"TaskRoleArn": "app", "ContainerDefinitions": [container()]}


class Meddler:
    """Stands before an API: somebody else acts right before a request, and what the requests came to is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.before: dict[tuple[str, str], Callable[[], Awaitable[None]]] = {}
        self.failures: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        if name not in ("apply", "create", "patch"):
            return method

        async def call(resource: Any, *args: Any, **options: Any) -> Any:
            act = self.before.pop((name, resource.plural), None)
            if act is not None:
                await act()
            try:
                return await method(resource, *args, **options)
            except Exception as error:
                self.failures.append(error)
                raise

        return call


@pytest.fixture
async def bench(stage: Stage) -> AsyncIterator[Bench]:
    await stage.api.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    yield Bench(stage)


@pytest.fixture
async def met(engine: Engine) -> AsyncIterator[tuple[Meddler, Bench]]:
    """A meddler that kecs works through, and the bench as others see it."""
    meddler = Meddler(engine)
    await engine.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    async with prepared(meddler, SETTINGS):
        yield meddler, Bench(Stage(engine, SETTINGS))


FOREIGN: dict[str, Any] = {
    "metadata": {"name": NAME},
    "spec": {"selector": {"a": "b"}, "ports": [{"port": 1, "name": "one"}]},
}
WITH_PORT: dict[str, Any] = {"Task": [container(PortMappings=[{"ContainerPort": 80}])], "Service": {"DesiredCount": 1}}


async def test_an_account_of_somebody_else_is_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kecs.reconcile.ecs_deployment._WAIT_FOR_NAME", 0.1)
    await bench.api.create(kube.SERVICE_ACCOUNTS, SPACE, {"metadata": {"name": ROLE}}, manager="test")
    before = await bench.object(kube.SERVICE_ACCOUNTS, ROLE)
    await bench.create(Task=WITH_ROLE)
    assert f"there is a ServiceAccount {ROLE} already" in await bench.told("NameTaken")
    assert await bench.object(kube.SERVICE_ACCOUNTS, ROLE) == before
    await bench.api.delete(kube.SERVICE_ACCOUNTS, SPACE, ROLE)
    await bench.ready()


async def test_an_account_is_shared_and_made_again_when_it_has_gone(bench: Bench) -> None:
    for name in ("one", "two"):
        await bench.create(name, Task=WITH_ROLE)
        await bench.ready(name)

    async def owners() -> list[str]:
        found = await bench.object(kube.SERVICE_ACCOUNTS, ROLE)
        return sorted(owner["name"] for owner in found["metadata"]["ownerReferences"]) if found else []

    assert await owners() == ["one", "two"]
    await bench.api.delete(kube.SERVICE_ACCOUNTS, SPACE, ROLE)
    await until_true(lambda: _is(owners, ["one", "two"]))
    await bench.api.delete(ECS_DEPLOYMENTS, SPACE, "one")
    await until_true(lambda: _is(owners, ["two"]))
    await bench.api.delete(ECS_DEPLOYMENTS, SPACE, "two")
    await until_true(lambda: _is(owners, []))


async def _is(call: Callable[[], Awaitable[object]], wanted: object) -> bool:
    return await call() == wanted


async def _is_foreign(bench: Bench) -> bool:
    found = await bench.object(kube.SERVICES)
    return found["spec"]["selector"] == {"a": "b"} and "ownerReferences" not in found["metadata"]


async def test_what_comes_right_before_the_first_write_is_not_taken_over(met: tuple[Meddler, Bench]) -> None:
    meddler, bench = met

    async def comes() -> None:
        await bench.api.create(kube.SERVICES, SPACE, FOREIGN, manager="other")

    meddler.before["apply", "services"] = comes
    await bench.create(**WITH_PORT)
    assert "there is a Service shop already" in await bench.told("NameTaken")
    assert await _is_foreign(bench)


async def test_what_takes_the_place_right_before_a_later_write_is_not_taken_over(met: tuple[Meddler, Bench]) -> None:
    meddler, bench = met
    await bench.create(**WITH_PORT)
    await bench.ready()

    async def takes_the_place() -> None:
        await bench.api.delete(kube.SERVICES, SPACE, NAME)
        await bench.api.create(kube.SERVICES, SPACE, FOREIGN, manager="other")

    meddler.before["apply", "services"] = takes_the_place
    await bench.patch(Task=[container(PortMappings=[{"ContainerPort": 81}])])
    assert "there is a Service shop already" in await bench.told("NameTaken")
    assert await _is_foreign(bench)


async def test_a_successor_is_not_told_to_be_as_its_predecessor_was(met: tuple[Meddler, Bench]) -> None:
    meddler, bench = met
    seen: list[object] = []

    async def is_made_again() -> None:
        await bench.api.delete(ECS_DEPLOYMENTS, SPACE, NAME)
        await bench.create(Task=[container("other")])

        async def look() -> None:
            seen.append((await bench.get()).status.observedGeneration)

        meddler.before["patch", "ecsdeployments"] = look  # the next attempt: what has the last one left?

    meddler.before["patch", "ecsdeployments"] = is_made_again
    await bench.create()
    await until(lambda: bool(seen))
    await bench.ready()
    assert seen == [0]
    assert any(isinstance(error, Conflict) for error in meddler.failures)


async def test_the_counts_of_one_that_is_refused_are_those_of_what_runs(bench: Bench) -> None:
    await bench.create(Task=[container()], Service={"DesiredCount": 2})
    await bench.ready()
    await bench.patch(Task=[container(Cpu=-1)])
    await bench.told("Invalid")
    assert (await bench.get()).status.runningCount == 2
    await bench.api.patch(kube.DEPLOYMENTS, SPACE, NAME, {"spec": {"replicas": 0}}, type="merge", manager="other")

    async def counts() -> tuple[int, int]:
        status = (await bench.get()).status
        return status.desiredCount, status.runningCount

    await until_true(lambda: _is(counts, (0, 0)))


async def test_warnings_are_told_once_and_have_a_bound(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kecs.world.notices._REMEMBERED", 0)  # as where thousands of sentences have been told since
    caplog.set_level(logging.WARNING, "kecs.world.notices")
    await bench.create(Task=[container(**{f"Colour{number}": "red" for number in range(100)})])
    await bench.ready()
    told = (await bench.get()).status.warnings
    assert (len(told), told[-1]) == (65, "There are 36 more of these.")
    for count in (2, 3):
        await bench.patch(replicas=count)
        await bench.ready()
    assert sum("Colour7 " in record.getMessage() for record in caplog.records) == 1


class Autoscaled:
    """A cluster with an autoscaler of the ECSDeployment, which comes when it is told to."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.comes = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def list(self, resource: Any, *args: Any, **options: Any) -> Any:
        if resource.plural != "horizontalpodautoscalers":
            return await self._engine.list(resource, *args, **options)
        return Page([], "1")

    async def watch(self, resource: Any, *args: Any, **options: Any) -> AsyncGenerator[Any, None]:
        if resource.plural != "horizontalpodautoscalers":
            async for batch in self._engine.watch(resource, *args, **options):
                yield batch
            return
        yield []
        await self.comes.wait()
        target = {"apiVersion": "ecskube.ecskube/v1alpha1", "kind": "ECSDeployment", "name": NAME}
        meta = {"name": "hpa", "namespace": SPACE, "uid": "u", "resourceVersion": "2"}
        found = msgspec.convert({"metadata": meta, "spec": {"scaleTargetRef": target}}, resource.type)
        yield [Event("ADDED", found, "2")]
        await asyncio.Event().wait()


async def test_what_an_autoscaler_begins_to_scale_is_given_its_count(engine: Engine) -> None:
    api = Autoscaled(engine)
    await engine.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    async with prepared(api, SETTINGS):
        bench = Bench(Stage(engine, SETTINGS))
        for name in (NAME, "other"):
            await bench.create(name, Task=[container()], Service={"DesiredCount": 2})
            await bench.ready(name)
        assert (await bench.get()).spec.replicas is None
        api.comes.set()

        async def replicas() -> int | None:
            return (await bench.get()).spec.replicas

        await until_true(lambda: _is(replicas, 2))
        assert (await bench.get("other")).spec.replicas is None
        scale = {"spec": {"replicas": 3}}
        await engine.patch(ECS_DEPLOYMENTS, SPACE, NAME, scale, type="merge", manager="hpa", subresource="scale")
        await bench.ready()
        assert len(await bench.pods()) == 5
        assert (await bench.get()).spec.replicas == 3
