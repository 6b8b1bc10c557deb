"""What an uninstallation waits for."""

import asyncio
import time
from contextlib import nullcontext
from typing import Any, cast

import pytest

from kecs.crds.installation import install
from kecs.embedded.engine import Engine
from kecs.kube import resources
from kecs.kube.api import Api, Json, Page
from kecs.kube.errors import Gone, NotFound
from kecs.kube.time import rfc3339_micro
from kecs.model import ecs_deployment as model
from kecs.model import marks
from kecs.uninstall import UninstallError, release_pods, uninstall
from kecs.world.resources import ECS_DEPLOYMENTS
from tests.waiting import until_true


class Namespaces:
    """A cluster that has namespaces, labelled as parts of kecs, and nothing else."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    async def list(self, resource: Any, *_: Any, labels: str = "", **_options: Any) -> Page[Json]:
        asked = resource is resources.NAMESPACES and labels == f"{marks.PART_OF}={marks.MANAGER}"
        return Page([{"metadata": {"name": name}} for name in self.names] if asked else [], "1")

    async def get(self, resource: Any, _namespace: str | None, name: str) -> Json:
        if resource is resources.NAMESPACES and name in self.names:
            return {"metadata": {"name": name}}
        raise NotFound(name)

    async def delete(self, resource: Any, _namespace: str | None, name: str, **_: Any) -> None:
        if resource is not resources.NAMESPACES:
            raise NotFound(name)
        self.names.remove(name)


class Node:
    """A cluster with a node of kecs's own, whose lease was renewed just now, and is renewed again if somebody is it."""

    def __init__(self, *, alive: bool) -> None:
        self.alive = alive
        self.names = {"own"}
        self._moment = 0

    async def list(self, resource: Any, *_: Any, **_options: Any) -> Page[Json]:
        nodes = [{"metadata": {"name": name}} for name in self.names] if resource is resources.NODES else []
        return Page(nodes, "1")

    async def get(self, resource: Any, namespace: str | None, name: str) -> Json:
        if (resource, namespace, name) != (resources.LEASES, "kube-node-lease", "own"):
            raise NotFound(name)
        self._moment += self.alive
        return {"spec": {"renewTime": rfc3339_micro(time.time() // 60 * 60 + self._moment)}}

    async def delete(self, resource: Any, _namespace: str | None, name: str, **_: Any) -> None:
        if resource is not resources.NODES:
            raise NotFound(name)
        self.names.remove(name)


@pytest.mark.parametrize("alive", [True, False])
async def test_a_node_that_somebody_still_is_stays(monkeypatch: pytest.MonkeyPatch, *, alive: bool) -> None:
    monkeypatch.setattr("kecs.uninstall._RENEWED", 0.5)
    api = Node(alive=alive)
    ended = pytest.raises(UninstallError, match="kecs is at work as the node own: end it first")
    with ended if alive else nullcontext():
        await uninstall(cast("Api", api), "home", lambda _: None)
    assert api.names == ({"own"} if alive else set())


class Forgetful:
    """A cluster with four pods, whose lists go on once and then not: their versions are forgotten."""

    def __init__(self) -> None:
        self.pods = {f"p{number}": [marks.TASK_FINALIZER] for number in range(4)}
        self.forgets = True

    async def list(self, _resource: Any, *_: Any, continue_: str = "", **_options: Any) -> Page[Json]:
        if continue_ and self.forgets:
            self.forgets = False
            raise Gone("the provided continue parameter is too old")
        names = sorted(self.pods)[2:] if continue_ else sorted(self.pods)[:2]
        items = [self._shown(name) for name in names]
        return Page(items, "1", "" if continue_ else "more")

    def _shown(self, name: str) -> Json:
        return {"metadata": {"name": name, "uid": name, "resourceVersion": "1", "finalizers": self.pods[name]}}

    async def patch(self, _resource: Any, _namespace: str | None, name: str, patch: Json, **_: Any) -> None:
        self.pods[name] = patch["metadata"]["finalizers"] or []


async def test_a_list_that_does_not_go_on_begins_anew() -> None:
    api, said = Forgetful(), list[str]()
    await release_pods(cast("Api", api), said.append)
    assert (api.pods, said) == ({f"p{number}": [] for number in range(4)}, ["4 pods are held no more"])


async def test_definitions_stay_until_what_was_made_for_ecs_deployments_is_collected() -> None:
    """By them a cluster knows whose garbage it is; one that has just learned of them takes half a minute."""
    engine = Engine.open()  # nothing collects here
    await install(engine)
    await engine.create(resources.NAMESPACES, None, {"metadata": {"name": "team"}}, manager="test")
    body = {"apiVersion": model.API_VERSION, "kind": model.KIND, "metadata": {"name": "web"}, "spec": {"Task": []}}
    one = await engine.create(ECS_DEPLOYMENTS, "team", body, manager="test")
    owner = {"apiVersion": model.API_VERSION, "kind": model.KIND, "name": "web", "uid": one.metadata.uid}
    labels = {marks.ECS_DEPLOYMENT: "web"}
    for name, owners in (("web", [owner]), ("orphan", [])):
        meta = {"name": name, "labels": labels, "ownerReferences": owners}
        service = {"metadata": meta, "spec": {"ports": [{"port": 80}]}}
        await engine.create(resources.SERVICES, "team", service, manager="test")
    removing = asyncio.create_task(uninstall(engine, "home", lambda _: None))

    async def is_deleted() -> bool:
        return not (await engine.list(ECS_DEPLOYMENTS)).items

    await until_true(is_deleted)
    await asyncio.wait([removing], timeout=0.5)
    assert (await engine.list(resources.CUSTOM_RESOURCE_DEFINITIONS)).items
    await engine.delete(resources.SERVICES, "team", "web")
    async with asyncio.timeout(10):
        await removing
    assert not (await engine.list(resources.CUSTOM_RESOURCE_DEFINITIONS)).items
    left = (await engine.list(resources.SERVICES, "team")).items
    assert [each["metadata"]["name"] for each in left] == ["orphan"]
    await engine.close()


async def test_another_kecs_of_the_cluster_is_not_waited_for() -> None:
    api = Namespaces("home", "other")
    async with asyncio.timeout(5):
        await uninstall(cast("Api", api), "home", lambda _: None)
    assert api.names == ["other"]
