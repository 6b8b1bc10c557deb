"""Watches: from now, from a version, from one that is no longer known, with bookmarks and initial events."""

import pytest

from tests.contract.client import METADATA, TABLE, Client
from tests.contract.make import config_map, obj

_APP = "labelSelector=app"


def test_from_a_version(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"}, a="1")).version
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={version}") as watch:
        cluster.patch("configmaps/it", {"data": {"a": "2"}})
        cluster.post("configmaps", config_map("other", {"app": "it"}))
        cluster.delete("configmaps/other")
        watch.take(3)


@pytest.mark.parametrize("query", ["", "&resourceVersion=0", "&resourceVersion="])
def test_from_now(cluster: Client, query: str) -> None:
    cluster.post("configmaps", config_map("it", {"app": "it"}))
    with cluster.watch(f"configmaps?{_APP}{query}") as watch:
        watch.take()
        cluster.delete("configmaps/it")
        watch.take()


def test_an_object_leaves_the_selection(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"}, a="1")).version
    with cluster.watch(f"configmaps?labelSelector=app%3Dit&resourceVersion={version}") as watch:
        cluster.patch("configmaps/it", {"metadata": {"labels": {"app": "other"}}})
        cluster.patch("configmaps/it", {"metadata": {"labels": {"app": "it"}}})
        watch.take(2)


def test_one_object(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it")).version
    field = "fieldSelector=metadata.name%3Dit"
    with cluster.watch(f"configmaps?{field}&resourceVersion={version}") as watch:
        cluster.quietly("POST", "configmaps", config_map("other"))
        cluster.delete("configmaps/it")
        watch.take()


def test_shapes(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"})).version
    for accept in (TABLE, METADATA):
        with cluster.watch(f"configmaps?{_APP}&resourceVersion={version}", accept=accept) as watch:
            cluster.quiet_patch("configmaps/it", {"data": {"a": accept[-9:-5]}})
            cluster.quiet_patch("configmaps/it", {"data": None})
            watch.take(2)
        version = cluster.look("configmaps/it")["metadata"]["resourceVersion"]


def test_initial_events(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", {"app": "it"}))
    query = f"configmaps?{_APP}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    with cluster.watch(f"{query}&allowWatchBookmarks=true") as watch:
        watch.take(2)
        cluster.post("configmaps", config_map("other", {"app": "it"}))
        watch.take()
    with cluster.watch(f"{query}&allowWatchBookmarks=true&resourceVersion=0", accept=METADATA) as watch:
        watch.take(3)
    with cluster.watch(f"{query}&allowWatchBookmarks=true", accept=TABLE) as watch:
        watch.take(3)
    for wrong in (
        "sendInitialEvents=true",
        "sendInitialEvents=true&resourceVersionMatch=Exact",
        "resourceVersionMatch=NotOlderThan",
    ):
        cluster.get(f"configmaps?watch=1&{wrong}")


def test_it_ends_in_time(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"})).version
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={version}&timeoutSeconds=1") as watch:
        assert watch.rest() == []


def test_versions_that_are_none(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", {"app": "it"}))
    cluster.get("configmaps?watch=1&resourceVersion=odd")
    cluster.get("configmaps?watch=1&resourceVersion=-1")
    cluster.get("configmaps?watch=1&labelSelector=!")
    cluster.get("configmaps?watch=1&fieldSelector=data.a%3D1")
    cluster.get("configmaps?watch=odd&resourceVersion=odd")


def test_a_version_that_is_yet_to_come(cluster: Client) -> None:
    """A watch waits for it."""
    version = int(cluster.post("configmaps", config_map("it", {"app": "it"})).version)
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={version + 1}&timeoutSeconds=10") as watch:
        cluster.quietly("POST", "configmaps", config_map("skipped"))
        for name in ("two", "three"):
            cluster.quietly("POST", "configmaps", config_map(name, {"app": "it"}))
        event = watch.until(lambda one: one["object"]["metadata"]["name"] == "three")
    assert event["type"] == "ADDED"


def test_each_change_once_and_in_order(cluster: Client) -> None:
    """Two watches, one of them begun in the middle, tell the same."""
    made = cluster.post("configmaps", config_map("it", {"app": "it"}, n="0")).version
    versions = []
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={made}") as early:
        for number in range(1, 31):
            patched = cluster.quiet_patch("configmaps/it", {"data": {"n": str(number)}})
            versions.append(patched.version)
        numbers = [one["object"]["data"]["n"] for one in early.take(30)]
    assert numbers == [str(number) for number in range(1, 31)]
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={versions[9]}") as late:
        assert [one["object"]["data"]["n"] for one in late.take(20)] == numbers[10:]


def test_events_of_other_kinds_are_not_told(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"})).version
    with cluster.watch(f"configmaps?{_APP}&resourceVersion={version}") as watch:
        cluster.quietly("POST", "secrets", obj("v1", "Secret", "it", {"app": "it"}))
        cluster.quiet_patch("configmaps/it", {"data": {"a": "b"}})
        (event,) = watch.take()
    assert event["object"]["kind"] == "ConfigMap"
