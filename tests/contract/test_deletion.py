"""Deletions: finalizers, preconditions, and what becomes of those that an object owns."""

import pytest

from tests.contract.client import Client
from tests.contract.make import Json, config_map


def _owned(name: str, owner: Json, **metadata: object) -> Json:
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    return {"metadata": {"name": name, "ownerReferences": [{**reference, "blockOwnerDeletion": True}], **metadata}}


def _gone(cluster: Client, path: str) -> None:
    cluster.until(path, lambda found: found.get("code") == 404, f"{path} is gone")


def test_finalizers(cluster: Client) -> None:
    made = cluster.post("configmaps", {"metadata": {"name": "it", "finalizers": ["a.test/one", "a.test/two"]}}).version
    with cluster.watch(f"configmaps?fieldSelector=metadata.name%3Dit&resourceVersion={made}") as watch:
        cluster.delete("configmaps/it")
        cluster.delete("configmaps/it")
        cluster.patch("configmaps/it", {"data": {"still": "writable"}})
        cluster.patch("configmaps/it", {"metadata": {"finalizers": ["a.test/one", "a.test/three"]}})
        cluster.patch("configmaps/it", {"metadata": {"deletionTimestamp": None}})
        cluster.patch("configmaps/it", {"metadata": {"finalizers": ["a.test/one"]}})
        cluster.patch("configmaps/it", {"metadata": {"finalizers": None}})
        while watch.take()[-1]["type"] != "DELETED":
            continue
    cluster.get("configmaps/it")


def test_put_lets_go(cluster: Client) -> None:
    cluster.post("configmaps", {"metadata": {"name": "it", "finalizers": ["a.test/one"]}})
    marked = cluster.delete("configmaps/it").json
    cluster.put("configmaps/it", {**marked, "metadata": {**marked["metadata"], "finalizers": []}})
    cluster.get("configmaps/it")


def test_a_collection_with_finalizers(cluster: Client) -> None:
    for name, finalizers in (("one", ["a.test/one"]), ("two", [])):
        cluster.post("configmaps", {"metadata": {"name": name, "finalizers": finalizers, "labels": {"app": "it"}}})
    cluster.delete("configmaps?labelSelector=app")
    cluster.get("configmaps?labelSelector=app")
    cluster.patch("configmaps/one", {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("propagation", ["", "Background", "Foreground", "Orphan"])
def test_dependents(cluster: Client, propagation: str) -> None:
    owner = cluster.post("configmaps", config_map("owner")).json
    cluster.post("configmaps", _owned("child", owner))
    cluster.quietly("POST", "configmaps", _owned("held", owner, finalizers=["a.test/held"]))
    query = f"?propagationPolicy={propagation}" if propagation else ""
    cluster.delete(f"configmaps/owner{query}")
    if propagation == "Orphan":
        _gone(cluster, "configmaps/owner")
        child = cluster.look("configmaps/child")
        assert "ownerReferences" not in child["metadata"]
    else:
        _gone(cluster, "configmaps/child")
        cluster.until("configmaps/held", lambda found: "deletionTimestamp" in found["metadata"], "it is marked")
        cluster.get("configmaps/owner")
    held = cluster.look("configmaps/held")
    cluster.note("held", 200, {key: held["metadata"].get(key) for key in ("finalizers", "ownerReferences")})
    cluster.patch("configmaps/held", [{"op": "remove", "path": "/metadata/finalizers"}], "application/json-patch+json")
    _gone(cluster, "configmaps/owner")


def test_an_owner_that_is_not_there(cluster: Client) -> None:
    owner = cluster.post("configmaps", config_map("owner")).json
    other = {"metadata": {**owner["metadata"], "uid": "another"}}
    cluster.quietly("POST", "configmaps", _owned("other-uid", other))
    _gone(cluster, "configmaps/other-uid")
    cluster.get("configmaps/owner")


def test_two_owners(cluster: Client) -> None:
    """A dependent goes with the last of its owners."""
    one, two = (cluster.post("configmaps", config_map(name)).json for name in ("one", "two"))
    body = _owned("child", one)
    body["metadata"]["ownerReferences"] += _owned("child", two)["metadata"]["ownerReferences"]
    cluster.quietly("POST", "configmaps", body)
    cluster.delete("configmaps/one")
    cluster.until("configmaps/child", lambda found: len(found["metadata"]["ownerReferences"]) == 1, "one owner is left")
    cluster.get("configmaps/child")
    cluster.delete("configmaps/two")
    _gone(cluster, "configmaps/child")
