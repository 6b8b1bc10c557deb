"""The request chain, from ASGI scope to ASGI messages."""

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from kecs.kube import errors as kube_errors
from kecs.model.errors import AwsError, ClusterNotFoundException, ConflictException
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.services.context import Context
from tests.server.support import app, exchange, request


async def clusters(ctx: Context, request: ecs.ListClustersRequest) -> ecs.ListClustersResponse:
    return ecs.ListClustersResponse(clusterArns=[ctx.scope.region, ctx.scope.account], nextToken=request.nextToken)


async def test_an_answer() -> None:
    answer = await request(app(ListClusters=clusters), body=b'{"nextToken": "n", "unknown": 1}')
    assert answer.status == 200
    assert answer.json == {"clusterArns": ["us-east-1", "123456789012"], "nextToken": "n"}
    assert answer.headers[b"content-type"] == b"application/x-amz-json-1.1"
    assert int(answer.headers[b"content-length"]) == len(answer.body)
    assert re.fullmatch(rb"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", answer.headers[b"x-amzn-requestid"])


async def test_an_answer_that_is_json_already() -> None:
    async def ready(ctx: Context, request: Any) -> bytes:
        return b'{"clusterArns":[]}'

    assert (await request(app(ListClusters=ready))).body == b'{"clusterArns":[]}'


async def test_request_ids_differ_and_reach_the_operation() -> None:
    seen = []

    async def note(ctx: Context, request: Any) -> None:
        seen.append(ctx.request_id)

    application = app(ListClusters=note)
    answers = [await request(application) for _ in range(100)]
    assert [answer.headers[b"x-amzn-requestid"].decode() for answer in answers] == seen
    assert len(set(seen)) == 100


async def test_the_scope_is_that_of_the_signature() -> None:
    header = "AWS4-HMAC-SHA256 Credential=210987654321/20260101/eu-west-1/ecs/aws4_request, SignedHeaders=host"
    answer = await request(app(ListClusters=clusters), authorization=header)
    assert answer.json["clusterArns"] == ["eu-west-1", "210987654321"]
    answer = await request(app(default=Scope("111111111111", "here"), ListClusters=clusters))
    assert answer.json["clusterArns"] == ["here", "111111111111"]
    answer = await request(
        app(ListClusters=clusters), authorization="AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host"
    )
    assert (answer.status, answer.json["__type"]) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            ClusterNotFoundException("Cluster not found."),
            400,
            {"__type": "ClusterNotFoundException", "message": "Cluster not found."},
        ),
        (
            ConflictException("no", resourceIds=["a"]),
            400,
            {"__type": "ConflictException", "message": "no", "resourceIds": ["a"]},
        ),
    ],
)
async def test_an_error_of_the_operation(error: AwsError, status: int, body: Any) -> None:
    async def fail(ctx: Context, request: Any) -> None:
        raise error

    answer = await request(app(ListClusters=fail))
    assert (answer.status, answer.json) == (status, body)
    assert answer.headers[b"content-type"] == b"application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (KeyError("hunter2"), 500, "ServerException"),
        (RecursionError("hunter2"), 500, "ServerException"),
        (kube_errors.InternalError("hunter2"), 500, "ServerException"),
        (kube_errors.Conflict("hunter2"), 500, "ServerException"),
        (kube_errors.Unavailable("hunter2"), 503, "ServiceUnavailable"),
        (kube_errors.TooManyRequests("hunter2"), 503, "ServiceUnavailable"),
        (asyncio.CancelledError(), 503, "ServiceUnavailable"),
    ],
)
async def test_a_defect_is_a_server_error_and_one_log_line_that_tells_no_secret(
    error: BaseException, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(ctx: Context, request: Any) -> None:
        raise error

    with caplog.at_level(logging.INFO, logger="kecs"):
        answer = await request(app(ListClusters=fail), body=b'{"nextToken": "hunter2"}', authorization="hunter2")
    assert (answer.status, answer.json["__type"]) == (status, code)
    (record,) = caplog.records
    fields = vars(record)["fields"]
    assert fields["request"] == answer.headers[b"x-amzn-requestid"].decode()
    assert fields["exception"] == type(error).__name__
    assert "hunter2" not in f"{answer.body!r} {record.getMessage()} {fields}"
    assert fields["request"] in answer.json["message"] or status == 503


async def test_a_refusal_is_logged_by_name_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(ctx: Context, request: Any) -> None:
        raise ClusterNotFoundException("hunter2")

    with caplog.at_level(logging.INFO, logger="kecs"):
        await request(app(ListClusters=fail))
    (record,) = caplog.records
    fields = vars(record)["fields"]
    assert (fields["operation"], fields["error"]) == ("ListClusters", "ClusterNotFoundException")
    assert "hunter2" not in str(vars(record))


@pytest.mark.parametrize(
    "target", ["", "ListClusters", "X.ListClusters", "AmazonEC2ContainerServiceV20141113.Frob", "é."]
)
async def test_an_unknown_operation(target: str) -> None:
    answer = await request(app(ListClusters=clusters), x_amz_target=target)
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


@pytest.mark.parametrize(
    ("operation", "code"), [("CreateGateway", "UnsupportedFeatureException"), ("ListAttributes", "ClientException")]
)
async def test_an_operation_that_only_aws_has(operation: str, code: str) -> None:
    answer = await request(app(ListClusters=clusters), operation)
    assert (answer.status, answer.json["__type"]) == (400, code)
    assert answer.json["message"] == f"kecs does not support {operation}."


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": None},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/cbor"},
        {"method": "GET"},
        {"method": "PUT"},
        {"path": "/clusters"},
    ],
    ids=str,
)
async def test_what_is_no_request_of_the_protocol(headers: dict[str, Any]) -> None:
    answer = await request(app(ListClusters=clusters), **headers)
    assert (answer.status, answer.json) == (404, {"__type": "UnknownOperationException"})


