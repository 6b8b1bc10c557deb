"""The verbs on plain objects: config maps stand for every kind that has no rules of its own."""

from tests.contract.client import APPLY_PATCH, JSON_PATCH, METADATA, METADATA_LIST, STRATEGIC_PATCH, TABLE, Client
from tests.contract.make import config_map


def test_create_get_and_delete(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", a="b"))
    cluster.get("configmaps/it")
    cluster.post("configmaps", config_map("it"))
    cluster.delete("configmaps/it")
    cluster.get("configmaps/it")
    cluster.delete("configmaps/it")


def test_replace(cluster: Client) -> None:
    made = cluster.post("configmaps", config_map("it", a="b")).json
    cluster.put("configmaps/it", made)
    cluster.put("configmaps/it", {**made, "data": {"a": "c"}})
    cluster.put("configmaps/it", {**made, "data": {"a": "d"}})
    cluster.put("configmaps/it", config_map("it", without="version"))
    cluster.put("configmaps/other", config_map("it"))
    cluster.put("configmaps/missing", config_map("missing"))


def test_patch(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", a="b"))
    cluster.patch("configmaps/it", {"data": {"a": None, "c": "d"}})
    cluster.patch("configmaps/it", [{"op": "add", "path": "/data/e", "value": "f"}], JSON_PATCH)
    cluster.patch("configmaps/it", [{"op": "test", "path": "/data/e", "value": "x"}], JSON_PATCH)
    cluster.patch("configmaps/it", [{"op": "remove", "path": "/data/missing"}], JSON_PATCH)
    cluster.patch("configmaps/it", {"metadata": {"labels": {"a": "b"}}}, STRATEGIC_PATCH)
    cluster.patch("configmaps/it", {"data": {"c": "d"}})
    cluster.patch("configmaps/it", {"data": {"a": 1}})
    cluster.patch("configmaps/missing", {"data": {}})


def test_apply(cluster: Client) -> None:
    cluster.apply("configmaps/it", config_map("it", a="1", b="2"), "one")
    cluster.apply("configmaps/it", config_map("it", a="1", c="3"), "two")
    cluster.apply("configmaps/it", config_map("it", a="9", c="3"), "two")
    cluster.apply("configmaps/it", config_map("it", a="9", c="3"), "two", force="true")
    cluster.apply("configmaps/it", config_map("it", b="2"), "one")
    cluster.patch("configmaps/it", config_map("it"), APPLY_PATCH)


def test_shapes(cluster: Client) -> None:
    cluster.post("configmaps", config_map("it", {"app": "it"}, a="b"))
    for accept in (TABLE, METADATA, "application/yaml", "text/html"):
        cluster.get("configmaps/it", accept=accept)
    for accept in (TABLE, METADATA_LIST):
        cluster.get("configmaps?labelSelector=app", accept=accept)


def test_dry_run(cluster: Client) -> None:
    cluster.post("configmaps?dryRun=All", config_map("it"))
    cluster.get("configmaps/it")
    cluster.post("configmaps?dryRun=Some", config_map("it"))
