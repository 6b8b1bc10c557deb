"""The verbs over HTTP: status codes, bodies, headers and errors as a real API server has them."""

from typing import Any

import pytest
import yaml

from tests.embedded.http.conftest import TABLE, Client

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"

HUGE = "1" + "0" * 400


async def _make(client: Client, name: str = "a", **more: Any) -> Any:
    reply = await client.post(MAPS, {"metadata": {"name": name}, "data": {"k": "v"}, **more})
    assert reply.status == 201
    return reply.json


async def test_an_object_from_creation_to_deletion(client: Client) -> None:
    made = await _make(client)
    assert (made["kind"], made["apiVersion"], made["metadata"]["namespace"]) == ("ConfigMap", "v1", "default")
    assert made["metadata"]["managedFields"][0]["manager"] == "tests", "the manager comes from the User-Agent"
    replaced = await client.ask("PUT", f"{MAPS}/a", {**made, "data": {"k": "w"}})
    assert (replaced.status, replaced.json["data"]) == (200, {"k": "w"})
    patched = await client.ask("PATCH", f"{MAPS}/a", {"data": {"l": "x"}}, content_type=MERGE)
    assert patched.json["data"] == {"k": "w", "l": "x"}
    assert (await client.get(f"{MAPS}/a")).json == patched.json
    removed = await client.ask("DELETE", f"{MAPS}/a")
    assert (removed.status, removed.json["status"]) == (200, "Success")
    assert removed.json["details"] == {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]}
    assert (await client.get(f"{MAPS}/a")).error == (404, "NotFound", 'configmaps "a" not found')


async def test_list_names_kind_and_version_once(client: Client) -> None:
    await _make(client, "a")
    await _make(client, "b")
    reply = (await client.get(MAPS)).json
    assert (reply["kind"], reply["apiVersion"]) == ("ConfigMapList", "v1")
    assert int(reply["metadata"]["resourceVersion"]) > 0
    assert [item["metadata"]["name"] for item in reply["items"]] == ["a", "b"]
    assert not any("kind" in item or "apiVersion" in item for item in reply["items"])


