"""What is served, and how it is described."""

import pytest

from tests.contract.client import Client

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
GROUPS = {
    "v1": {"bindings", "componentstatuses", "limitranges", "replicationcontrollers"},
    "apps/v1": {"statefulsets"},
    "apiextensions.k8s.io/v1": set(),
    "coordination.k8s.io/v1": set(),
    "discovery.k8s.io/v1": set(),
    "networking.k8s.io/v1": {"ipaddresses", "servicecidrs"},
    "policy/v1": set(),
    "rbac.authorization.k8s.io/v1": set(),
    "scheduling.k8s.io/v1": set(),
    "storage.k8s.io/v1": {
        "csidrivers",
        "csinodes",
        "csistoragecapacities",
        "volumeattachments",
        "volumeattributesclasses",
    },
}
"""What is compared, and which resources of it only real Kubernetes serves: nobody here would act on them."""
UNSERVED = {"attach", "ephemeralcontainers", "portforward", "proxy", "resize", "token", "exec"}
"""Subresources that need a connection which changes its protocol, or which kecs does not use."""


@pytest.mark.parametrize("api_version", GROUPS)
def test_resources(cluster: Client, api_version: str) -> None:
    base = "/apis" if "/" in api_version else "/api"
    reply = cluster.quietly("GET", f"{base}/{api_version}")
    found = reply.json
    found["resources"] = [one for one in found["resources"] if _served(one["name"], GROUPS[api_version])]
    cluster.note(api_version, reply.status, found)


def _served(name: str, left_out: set[str]) -> bool:
    resource, _, subresource = name.partition("/")
    return resource not in left_out and subresource not in UNSERVED


def test_groups(cluster: Client) -> None:
    cluster.quietly("GET", "/apis")
    for group in ("apps", "networking.k8s.io", "apiextensions.k8s.io", "nothing.example.com"):
        cluster.get(f"/apis/{group}")
    core = cluster.quietly("GET", "/api").json
    cluster.note("/api", 200, {key: core[key] for key in ("kind", "versions")})


def test_aggregated(cluster: Client) -> None:
    """What kubectl asks first: all groups with their resources at once."""
    found = cluster.quietly("GET", "/apis", accept=AGGREGATED).json
    apps = next(one for one in found["items"] if one["metadata"]["name"] == "apps")
    deployments = next(one for one in apps["versions"][0]["resources"] if one["resource"] == "deployments")
    cluster.note("deployments", 200, deployments)


@pytest.mark.parametrize(
    ("group", "schema"), [("apis/apps/v1", "api.apps.v1.ReplicaSetSpec"), ("api/v1", "api.core.v1.ServicePort")]
)
def test_open_api(cluster: Client, group: str, schema: str) -> None:
    index = cluster.quietly("GET", "/openapi/v3").json
    document = cluster.quietly("GET", index["paths"][group]["serverRelativeURL"]).json
    cluster.note(schema, 200, _plain(document["components"]["schemas"][f"io.k8s.{schema}"]))


def _plain(schema: object) -> object:
    """Leave out what is documentation."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key != "description" or isinstance(value, dict)}
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema


def test_health(cluster: Client) -> None:
    for path in ("/livez", "/readyz", "/healthz"):
        cluster.get(path)
