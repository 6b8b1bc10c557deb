"""Definitions among releases that work side by side, without rights, and objects that move to another version."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

import kecs
from kecs.crds import definitions, installation
from kecs.embedded.engine import Engine
from kecs.kube.api import Api, Json, Resource
from kecs.kube.errors import Forbidden, Invalid, NotFound
from kecs.kube.resources import CUSTOM_RESOURCE_DEFINITIONS as CRDS
from kecs.world import resources

SERVICES = "ecsservices.kecs.io"
MESSAGE = 'customresourcedefinitions.apiextensions.k8s.io is forbidden: User "kecs" cannot {} resource'


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine.open()
    yield engine
    await engine.close()


class Limited:
    """An Api without the right to some verbs on definitions."""

    def __init__(self, engine: Engine, *verbs: str) -> None:
        self._engine, self._verbs = engine, verbs

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._engine, name)
        if name not in self._verbs:
            return call

        async def refused(resource: Resource[Any], *arguments: Any, **options: Any) -> Any:
            if resource.plural == CRDS.plural:
                raise Forbidden(MESSAGE.format(name))
            return await call(resource, *arguments, **options)

        return refused


async def released(engine: Engine, release: str, **spec: Any) -> Json:
    """Install, as another release of kecs with another definition of services would have done."""
    await installation.install(engine)
    annotations = {definitions.RELEASE: release, definitions.DIGEST: "other"}
    change = {"metadata": {"annotations": annotations}, "spec": spec}
    return await engine.patch(CRDS, None, SERVICES, change, type="merge", manager="kecs")


@pytest.mark.parametrize("release", ["99.0.0", "99.0.0.dev0", kecs.__version__.partition(".dev")[0]])
async def test_a_newer_release_s_definitions_stay(engine: Engine, release: str) -> None:
    before = await released(engine, release)
    await installation.install(engine)
    assert await engine.get(CRDS, None, SERVICES) == before


@pytest.mark.parametrize("release", ["0.0.1", "nonsense", kecs.__version__])
async def test_an_older_release_s_definitions_are_brought_up_to_date(engine: Engine, release: str) -> None:
    await released(engine, release)
    await installation.install(engine)
    found = await engine.get(CRDS, None, SERVICES)
    assert found["metadata"]["annotations"][definitions.RELEASE] == kecs.__version__
    assert found["metadata"]["annotations"][definitions.DIGEST] != "other"


async def test_a_newer_release_that_gave_our_version_up_is_told(engine: Engine) -> None:
    found = await released(engine, "99.0.0")
    (version,) = found["spec"]["versions"]
    versions = [{**version, "served": False}, {**version, "name": "v1", "storage": False}]
    await engine.patch(CRDS, None, SERVICES, {"spec": {"versions": versions}}, type="merge", manager="kecs")
    with pytest.raises(Invalid, match=r"ecsservices.kecs.io: version v1alpha1 is served no more since kecs 99.0.0"):
        await installation.install(engine)


async def test_without_the_right_to_write_what_is_there_is_used(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await released(engine, "0.0.1")
    await installation.install(cast("Api", Limited(engine, "apply")))
    assert (await engine.get(CRDS, None, SERVICES))["metadata"]["annotations"][definitions.DIGEST] == "other"
    assert "cannot apply resource" in caplog.text
    await installation.install(cast("Api", Limited(engine, "get")))


@pytest.mark.parametrize("verb", ["get", "create"])
async def test_without_the_right_to_write_what_is_missing_is_named(engine: Engine, verb: str) -> None:
    with pytest.raises(NotFound) as caught:
        await installation.install(cast("Api", Limited(engine, verb)))
    assert "ecsclusters.kecs.io is missing" in caught.value.message
    assert f"cannot {verb} resource" in caught.value.message


async def test_objects_move_to_the_version_that_is_stored(engine: Engine) -> None:
    await installation.install(engine)
    kind = next(kind for kind in definitions.KINDS if kind.resource is resources.CLUSTERS)
    for number in range(3):
        body = {
            "apiVersion": kind.resource.api_version,
            "kind": kind.resource.kind,
            "metadata": {"name": f"c{number}"},
            "spec": {"clusterName": f"c{number}"},
        }
        await engine.create(kind.resource, None, body, manager="test")
    name = f"{kind.resource.plural}.{kind.resource.group}"
    (version,) = (await engine.get(CRDS, None, name))["spec"]["versions"]
    versions = [{**version, "storage": False}, {**version, "name": "v1", "storage": True}]
    await engine.patch(CRDS, None, name, {"spec": {"versions": versions}}, type="merge", manager="test")
    assert (await engine.get(CRDS, None, name))["status"]["storedVersions"] == ["v1alpha1", "v1"]
    migrating = asyncio.create_task(installation.Migration(engine, (kind,)).run())
    async with asyncio.timeout(10):
        while (await engine.get(CRDS, None, name))["status"]["storedVersions"] != ["v1"]:
            await asyncio.sleep(0.01)
    migrating.cancel()
    left = await engine.list(kind.resource)
    assert sorted(item.spec.clusterName for item in left.items) == ["c0", "c1", "c2"]


async def test_nothing_is_written_where_there_is_nothing_to_migrate(engine: Engine) -> None:
    await installation.install(engine)
    before = (await engine.list(CRDS)).resource_version
    migrating = asyncio.create_task(installation.Migration(engine).run())
    for _ in range(50):
        await asyncio.sleep(0)
    migrating.cancel()
    assert (await engine.list(CRDS)).resource_version == before