async def test_pages(client: Client) -> None:
    for name in "abcde":
        await _make(client, name)
    first = (await client.get(f"{MAPS}?limit=2")).json
    assert first["metadata"]["remainingItemCount"] == 3
    rest = (await client.get(f"{MAPS}?limit=9&continue={first['metadata']['continue']}")).json
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c", "d", "e"]
    assert "continue" not in rest["metadata"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert len((await client.get(f"{MAPS}?limit=-1")).json["items"]) == 5


async def test_selectors(client: Client) -> None:
    await _make(client, "a")
    await client.post(MAPS, {"metadata": {"name": "b", "labels": {"x": "1"}}})
    for query in ("labelSelector=x%3D1", "fieldSelector=metadata.name%3Db"):
        found = (await client.get(f"{MAPS}?{query}")).json["items"]
        assert [item["metadata"]["name"] for item in found] == ["b"]
    removed = await client.ask("DELETE", f"{MAPS}?labelSelector=x%3D1")
    assert [item["metadata"]["name"] for item in removed.json["items"]] == ["b"]
    assert [item["metadata"]["name"] for item in (await client.get(MAPS)).json["items"]] == ["a"]


async def test_bodies_may_be_yaml(client: Client) -> None:
    body = b"metadata:\n  name: a\ndata:\n  date: '2027-01-01'\n"
    made = await client.post(MAPS, body, content_type="application/yaml")
    assert made.json["data"] == {"date": "2027-01-01"}
    shown = await client.get(f"{MAPS}/a", accept="application/yaml")
    assert shown.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(shown.body)["data"] == {"date": "2027-01-01"}


async def test_bodies_may_come_in_parts(client: Client) -> None:
    reply = await client.ask("POST", MAPS, parts=[b'{"metadata":', b'{"name":', b'"a"}}'])
    assert reply.json["metadata"]["name"] == "a"


@pytest.mark.parametrize(
    ("content_type", "patch", "wanted"),
    [
        (MERGE, {"data": {"k": None, "l": "1"}}, {"l": "1"}),
        ("application/strategic-merge-patch+json", {"data": {"l": "1"}}, {"k": "v", "l": "1"}),
        ("application/json-patch+json", [{"op": "replace", "path": "/data/k", "value": "w"}], {"k": "w"}),
        ("application/merge-patch+json; charset=utf-8", {"data": {"k": "w"}}, {"k": "w"}),
    ],
)
async def test_patch_types(client: Client, content_type: str, patch: Any, wanted: Any) -> None:
    await _make(client)
    reply = await client.ask("PATCH", f"{MAPS}/a?fieldManager=m", patch, content_type=content_type)
    assert (reply.status, reply.json["data"]) == (200, wanted)


async def test_server_side_apply(client: Client) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
    first = await client.ask("PATCH", f"{MAPS}/a?fieldManager=one", body, content_type=APPLY)
    assert (first.status, first.json["data"]) == (201, {"k": "v"})
    other = body.replace(b"k: v", b"k: w")
    clash = await client.ask("PATCH", f"{MAPS}/a?fieldManager=two", other, content_type=APPLY)
    assert clash.error == (409, "Conflict", 'Apply failed with 1 conflict: conflict with "one": .data.k')
    forced = await client.ask("PATCH", f"{MAPS}/a?fieldManager=two&force=true", other, content_type=APPLY)
    assert (forced.status, forced.json["data"]) == (200, {"k": "w"})


async def test_dry_run_changes_nothing(client: Client) -> None:
    assert (await client.post(f"{MAPS}?dryRun=All", {"metadata": {"name": "a"}})).status == 201
    assert (await client.get(f"{MAPS}/a")).status == 404
    await _make(client)
    assert (await client.ask("DELETE", f"{MAPS}/a?dryRun=All")).status == 200
    assert (await client.get(f"{MAPS}/a")).status == 200


async def test_unknown_fields_are_warned_of_refused_or_ignored(client: Client) -> None:
    def body(name: str) -> Any:
        return {"metadata": {"name": name}, "odd": 1}

    warned = await client.post(MAPS, body("a"))
    assert (warned.status, warned.headers["warning"]) == (201, '299 - "unknown field \\"odd\\""')
    ignored = await client.post(f"{MAPS}?fieldValidation=Ignore", body("b"))
    assert (ignored.status, "warning" in ignored.headers) == (201, False)
    code, reason, message = (await client.post(f"{MAPS}?fieldValidation=Strict", body("c"))).error
    assert (code, reason) == (400, "BadRequest")
    assert message.endswith('strict decoding error: unknown field "odd"')


async def test_fields_given_twice_are_warned_of_or_refused(client: Client) -> None:
    body = b'{"metadata":{"name":"a","labels":{"x":"1","x":"2"}},"data":{},"data":{"k":"v"}}'
    warned = await client.post(f"{MAPS}?dryRun=All", body)
    assert (warned.status, warned.json["data"], warned.json["metadata"]["labels"]) == (201, {"k": "v"}, {"x": "2"})
    assert warned.headers["warning"] == '299 - "duplicate field \\"data\\""', "the last of two such headers"
    ignored = await client.post(f"{MAPS}?dryRun=All&fieldValidation=Ignore", body)
    assert (ignored.status, "warning" in ignored.headers) == (201, False)
    assert (await client.post(f"{MAPS}?fieldValidation=Strict", body)).error == (
        400,
        "BadRequest",
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'duplicate field "metadata.labels.x", duplicate field "data"',
    )


async def test_table_of_a_list(client: Client) -> None:
    await _make(client)
    reply = (await client.get(MAPS, accept=f"{TABLE},application/json")).json
    assert (reply["kind"], reply["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in reply["columnDefinitions"]] == ["Name", "Data", "Age"]
    (row,) = reply["rows"]
    assert row["cells"] == ["a", 1, "0s"]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == "a"


@pytest.mark.parametrize(("include", "kind"), [("None", None), ("Object", "ConfigMap"), ("", "PartialObjectMetadata")])
async def test_objects_in_a_table(client: Client, include: str, kind: str | None) -> None:
    await _make(client)
    reply = await client.get(f"{MAPS}/a?includeObject={include}", accept=TABLE)
    (row,) = reply.json["rows"]
    assert (row["object"] or {}).get("kind") == kind


async def test_table_of_a_scale(client: Client) -> None:
    pods = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": pods}
    path = "/apis/apps/v1/namespaces/default/deployments"
    assert (await client.post(path, {"metadata": {"name": "web"}, "spec": spec})).status == 201
    reply = await client.get(f"{path}/web/scale", accept=TABLE)
    assert reply.json["rows"][0]["cells"][:3] == ["web", 3, 0]


async def test_odd_include_of_a_table(client: Client) -> None:
    await _make(client)
    assert (await client.get(f"{MAPS}?includeObject=All", accept=TABLE)).status == 400


async def test_metadata_alone(client: Client) -> None:
    await _make(client)
    one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    reply = (await client.get(f"{MAPS}/a", accept=one)).json
    assert set(reply) == {"kind", "apiVersion", "metadata"}
    many = (await client.get(MAPS, accept=one.replace("Metadata;", "MetadataList;"))).json
    assert (many["kind"], many["items"][0]["kind"]) == ("PartialObjectMetadataList", "PartialObjectMetadata")


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("POST", "/api/v1/configmaps", 405),
        ("POST", f"{MAPS}/a", 405),
        ("PUT", MAPS, 405),
        ("PATCH", MAPS, 405),
        ("OPTIONS", MAPS, 405),
        ("DELETE", "/api/v1/namespaces", 405),
        ("GET", "/api/v1/configmaps/a", 404),
        ("GET", "/api/v1/namespaces/default/nodes", 404),
        ("GET", f"{MAPS}/a/status", 404),
        ("GET", f"{MAPS}/a/b/c", 404),
        ("GET", "/api/v1//configmaps", 404),
        ("GET", "/api/v1/odds", 404),
        ("GET", "/api/v2/pods", 404),
        ("GET", "/apis/apps/v9/deployments", 404),
    ],
)
async def test_what_is_not_served(client: Client, method: str, target: str, code: int) -> None:
    reply = await client.ask(method, target, {} if method in ("POST", "PUT") else None)
    texts = {404: "the server could not find the requested resource"}
    texts[405] = "the server does not allow this method on the requested resource"
    assert reply.error == (code, "NotFound" if code == 404 else "MethodNotAllowed", texts[code])
    assert reply.json["details"] == {}


@pytest.mark.parametrize("target", ["/odd", "/apis/odd.example.com", "/apis/odd.example.com/v1/odds", "/openapi/v2"])
async def test_unknown_pages(client: Client, target: str) -> None:
    reply = await client.get(target)
    assert (reply.status, reply.body) == (404, b"404 page not found\n")


_UNREAD = (
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: "
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", _UNREAD + "unexpected end of JSON input (<empty>)"),
        (b"{", _UNREAD + "unexpected end of JSON input ({)"),
        (b'{"metadata":', _UNREAD + 'unexpected end of JSON input ({"metadata":)'),
        (b'{"a":1} x', _UNREAD + "invalid character 'x' after top-level value ({\"a\":1} x)"),
        (b'{"a" 1}', _UNREAD + "invalid character '1' after object key ({\"a\" 1})"),
        (b'{"a":1 2}', _UNREAD + "invalid character '2' after object key:value pair ({\"a\":1 2})"),
        (b'{"a":[1 2]}', _UNREAD + "invalid character '2' after array element ({\"a\":[1 2]})"),
        (b"{a:1}", _UNREAD + "invalid character 'a' looking for beginning of object key string ({a:1})"),
        (b'{"a":?}', _UNREAD + "invalid character '?' looking for beginning of value ({\"a\":?})"),
        (b"?", _UNREAD + "invalid character '?' looking for beginning of value (3f)"),
    ],
)
async def test_malformed_json(client: Client, body: bytes, message: str) -> None:
    assert (await client.post(MAPS, body)).error == (400, "BadRequest", message)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"true"])
