"""Selectors and pages."""

import base64
import json
from urllib.parse import quote

from tests.contract.client import METADATA_LIST, TABLE, Client
from tests.contract.make import config_map, obj, pod

LABELS = [
    "a", "!a", "a=1", "a==1", "a!=1", "a in (1,2)", "a notin (1)", "a=1,b=2", "a=1,!b", "a in (1),b", "a=", "c.d/e=1",
    "a>0", "a<2", "a in ()", "a in", "=1", "a=1,", ",", "a=b=c", "a b", "A_=1", "-a=1", "a=-1", "a>x", "a=1 , b = 2",
]  # fmt: skip
FIELDS = [
    "metadata.name=one", "metadata.name!=one", "metadata.namespace=x", "metadata.name=one,metadata.name=two",
    "metadata.name", "metadata.uid=x", "metadata.name==one", "=", "metadata.name=on\\,e", "data.a=1",
]  # fmt: skip
POD_FIELDS = [
    "spec.nodeName=", "status.phase=Pending", "status.phase!=Pending", "spec.restartPolicy=Always", "status.podIP=",
    "spec.schedulerName=nobody", "spec.serviceAccountName=default", "spec.hostNetwork=false", "spec.odd=1",
    "status.nominatedNodeName=", "spec.nodeName!=x,status.phase=Pending",
]  # fmt: skip


def _names(cluster: Client, path: str, asked: str = "") -> None:
    """List, and note the names alone, or the error."""
    reply = cluster.quietly("GET", path)
    found = reply.json
    names = [one["metadata"]["name"] for one in found.get("items", ())]
    cluster.note(asked or path, reply.status, names if reply.status == 200 else found)


def test_labels(cluster: Client) -> None:
    labelled = {"one": {"a": "1"}, "two": {"a": "1", "b": "2"}, "three": {"a": "2"}, "four": {"c.d/e": "1"}}
    for name, labels in labelled.items():
        cluster.quietly("POST", "secrets", obj("v1", "Secret", name, labels))
    for selector in LABELS:
        _names(cluster, f"secrets?labelSelector={quote(selector)}")


def test_fields(cluster: Client) -> None:
    for name in ("one", "two"):
        cluster.quietly("POST", "secrets", obj("v1", "Secret", name))
    for selector in [*FIELDS, "type=Opaque", "type!=Opaque"]:
        _names(cluster, f"secrets?fieldSelector={quote(selector)}")
    cluster.quietly("POST", "pods", pod("it", schedulerName="nobody"))
    for selector in POD_FIELDS:
        _names(cluster, f"pods?fieldSelector={quote(selector)}")


def test_pages(cluster: Client) -> None:
    for name in "abcde":
        cluster.quietly("POST", "secrets", obj("v1", "Secret", name, {"app": "it"}))
    first = cluster.get("secrets?limit=2", accept=METADATA_LIST).json
    token = first["metadata"]["continue"]
    cluster.quietly("POST", "secrets", obj("v1", "Secret", "bb"))
    cluster.quietly("DELETE", "secrets/d")
    second = cluster.get(f"secrets?limit=2&continue={token}", accept=METADATA_LIST).json
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    cluster.get(f"secrets?continue={second['metadata']['continue']}", accept=METADATA_LIST)
    cluster.get(f"secrets?limit=1&continue={token}", accept=TABLE)
    cluster.get("secrets?limit=2&labelSelector=app", accept=METADATA_LIST)
    cluster.get("secrets?limit=9", accept=METADATA_LIST)
    cluster.get("secrets?limit=0", accept=METADATA_LIST)
    cluster.get("secrets?limit=-1", accept=METADATA_LIST)
    cluster.get("secrets?limit=x", accept=METADATA_LIST)


def test_tokens(cluster: Client) -> None:
    cluster.quietly("POST", "secrets", obj("v1", "Secret", "it"))
    cluster.get("secrets?continue=odd&limit=1")
    cluster.get(f"secrets?continue={_token({'v': 'odd', 'rv': 5, 'start': 'x'})}&limit=1")
    cluster.get(f"secrets?continue={_token({'v': 'meta.k8s.io/v1', 'rv': 5})}&limit=1")
    cluster.get(f"secrets?continue={_token({'v': 'meta.k8s.io/v1', 'rv': 5, 'start': 'x'})}&resourceVersion=3")


def _token(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


VERSIONS = [
    "resourceVersion=0", "resourceVersion=MADE", "resourceVersion=MADE&resourceVersionMatch=NotOlderThan",
    "resourceVersion=MADE&resourceVersionMatch=Exact", "resourceVersion=0&resourceVersionMatch=Exact",
    "resourceVersionMatch=Exact", "resourceVersion=odd", "resourceVersion=-1", "sendInitialEvents=true",
    "resourceVersion=MADE&resourceVersionMatch=Odd", "resourceVersion=0&limit=1",
]  # fmt: skip


def test_versions_of_lists(cluster: Client) -> None:
    made = cluster.quietly("POST", "secrets", obj("v1", "Secret", "it")).version
    cluster.quietly("POST", "secrets", obj("v1", "Secret", "later"))
    for query in VERSIONS:
        _names(cluster, f"secrets?{query.replace('MADE', made)}", query)
    cluster.get("secrets/it?resourceVersion=0")
    cluster.get("secrets/it?resourceVersion=odd")


def test_across_namespaces(cluster: Client) -> None:
    cluster.quietly("POST", "configmaps", config_map("it", {"contract": cluster.namespace}))
    cluster.get(f"/api/v1/configmaps?labelSelector=contract%3D{cluster.namespace}")
    cluster.get(f"/api/v1/configmaps?fieldSelector=metadata.namespace%3D{cluster.namespace},metadata.name%3Dit")
    cluster.get(f"/api/v1/configmaps?labelSelector=contract%3D{cluster.namespace}", accept=TABLE)
