"""Whatever a client sends, it is told what is wrong in AWS's words, and kecs has no defect to report."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.serialize import JSONSerializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kecs.model.generated.ecs_operations import ECS
from kecs.services import registry
from tests.process import KecsProcess
from tests.wire.shapes import MODEL, plausible

registry.load()
OPERATIONS = sorted(registry.handlers("ecs"))


@pytest.fixture(scope="module")
def furnished(kecs_server: KecsProcess) -> KecsProcess:
    """A kecs with something to hit: a cluster, a definition, a service and a task, named as `plausible` names them."""
    ecs = kecs_server.client(region="fuzz")
    ecs.create_cluster(clusterName="default")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "nginx", "memory": 16}])
    ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=1)
    ecs.run_task(taskDefinition="web:1")
    return kecs_server


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_is_answered_with_a_defect(furnished: KecsProcess, name: str, data: st.DataObject) -> None:
    published = MODEL.operation_model(name)
    parameters = data.draw(plausible(published.input_shape))
    if name == "RunTask" and isinstance(parameters.get("count"), int):
        parameters["count"] = min(parameters["count"], 3)
    body = JSONSerializer().serialize_to_request(parameters, published)["body"]
    request = urllib.request.Request(
        furnished.endpoint,
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{ECS.target_prefix}.{name}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/fuzz/ecs/aws4_request, SignedHeaders=host",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        error = json.loads(refused.read())
        assert refused.code == 400, (error, body, furnished.log()[-1500:])
        assert error["__type"] in (*ECS.operations[name].errors, "SerializationException", "ValidationException")
