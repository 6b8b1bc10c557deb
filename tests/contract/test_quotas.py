"""Quotas: what they count, and what is refused."""

from tests.contract.client import Client
from tests.contract.make import config_map, obj, pod


def _quota(cluster: Client, **hard: str) -> None:
    cluster.post("resourcequotas", obj("v1", "ResourceQuota", "it", spec={"hard": hard}))
    _used(cluster, **dict.fromkeys(hard, "0"))


def _used(cluster: Client, **used: str) -> None:
    cluster.until(
        "resourcequotas/it", lambda found: found.get("status", {}).get("used") == used, f"{used} of the quota is used"
    )


def test_counted_objects(cluster: Client) -> None:
    _quota(cluster, **{"secrets": "1", "count/leases.coordination.k8s.io": "2"})
    cluster.post("secrets", obj("v1", "Secret", "one"))
    cluster.post("secrets", obj("v1", "Secret", "two"))
    cluster.post("secrets?dryRun=All", obj("v1", "Secret", "two"))
    cluster.until("resourcequotas/it", lambda found: found["status"]["used"]["secrets"] == "1", "it is counted")
    cluster.delete("secrets/one")
    cluster.until("resourcequotas/it", lambda found: found["status"]["used"]["secrets"] == "0", "it is counted no more")
    cluster.post("secrets", obj("v1", "Secret", "two"))


def test_compute(cluster: Client) -> None:
    _quota(cluster, **{"pods": "2", "requests.cpu": "1", "limits.memory": "1Gi"})
    body = pod("it", schedulerName="nobody")
    cluster.post("pods", body)
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "600m"}, "limits": {"memory": "512Mi"}}
    cluster.quietly("POST", "pods", body)
    _used(cluster, **{"pods": "1", "requests.cpu": "600m", "limits.memory": "512Mi"})
    cluster.post("pods", {**body, "metadata": {"name": "other"}})
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "400m"}, "limits": {"memory": "512Mi"}}
    cluster.quietly("POST", "pods", {**body, "metadata": {"name": "other"}})
    _used(cluster, **{"pods": "2", "requests.cpu": "1", "limits.memory": "1Gi"})
    cluster.post("pods", {**body, "metadata": {"name": "third"}})
    quota = cluster.look("resourcequotas/it")
    cluster.note("quota", 200, quota["status"])


def test_what_is_not_counted_passes(cluster: Client) -> None:
    _quota(cluster, secrets="0")
    cluster.post("configmaps", config_map("it"))
    cluster.post("secrets", obj("v1", "Secret", "it"))


def test_bad_quotas(cluster: Client) -> None:
    bad = {"amount": {"pods": "x"}, "negative": {"pods": "-1"}, "fraction": {"pods": "0.5"}, "odd": {"odd": "1"}}
    for name, hard in bad.items():
        cluster.post("resourcequotas", obj("v1", "ResourceQuota", name, spec={"hard": hard}))
