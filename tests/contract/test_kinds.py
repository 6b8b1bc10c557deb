"""Every verb on every kind that kecs uses."""

import pytest

from tests.contract.client import JSON_PATCH, METADATA_LIST, STRATEGIC_PATCH, TABLE, Client
from tests.contract.kinds import SAMPLES, sample, settled

each_kind = pytest.mark.parametrize("plural", SAMPLES)
each_with_status = pytest.mark.parametrize("plural", [plural for plural, one in SAMPLES.items() if one.status])


def settle(cluster: Client, path: str) -> None:
    """Wait until controllers have done what they do about a sample."""
    cluster.until(path, settled, f"{path} is left alone")


def gone(cluster: Client, path: str) -> None:
    """Wait until an object is gone."""
    cluster.until(path, lambda found: found.get("code") == 404, f"{path} is gone")


@each_kind
def test_written(cluster: Client, plural: str) -> None:
    """Create, get, replace with nothing changed, and with something."""
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    cluster.post(plural, example.body)
    cluster.post(plural, example.body)
    settle(cluster, path)
    made = cluster.get(path).json
    cluster.put(path, made)
    cluster.put(path, {**made, "metadata": {**made["metadata"], "labels": {"app": "other"}}})
    cluster.put(path, made)
    settle(cluster, path)
    cluster.put(path, example.body)


@each_kind
def test_patched(cluster: Client, plural: str) -> None:
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    cluster.post(plural, example.body)
    settle(cluster, path)
    cluster.patch(path, example.change)
    settle(cluster, path)
    cluster.patch(path, {"metadata": {"labels": {"b": "c"}}}, STRATEGIC_PATCH)
    cluster.patch(path, [{"op": "remove", "path": "/metadata/labels/app"}], JSON_PATCH)
    cluster.patch(path, {"metadata": {"resourceVersion": "1", "labels": {"b": "d"}}})


@each_kind
def test_applied(cluster: Client, plural: str) -> None:
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    cluster.apply(path, example.body)
    settle(cluster, path)
    cluster.apply(path, example.body)
    other = {key: example.body[key] for key in ("apiVersion", "kind")} | {"metadata": {"labels": {"app": "other"}}}
    cluster.apply(path, other, "another")
    cluster.apply(path, other, "another", force="true")


@each_kind
def test_removed(cluster: Client, plural: str) -> None:
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    made = cluster.post(plural, example.body).json
    settle(cluster, path)
    cluster.delete(path, {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}})
    cluster.delete(f"{path}?dryRun=All")
    cluster.delete(path, {"preconditions": {"uid": made["metadata"]["uid"]}})
    gone(cluster, path)
    cluster.get(path)
    cluster.post(plural, example.body)
    settle(cluster, path)
    cluster.delete(f"{plural}?labelSelector=app%3Dother")
    cluster.delete(f"{plural}?labelSelector=app%3Dit")
    gone(cluster, path)
    cluster.get(f"{plural}?labelSelector=app")


@each_kind
def test_listed(cluster: Client, plural: str) -> None:
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    cluster.post(plural, example.body)
    settle(cluster, path)
    for accept in ("application/json", TABLE, METADATA_LIST):
        cluster.get(f"{plural}?labelSelector=app", accept=accept)
    made = cluster.get(path, accept=TABLE).version
    cluster.get(f"{plural}?fieldSelector=spec.nonsense%3Dx")
    with cluster.watch(f"{plural}?labelSelector=app&resourceVersion={made}") as watch:
        cluster.patch(path, {"metadata": {"annotations": {"b": "c"}}}, STRATEGIC_PATCH)
        settle(cluster, path)
        cluster.delete(f"{path}?gracePeriodSeconds=0")
        while watch.take()[-1]["type"] != "DELETED":
            continue


@each_with_status
def test_status(cluster: Client, plural: str) -> None:
    """A status is written through its own door, and what else that door lets in."""
    example, path = sample(plural, cluster.namespace), f"{plural}/it"
    cluster.post(plural, {**example.body, "status": example.status})
    settle(cluster, path)
    cluster.patch(path, {"status": example.status})
    cluster.patch(f"{path}/status", {"metadata": {"labels": {"x": "y"}, "annotations": {"x": "y"}}})
    settle(cluster, path)
    made = cluster.get(f"{path}/status").json
    cluster.put(f"{path}/status", {**made, "spec": {}})
    cluster.put(path, {key: value for key, value in made.items() if key != "status"})
    settle(cluster, path)
    head = {key: example.body[key] for key in ("apiVersion", "kind")}
    cluster.apply(f"{path}/status", {**head, "metadata": {"name": "it"}, "status": example.status})
