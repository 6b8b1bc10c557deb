"""The embedded API through its Protocol: what every client relies on."""

import asyncio
from typing import Any

import pytest

from kecs.embedded.engine import Engine
from kecs.embedded.store import Store
from kecs.kube.api import Event, Json
from kecs.kube.errors import AlreadyExists, BadRequest, Conflict, Gone, NotFound
from kecs.kube.resources import CONFIG_MAPS, NAMESPACES, PODS

POD: Json = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}


async def _next(events: Any, count: int) -> list[Event[Any]]:
    found: list[Event[Any]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            found += await anext(events)
    return found


def _seen(event: Event[Any]) -> Json:
    assert isinstance(event.object, dict)
    return event.object


async def test_created_object_is_stored_with_server_side_metadata(engine: Engine) -> None:
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}, "data": {"k": "v"}}, manager="m")
    assert made["apiVersion"] == "v1" and made["kind"] == "ConfigMap"
    assert made["metadata"]["uid"] and made["metadata"]["creationTimestamp"].endswith("Z")
    assert int(made["metadata"]["resourceVersion"]) > 1
    assert await engine.get(CONFIG_MAPS, "default", "a") == made


async def test_pod_gets_the_defaults_of_kubernetes(engine: Engine) -> None:
    pod = await engine.create(PODS, "default", POD, manager="m")
    assert pod["spec"]["restartPolicy"] == "Always"
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    assert pod["status"]["phase"] == "Pending"


async def test_second_create_of_a_name_already_exists(engine: Engine) -> None:
    await engine.create(PODS, "default", POD, manager="m")
    with pytest.raises(AlreadyExists, match='pods "web" already exists'):
        await engine.create(PODS, "default", POD, manager="m")


async def test_create_in_a_missing_namespace_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match='namespaces "nowhere" not found'):
        await engine.create(PODS, "nowhere", POD, manager="m")


async def test_get_of_nothing_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match='pods "gone" not found'):
        await engine.get(PODS, "default", "gone")


async def test_concurrent_creates_of_one_name_let_one_win(engine: Engine) -> None:
    results = await asyncio.gather(
        *(engine.create(PODS, "default", POD, manager="m") for _ in range(16)), return_exceptions=True
    )
    assert sum(isinstance(one, AlreadyExists) for one in results) == 15


async def test_replace_with_an_old_version_is_a_conflict(engine: Engine) -> None:
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    changed = await engine.replace(CONFIG_MAPS, "default", "a", {**made, "data": {"k": "1"}}, manager="m")
    assert changed["data"] == {"k": "1"}
    with pytest.raises(Conflict, match="the object has been modified"):
        await engine.replace(CONFIG_MAPS, "default", "a", {**made, "data": {"k": "2"}}, manager="m")


async def test_write_that_changes_nothing_keeps_the_version(engine: Engine) -> None:
    made = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}, "data": {"k": "v"}}, manager="m")
    again = await engine.patch(CONFIG_MAPS, "default", "a", {"data": {"k": "v"}}, type="merge", manager="m")
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_whoever_is_refused_then_reads_what_stood_in_the_way(engine: Engine) -> None:
    """What other writers have staged is not to be read yet; a loop of reading and writing would never let them on."""
    body = {"metadata": {"name": "a"}, "data": {"k": "1"}}
    old = await engine.create(CONFIG_MAPS, "default", body, manager="m")
    first = asyncio.create_task(engine.replace(CONFIG_MAPS, "default", "a", {**old, "data": {"k": "2"}}, manager="m"))

    async def refused() -> Json:
        with pytest.raises(Conflict):
            await engine.replace(CONFIG_MAPS, "default", "a", {**old, "data": {"k": "3"}}, manager="m")
        return await engine.get(CONFIG_MAPS, "default", "a")

    _, found = await asyncio.gather(first, refused())
    assert found["data"] == {"k": "2"}


async def test_whoever_changes_nothing_then_reads_what_was_wanted(engine: Engine) -> None:
    old = await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    wanted = {**old, "data": {"k": "2"}}
    wanted["metadata"] = {"name": "a"}

    async def written() -> Json:
        await engine.replace(CONFIG_MAPS, "default", "a", wanted, manager="m")
        return await engine.get(CONFIG_MAPS, "default", "a")

    first, second = await asyncio.gather(written(), written())
    assert first["data"] == second["data"] == {"k": "2"}


async def test_status_and_spec_are_written_apart(engine: Engine) -> None:
    await engine.create(PODS, "default", POD, manager="m")
    body = {"status": {"phase": "Running"}, "spec": {"nodeName": "n"}}
    pod = await engine.patch(PODS, "default", "web", body, type="merge", manager="m", subresource="status")
    assert pod["status"]["phase"] == "Running" and "nodeName" not in pod["spec"]
    pod = await engine.patch(PODS, "default", "web", {"status": {"phase": "Failed"}}, type="merge", manager="m")
    assert pod["status"]["phase"] == "Running"


