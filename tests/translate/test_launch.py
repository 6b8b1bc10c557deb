"""What a launch adds to a definition: capacity providers, tags, groups."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.translate.launch import Launch, for_run, for_service, pick_provider
from tests.translate.making import CLUSTER, SCOPE, definition

Json = dict[str, Any]

TAGGED = definition({"tags": [{"key": "team", "value": "definition"}, {"key": "of", "value": "definition"}]})


def run(body: Json, index: int = 0, strategy: list[ecs.CapacityProviderStrategyItem] | None = None) -> Launch:
    request = msgspec.convert({"taskDefinition": "web", **body}, ecs.RunTaskRequest)
    return for_run(request, TAGGED, scope=SCOPE, cluster=CLUSTER, default_strategy=strategy or [], index=index)


def service(body: Json) -> Launch:
    spec = msgspec.convert({"serviceName": "shop", **body}, ecs.CreateServiceRequest)
    return for_service(spec, TAGGED, scope=Scope(), cluster=CLUSTER, deployment_id="ecs-svc/1")


def tags(launch: Launch) -> dict[str | None, str | None]:
    return {tag.key: tag.value for tag in launch.tags}


STRATEGIES = [
    ([("FARGATE", 1, 0)], 5, {"FARGATE": 5}),
    ([("FARGATE", 1, 2), ("FARGATE_SPOT", 3, 0)], 10, {"FARGATE": 4, "FARGATE_SPOT": 6}),
    ([("FARGATE", 0, 1), ("FARGATE_SPOT", 1, 0)], 4, {"FARGATE": 1, "FARGATE_SPOT": 3}),
    ([("FARGATE", 0, 0)], 3, {"FARGATE": 3}),
    ([], 2, {"": 2}),
]


@pytest.mark.parametrize(("items", "count", "wanted"), STRATEGIES)
def test_bases_come_first_then_weights(items: list[tuple[str, int, int]], count: int, wanted: dict[str, int]) -> None:
    strategy = [
        ecs.CapacityProviderStrategyItem(capacityProvider=name, weight=weight, base=base)
        for name, weight, base in items
    ]

    assert Counter(pick_provider(strategy, index) for index in range(count)) == wanted


def test_a_launch_type_excludes_a_strategy() -> None:
    default = [ecs.CapacityProviderStrategyItem(capacityProvider="FARGATE_SPOT", weight=1)]

    assert (run({}).launchType, run({}).capacityProviderName) == ("EC2", "")
    assert (run({}, strategy=default).launchType, run({}, strategy=default).capacityProviderName) == (
        "FARGATE",
        "FARGATE_SPOT",
    )
    asked = run({"launchType": "EXTERNAL"}, strategy=default)
    assert (asked.launchType, asked.capacityProviderName) == ("EXTERNAL", "")


def test_groups() -> None:
    assert run({}).group == "family:web"
    assert run({"group": "nightly"}).group == "nightly"
    assert (service({}).group, service({}).startedBy) == ("service:shop", "ecs-svc/1")


def test_tags_of_a_task() -> None:
    own = {"tags": [{"key": "team", "value": "run"}]}

    assert tags(run({})) == {}
    assert tags(run(own)) == {"team": "run"}
    assert tags(run({**own, "propagateTags": "TASK_DEFINITION"})) == {"team": "run", "of": "definition"}
    assert tags(run({"enableECSManagedTags": True})) == {"aws:ecs:clusterName": "shop"}


def test_tags_of_a_services_task() -> None:
    own = {"tags": [{"key": "team", "value": "service"}]}

    assert tags(service(own)) == {}
    assert tags(service({**own, "propagateTags": "SERVICE"})) == {"team": "service"}
    assert tags(service({**own, "propagateTags": "TASK_DEFINITION"})) == {"team": "definition", "of": "definition"}
    assert tags(service({"enableECSManagedTags": True})) == {
        "aws:ecs:clusterName": "shop",
        "aws:ecs:serviceName": "shop",
    }
