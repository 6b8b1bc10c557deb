"""ECSDeployments: from what their users write to objects, and how they tell of it."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from kecs.embedded.engine import Engine
from kecs.kube import resources as kube
from kecs.kube.errors import NotFound
from kecs.model.ecs_deployment import EcsDeployment
from kecs.translate.options import Options
from kecs.world.resources import ECS_DEPLOYMENTS
from tests.reconcile.conftest import SETTINGS, Stage, prepared
from tests.reconcile.test_crash import MortalApi
from tests.reconcile.test_forbidden import Gate
from tests.waiting import until_true

SPACE = "team"
NAME = "shop"


def container(name: str = "web", **members: Any) -> dict[str, Any]:
    return {"Name": name, "Image": "busybox", "Memory": 32, **members}


class Bench:
    """One ECSDeployment in a namespace of its user's, and how to look at what has become of it."""

    def __init__(self, stage: Stage) -> None:
        self.api = stage.api
        self.stage = stage

    async def create(self, name: str = NAME, *, labels: dict[str, str] | None = None, **spec: Any) -> None:
        body = {
            "apiVersion": "ecskube.ecskube/v1alpha1",
            "kind": "ECSDeployment",
            "metadata": {"name": name, "labels": labels or {"demo": "true"}},
            "spec": spec or {"Task": [container()], "Service": {"DesiredCount": 1}},
        }
        await self.api.create(ECS_DEPLOYMENTS, SPACE, body, manager="test")

    async def patch(self, name: str = NAME, **spec: Any) -> None:
        await self.api.patch(ECS_DEPLOYMENTS, SPACE, name, {"spec": spec}, type="merge", manager="test")

    async def get(self, name: str = NAME) -> EcsDeployment:
        return await self.api.get(ECS_DEPLOYMENTS, SPACE, name)

    async def condition(self, type: str, name: str = NAME) -> tuple[str, str, str]:
        found = await self.get(name)
        for one in found.status.conditions:
            if one.type == type and one.observedGeneration == found.metadata.generation:
                return one.status, one.reason, one.message
        return "", "", ""

    async def ready(self, name: str = NAME) -> None:
        await until_true(lambda: self._is(name, "Ready", "True"))

    async def told(self, reason: str, text: str = "", name: str = NAME) -> str:
        """Wait until it is degraded for that reason, in words with that text; return the message."""

        async def seen() -> bool:
            status, why, message = await self.condition("Degraded", name)
            return (status, why) == ("True", reason) and text in message

        await until_true(seen)
        return (await self.condition("Degraded", name))[2]

    async def _is(self, name: str, type: str, status: str) -> bool:
        return (await self.condition(type, name))[0] == status

    async def object(self, resource: Any, name: str = NAME) -> Any:
        """Return an object as it is stored; None where there is none."""
        try:
            return await self.api.get(resource, SPACE, name)
        except NotFound:
            return None

    async def template(self) -> Any:
        return (await self.object(kube.DEPLOYMENTS))["spec"]["template"]

    async def pods(self) -> list[Any]:
        found = (await self.api.list(kube.PODS, SPACE, labels="kecs.io/ecsdeployment")).items
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    async def is_gone(self) -> bool:
        left = [await self.object(one) for one in (kube.DEPLOYMENTS, kube.SERVICES, kube.POD_DISRUPTION_BUDGETS)]
        return not any(left) and not await self.pods()

    async def config_map(self, name: str, **data: str) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        await self.api.apply(kube.CONFIG_MAPS, SPACE, name, body, manager="test")


@pytest.fixture
async def bench(stage: Stage) -> AsyncIterator[Bench]:
    await stage.api.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    yield Bench(stage)


async def test_it_becomes_its_users_own_objects(bench: Bench) -> None:
    await bench.create(
        labels={"demo": "true", "kecs.io/role": "task"},
        Task=[container(PortMappings=[{"ContainerPort": "80"}, {"ContainerPort": 81}])],
        Service={"DesiredCount": "2", "LoadBalancers": [{"ContainerName": "web", "ContainerPort": 80}]},
    )
    await bench.ready()
    uid = (await bench.get()).metadata.uid
    service = await bench.object(kube.SERVICES)
    assert (service["spec"]["type"], [port["port"] for port in service["spec"]["ports"]]) == ("LoadBalancer", [80])
    labels = {"demo": "true", "kecs.io/service": NAME, "kecs.io/ecsdeployment": NAME}
    for resource in (kube.DEPLOYMENTS, kube.SERVICES, kube.POD_DISRUPTION_BUDGETS):
        meta = (await bench.object(resource))["metadata"]
        assert [owner["uid"] for owner in meta["ownerReferences"]] == [uid]
        assert meta["labels"] == labels
    for pod in await bench.pods():
        assert pod["metadata"]["labels"].items() >= labels.items()
        assert "finalizers" not in pod["metadata"]
        assert "kecs.io/role" not in pod["metadata"]["labels"]
        assert "kecs.io/task" not in pod["metadata"].get("annotations", {})
    status = (await bench.get()).status
    assert (status.desiredCount, status.runningCount, status.updatedCount, status.workload) == (2, 2, 2, "Deployment")
    assert status.task == {
        "family": NAME,
        "containerDefinitions": [
            {
                "name": "web",
                "image": "busybox",
                "memory": 32,
                "portMappings": [{"containerPort": 80}, {"containerPort": 81}],
            }
        ],
    }


