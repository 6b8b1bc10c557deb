"""Who owns which field: server-side apply, its conflicts, and what the other writes make of `managedFields`."""

from typing import Any

from tests.contract.client import JSON_PATCH, STRATEGIC_PATCH, Client
from tests.contract.make import Json, config_map, deployment, pod

_HEAD = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "it"}}
_PATH = "deployments/it"


def _containers(*containers: Json, **spec: object) -> Json:
    return {**_HEAD, "spec": {"template": {"spec": {"containers": list(containers)}}, **spec}}


def _whole(**spec: Any) -> Json:
    """Return a Deployment that no controller touches but to say so."""
    return deployment("it", paused=True, **spec)


def _settle(cluster: Client) -> None:
    cluster.until(
        _PATH,
        lambda found: found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"],
        "the Deployment has been looked at",
    )


def test_create_by_apply(cluster: Client) -> None:
    cluster.apply(_PATH, _whole())
    _settle(cluster)
    cluster.get(_PATH)


def test_lists_by_key(cluster: Client) -> None:
    """Containers by name, ports by number and protocol, environment by name."""
    cluster.apply(_PATH, _whole())
    _settle(cluster)
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    ports = [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP", "name": "dns"}]
    cluster.apply(_PATH, _containers({"name": "main", "env": env, "ports": ports}), "other")
    _settle(cluster)
    cluster.apply(_PATH, _containers({"name": "main", "env": env[1:], "ports": ports[1:]}), "other")
    cluster.apply(_PATH, _containers({"name": "main", "env": [{"name": "B", "value": "3"}]}), "third")
    _settle(cluster)
    cluster.apply(_PATH, _containers({"name": "side", "image": "side"}), "third", force="true")
    _settle(cluster)
    cluster.apply(_PATH, _containers(), "third")
    cluster.apply(_PATH, _containers({"name": "main", "ports": [ports[0], ports[0]]}), "other")
    cluster.apply(_PATH, _containers({"image": "nameless"}), "other")


def test_conflicts(cluster: Client) -> None:
    cluster.apply(_PATH, _whole(), "one")
    _settle(cluster)
    cluster.patch(_PATH, {"spec": {"minReadySeconds": 5}})
    _settle(cluster)
    cluster.apply(_PATH, {**_HEAD, "spec": {"replicas": 2, "minReadySeconds": 6}}, "two")
    cluster.apply(_PATH, _containers({"name": "main", "image": "other"}, replicas=2), "two")
    cluster.apply(_PATH, {**_HEAD, "spec": {"replicas": 0}}, "two")
    cluster.apply(_PATH, {**_HEAD, "spec": {"minReadySeconds": 6}}, "two", force="true")
    _settle(cluster)
    cluster.apply(_PATH, {**_HEAD, "metadata": {"name": "it", "labels": {"app": "x"}}}, "two", force="true")


def test_what_is_dropped_goes(cluster: Client) -> None:
    path = "configmaps/it"
    cluster.apply(path, config_map("it", {"l": "1"}, a="1", b="2"), "one")
    cluster.apply(path, config_map("it", a="1"), "two")
    cluster.apply(path, config_map("it"), "one")
    cluster.apply(path, config_map("it"), "two")
    cluster.apply(path, config_map("it", a="1"), "two")
    cluster.patch(path, {"data": {"a": "2"}})
    cluster.apply(path, config_map("it"), "two")
    cluster.apply(path, config_map("it", a="2"), "two")


def test_updates_take_over(cluster: Client) -> None:
    path = "configmaps/it"
    cluster.apply(path, config_map("it", a="1", b="2"))
    cluster.patch(f"{path}?fieldManager=p", {"data": {"a": "2"}})
    cluster.patch(f"{path}?fieldManager=p", {"data": {"b": None}})
    made = cluster.look(path)
    cluster.put(f"{path}?fieldManager=u", {**made, "data": {"a": "2", "c": "3"}})
    cluster.put(f"{path}?fieldManager=u", {**made, "data": None, "metadata": {"name": "it"}})
    cluster.get(path, **{"user-agent": ""})
    cluster.post("configmaps", config_map("second"), **{"user-agent": "agent/1.2 (odd) x"})
    cluster.post("configmaps", config_map("third"), **{"user-agent": "plain"})


def test_managed_fields_as_a_body_gives_them(cluster: Client) -> None:
    path = "configmaps/it"
    made = cluster.apply(path, config_map("it", a="1")).json
    cluster.patch(path, {"metadata": {"managedFields": [{}]}})
    cluster.apply(path, config_map("it", b="1"), "two")
    cluster.put(path, {**made, "metadata": {"name": "it", "managedFields": []}})
    cluster.patch(path, [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}], JSON_PATCH)
    entry = {"manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}
    cluster.patch(path, {"metadata": {"managedFields": [{**entry, "fieldsV1": {"f:data": {"f:a": {}}}}]}})
    cluster.patch(path, {"metadata": {"managedFields": [{**entry, "operation": "Odd"}]}})
    cluster.patch(path, {"metadata": {"managedFields": "x"}})


def test_status_has_owners_of_its_own(cluster: Client) -> None:
    body = pod("it", schedulerName="nobody")
    cluster.post("pods", body)
    head = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"}}
    cluster.apply("pods/it/status", {**head, "status": {"phase": "Running", "message": "a"}}, "one")
    cluster.apply("pods/it/status", {**head, "status": {"message": "b"}}, "two")
    cluster.apply("pods/it/status", {**head, "status": {"message": "b"}}, "two", force="true")
    cluster.patch("pods/it/status", {"status": {"reason": "Why"}}, STRATEGIC_PATCH)
    cluster.apply("pods/it", {**head, "status": {"phase": "Failed"}}, "one")
    cluster.apply("pods/missing/status", {**head, "metadata": {"name": "missing"}}, "one")


def test_dry_runs_leave_nothing(cluster: Client) -> None:
    cluster.apply("configmaps/it", config_map("it", a="1"), dryRun="All")
    cluster.get("configmaps/it")
    cluster.apply("configmaps/it", config_map("it", a="1"))
    cluster.apply("configmaps/it", config_map("it", a="2"), "two", dryRun="All")
    cluster.apply("configmaps/it", config_map("it", a="2"), dryRun="All")
    cluster.patch("configmaps/it?dryRun=All", {"data": {"a": "3"}})
    cluster.delete("configmaps/it?dryRun=All")
    cluster.get("configmaps/it")


def test_versions_and_uids(cluster: Client) -> None:
    made = cluster.apply("configmaps/it", config_map("it", a="1")).json["metadata"]
    body = config_map("it", a="2")
    for metadata in ({"resourceVersion": "1"}, {"uid": "other"}, {"resourceVersion": made["resourceVersion"]}):
        cluster.apply("configmaps/it", {**body, "metadata": {"name": "it", **metadata}})
    cluster.apply("configmaps/new", {**config_map("new"), "metadata": {"name": "new", "resourceVersion": "5"}})
    cluster.apply("configmaps/new", {**config_map("new"), "metadata": {"name": "new", "uid": "5"}})