@pytest.mark.parametrize(
    "kind", ["application/x-amz-json-1.0", "application/json", "Application/X-Amz-Json-1.1 ; charset=utf-8"]
)
async def test_other_spellings_of_json(kind: str) -> None:
    assert (await request(app(ListClusters=clusters), content_type=kind)).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"nextToken": 1}'])
async def test_a_body_that_is_no_request(body: bytes) -> None:
    answer = await request(app(ListClusters=clusters), body=body)
    assert (answer.status, answer.json["__type"]) == (400, "SerializationException")


async def test_a_body_in_parts() -> None:
    answer = await request(app(ListClusters=clusters), body=[b'{"next', b'Token"', b': "n"}'])
    assert answer.json["nextToken"] == "n"


async def test_half_a_body_is_not_answered() -> None:
    assert await exchange(app(ListClusters=clusters), body=[b'{"next'], whole=False) == []
    assert await exchange(app(ListClusters=clusters), body=[]) == []


@pytest.mark.parametrize("length", ["4194305", "99999999999999999999999", None])
async def test_a_huge_body_is_refused_before_it_is_held(length: str | None) -> None:
    body = [b"x" * 1_000_000] * 5
    answer = await request(app(ListClusters=clusters), body=body, content_length=length)
    assert (answer.status, answer.json["__type"]) == (413, "RequestEntityTooLarge")
    assert await exchange(app(ListClusters=clusters), body=body, whole=False, content_length=length) == []


async def test_a_length_that_is_no_length_of_a_body_is_refused() -> None:
    body = [b"x" * 1_000_000] * 100
    answer = await request(app(ListClusters=clusters), body=body, content_length="9" * 5000)
    assert (answer.status, answer.json["__type"]) == (413, "RequestEntityTooLarge")


async def test_a_body_of_a_megabyte_reaches_the_operation() -> None:
    body = json.dumps({"nextToken": "x" * 1_000_000}).encode()
    answer = await request(app(ListClusters=clusters), body=body, content_length=str(len(body)))
    assert answer.status == 200