async def test_what_the_documentation_shows_works(bench: Bench) -> None:
    page = Path(__file__).parents[2] / "docs" / "ecsdeployment.md"
    shown, referring = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    body = yaml.safe_load(shown)
    await bench.api.create(ECS_DEPLOYMENTS, SPACE, body, manager="test")
    await bench.ready(body["metadata"]["name"])
    found = await bench.get(body["metadata"]["name"])
    assert (found.status.runningCount, found.status.warnings) == (2, [])
    await bench.api.delete(ECS_DEPLOYMENTS, SPACE, body["metadata"]["name"])
    await bench.config_map("web", **{"task.json": json.dumps([container()]), "service.yaml": "desiredCount: 3\n"})
    await bench.api.create(ECS_DEPLOYMENTS, SPACE, yaml.safe_load(referring), manager="test")
    await bench.ready("web")
    assert (await bench.get("web")).status.runningCount == 3


async def test_without_a_service_there_is_one_task_and_nothing_in_front_of_it(bench: Bench) -> None:
    await bench.create(task={"containerDefinitions": [container(PortMappings=[{"ContainerPort": 80}])]})
    await bench.ready()
    assert (await bench.object(kube.DEPLOYMENTS))["spec"]["replicas"] == 1
    assert await bench.object(kube.SERVICES) is None
    assert await bench.object(kube.POD_DISRUPTION_BUDGETS) is None


async def test_updates_are_carried_out(bench: Bench) -> None:
    await bench.create(Task=[container()], Service={"DesiredCount": 2})
    await bench.ready()
    first = await bench.template()
    await bench.patch(Service={"DesiredCount": 3})
    await bench.ready()
    assert await bench.template() == first  # a count alone is no rollout
    assert len(await bench.pods()) == 3
    two = [container(PortMappings=[{"ContainerPort": 80}, {"ContainerPort": 443}])]
    balancers = [{"ContainerName": "web", "ContainerPort": port} for port in (80, 443)]
    await bench.patch(Task=two, Service={"LoadBalancers": balancers})
    await bench.ready()
    assert [port["port"] for port in (await bench.object(kube.SERVICES))["spec"]["ports"]] == [80, 443]
    await bench.patch(Task=[container(Image="busybox:2")], Service=None)
    await bench.ready()
    assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox:2"}
    assert await bench.object(kube.SERVICES) is None
    assert len(await bench.pods()) == 1
    await bench.patch(Service={"DesiredCount": 1})
    await bench.ready()
    assert await bench.object(kube.POD_DISRUPTION_BUDGETS) is not None


async def test_a_rollout_keeps_to_the_percentages(bench: Bench) -> None:
    service = {"DesiredCount": 5, "DeploymentConfiguration": {"MinimumHealthyPercent": "50", "MaximumPercent": 150}}
    await bench.create(Task=[container()], Service=service)
    await bench.ready()
    strategy = (await bench.object(kube.DEPLOYMENTS))["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxUnavailable": 2, "maxSurge": 2}  # at least 3 of 5, at most 7