async def test_a_body_that_is_no_object(client: Client, body: bytes) -> None:
    code, reason, message = (await client.post(MAPS, body)).error
    assert (code, reason) == (400, "BadRequest")
    assert "json: cannot unmarshal " in message


@pytest.mark.parametrize(
    "body", [b"\xff{", b'{"metadata":"\xff"}', b"[" * 100_000, b'{"a":' * 100_000, b"1e999", b"\x00"]
)
@pytest.mark.parametrize("content_type", ["application/json", "application/yaml", APPLY])
async def test_hostile_bodies_are_bad_requests(client: Client, body: bytes, content_type: str) -> None:
    method, target = ("PATCH", f"{MAPS}/a?fieldManager=m") if content_type == APPLY else ("POST", MAPS)
    assert (await client.ask(method, target, body, content_type=content_type)).status in (400, 422)


async def test_malformed_yaml(client: Client) -> None:
    reply = await client.post(MAPS, b"a: [", content_type="application/yaml")
    assert reply.error[:2] == (400, "BadRequest")
    assert reply.error[2].startswith("the object provided is unrecognized (must be of type ConfigMap): yaml: line 1: ")


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (MERGE, b'{"data"', "error decoding patch: unexpected end of JSON input"),
        ("application/strategic-merge-patch+json", b'{"data"', "unexpected end of JSON input"),
        (
            "application/json-patch+json",
            b"{}",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        (
            MERGE,
            b"[]",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ],
)
async def test_malformed_patches(client: Client, content_type: str, body: bytes, message: str) -> None:
    await _make(client)
    reply = await client.ask("PATCH", f"{MAPS}/a", body, content_type=content_type)
    assert reply.error == (400, "BadRequest", message)


