"""Watches."""

from tests.contract.client import Client
from tests.contract.make import config_map


def test_from_a_version(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"}, a="1")).version
    with cluster.watch(f"configmaps?labelSelector=app&resourceVersion={version}") as watch:
        cluster.patch("configmaps/it", {"data": {"a": "2"}})
        cluster.post("configmaps", config_map("other", {"app": "it"}))
        cluster.delete("configmaps/other")
        watch.take(3)


def test_from_now(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", {"app": "it"}))
    with cluster.watch("configmaps?labelSelector=app") as watch:
        watch.take()
        cluster.delete("configmaps/it")
        watch.take()


def test_an_object_leaves_the_selection(cluster: Client) -> None:
    version = cluster.post("configmaps", config_map("it", {"app": "it"}, a="1")).version
    with cluster.watch(f"configmaps?labelSelector=app%3Dit&resourceVersion={version}") as watch:
        cluster.patch("configmaps/it", {"metadata": {"labels": {"app": "other"}}})
        cluster.patch("configmaps/it", {"metadata": {"labels": {"app": "it"}}})
        watch.take(2)


def test_selectors_and_pages(cluster: Client) -> None:
    for name in ("one", "two", "three"):
        cluster.post("configmaps", config_map(name, {"number": name, "app": "it"}))
    cluster.get("configmaps?labelSelector=number%20in%20(one,two)")
    cluster.get("configmaps?fieldSelector=metadata.name%3Dtwo")
    cluster.get("configmaps?labelSelector=!")
    cluster.get("configmaps?fieldSelector=data.a%3Db")
    page = cluster.get("configmaps?labelSelector=app&limit=2").json
    cluster.get(f"configmaps?labelSelector=app&limit=2&continue={page['metadata']['continue']}")