async def test_a_rollout_that_may_neither_stop_nor_start_a_task_says_so(bench: Bench) -> None:
    service = {"DesiredCount": 1, "DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 150}}
    await bench.create(Task=[container()], Service=service)
    await bench.ready()
    await bench.patch(Task=[container(Image="busybox:2")])
    assert "neither stopping nor starting" in await bench.told("RolloutBlocked")
    assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox"}
    await bench.patch(Service={"DeploymentConfiguration": {"MaximumPercent": 200}})
    await bench.ready()
    assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox:2"}


async def test_a_daemon_is_a_daemon_set_and_the_way_back_is_open(bench: Bench) -> None:
    await bench.create(Task=[container()], Service={"DesiredCount": 2})
    await bench.ready()
    await bench.patch(Service={"SchedulingStrategy": "DAEMON", "DesiredCount": None})

    async def switched(wanted: Any, unwanted: Any) -> bool:
        return await bench.object(wanted) is not None and await bench.object(unwanted) is None

    await until_true(lambda: switched(kube.DAEMON_SETS, kube.DEPLOYMENTS))
    await bench.ready()
    assert (await bench.get()).status.workload == "DaemonSet"
    await bench.patch(Service={"SchedulingStrategy": None, "DesiredCount": 1})
    await until_true(lambda: switched(kube.DEPLOYMENTS, kube.DAEMON_SETS))
    await bench.ready()


async def test_it_is_scaled_as_a_deployment_is(bench: Bench) -> None:
    await bench.create(Task=[container()], Service={"DesiredCount": 1})
    await bench.ready()
    scale = {"spec": {"replicas": 3}}
    await bench.api.patch(ECS_DEPLOYMENTS, SPACE, NAME, scale, type="merge", manager="t", subresource="scale")
    await bench.ready()
    assert len(await bench.pods()) == 3
    found = await bench.get()
    assert found.status.selector == f"kecs.io/service={NAME}"
    assert any("spec.replicas" in one for one in found.status.warnings)


async def test_definitions_of_config_maps(bench: Bench) -> None:
    await bench.create(
        TaskFrom={"configMapKeyRef": {"name": "defs", "key": "task.json"}},
        serviceFrom={"configMapKeyRef": {"name": "service"}},
    )
    assert await bench.told("ConfigMapMissing") == "spec.TaskFrom.configMapKeyRef: there is no ConfigMap defs"
    await bench.config_map("defs", **{"task.json": json.dumps([container()])})
    await bench.told("ConfigMapMissing", "there is no ConfigMap service")
    await bench.config_map("service", service="DesiredCount: 2\nLaunchType: null\n")
    await bench.ready()
    await bench.config_map("defs", **{"task.json": json.dumps([container(Image="busybox:2")])})

    async def rolled_out() -> bool:
        return {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox:2"}

    await until_true(rolled_out)
    await bench.ready()
    await bench.config_map("service", service="DesiredCount: [")
    assert (await bench.told("Invalid")).startswith("configmap/service[service]: line ")
    await bench.api.delete(kube.CONFIG_MAPS, SPACE, "defs")
    await bench.told("ConfigMapMissing")
    assert len(await bench.pods()) == 2  # what runs goes on


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"Task": [container(StopTimeout="x")]}, 'spec.Task[0].StopTimeout: a whole number is due here, not "x"'),
    ({"Task": {"Properties": {}}}, "spec.Task.Properties.containerDefinitions: is missing: a task has one container"),
    (
        {"Task": {"taskDefinition": {"containerDefinitions": [{"Name": "a", "Memory": 32}]}}},
        "Container.image should not be null or empty.",
    ),
    ({"Task": [container()], "Service": {"DesiredCount": "-1"}}, "desiredCount must be at least 0"),
    (
        {"Task": [container()], "Service": {"LoadBalancers": [{"ContainerName": "x", "ContainerPort": 1}]}},
        "The container x does not exist in the task definition.",
    ),
    (
        {"Task": [container(DependsOn=[{"ContainerName": "web", "Condition": "START"}])]},
        "cycle",
    ),
    (
        {"Task": [container()], "Service": {"service": {"DeploymentController": {"Type": "EXTERNAL"}}}},
        "deploymentController EXTERNAL cannot be carried out",
    ),
]


@pytest.mark.parametrize(("spec", "message"), WRONG)
async def test_what_is_wrong_is_a_condition(bench: Bench, spec: dict[str, Any], message: str) -> None:
    await bench.create(**spec)
    assert message.lower() in (await bench.told("Invalid")).lower()
    assert (await bench.condition("Ready"))[:2] == ("False", "Invalid")
    await bench.api.patch(
        ECS_DEPLOYMENTS, SPACE, NAME, {"spec": {"Task": [container()], "Service": None}}, type="merge", manager="t"
    )
    await bench.ready()


async def test_what_is_not_acted_on_is_told_by_field(bench: Bench) -> None:
    await bench.create(
        Task=[container(Colour="red", Ulimits=[{"Name": "nofile", "SoftLimit": 1, "HardLimit": 2}])],
        Service={"DesiredCount": 1, "ServiceArn": "arn"},
    )
    await bench.ready()
    told = (await bench.get()).status.warnings
    assert [one.split()[0] for one in told] == [
        "containerDefinitions[web].ulimits",
        "spec.Task[0].Colour",
        "spec.Service.ServiceArn",
    ]


