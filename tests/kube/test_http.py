"""The Protocol through every backend there is: in the process, over HTTP to its door, and to a real API server."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest

from kecs.embedded.engine import Engine
from kecs.kube import errors
from kecs.kube.api import Api, Event, Json
from kecs.kube.http import HttpApi
from kecs.kube.informer import Informer
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import CONFIG_MAPS, DEPLOYMENTS, LEASES, NAMESPACES, PODS, SERVICE_ACCOUNTS
from tests.kube.test_informer import until
from tests.process import KecsProcess
from tests.rig import Cluster

ME = "test"
KIND = {"apiVersion": "v1", "kind": "ConfigMap"}


@pytest.fixture(params=["engine", "door", "kubernetes"])
async def api(request: pytest.FixtureRequest) -> AsyncIterator[Api]:
    if request.param == "engine":
        engine = Engine.open()
        yield engine
        await engine.close()
        return
    if request.param == "door":
        server: KecsProcess = request.getfixturevalue("kecs_server")
        path = server.kubeconfig
    else:
        cluster: Cluster = request.getfixturevalue("kubernetes_control")
        path = cluster.kubeconfig
    api = await HttpApi.connect(load_kubeconfig(path))
    yield api
    await api.close()


@pytest.fixture
async def namespace(api: Api) -> AsyncIterator[str]:
    name = f"client-{uuid.uuid4().hex[:8]}"
    await api.create(NAMESPACES, None, {"metadata": {"name": name}}, manager=ME)
    yield name
    await api.delete(NAMESPACES, None, name)


def config_map(name: str, **data: str) -> Json:
    return {**KIND, "metadata": {"name": name, "labels": {"app": name}}, "data": data}


class Meta(msgspec.Struct):
    name: str
    resourceVersion: str
    uid: str
    namespace: str = ""
    labels: dict[str, str] = {}


class View(msgspec.Struct):
    metadata: Meta
    data: dict[str, str] = {}


VIEWS = CONFIG_MAPS.viewed(View)


async def test_write_and_read(api: Api, namespace: str) -> None:
    made = await api.create(CONFIG_MAPS, namespace, config_map("a", x="1"), manager=ME)
    assert made["kind"] == "ConfigMap"
    assert await api.get(CONFIG_MAPS, namespace, "a") == made
    made["data"]["x"] = "2"
    replaced = await api.replace(CONFIG_MAPS, namespace, "a", made, manager=ME)
    with pytest.raises(errors.Conflict):
        await api.replace(CONFIG_MAPS, namespace, "a", made, manager=ME)
    merged = await api.patch(CONFIG_MAPS, namespace, "a", {"data": {"y": "3"}}, type="merge", manager=ME)
    patch = [{"op": "replace", "path": "/data/y", "value": "4"}]
    patched = await api.patch(CONFIG_MAPS, namespace, "a", patch, type="json", manager=ME)
    body = {**KIND, "metadata": {"name": "a"}, "data": {"z": "5"}}
    applied = await api.apply(VIEWS, namespace, "a", body, manager="other")
    assert (replaced["data"], merged["data"]["y"], patched["data"]["y"]) == ({"x": "2"}, "3", "4")
    assert applied.data == {"x": "2", "y": "4", "z": "5"}
    assert applied.metadata.uid == made["metadata"]["uid"]


async def test_what_was_not_meant_is_not_done(api: Api, namespace: str) -> None:
    made = await api.create(CONFIG_MAPS, namespace, config_map("dry"), manager=ME, dry_run=True)
    assert made["metadata"]["name"] == "dry"
    with pytest.raises(errors.NotFound) as missing:
        await api.get(CONFIG_MAPS, namespace, "dry")
    assert missing.value.message == 'configmaps "dry" not found'
    assert missing.value.details == {"name": "dry", "kind": "configmaps"}
    await api.create(CONFIG_MAPS, namespace, config_map("a"), manager=ME)
    with pytest.raises(errors.AlreadyExists):
        await api.create(CONFIG_MAPS, namespace, config_map("a"), manager=ME)
    await api.delete(CONFIG_MAPS, namespace, "a", dry_run=True)
    with pytest.raises(errors.Conflict):
        await api.delete(CONFIG_MAPS, namespace, "a", uid="another")
    with pytest.raises(errors.Conflict):
        await api.delete(CONFIG_MAPS, namespace, "a", resource_version="1")
    await api.delete(CONFIG_MAPS, namespace, "a")
    with pytest.raises(errors.NotFound):
        await api.delete(CONFIG_MAPS, namespace, "a")
    with pytest.raises(errors.Invalid):
        await api.create(CONFIG_MAPS, namespace, {"metadata": {"name": "No Name"}}, manager=ME)
    with pytest.raises(errors.NotFound):
        await api.create(CONFIG_MAPS, "no-such-namespace", config_map("a"), manager=ME)


async def test_an_apply_meets_another_owner(api: Api, namespace: str) -> None:
    body = {**KIND, "metadata": {"name": "a"}, "data": {"x": "1"}}
    await api.apply(CONFIG_MAPS, namespace, "a", body, manager="first")
    body = {**KIND, "metadata": {"name": "a"}, "data": {"x": "2"}}
    with pytest.raises(errors.Conflict) as conflict:
        await api.apply(CONFIG_MAPS, namespace, "a", body, manager="second", force=False)
    assert '"first"' in str(conflict.value.details)
    forced = await api.apply(CONFIG_MAPS, namespace, "a", body, manager="second")
    assert forced["data"] == {"x": "2"}


async def test_lists_in_pages_and_by_selectors(api: Api, namespace: str) -> None:
    for number in range(5):
        await api.create(CONFIG_MAPS, namespace, config_map(f"c{number}"), manager=ME)
    own = "metadata.name!=kube-root-ca.crt"  # a real cluster puts this one into every namespace
    page = await api.list(VIEWS, namespace, fields=own, limit=2)
    names = [one.metadata.name for one in page.items]
    while page.continue_:
        page = await api.list(VIEWS, namespace, fields=own, limit=2, continue_=page.continue_)
        names += [one.metadata.name for one in page.items]
    assert names == ["c0", "c1", "c2", "c3", "c4"]
    chosen = await api.list(VIEWS, None, labels="app in (c1, c2)", fields=f"metadata.namespace={namespace}")
    assert [one.metadata.name for one in chosen.items] == ["c1", "c2"]
    assert int(chosen.resource_version) >= int(page.resource_version)
    whole = await api.list(CONFIG_MAPS, namespace, labels="app=c3")
    assert [(one["apiVersion"], one["kind"]) for one in whole.items] == [("v1", "ConfigMap")]
    with pytest.raises(errors.BadRequest):
        await api.list(CONFIG_MAPS, namespace, labels="a=(")


async def told(api: Api, namespace: str, since: str, wanted: int) -> list[Event[View]]:
    found: list[Event[View]] = []
    async with asyncio.timeout(10), aclosing(api.watch(VIEWS, namespace, since=since)) as watch:
        async for batch in watch:
            found += [one for one in batch if one.object is not None]
            if len(found) >= wanted:
                break
    return found


async def test_a_watch_tells_what_happened_since(api: Api, namespace: str) -> None:
    since = (await api.list(VIEWS, namespace)).resource_version
    await api.create(CONFIG_MAPS, namespace, config_map("a", x="1"), manager=ME)
    await api.patch(CONFIG_MAPS, namespace, "a", {"data": {"x": "2"}}, type="merge", manager=ME)
    await api.delete(CONFIG_MAPS, namespace, "a")
    events = [one for one in await told(api, namespace, since, 3) if one.object and one.object.metadata.name == "a"]
    assert [one.type for one in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert [one.object.data["x"] for one in events if one.object] == ["1", "2", "2"]
    versions = [int(one.resource_version) for one in events]
    assert versions == sorted(versions)
    again = await told(api, namespace, events[0].resource_version, 2)
    assert again[:2] == events[1:]


async def test_a_bad_version_is_refused(api: Api, namespace: str) -> None:
    with pytest.raises(errors.ApiError) as refused:
        await told(api, namespace, "yesterday", 1)
    assert refused.value.http_code in (400, 500)


async def test_deletions_of_many(api: Api, namespace: str) -> None:
    for name in ("a", "b", "c"):
        await api.create(CONFIG_MAPS, namespace, config_map(name), manager=ME)
    await api.delete_collection(CONFIG_MAPS, namespace, labels="app in (a,b)")
    left = await api.list(VIEWS, namespace, labels="app")
    assert [one.metadata.name for one in left.items] == ["c"]


async def test_subresources(api: Api, namespace: str) -> None:
    template = {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "main", "image": "none"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    await api.create(DEPLOYMENTS, namespace, {"metadata": {"name": "a"}, "spec": spec}, manager=ME)
    scale = await api.get(DEPLOYMENTS, namespace, "a", subresource="scale")
    assert (scale["kind"], scale["spec"].get("replicas", 0)) == ("Scale", 0)
    body = {"metadata": {"name": "a", "namespace": namespace}, "spec": {"replicas": 1}}
    scaled = await api.replace(DEPLOYMENTS, namespace, "a", body, manager=ME, subresource="scale")
    assert scaled["spec"]["replicas"] == 1
    condition = {"type": "Own", "status": "True"}
    patched = await api.patch(
        DEPLOYMENTS,
        namespace,
        "a",
        {"status": {"conditions": [condition]}},
        type="merge",
        manager=ME,
        subresource="status",
    )
    assert "Own" in [one["type"] for one in patched["status"]["conditions"]]


async def test_a_pod_is_bound_and_evicted(api: Api, namespace: str) -> None:
    async def account() -> bool:
        try:
            await api.get(SERVICE_ACCOUNTS, namespace, "default")
        except errors.NotFound:
            return False
        return True

    async with asyncio.timeout(20):
        while not await account():
            await asyncio.sleep(0.05)
    body = {
        "metadata": {"name": "a"},
        "spec": {
            "containers": [{"name": "main", "image": "none"}],
            "schedulerName": "nobody",
            "terminationGracePeriodSeconds": 0,
        },
    }
    await api.create(PODS, namespace, body, manager=ME)
    target = {"metadata": {"name": "a"}, "target": {"kind": "Node", "name": "nowhere"}}
    await api.create(PODS, namespace, target, manager=ME, name="a", subresource="binding")
    assert (await api.get(PODS, namespace, "a"))["spec"]["nodeName"] == "nowhere"
    await api.create(PODS, namespace, {"metadata": {"name": "a"}}, manager=ME, name="a", subresource="eviction")
    await api.delete_collection(PODS, namespace, grace_seconds=0)


async def test_a_lease_is_what_leaders_need(api: Api, namespace: str) -> None:
    body = {"metadata": {"name": "a"}, "spec": {"holderIdentity": "me", "leaseDurationSeconds": 5}}
    lease = await api.create(LEASES, namespace, body, manager=ME)
    taken = {**lease, "spec": {**lease["spec"], "holderIdentity": "you"}}
    await api.replace(LEASES, namespace, "a", taken, manager="you")
    with pytest.raises(errors.Conflict):
        await api.replace(LEASES, namespace, "a", {**lease}, manager=ME)


async def test_an_informer_over_it(api: Api, namespace: str) -> None:
    informer = Informer(api, VIEWS, namespace)
    running = asyncio.create_task(informer.run())
    try:
        async with asyncio.timeout(20):
            await informer.synced()
            await api.create(CONFIG_MAPS, namespace, config_map("a", x="1"), manager=ME)
            await until(lambda: informer.get(namespace, "a") is not None, 10.0)
            version = (await api.list(NAMESPACES, limit=1)).resource_version
            await informer.caught_up(version)
            observed = await api.patch(VIEWS, namespace, "a", {"data": {"x": "2"}}, type="merge", manager=ME)
            informer.observe(observed)
            assert (found := informer.get(namespace, "a")) and found.data == {"x": "2"}
            await informer.catch_up()
            assert informer.staleness == 0.0
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
