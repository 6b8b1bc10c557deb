"""One suite over every engine: what the node relies on."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kecs.embedded.node.docker import DockerEngine
from kecs.embedded.node.engine import (
    ATTEMPT,
    CONTAINER,
    OWNER,
    POD_UID,
    SANDBOX,
    ContainerConfig,
    Engine,
    EngineError,
    EngineEvent,
    LogQuery,
    NameInUse,
    NoSuchContainer,
    PullFailed,
    SandboxConfig,
)
from kecs.embedded.node.owned import remove_containers
from kecs.embedded.node.simulated import SimulatedEngine
from tests.embedded.node.cluster import until
from tests.engine import IMAGE


class Bench:
    """An engine, and an owner whose containers are removed after the test."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.owner = secrets.token_hex(6)
        self.events: list[EngineEvent | None] = []

    def labels(self, container: str) -> dict[str, str]:
        return {OWNER: self.owner, POD_UID: "u", CONTAINER: container, ATTEMPT: "0"}

    def name(self, container: str) -> str:
        return f"k8s_{container}_{self.owner}"

    async def sandbox(self) -> str:
        config = SandboxConfig(name=self.name("POD"), labels=self.labels(SANDBOX), hostname="box")
        sandbox = await self.engine.create_sandbox(config)
        await self.engine.start(sandbox)
        return sandbox

    def config(self, sandbox: str, line: str, name: str = "main", **members: Any) -> ContainerConfig:
        words = ["sh", "-c", line]
        return ContainerConfig(
            name=self.name(name), labels=self.labels(name), sandbox=sandbox, image=IMAGE, command=words, **members
        )

    async def run(self, line: str, **members: Any) -> str:
        container = await self.engine.create(self.config(await self.sandbox(), line, **members))
        await self.engine.start(container)
        return container

    async def ended(self, container: str) -> int:
        async def there() -> bool:
            return (await self.engine.inspect(container)).state == "exited"

        await until(there, "the end of a container")
        return (await self.engine.inspect(container)).exit_code

    async def log(self, container: str, **query: Any) -> str:
        return b"".join([chunk async for chunk in self.engine.logs(container, LogQuery(**query))]).decode()

    async def listen(self) -> None:
        async for event in self.engine.events(self.owner):
            self.events.append(event)


