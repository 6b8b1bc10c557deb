"""What is said about a wrong JSON type, and what passes."""

import json
from typing import Any

import pytest

from kecs.model.errors import SerializationException
from kecs.model.generated import ecs
from kecs.wire.json11 import Decoder

NO_STRING = "NUMBER_VALUE cannot be converted to String"
STRUCTURE = "Start of structure or map found where not expected"
FRONTEND = "Unrecognized collection type class com.amazonaws.madison.frontend"

REFUSED: list[tuple[Any, str]] = [
    ([], f"{FRONTEND}.RunTaskRequest"),
    ({"cluster": 1}, NO_STRING),
    ({"cluster": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
    ({"cluster": True}, "TRUE_VALUE cannot be converted to String"),
    ({"cluster": False}, "FALSE_VALUE cannot be converted to String"),
    ({"cluster": ["a"]}, "Unrecognized collection type class java.lang.String"),
    ({"cluster": {"a": 1}}, STRUCTURE),
    ({"count": "2"}, "STRING_VALUE cannot be converted to Integer"),
    ({"count": True}, "TRUE_VALUE cannot be converted to Integer"),
    ({"count": [2]}, "Unrecognized collection type class java.lang.Integer"),
    ({"count": {}}, STRUCTURE),
    ({"enableExecuteCommand": "true"}, "Unexpected token received from parser"),
    ({"enableExecuteCommand": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
    ({"enableExecuteCommand": 1.5}, "DECIMAL_VALUE cannot be converted to Boolean"),
    ({"enableExecuteCommand": []}, "Unrecognized collection type class java.lang.Boolean"),
    ({"tags": "a"}, "Unexpected field type"),
    ({"tags": {}}, STRUCTURE),
    ({"tags": [1]}, "Unexpected value type in payload"),
    ({"tags": [[]]}, f"{FRONTEND}.Tag"),
    ({"tags": [{"key": 1}]}, NO_STRING),
    ({"overrides": 1}, "Unexpected field type"),
    ({"overrides": []}, f"{FRONTEND}.TaskOverride"),
    ({"overrides": {"containerOverrides": [{"environment": [{"value": 5}]}]}}, NO_STRING),
    ({"overrides": {"containerOverrides": [{"command": ["a", 5]}]}}, NO_STRING),
]  # fmt: skip

PASSING: list[tuple[Any, ecs.RunTaskRequest]] = [
    ({"cluster": None, "taskDefinition": None, "count": None}, ecs.RunTaskRequest()),
    ({"Cluster": "a", "unknown": {"x": [1]}}, ecs.RunTaskRequest()),
    ({"count": 2.0}, ecs.RunTaskRequest(count=2)),
    ({"count": 2.9}, ecs.RunTaskRequest(count=2)),
    ({"count": -2.9}, ecs.RunTaskRequest(count=-2)),
    ({"count": 10**20}, ecs.RunTaskRequest(count=2**31 - 1)),
    ({"count": -(10**20)}, ecs.RunTaskRequest(count=-(2**31))),
    ({"tags": [None, {"key": "a", "value": None}]}, ecs.RunTaskRequest(tags=[ecs.Tag(key="a")])),
    ({"taskDefinition": None, "unknown": 1}, ecs.RunTaskRequest()),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=lambda value: json.dumps(value)[:50])
def test_wrong_types_are_refused_in_the_words_of_aws(body: Any, message: str) -> None:
    with pytest.raises(SerializationException) as refused:
        Decoder(ecs.RunTaskRequest).decode(json.dumps(body).encode())
    assert refused.value.message == message


@pytest.mark.parametrize(("body", "request_"), PASSING, ids=lambda value: repr(value)[:50])
def test_what_aws_lets_pass_passes(body: Any, request_: ecs.RunTaskRequest) -> None:
    assert Decoder(ecs.RunTaskRequest).decode(json.dumps(body).encode()) == request_


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"),
        ("a", "Unexpected field type"),
        ({"a": 1}, NO_STRING),
    ],
)
def test_maps(labels: Any, message: str) -> None:
    body = json.dumps({"family": "a", "containerDefinitions": [{"dockerLabels": labels}]}).encode()
    with pytest.raises(SerializationException) as refused:
        Decoder(ecs.RegisterTaskDefinitionRequest).decode(body)
    assert refused.value.message == message


def test_a_null_in_a_map_is_absent() -> None:
    body = b'{"family": "a", "containerDefinitions": [{"dockerLabels": {"a": null, "b": "c"}}]}'
    (container,) = Decoder(ecs.RegisterTaskDefinitionRequest).decode(body).containerDefinitions
    assert container.dockerLabels == {"b": "c"}


def test_a_free_form_document_is_kept_as_it_is() -> None:
    details = {"a": [1, {"b": None}]}
    body = json.dumps(
        {"serviceName": 1, "deploymentConfiguration": {"lifecycleHooks": [{"hookDetails": details}]}}
        | {"serviceName": "a", "desiredCount": 1.5}
    ).encode()
    request = Decoder(ecs.CreateServiceRequest).decode(body)
    assert request.deploymentConfiguration
    assert request.deploymentConfiguration.lifecycleHooks
    assert request.deploymentConfiguration.lifecycleHooks[0].hookDetails == details
