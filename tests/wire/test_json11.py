"""JSON 1.1 against the other side of the wire: botocore's own serializer and parser."""

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest
from botocore.parsers import JSONParser
from botocore.serialize import JSONSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.model.errors import (
    ClientException,
    ConflictException,
    RequestEntityTooLarge,
    SerializationException,
    ServerException,
)
from kecs.model.generated import ecs
from kecs.model.generated.ecs_operations import ECS
from kecs.wire import json11
from tests.wire.shapes import MODEL, values

OPERATIONS = sorted(ECS.operations)


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_botocore_sends_is_what_the_operation_gets(name: str, data: st.DataObject) -> None:
    published = MODEL.operation_model(name)
    parameters = data.draw(values(published.input_shape))
    sent = JSONSerializer().serialize_to_request(parameters, published)
    assert sent["headers"]["X-Amz-Target"] == f"{ECS.target_prefix}.{name}"
    got = json11.Decoder(ECS.operations[name].request).decode(sent["body"])
    assert without_empty(msgspec.to_builtins(got)) == without_empty(as_numbers(parameters))


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_what_an_operation_answers_is_what_botocore_reads(name: str, data: st.DataObject) -> None:
    published = MODEL.operation_model(name)
    response = ECS.operations[name].response
    answer = data.draw(values(published.output_shape))
    body = json11.encode(msgspec.convert(as_numbers(answer), response))
    parsed = JSONParser().parse({"status_code": 200, "headers": {}, "body": body}, published.output_shape)
    parsed.pop("ResponseMetadata")
    assert as_numbers(parsed) == as_numbers(answer)


def as_numbers(value: Any) -> Any:
    """Return timestamps as epoch seconds, as they are on the wire."""
    if isinstance(value, dict):
        return {name: as_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_numbers(item) for item in value]
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value


def without_empty(value: Any) -> Any:
    """Leave out empty texts and lists of the request itself: to ECS they are as good as absent."""
    return {name: item for name, item in value.items() if item not in ("", [])}


MEMBERS = st.sampled_from(
    ["tags", "key", "value", "cluster", "count", "overrides", "containerOverrides", "cpu", "environment", "name"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=20,
)
NO_OBJECTS = [
    *(b"", b"{", b"{]", b"nil", b'{"cluster": "a",}', b'{"cluster": "a"} {}', b'{"cluster": "\xff"}', b"3", b'"x"'),
    *(b"null", b'{"cluster": "\\ud800"}', b"[" * 100_000, b'{"x":' * 100_000, b'{"count": 1e999}'),
]


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(OPERATIONS), value=st.dictionaries(MEMBERS, JSON))
def test_any_json_is_a_request_or_a_serialization_error(name: str, value: Any) -> None:
    try:
        got = json11.Decoder(ECS.operations[name].request).decode(json.dumps(value).encode())
    except SerializationException:
        return
    assert isinstance(got, ECS.operations[name].request)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_any_bytes_are_a_request_or_a_serialization_error(body: bytes) -> None:
    try:
        json11.Decoder(ecs.RunTaskRequest).decode(body)
    except SerializationException as error:
        assert "\n" not in error.message


@pytest.mark.parametrize("body", NO_OBJECTS, ids=lambda body: repr(body[:24]))
def test_what_is_no_json_object_has_no_text_at_aws(body: bytes) -> None:
    with pytest.raises(SerializationException) as refused:
        json11.Decoder(ecs.RunTaskRequest).decode(body)
    assert refused.value.message == ""
    assert json.loads(json11.encode_error(refused.value)) == {"__type": "SerializationException"}


def test_errors_are_type_and_message_and_own_members() -> None:
    assert json11.encode_error(ClientException('no "such" thing')) == (
        b'{"__type":"ClientException","message":"no \\"such\\" thing"}'
    )
    assert json.loads(json11.encode_error(ConflictException("taken", resourceIds=["a"]))) == {
        "__type": "ConflictException",
        "message": "taken",
        "resourceIds": ["a"],
    }
    assert "resourceIds" not in json.loads(json11.encode_error(ConflictException("taken")))


@pytest.mark.parametrize("error", [ClientException("a"), ServerException("b"), RequestEntityTooLarge("c")])
def test_botocore_reads_an_error_by_code_and_message(error: Exception) -> None:
    assert isinstance(error, ClientException | ServerException | RequestEntityTooLarge)
    parsed = JSONParser().parse(
        {"status_code": error.http_code, "headers": {}, "body": json11.encode_error(error)},
        MODEL.operation_model("RunTask").output_shape,
    )
    assert parsed["Error"] == {"Code": error.code, "Message": error.message}


def test_an_operation_without_an_output_answers_the_empty_object() -> None:
    assert json11.encode(None) == b"{}"


def test_timestamps_are_numbers_with_milliseconds() -> None:
    assert json11.encode(ecs.Task(createdAt=1557119253.821)) == b'{"createdAt":1557119253.821}'