async def test_secrets_are_references(bench: Bench) -> None:
    role = "arn:aws:iam::123456789012:role/e"
    secret = {"Name": "PASSWORD", "ValueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db"}
    await bench.create(Task={"ExecutionRoleArn": role, "ContainerDefinitions": [container(Secrets=[secret])]})

    async def made() -> bool:
        return await bench.object(kube.DEPLOYMENTS) is not None

    await until_true(made)
    (one,) = (await bench.template())["spec"]["containers"]
    assert one["env"] == [
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": f"{NAME}-secrets", "key": "PASSWORD"}}}
    ]


async def test_files_of_variables_are_config_maps_that_are_waited_for(bench: Bench) -> None:
    files = [{"Type": "s3", "Value": "arn:aws:s3:::bucket/prod/web.env"}]
    await bench.create(Task=[container(EnvironmentFiles=files)])
    assert f'configmap "{NAME}-web-env" not found' in await bench.told("CreateContainerConfigError")
    await bench.config_map(f"{NAME}-web-env", A="a")
    await bench.ready()


async def test_a_service_of_code_deploy_is_rolled_out(bench: Bench) -> None:
    """As DescribeServices tells of one: its load balancers are with its task sets."""
    service = {
        "serviceName": NAME,
        "deploymentController": {"type": "CODE_DEPLOY"},
        "loadBalancers": [],
        "desiredCount": 1,
    }
    await bench.create(Task=[container()], Service={"services": [service]})
    await bench.ready()
    (told,) = (await bench.get()).status.warnings
    assert told.startswith("deploymentController is kept but not acted on")


async def test_a_helper_that_ends_holds_nothing_up(bench: Bench) -> None:
    helper = container("helper", Essential=False, Command=["sh", "-c", "exit 0"])
    await bench.create(Task=[container(), helper], Service={"DesiredCount": 2})
    await bench.ready()
    await bench.patch(Task=[container(Image="busybox:2"), helper])
    await bench.ready()
    assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox:2"}
    assert (await bench.get()).status.runningCount == 2


async def test_objects_of_others_are_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kecs.reconcile.ecs_deployment._WAIT_FOR_NAME", 0.1)
    ports = [{"port": 1}]
    await bench.api.create(kube.SERVICES, SPACE, {"metadata": {"name": NAME}, "spec": {"ports": ports}}, manager="test")
    await bench.create(Task=[container(PortMappings=[{"ContainerPort": 80}])], Service={"DesiredCount": 1})
    assert "there is a Service shop already" in await bench.told("NameTaken")
    found = await bench.object(kube.SERVICES)
    assert "ownerReferences" not in found["metadata"]
    assert [port["port"] for port in found["spec"]["ports"]] == [1]
    await bench.api.delete(kube.SERVICES, SPACE, NAME)
    await bench.ready()


async def test_what_others_change_or_delete_is_put_back(bench: Bench) -> None:
    await bench.create(Task=[container(PortMappings=[{"ContainerPort": 80}])], Service={"DesiredCount": 1})
    await bench.ready()
    change = {"spec": {"replicas": 4}}
    await bench.api.patch(kube.DEPLOYMENTS, SPACE, NAME, change, type="merge", manager="other")

    async def is_back() -> bool:
        found = await bench.object(kube.DEPLOYMENTS)
        return bool(found and found["spec"]["replicas"] == 1)

    await until_true(is_back)
    before = (await bench.object(kube.SERVICES))["metadata"]["uid"]
    await bench.api.delete(kube.SERVICES, SPACE, NAME)

    async def is_new() -> bool:
        found = await bench.object(kube.SERVICES)
        return bool(found and found["metadata"]["uid"] != before)

    await until_true(is_new)


async def test_it_goes_with_all_that_it_made_and_its_name_is_free(bench: Bench) -> None:
    await bench.create()
    await bench.ready()
    await bench.api.delete(ECS_DEPLOYMENTS, SPACE, NAME)
    await bench.create(Task=[container(Image="busybox:2")])
    await bench.ready()
    assert {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()} == {"busybox:2"}
    await bench.api.delete(ECS_DEPLOYMENTS, SPACE, NAME)
    await until_true(bench.is_gone)


