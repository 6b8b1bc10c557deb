"""The operations over an engine of the test's own, called in process through the wire's decoder and encoder."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kecs.crds.installation import install
from kecs.embedded.engine import Engine
from kecs.model.errors import AwsError
from kecs.model.generated.ecs_operations import ECS
from kecs.model.scope import Scope
from kecs.services import registry
from kecs.services.context import Context
from kecs.wire import json11
from kecs.wire.tokens import Tokens
from kecs.world.world import World


class Refused(Exception):
    """An AWS error that an operation answered with."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.code, error.message)
        self.code, self.message, self.members = error.code, error.message, error.members()


class Client:
    """Calls operations as a client of one account and region."""

    def __init__(self, engine: Engine, world: World, scope: Scope = Scope()) -> None:  # noqa: B008 # frozen
        self.engine, self.world, self.scope = engine, world, scope
        self.tokens = Tokens(b"test")

    def elsewhere(self, region: str = "us-east-1", account: str = "123456789012") -> "Client":
        return Client(self.engine, self.world, Scope(account, region))

    async def __call__(self, operation: str, /, **members: Any) -> dict[str, Any]:
        request = json11.Decoder(ECS.operations[operation].request).decode(msgspec.json.encode(members))
        ctx = Context(self.scope, self.world, self.engine, self.tokens, "test")
        try:
            answer = await registry.handlers("ecs")[operation](ctx, request)
        except AwsError as error:
            raise Refused(error) from error
        found: dict[str, Any] = msgspec.json.decode(answer if isinstance(answer, bytes) else json11.encode(answer))
        return found

    async def refusal(self, operation: str, /, **members: Any) -> tuple[str, str]:
        """Return code and message of the error that a request has to meet."""
        with pytest.raises(Refused) as caught:
            await self(operation, **members)
        return caught.value.code, caught.value.message


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    registry.load()
    engine = Engine.open()
    await install(engine)
    world = World(engine)
    running = asyncio.create_task(world.run())
    await asyncio.wait_for(world.synced(), 10)
    yield Client(engine, world)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await engine.close()