@pytest.fixture(params=["simulated", "real"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    real = request.param == "real"
    engine: Engine = DockerEngine(request.getfixturevalue("container_engine")) if real else SimulatedEngine()
    await engine.connect()
    bench = Bench(engine)
    yield bench
    await remove_containers(engine, await engine.list(bench.owner))
    await engine.close()


async def test_it_says_what_it_runs_on(bench: Bench) -> None:
    machine = await bench.engine.connect()
    assert machine.engine.startswith(f"{bench.engine.scheme}://")
    assert machine.operating_system == "linux"
    assert machine.cpus >= 1
    assert machine.memory > 1 << 20


async def test_a_container_from_its_making_to_its_removal(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    assert (await bench.engine.inspect(sandbox)).ip.count(".") == 3
    container = await bench.engine.create(bench.config(sandbox, "sleep 1000"))
    assert (await bench.engine.inspect(container)).state == "created"
    await bench.engine.start(container)
    found = await bench.engine.inspect(container)
    assert (found.state, found.labels[CONTAINER]) == ("running", "main")
    assert found.started_at > 0
    assert (await bench.engine.inspect(bench.name("main"))).id == container
    await bench.engine.stop(container, 1)
    found = await bench.engine.inspect(container)
    assert found.state == "exited"
    assert found.exit_code in (137, 143)
    assert found.finished_at >= found.started_at
    await bench.engine.remove(container)
    await bench.engine.remove(container)
    with pytest.raises(NoSuchContainer):
        await bench.engine.inspect(container)


async def test_starting_twice_is_starting_once(bench: Bench) -> None:
    container = await bench.run("sleep 1000")
    before = await bench.engine.inspect(container)
    await bench.engine.start(container)
    assert (await bench.engine.inspect(container)).started_at == before.started_at


async def test_a_name_is_taken_once(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    await bench.engine.create(bench.config(sandbox, "true"))
    with pytest.raises(NameInUse):
        await bench.engine.create(bench.config(sandbox, "true"))
    with pytest.raises(NameInUse):
        await bench.sandbox()


async def test_only_ones_own_are_listed(bench: Bench) -> None:
    other = Bench(bench.engine)
    try:
        container = await bench.run("sleep 1000")
        await other.run("sleep 1000")
        found = await bench.engine.list(bench.owner)
        assert {each.labels[CONTAINER] for each in found} == {SANDBOX, "main"}
        assert {each.state for each in found} == {"running"}
        assert container in [each.id for each in found]
    finally:
        await remove_containers(bench.engine, await bench.engine.list(other.owner))


async def test_ends_are_told(bench: Bench) -> None:
    listening = asyncio.create_task(bench.listen())

    async def listens() -> bool:
        return None in bench.events

    await until(listens, "the beginning of the events")
    container = await bench.run("exit 5")

    async def told() -> bool:
        return any(event is not None and (event.action, event.id) == ("exit", container) for event in bench.events)

    await until(told, "the event of an end")
    assert (await bench.engine.inspect(container)).exit_code == 5
    event = next(event for event in bench.events if event is not None and event.action == "exit")
    assert (event.labels[POD_UID], event.labels[CONTAINER]) == ("u", "main")
    listening.cancel()


async def test_kills(bench: Bench) -> None:
    container = await bench.run("trap '' TERM; while true; do sleep 1; done")
    await bench.engine.kill(container)
    assert await bench.ended(container) == 137
    await bench.engine.kill(container)


async def test_logs(bench: Bench) -> None:
    container = await bench.run("echo one; echo two; sleep 0.3; echo three")
    assert await bench.log(container, follow=True) == "one\ntwo\nthree\n"
    assert await bench.log(container) == "one\ntwo\nthree\n"
    assert await bench.log(container, tail=1) == "three\n"
    stamped = (await bench.log(container, timestamps=True)).splitlines()
    assert [line.partition(" ")[2] for line in stamped] == ["one", "two", "three"]
    assert all(line.partition(" ")[0].endswith("Z") for line in stamped)


async def test_commands_in_a_container(bench: Bench) -> None:
    container = await bench.run("sleep 1000")
    result = await bench.engine.exec(container, ["sh", "-c", "echo hello; exit 3"], None)
    assert (result.exit_code, result.output) == (3, b"hello\n")
    with pytest.raises(TimeoutError):
        await bench.engine.exec(container, ["sleep", "5"], 0.2)
    assert (await bench.engine.check(container, ["true"], 5)).ok
    assert not (await bench.engine.check(container, ["false"], 5)).ok


async def test_a_command_in_what_does_not_run(bench: Bench) -> None:
    container = await bench.run("exit 0")
    await bench.ended(container)
    with pytest.raises(EngineError):
        await bench.engine.exec(container, ["true"], None)


async def test_images(bench: Bench) -> None:
    image = await bench.engine.image(IMAGE)
    assert image is not None
    assert image.id.startswith("sha256:")
    assert await bench.engine.image("registry.invalid/none:1") is None
    with pytest.raises(PullFailed):
        await bench.engine.pull("registry.invalid/none:1", [])


async def test_volumes_can_be_made_twice_and_removed_twice(bench: Bench) -> None:
    name = f"volume-{bench.owner}"
    labels = {OWNER: bench.owner, POD_UID: "u"}
    await bench.engine.create_volume(name, labels, memory=False, size=0)
    await bench.engine.create_volume(name, labels, memory=False, size=0)
    if not bench.engine.simulated:
        assert await bench.engine.volumes(bench.owner) == {name: "u"}
    await bench.engine.remove_volume(name)
    await bench.engine.remove_volume(name)
    assert await bench.engine.volumes(bench.owner) == {}