async def test_an_address_of_the_load_balancer_is_shown(bench: Bench) -> None:
    await bench.create(
        Task=[container(PortMappings=[{"ContainerPort": 80}])],
        Service={"LoadBalancers": [{"ContainerName": "web", "ContainerPort": 80}]},
    )
    await bench.ready()
    status = {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}}
    await bench.api.patch(kube.SERVICES, SPACE, NAME, status, type="merge", manager="cloud", subresource="status")

    async def is_shown() -> bool:
        return (await bench.get()).status.address == "lb.example.com"

    await until_true(is_shown)


async def test_why_tasks_do_not_start_is_told(bench: Bench) -> None:
    await bench.create(Task=[container(Command=["sh", "-c", "exit 3"])])
    assert "container web of pod" in await bench.told("CrashLoopBackOff")


async def test_a_right_that_is_missing_is_told_and_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kecs.reconcile.ecs_deployment._LOOK_AGAIN", 0.1)
    gate = Gate(engine)
    gate.forbidden = {("list", "networkpolicies"), ("patch", "services")}
    async with prepared(gate, SETTINGS) as stage:
        await stage.api.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
        bench = Bench(stage)
        await bench.create(Task=[container(PortMappings=[{"ContainerPort": 80}])], Service={"DesiredCount": 1})
        assert 'cannot list resource "networkpolicies"' in await bench.told("Forbidden")
        gate.forbidden = {("patch", "services")}
        assert 'cannot patch resource "services"' in await bench.told("NotWritten")
        assert await bench.object(kube.DEPLOYMENTS) is not None  # nothing else is kept from being written
        gate.forbidden = set()
        await bench.ready()


async def test_where_there_is_none_none_is_looked_for(engine: Engine) -> None:
    gate = Gate(engine)
    gate.forbidden = {("list", "networkpolicies")}  # which nobody else lists
    async with prepared(gate, SETTINGS) as stage:
        await stage.service()
        await stage.steady(1)
        assert gate.attempts == 0
        await stage.api.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
        bench = Bench(stage)
        await bench.create()
        await bench.told("Forbidden")
        assert gate.attempts > 0


def test_what_carries_them_out_is_not_loaded_at_the_start() -> None:
    code = "import sys, kecs.compose; print(*(name for name in sys.modules if name.startswith('kecs.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kecs.reconcile.build" in loaded
    assert not {"kecs.reconcile.ecs_deployment", "kecs.translate.ecs_deployment", "kecs.model.shapes"} & set(loaded)


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_comes_after_a_controller_that_died_finishes_its_work(engine: Engine, *, after: bool) -> None:
    await engine.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    for writes in range(7):
        mortal = MortalApi(engine, writes, after=after)
        async with Stage(mortal, SETTINGS).running():
            bench = Bench(Stage(engine, SETTINGS))
            await bench.create(Task=[container(PortMappings=[{"ContainerPort": 80}])], Service={"DesiredCount": 1})
            await asyncio.wait({asyncio.ensure_future(mortal.died.wait())}, timeout=0.3)
        async with Stage(engine, SETTINGS).running():
            await bench.ready()
            assert len(await bench.pods()) == 1
            await bench.api.delete(ECS_DEPLOYMENTS, SPACE, NAME)
            await until_true(bench.is_gone)


async def test_an_upgrade_rolls_nothing_until_the_definitions_change(engine: Engine) -> None:
    await engine.create(kube.NAMESPACES, None, {"metadata": {"name": SPACE}}, manager="test")
    bench = Bench(Stage(engine, SETTINGS))
    async with Stage(engine, SETTINGS).running():
        await bench.create(Task=[container()], Service={"DesiredCount": 1})
        await bench.ready()
    (before,) = await bench.pods()
    newer = msgspec.structs.replace(SETTINGS, options=Options(stop_timeout=7))  # as another release may make it
    async with Stage(engine, newer).running():
        await bench.patch(Service={"DesiredCount": 2})
        await bench.ready()
        assert before["metadata"]["uid"] in {pod["metadata"]["uid"] for pod in await bench.pods()}
        seconds = [pod["spec"]["terminationGracePeriodSeconds"] for pod in await bench.pods()]
        assert seconds == [30, 30]
        change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "other"}]
        await engine.patch(kube.DEPLOYMENTS, SPACE, NAME, change, type="json", manager="other")

        async def is_back() -> bool:
            images = {pod["spec"]["containers"][0]["image"] for pod in await bench.pods()}
            return (await bench.template())["spec"]["containers"][0]["image"] == "busybox" and images == {"busybox"}

        await until_true(is_back)  # what others change is put back, whoever has made it
        await bench.patch(Task=[container(Image="busybox:2")])
        await bench.ready()
        assert [pod["spec"]["terminationGracePeriodSeconds"] for pod in await bench.pods()] == [7, 7]