async def test_media_types_that_are_not_read(client: Client) -> None:
    code, reason, message = (await client.post(MAPS, b"x", content_type="text/plain")).error
    assert (code, reason) == (415, "UnsupportedMediaType")
    assert message == (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )
    patched = await client.ask("PATCH", f"{MAPS}/a", {}, content_type="application/json")
    assert patched.error == (415, "UnsupportedMediaType", "415: Unsupported Media Type")


@pytest.mark.parametrize(
    "accept", ["application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Table;v=v9;g=meta.k8s.io"]
)
async def test_forms_that_are_not_written(client: Client, accept: str) -> None:
    assert (await client.get(MAPS, accept=accept)).error[:2] == (406, "NotAcceptable")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("dryRun=x", 'dryRun: Unsupported value: ["x"]: supported values: "All"'),
        (
            "fieldValidation=x",
            'fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"',
        ),
        (f"fieldManager={'x' * 129}", "fieldManager: Too long: may not be more than 128 bytes"),
        ("fieldManager=a%01", 'fieldManager: Invalid value: "a\\x01": invalid character U+0001 (at position 1)'),
    ],
)
async def test_options_of_a_write(client: Client, query: str, problem: str) -> None:
    reply = await client.post(f"{MAPS}?{query}", {"metadata": {"name": "a"}})
    assert reply.error == (422, "Invalid", f'CreateOptions.meta.k8s.io "" is invalid: {problem}')
    assert reply.json["details"]["causes"][0]["field"] == problem.partition(":")[0]


