"""Whatever a request says, it is answered, or refused with an error of the client: never a defect, never a 500."""

import random
import types
import typing
from typing import Any

import pytest

from kecs.model.generated import ecs, ecs_limits
from tests.services.conftest import Client, Refused, on_embedded_only

pytestmark = on_embedded_only  # many requests, and none about a backend

WORDS = ("app", "side", "data", "A_B", "/data", "512", "0.5", "x" * 64, "1.2.3.4", "CMD-SHELL", "curl -f http://h",
         "arn:aws:iam::123456789012:role/r", "/", "ünï", "a b", "0", "1000:1000", "", "$(A)", "8080-8090")  # fmt: skip
NUMBERS = (0, 1, 2, 10, 30, 64, 80, 128, 443, 512, 8080, -1, 65536, 2**31 - 1)


class Maker:
    """Makes requests by the published model: of its types, and mostly of values that occur."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def structure(self, struct: type[Any], depth: int = 0) -> dict[str, Any]:
        made = {}
        for name, hint in typing.get_type_hints(struct, include_extras=True).items():
            required = name in ecs_limits.REQUIRED.get(struct.__name__, ())
            if required or self.random.random() < (0.12 if depth < 2 else 0.4):
                made[name] = self.value(hint, struct.__name__, name, depth)
        return made

    def value(self, hint: Any, struct: str, name: str, depth: int) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self.random.choice(NUMBERS)
        if origin in (typing.Union, types.UnionType):
            return self.value(arguments[0], struct, name, depth)
        if origin is list:
            count = self.random.choice((0, 1, 1, 2))
            return [self.value(arguments[0], struct, name, depth + 1) for _ in range(count)]
        if origin is dict:
            return {self.random.choice(WORDS): self.random.choice(WORDS)}
        if hint is str:
            allowed = ecs_limits.BY_MEMBER.get(struct, {}).get(name)
            return self.random.choice(allowed or (("data", "side") if "ource" in name else WORDS))
        if hint is bool:
            return self.random.random() < 0.5
        if hint is float:
            return self.random.random() * 100
        return {} if hint is Any else self.structure(hint, depth + 1)

    def definition(self) -> dict[str, Any]:
        made = self.structure(ecs.RegisterTaskDefinitionRequest, 1)
        for name in ("cpu", "memory", "requiresCompatibilities", "inferenceAccelerators", "proxyConfiguration", "tags"):
            if self.random.random() < 0.8:
                made.pop(name, None)
        containers = []
        for name in self.random.choice((("app",), ("app", "side"))):
            container = {**self.structure(ecs.ContainerDefinition, 1), "name": name, "image": "busybox", "memory": 64}
            containers.append({**container, "essential": name == "app"})
        mode = self.random.choice(("bridge", "awsvpc", "host", "none"))
        role = "arn:aws:iam::123456789012:role/r"
        volumes = [{"name": "data"}, {"name": "side"}]
        return {**made, "family": "f", "containerDefinitions": containers, "networkMode": mode,
                "executionRoleArn": role, "volumes": volumes}  # fmt: skip


async def attempt(client: Client, operation: str, members: dict[str, Any]) -> bool:
    try:
        answer = await client(operation, **members)
    except Refused as refusal:
        assert refusal.code not in ("ServerException", "InternalFailure")
        assert "is invalid: spec." not in refusal.message, "Kubernetes met what ECS should have refused"
        return False
    assert not answer.get("failures"), answer
    return True


@pytest.mark.parametrize("seed", range(4))
async def test_any_definition_is_refused_or_runs(client: Client, seed: int) -> None:
    make = Maker(seed)
    await client("CreateCluster", clusterName="c")
    ran = 0
    for _ in range(250):
        definition = make.definition()
        if not await attempt(client, "RegisterTaskDefinition", definition):
            continue
        network: dict[str, Any] = {}
        if definition["networkMode"] == "awsvpc":
            network = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}}}
        ran += await attempt(client, "RunTask", {"cluster": "c", "taskDefinition": "f", **network})
    assert ran >= 10


OTHERS = sorted({"CreateCluster", "CreateService", "RunTask", "UpdateService", "ListTasks", "DescribeServices",
                 "TagResource",
                 "ListTaskDefinitions", "PutAccountSetting", "ListAccountSettings", "UpdateCluster", "StopTask",
                 "DescribeTaskDefinition", "PutAttributes", "DescribeCapacityProviders"})  # fmt: skip


@pytest.mark.parametrize("operation", OTHERS)
async def test_any_request_is_answered_or_refused(client: Client, operation: str) -> None:
    make = Maker(OTHERS.index(operation))
    await client("CreateCluster", clusterName="c")
    app = {"name": "app", "image": "a", "memory": 64, "portMappings": [{"containerPort": 80}]}
    await client("RegisterTaskDefinition", family="f", containerDefinitions=[app])
    await client("CreateService", cluster="c", serviceName="s", taskDefinition="f", desiredCount=1)
    struct = getattr(ecs, f"{operation}Request")
    fixed = {"cluster": "c", "taskDefinition": "f", "service": "s", "serviceName": "s2"}
    for _ in range(150):
        made = make.structure(struct)
        for name, value in fixed.items():
            if name in struct.__struct_fields__ and make.random.random() < 0.9:
                made[name] = value
        try:
            await client(operation, **made)
        except Refused as refusal:
            assert refusal.code not in ("ServerException", "InternalFailure"), refusal
