"""What a real cluster forgets, and a cluster that is restored as it was: kecs misses nothing, and goes by what is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from kecs.kube import informer as informers
from kecs.kube.api import Api, Json
from kecs.kube.errors import Gone, Unavailable
from kecs.kube.http import HttpApi
from kecs.kube.informer import Informer
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import CONFIG_MAPS
from tests.e2e.kubectl import PROGRAM
from tests.e2e.replicas import Stage
from tests.rig import own_cluster
from tests.waiting import until, until_true

ME = "test"
SOON = {"Delay": 0.2, "MaxAttempts": 300}
CONTAINER = {"name": "main", "image": "example/steady", "memory": 16, "command": ["sleep", "86400"]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if PROGRAM is None:
        pytest.skip("kubectl is not installed")
    with own_cluster() as cluster:
        if cluster.directory is None:
            pytest.skip("making a cluster forget needs one of the tests' own, not KECS_TEST_KUBECONFIG")
        stage = Stage(cluster, tmp_path_factory.mktemp("forgotten"))
        yield stage
        stage.close()


@pytest.fixture
async def real(stage: Stage) -> AsyncIterator[HttpApi]:
    api = await HttpApi.connect(load_kubeconfig(stage.cluster.kubeconfig))
    yield api
    await api.close()


class Cut:
    """A client that can be cut off, before its next request or before the second page of a list."""

    def __init__(self, api: HttpApi) -> None:
        self._api = api
        self.open = asyncio.Event()
        self.pages = asyncio.Event()
        self.open.set()
        self.pages.set()
        self.at_second_page = asyncio.Event()
        self.gone: list[str] = []

    async def list(self, *arguments: Any, continue_: str = "", **options: Any) -> Any:
        if not self.open.is_set():
            raise Unavailable("cut off")
        if continue_:
            self.at_second_page.set()
            await self.pages.wait()
        try:
            return await self._api.list(*arguments, continue_=continue_, **options)
        except Gone:
            self.gone.append("list")
            raise

    async def watch(self, *arguments: Any, **options: Any) -> AsyncIterator[Any]:
        if not self.open.is_set():
            raise Unavailable("cut off")
        try:
            async for batch in self._api.watch(*arguments, **options):
                yield batch
        except Gone:
            self.gone.append("watch")
            raise


def named(item: Json | None) -> str:
    return str(item["metadata"]["name"]) if item else ""


async def test_a_watch_and_a_list_that_cannot_go_on_begin_anew(
    stage: Stage, real: HttpApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(informers, "_PAGE", 2)
    monkeypatch.setattr(informers, "_LONGEST_DELAY", 0.2)
    for name in ("a", "b", "c", "d"):
        await real.create(CONFIG_MAPS, "default", {"metadata": {"name": name, "labels": {"of": ME}}}, manager=ME)
    heard: list[tuple[str, str]] = []
    following, listing = Cut(real), Cut(real)
    caches = [Informer(cast("Api", one), CONFIG_MAPS, "default", labels=f"of={ME}") for one in (following, listing)]
    running = [asyncio.create_task(caches[0].run())]
    await asyncio.wait_for(caches[0].synced(), 10)
    caches[0].subscribe(lambda old, new: heard.append((named(old), named(new))))
    heard.clear()
    following.open.clear()
    listing.pages.clear()
    running.append(asyncio.create_task(caches[1].run()))
    await asyncio.wait_for(listing.at_second_page.wait(), 10)
    await asyncio.to_thread(stage.cluster.rig, "pause", "apiserver")
    await asyncio.to_thread(stage.cluster.rig, "resume", "apiserver")  # its watches have ended
    await real.delete(CONFIG_MAPS, "default", "a")
    await real.patch(CONFIG_MAPS, "default", "b", {"data": {"k": "v"}}, type="merge", manager=ME)
    await real.create(CONFIG_MAPS, "default", {"metadata": {"name": "e", "labels": {"of": ME}}}, manager=ME)
    await asyncio.to_thread(stage.cluster.rig, "compact")
    await asyncio.to_thread(stage.cluster.rig, "restart", "apiserver")
    following.open.set()
    listing.pages.set()

    async def whole() -> bool:
        return all({named(one) for one in cache.values()} == {"b", "c", "d", "e"} for cache in caches)

    await until_true(whole)
    assert (following.gone, listing.gone) == (["watch"], ["list"])
    assert sorted(heard) == [("", "e"), ("a", ""), ("b", "b")]
    await real.create(CONFIG_MAPS, "default", {"metadata": {"name": "f", "labels": {"of": ME}}}, manager=ME)

    async def followed() -> bool:
        return all(cache.get("default", "f") is not None for cache in caches)

    await until_true(followed)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def test_a_cluster_that_is_restored_from_an_older_snapshot_counts(stage: Stage) -> None:
    stage.start(2)
    ecs = stage.client()
    ecs.create_cluster(clusterName="back")
    ecs.register_task_definition(family="back", containerDefinitions=[CONTAINER])
    ecs.create_service(cluster="back", serviceName="web", taskDefinition="back", desiredCount=2)
    kept, ending = (run(ecs) for _ in range(2))
    ecs.get_waiter("services_stable").wait(cluster="back", services=["web"], WaiterConfig=SOON)
    ecs.get_waiter("tasks_running").wait(cluster="back", tasks=[kept, ending], WaiterConfig=SOON)
    snapshot = stage.directory / "snapshot.tar"
    stage.cluster.rig("snapshot", str(snapshot))
    ecs.stop_task(cluster="back", task=ending)
    later = run(ecs)
    ecs.get_waiter("tasks_running").wait(cluster="back", tasks=[later], WaiterConfig=SOON)
    ecs.get_waiter("tasks_stopped").wait(cluster="back", tasks=[ending], WaiterConfig=SOON)
    ecs.update_service(cluster="back", service="web", desiredCount=4)
    ecs.get_waiter("services_stable").wait(cluster="back", services=["web"], WaiterConfig=SOON)
    stage.cluster.rig("restore", str(snapshot))
    for part in ("controllers", "scheduler"):  # as whoever restores a cluster does: they do not notice
        stage.cluster.rig("restart", part)

    def as_it_was() -> bool:
        (service,) = ecs.describe_services(cluster="back", services=["web"])["services"]
        known = {*ecs.list_tasks(cluster="back", desiredStatus="RUNNING")["taskArns"]}
        counts = (service["desiredCount"], service["runningCount"], len(known))
        return counts == (2, 2, 4) and {kept, ending} <= known

    until(as_it_was, 40, "kecs goes by what is restored")
    assert ecs.describe_tasks(cluster="back", tasks=[later])["tasks"] == []
    for task in (kept, ending):
        ecs.stop_task(cluster="back", task=task)
    ecs.get_waiter("tasks_stopped").wait(cluster="back", tasks=[kept, ending], WaiterConfig=SOON)
    ecs.delete_service(cluster="back", service="web", force=True)
    until(lambda: not stage.kubectl.json("get", "pods", "-n", "back-us-east-1")["items"], 30, "no pod stays")
    stage.end_replicas()


def run(ecs: Any) -> str:
    (task,) = ecs.run_task(cluster="back", taskDefinition="back")["tasks"]
    return str(task["taskArn"])