async def test_options_of_a_patch(client: Client) -> None:
    nameless = await client.ask("PATCH", f"{MAPS}/a", {}, content_type=APPLY)
    assert nameless.error[2].endswith("fieldManager: Required value: is required for apply patch")
    forced = await client.ask("PATCH", f"{MAPS}/a?force=true", {}, content_type=MERGE)
    assert forced.error[2].endswith("force: Forbidden: may not be specified for non-apply patch")


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (f"timeoutSeconds={HUGE}", 400, f'strconv.ParseInt: parsing "{HUGE}": value out of range'),
        (
            "resourceVersionMatch=Exact",
            422,
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersionMatch=Odd",
            422,
            'resourceVersionMatch: Unsupported value: "Odd": supported values: "Exact", "NotOlderThan", ""',
        ),
        ("sendInitialEvents=true", 422, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
        (
            "watch=1&sendInitialEvents=true",
            422,
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
    ],
)
async def test_options_of_a_list(client: Client, query: str, code: int, message: str) -> None:
    found, _, text = (await client.get(f"{MAPS}?{query}")).error
    assert (found, text.removeprefix('ListOptions.meta.k8s.io "" is invalid: ')) == (code, message)


_MISTYPED = "json: cannot unmarshal {} into Go struct field DeleteOptions.{} of type {}"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"gracePeriodSeconds": "x"}, 400, _MISTYPED.format("string", "gracePeriodSeconds", "int64")),
        ({"preconditions": 7}, 400, _MISTYPED.format("number", "preconditions", "v1.Preconditions")),
        (
            {"kind": "Pod", "apiVersion": "v1"},
            400,
            'no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
        ),
        (b"{", 400, "couldn't get version/kind; json parse error: unexpected end of JSON input"),
        (
            {"propagationPolicy": "Odd"},
            422,
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Odd": '
            'supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            422,
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": '
            "orphanDependents and deletionPropagation cannot be both set",
        ),
    ],
)
async def test_options_of_a_deletion(client: Client, body: Any, code: int, message: str) -> None:
    await _make(client)
    reply = await client.ask("DELETE", f"{MAPS}/a", body)
    assert (reply.status, reply.json["message"]) == (code, message)
    assert (await client.get(f"{MAPS}/a")).status == 200


async def test_preconditions_of_a_deletion(client: Client) -> None:
    made = await _make(client)
    assert (await client.ask("DELETE", f"{MAPS}/a", {"preconditions": {"uid": "x"}})).status == 409
    right = {"preconditions": {"uid": made["metadata"]["uid"]}}
    assert (await client.ask("DELETE", f"{MAPS}/a", right)).status == 200


async def test_deletion_that_waits_shows_the_object(client: Client) -> None:
    await client.post(MAPS, {"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})
    reply = await client.ask("DELETE", f"{MAPS}/a")
    assert (reply.json["kind"], "deletionTimestamp" in reply.json["metadata"]) == ("ConfigMap", True)


async def test_too_large_a_body(client: Client) -> None:
    wanted = (413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
    announced = await client.ask("POST", MAPS, b"x", content_length="3145729")
    assert announced.error == wanted
    assert (await client.ask("POST", MAPS, parts=[b"x" * 1_048_576] * 4)).error == wanted


async def test_head_has_no_body(client: Client) -> None:
    await _make(client)
    reply = await client.ask("HEAD", f"{MAPS}/a")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) > 100


async def test_reviews(client: Client) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    asked = {"resourceAttributes": {"verb": "get", "resource": "pods"}}
    reply = await client.post(path, {"spec": asked})
    assert (reply.status, reply.json["status"]["allowed"], reply.json["spec"]) == (201, True, asked)
    assert (await client.get(path)).status == 405
    whoami = await client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert "system:masters" in whoami.json["status"]["userInfo"]["groups"]


async def test_a_defect_is_no_traceback(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("kecs.embedded.engine.Engine.read", fail)
    code, reason, message = (await client.get(f"{MAPS}/a")).error
    assert (code, reason) == (500, "InternalError")
    assert "secret" not in message


async def test_retry_after(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from kecs.kube.errors import TooManyRequests

    def refuse(*_: Any) -> None:
        raise TooManyRequests("later", details={"retryAfterSeconds": 7})

    monkeypatch.setattr("kecs.embedded.engine.Engine.read", refuse)
    reply = await client.get(f"{MAPS}/a")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