async def test_health() -> None:
    for path, ready, status, text in (
        ("/healthz", "starting", 200, b"ok\n"),
        ("/readyz", "", 200, b"ok\n"),
        ("/readyz", "starting", 503, b"starting\n"),
    ):
        answer = await request(app(ready=ready), method="GET", path=path, content_type=None, x_amz_target=None)
        assert (answer.status, answer.body) == (status, text)
        assert answer.headers[b"content-type"].startswith(b"text/plain")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:4566"},
        {"host": None},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/", "/healthz"])
async def test_what_a_web_page_could_send_is_refused(headers: dict[str, str | None], path: str) -> None:
    reached = []

    async def reach(ctx: Context, request: Any) -> None:
        reached.append(request)

    answer = await request(app(ListClusters=reach), path=path, **headers)
    assert (answer.status, answer.json["__type"]) == (403, "AccessDeniedException")
    assert not reached


async def test_a_page_of_our_own_may_call() -> None:
    answer = await request(app(ListClusters=clusters), origin="http://127.0.0.1:4566", sec_fetch_site="same-origin")
    assert answer.status == 200


async def test_more_requests_than_can_be_at_work_are_throttled() -> None:
    gate = asyncio.Event()

    async def wait(ctx: Context, request: Any) -> None:
        await gate.wait()

    application = app(ListClusters=wait)
    waiting = [asyncio.create_task(request(application)) for _ in range(1000)]
    await asyncio.sleep(0)
    refused = await request(application)
    assert (refused.status, refused.json["__type"]) == (400, "ThrottlingException")
    assert (await request(application, method="GET", path="/healthz")).status == 200  # or it would be killed for it
    gate.set()
    assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}
    assert (await request(application)).status == 200


async def test_debug_shows_how_long_a_request_took_in_figures_to_read(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="kecs"):
        await request(app(ListClusters=clusters))
    (fields,) = [record.__dict__["fields"] for record in caplog.records if record.message == "request"]
    assert (fields["operation"], fields["status"]) == ("ListClusters", 200)
    assert re.fullmatch(r"\d+\.\d", str(fields["ms"]))


async def test_it_tells_how_old_what_it_answers_may_be() -> None:
    seconds = [0.2]
    application = app(ListClusters=clusters, staleness=lambda: seconds[0])
    assert b"x-kecs-staleness-seconds" not in (await request(application)).headers
    assert (await request(application, method="GET", path="/readyz")).body == b"ok\n"
    seconds[0] = 12.7
    answer = await request(application)
    assert (answer.status, answer.headers[b"x-kecs-staleness-seconds"]) == (200, b"12")
    answer = await request(application, method="GET", path="/readyz")
    assert (answer.status, answer.body) == (200, b"ok, but the cluster has not been heard of for 13 s\n")


async def test_a_client_can_ask_for_what_is_stored() -> None:
    seen = ["old"]

    async def catch_up() -> None:
        seen[0] = "new"

    async def listed(ctx: Context, request: Any) -> ecs.ListClustersResponse:
        return ecs.ListClustersResponse(clusterArns=list(seen))

    application = app(ListClusters=listed, catch_up=catch_up)
    assert (await request(application)).json == {"clusterArns": ["old"]}
    answer = await request(application, x_kecs_consistency="eventual")
    assert answer.json == {"clusterArns": ["old"]}
    answer = await request(application, x_kecs_consistency="Strong")
    assert answer.json == {"clusterArns": ["new"]}


async def test_what_cannot_be_caught_up_with_is_tried_again_by_the_client() -> None:
    async def catch_up() -> None:
        raise kube_errors.Unavailable("the cluster is away")

    answer = await request(app(ListClusters=clusters, catch_up=catch_up), x_kecs_consistency="strong")
    assert (answer.status, answer.json["__type"]) == (503, "ServiceUnavailable")


async def test_nobody_is_served_before_everything_is_seen() -> None:
    application = app(ready="waiting for pods", ListClusters=clusters)
    answer = await request(application)
    assert (answer.status, answer.json["__type"]) == (503, "ServiceUnavailable")
    assert "waiting for pods" in answer.json["message"]
    assert (await request(application, method="GET", path="/healthz")).status == 200
    answer = await request(application, method="GET", path="/readyz")
    assert (answer.status, answer.body) == (503, b"waiting for pods\n")
