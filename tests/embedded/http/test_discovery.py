"""Discovery and OpenAPI: what there is, and how it looks."""

from typing import Any

import msgspec
import pytest

from kecs.embedded.http import openapi_v2
from tests.embedded.http.conftest import Client

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
DEFINITION = {
    "metadata": {"name": "boxes.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Box", "plural": "boxes", "singular": "box", "shortNames": ["bx"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
}


async def _define(client: Client) -> None:
    reply = await client.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION)
    assert reply.status == 201


async def test_aggregated(client: Client) -> None:
    core = await client.get("/api", accept=AGGREGATED)
    assert core.headers["content-type"] == AGGREGATED
    (group,) = core.json["items"]
    resources = {one["resource"]: one for one in group["versions"][0]["resources"]}
    pods = resources["pods"]
    assert (pods["shortNames"], pods["categories"], pods["scope"]) == (["po"], ["all"], "Namespaced")
    assert {one["subresource"] for one in pods["subresources"]} >= {"status", "log", "binding", "eviction"}
    named = {one["metadata"]["name"]: one for one in (await client.get("/apis", accept=AGGREGATED)).json["items"]}
    scale = next(
        sub
        for one in named["apps"]["versions"][0]["resources"]
        if one["resource"] == "deployments"
        for sub in one["subresources"]
        if sub["subresource"] == "scale"
    )
    assert scale["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert "authorization.k8s.io" in named


async def test_aggregated_as_an_older_client_asks(client: Client) -> None:
    beta = AGGREGATED.replace("v=v2", "v=v2beta1")
    assert (await client.get("/apis", accept=f"{beta},application/json")).json[
        "apiVersion"
    ] == "apidiscovery.k8s.io/v2beta1"


async def test_an_unchanged_document_is_not_sent_again(client: Client) -> None:
    first = await client.get("/apis", accept=AGGREGATED)
    again = await client.get("/apis", accept=AGGREGATED, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    await _define(client)
    changed = await client.get("/apis", accept=AGGREGATED, if_none_match=first.headers["etag"])
    assert changed.status == 200


async def test_the_old_form(client: Client) -> None:
    assert (await client.get("/api")).json["versions"] == ["v1"]
    groups = {one["name"]: one for one in (await client.get("/apis")).json["groups"]}
    assert groups["apps"]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert (await client.get("/apis/apps")).json["versions"] == groups["apps"]["versions"]
    for path, version in (("/api/v1", "v1"), ("/apis/apps/v1", "apps/v1")):
        assert (await client.get(path)).json["groupVersion"] == version
    resources = {one["name"]: one for one in (await client.get("/apis/apps/v1")).json["resources"]}
    assert resources["deployments/scale"]["group"] == "autoscaling"
    assert (await client.get("/apis/apps/v7")).error[0] == 404


async def test_custom_resources_are_discovered(client: Client) -> None:
    assert (await client.get("/apis/example.com")).status == 404
    await _define(client)
    (box, *_) = (await client.get("/apis/example.com/v1")).json["resources"]
    assert (box["name"], box["singularName"], box["kind"], box["shortNames"]) == ("boxes", "box", "Box", ["bx"])


async def test_index_of_paths(client: Client) -> None:
    paths = (await client.get("/")).json["paths"]
    assert {"/api/v1", "/apis/apps/v1", "/healthz", "/version", "/openapi/v3"} <= set(paths)
    for path in paths:
        assert (await client.get(path)).status == 200


async def test_pretty(client: Client) -> None:
    assert (await client.get("/version?pretty=true")).body.startswith(b'{\n  "major": "1"')


async def _document(client: Client, path: str) -> Any:
    index = (await client.get("/openapi/v3")).json["paths"]
    return (await client.get(index[path]["serverRelativeURL"])).json


async def test_documents_by_their_hash(client: Client) -> None:
    address = (await client.get("/openapi/v3")).json["paths"]["apis/apps/v1"]["serverRelativeURL"]
    reply = await client.get(address)
    assert reply.status == 200
    assert (await client.get(address, if_none_match=reply.headers["etag"])).status == 304
    stale = await client.get("/openapi/v3/apis/apps/v1?hash=OLD")
    assert (stale.status, stale.headers["location"]) == (301, address)
    assert (await client.get("/openapi/v3/apis/odd/v1")).status == 404


async def test_schemas_are_complete(client: Client) -> None:
    for path in ("api/v1", "apis/apps/v1", "apis/apiextensions.k8s.io/v1"):
        document = await _document(client, path)
        schemas = document["components"]["schemas"]
        text = msgspec.json.encode(document).decode()
        wanted = {part.partition('"')[0] for part in text.split('"$ref":"#/components/schemas/')[1:]}
        assert wanted <= set(schemas)


async def test_what_kubectl_reads_of_operations(client: Client) -> None:
    document = await _document(client, "apis/apps/v1")
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": True}} in patch[
        "parameters"
    ]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]
    listed = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]["get"]
    assert listed["x-kubernetes-group-version-kind"]["kind"] == "Deployment"


async def test_custom_schemas(client: Client) -> None:
    await _define(client)
    document = await _document(client, "apis/example.com/v1")
    schema = document["components"]["schemas"]["com.example.v1.Box"]
    assert schema["properties"]["spec"]["properties"] == {"size": {"type": "integer"}}
    assert schema["x-kubernetes-group-version-kind"] == [{"group": "example.com", "version": "v1", "kind": "Box"}]
    patch = document["paths"]["/apis/example.com/v1/namespaces/{namespace}/boxes/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]


async def test_version_2_is_there_in_protobuf_only(client: Client) -> None:
    reply = await client.get("/openapi/v2", accept=openapi_v2.ASKED)
    assert reply.status == 200
    assert b"/api/v1/namespaces/{name}" in reply.body
    assert b"fieldValidation" in reply.body
    assert (await client.get("/openapi/v2")).status == 404


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
async def test_health(client: Client, path: str) -> None:
    reply = await client.get(path, authorization="")
    assert (reply.status, reply.body) == (200, b"ok")