async def test_watch_shows_what_happens_after_a_version_in_order(engine: Engine) -> None:
    start = (await engine.list(CONFIG_MAPS, "default")).resource_version
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "before"}}, manager="m")
    events = engine.watch(CONFIG_MAPS, "default", since=start)
    first = await _next(events, 1)
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    await engine.patch(CONFIG_MAPS, "default", "a", {"data": {"k": "v"}}, type="merge", manager="m")
    await engine.delete(CONFIG_MAPS, "default", "a")
    found = first + await _next(events, 3)
    assert [(one.type, _seen(one)["metadata"]["name"]) for one in found] == [
        ("ADDED", "before"),
        ("ADDED", "a"),
        ("MODIFIED", "a"),
        ("DELETED", "a"),
    ]
    versions = [int(one.resource_version) for one in found]
    assert versions == sorted(versions) and len(set(versions)) == 4
    assert _seen(found[3])["data"] == {"k": "v"}
    assert _seen(found[3])["metadata"]["resourceVersion"] == found[3].resource_version


async def test_object_that_leaves_a_selector_is_shown_deleted_with_its_old_content(engine: Engine) -> None:
    start = (await engine.list(CONFIG_MAPS)).resource_version
    body = {"metadata": {"name": "a", "labels": {"app": "x"}}}
    events = engine.watch(CONFIG_MAPS, labels="app=x", since=start)
    await engine.create(CONFIG_MAPS, "default", body, manager="m")
    left = await engine.patch(
        CONFIG_MAPS, "default", "a", {"metadata": {"labels": {"app": "y"}}}, type="merge", manager="m"
    )
    found = await _next(events, 2)
    assert [one.type for one in found] == ["ADDED", "DELETED"]
    assert _seen(found[1])["metadata"]["labels"] == {"app": "x"}
    assert found[1].resource_version == left["metadata"]["resourceVersion"]


async def test_watch_by_node_hears_only_of_its_pods(engine: Engine) -> None:
    start = (await engine.list(PODS)).resource_version
    events = engine.watch(PODS, fields="spec.nodeName=n1", since=start)
    for name, node in (("a", "n1"), ("b", "n2"), ("c", "n1")):
        body = {"metadata": {"name": name}, "spec": {**POD["spec"], "nodeName": node}}
        await engine.create(PODS, "default", body, manager="m")
    assert [_seen(one)["metadata"]["name"] for one in await _next(events, 2)] == ["a", "c"]


async def test_watch_from_a_version_no_longer_held_is_gone() -> None:
    engine = Engine(Store(window=3))
    await engine.create(NAMESPACES, None, {"metadata": {"name": "default"}}, manager="m")
    start = (await engine.list(CONFIG_MAPS)).resource_version
    for name in "abcde":
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    async with asyncio.timeout(5):
        with pytest.raises(Gone, match="too old resource version"):
            await anext(engine.watch(CONFIG_MAPS, since=start))


async def test_pages_show_the_version_of_the_first_page(engine: Engine) -> None:
    for name in "abcdef":
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    page = await engine.list(CONFIG_MAPS, "default", limit=2)
    assert [one["metadata"]["name"] for one in page.items] == ["a", "b"] and page.remaining == 4
    await engine.delete(CONFIG_MAPS, "default", "c")
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "cc"}}, manager="m")
    rest = await engine.list(CONFIG_MAPS, "default", limit=10, continue_=page.continue_)
    assert [one["metadata"]["name"] for one in rest.items] == ["c", "d", "e", "f"]
    assert rest.resource_version == page.resource_version and not rest.continue_ and rest.remaining is None


@pytest.mark.parametrize("token", ["x", "€", "e30", "eyJ2IjoxfQ"])
async def test_foreign_continue_token_is_a_bad_request(engine: Engine, token: str) -> None:
    with pytest.raises(BadRequest, match="continue key is not valid"):
        await engine.list(CONFIG_MAPS, "default", continue_=token)


async def test_finalizer_holds_a_deleted_object(engine: Engine) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a", "finalizers": ["x.io/f"]}}, manager="m")
    await engine.delete(CONFIG_MAPS, "default", "a")
    held = await engine.get(CONFIG_MAPS, "default", "a")
    assert held["metadata"]["deletionTimestamp"] and held["metadata"]["deletionGracePeriodSeconds"] == 0
    await engine.patch(CONFIG_MAPS, "default", "a", {"metadata": {"finalizers": None}}, type="merge", manager="m")
    with pytest.raises(NotFound):
        await engine.get(CONFIG_MAPS, "default", "a")


async def test_pod_on_a_node_waits_for_the_node(engine: Engine) -> None:
    body = {"metadata": {"name": "a"}, "spec": {**POD["spec"], "nodeName": "n"}}
    await engine.create(PODS, "default", body, manager="m")
    await engine.delete(PODS, "default", "a", grace_seconds=5)
    assert (await engine.get(PODS, "default", "a"))["metadata"]["deletionGracePeriodSeconds"] == 5
    await engine.delete(PODS, "default", "a", grace_seconds=0)
    with pytest.raises(NotFound):
        await engine.get(PODS, "default", "a")


async def test_pod_without_a_node_goes_at_once(engine: Engine) -> None:
    await engine.create(PODS, "default", POD, manager="m")
    await engine.delete(PODS, "default", "web")
    with pytest.raises(NotFound):
        await engine.get(PODS, "default", "web")


async def test_system_namespaces_are_there(engine: Engine) -> None:
    names = [one["metadata"]["name"] for one in (await engine.list(NAMESPACES)).items]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
