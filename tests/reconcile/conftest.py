"""A whole world in small for every test: the embedded API with controllers and a simulated node, and kecs on top."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from kecs.crds.installation import install
from kecs.decide import service as rules
from kecs.decide.throttle import Delays
from kecs.embedded.controllers.build import build as build_controllers
from kecs.embedded.engine import Engine
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.node import Node
from kecs.embedded.node.simulated import SimulatedEngine
from kecs.kube.api import Api
from kecs.kube.time import now
from kecs.model import marks, names, objects
from kecs.model import service as service_model
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.reconcile.build import build
from kecs.reconcile.context import Context, Settings
from kecs.translate import views
from kecs.translate.launch import for_run
from kecs.translate.pod import make_pod
from kecs.world.world import World

T = TypeVar("T")

SCOPE = Scope()
CLUSTER = "demo"
NAMESPACE = names.cluster(CLUSTER, SCOPE)
DELAYS = Delays(base=0.3, cap=2.0, brief=2.0, free=2)
SETTINGS = Settings(rules=rules.Settings(steadyAfter=0.0, delays=DELAYS))
PATIENT = Settings(rules=rules.Settings(steadyAfter=0.5, delays=DELAYS))


async def until(found: Callable[[], T], *, seconds: float = 10.0) -> T:
    """Return what `found` gives once that is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (value := found()):
        assert loop.time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)
    return value


class Stage:
    """The world of a test, and how to change it as the operations would."""

    def __init__(self, api: Api, settings: Settings, now: Callable[[], float] = now) -> None:
        self.api = api
        self.world = World(api)
        self.context = Context(api=api, world=self.world, settings=settings, now=now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the caches and the reconcilers."""
        runnables = [self.world, *build(self.context)]
        tasks = [asyncio.create_task(one.run()) for one in runnables]
        try:
            await self.world.synced()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def create(self, item: objects.Cluster | objects.TaskDefinition | objects.Service) -> None:
        caches: dict[type, Any] = {
            objects.Cluster: self.world.clusters,
            objects.TaskDefinition: self.world.task_definitions,
            objects.Service: self.world.services,
        }
        body = {"apiVersion": item.apiVersion, "kind": item.kind, **msgspec.to_builtins(item)}
        body.pop("status", None)
        await self.world.create(caches[type(item)], item.metadata.namespace or None, body)

    async def cluster(self) -> None:
        spec = ecs.CreateClusterRequest(clusterName=CLUSTER)
        await self.create(objects.Cluster(metadata=objects.Meta(name=NAMESPACE), spec=spec))
        await until(lambda: (one := self.world.clusters.get(None, NAMESPACE)) and one.status.status == "ACTIVE")

    async def definition(
        self, command: str = "", *, family: str = "web", revision: int = 1, role: str | None = None, **fields: Any
    ) -> None:
        tags = fields.pop("tags", None)
        container = ecs.ContainerDefinition(
            name="app", image="busybox", memory=32, command=["sh", "-c", command] if command else None, **fields
        )
        spec = objects.TaskDefinitionSpec(
            family=family, containerDefinitions=[container], revision=revision, taskRoleArn=role, tags=tags
        )
        name = names.task_definition(family, revision, SCOPE)
        meta = objects.Meta(name=name, annotations={marks.CREATED_AT: "1.0"})  # it was registered
        await self.create(objects.TaskDefinition(metadata=meta, spec=spec))

    async def run_task(self, *, family: str = "web", revision: int = 1) -> str:
        """Create the pod of a task; return its name."""
        found = self.world.definitions.get(SCOPE, family, revision)
        assert found is not None
        request = ecs.RunTaskRequest(taskDefinition=family)
        launch = for_run(request, found.spec, scope=SCOPE, cluster=CLUSTER)
        pod = await self.world.create(self.world.pods, NAMESPACE, make_pod(found.spec, launch))
        return pod.metadata.name

    async def stop_task(self, name: str, reason: str = "enough") -> None:
        note = msgspec.json.encode(objects.StopNote("UserInitiated", reason, 1.0)).decode()
        await self.world.patch(self.world.pods, NAMESPACE, name, {"metadata": {"annotations": {marks.STOP: note}}})

    async def service(self, name: str = "web", **fields: Any) -> None:
        spec = ecs.CreateServiceRequest(serviceName=name, **{"taskDefinition": "web:1", "desiredCount": 2, **fields})
        meta = objects.Meta(name=names.service(name), namespace=NAMESPACE)
        await self.create(objects.Service(metadata=meta, spec=spec))

    async def update(self, name: str = "web", **spec: Any) -> None:
        await self.world.patch(self.world.services, NAMESPACE, name, {"spec": spec})

    async def delete_service(self, name: str = "web") -> None:
        """Ask for a service's deletion as DeleteService does."""
        meta = {"annotations": {marks.DELETED_AT: f"{self.context.now():.3f}"}}
        await self.world.patch(self.world.services, NAMESPACE, name, {"metadata": meta, "spec": {"desiredCount": 0}})

    def get(self, name: str = "web") -> objects.Service:
        found = self.world.services.get(NAMESPACE, name) or self.world.service(NAMESPACE, name)
        assert found is not None
        return found

    def status(self, name: str = "web") -> str:
        """Return the status of a service as ECS shows it."""
        return service_model.status_of(self.get(name))

    def rollout(self, name: str = "web") -> list[tuple[str | None, str | None, str]]:
        """Return status, rollout state and revision of the service's deployments."""
        return [
            (one.status, one.rolloutState, (one.taskDefinition or "").rpartition(":")[2])
            for one in self.get(name).status.deployments
        ]

    def pods(self, name: str = "web") -> list[views.Pod]:
        return list(self.world.pods.by("service", (NAMESPACE, name)))

    def messages(self, name: str = "web") -> list[str]:
        """Return the service's events, oldest first."""
        return [event.message or "" for event in reversed(self.get(name).status.events)]

    async def steady(self, revision: int, name: str = "web", seconds: float = 10.0) -> None:
        wanted = [("PRIMARY", "COMPLETED", str(revision))]
        await until(lambda: self.rollout(name) == wanted, seconds=seconds)

    def records(self) -> list[objects.StoppedTask]:
        return list(self.world.stopped_tasks.values())


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """A Kubernetes API with controllers and a simulated node."""
    found = Engine.open()
    await install(found)
    node = Node(found, SimulatedEngine(), NodeSettings(name="node", directory=tmp_path / "node"))
    tasks = [
        asyncio.create_task(one.run()) for one in [*build_controllers(found, found.catalog.kinds, events=False), node]
    ]
    await node.ready.wait()
    yield found
    for task in tasks:
        task.cancel()
    with suppress(Exception):
        await asyncio.gather(*tasks, return_exceptions=True)
    await found.close()


@pytest.fixture
async def stage(engine: Engine) -> AsyncIterator[Stage]:
    """The world with kecs at work in it, a cluster and the definition `web:1` that runs until it is stopped."""
    async with prepared(engine, SETTINGS) as found:
        yield found


@pytest.fixture
async def patient_stage(engine: Engine) -> AsyncIterator[Stage]:
    """As `stage`, where a task has to run for a while to count as healthy."""
    async with prepared(engine, PATIENT) as found:
        yield found


@asynccontextmanager
async def prepared(engine: Api, settings: Settings, now: Callable[[], float] = now) -> AsyncIterator[Stage]:
    found = Stage(engine, settings, now)
    async with found.running():
        await found.cluster()
        await found.definition("sleep 1000")
        yield found
