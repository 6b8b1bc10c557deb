"""The operations over either backend, called in process through the wire's decoder and encoder."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from kecs.crds.installation import install
from kecs.embedded.engine import Engine
from kecs.kube.api import Api
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.model import names
from kecs.model.errors import AwsError
from kecs.model.generated.ecs_operations import ECS
from kecs.model.scope import DEFAULT_ACCOUNT, Scope
from kecs.services import registry
from kecs.services.context import Context
from kecs.translate.options import DEFAULT
from kecs.wire import json11
from kecs.wire.tokens import Tokens
from kecs.world.world import World

on_embedded_only = pytest.mark.parametrize("client", ["embedded"], indirect=True)


class Refused(Exception):
    """An AWS error that an operation answered with."""

    def __init__(self, error: AwsError, named: Callable[[str], str]) -> None:
        super().__init__(error.code, error.message)
        self.code, self.message = error.code, named(error.message)
        self.members = msgspec.json.decode(named(msgspec.json.encode(error.members()).decode()))


class Client:
    """Calls operations as a client of one account and region.

    On a cluster that others use as well, each account that a test names is another one, which is translated both ways.
    """

    def __init__(self, api: Api, world: World, scope: Scope, accounts: Mapping[str, str]) -> None:
        self.engine, self.world, self.scope = api, world, scope
        self._accounts = accounts
        self.tokens = Tokens(b"test")
        self.options = DEFAULT

    def elsewhere(self, region: str = "us-east-1", account: str = DEFAULT_ACCOUNT) -> "Client":
        """Return a client of another region or account."""
        return Client(self.engine, self.world, Scope(self._accounts[account], region), self._accounts)

    def namespace(self, cluster: str) -> str:
        """Return the namespace of a cluster."""
        return names.cluster(cluster, self.scope)

    async def __call__(self, operation: str, /, **members: Any) -> dict[str, Any]:
        sent = msgspec.json.encode(members)
        for name, account in self._accounts.items():
            sent = sent.replace(name.encode(), account.encode())
        request = json11.Decoder(ECS.operations[operation].request).decode(sent)
        ctx = Context(self.scope, self.world, self.engine, self.tokens, "test", self.options)
        try:
            answer = await registry.handlers("ecs")[operation](ctx, request)
        except AwsError as error:
            raise Refused(error, self._named) from error
        text = answer if isinstance(answer, bytes) else json11.encode(answer)
        found: dict[str, Any] = msgspec.json.decode(self._named(text.decode()))
        return found

    def _named(self, text: str) -> str:
        for name, account in self._accounts.items():
            text = text.replace(account, name)
        return text

    async def refusal(self, operation: str, /, **members: Any) -> tuple[str, str]:
        """Return code and message of the error that a request has to meet."""
        with pytest.raises(Refused) as caught:
            await self(operation, **members)
        return caught.value.code, caught.value.message


class _Own(dict[str, str]):
    """For each account that is asked for, one that nobody else has."""

    def __missing__(self, account: str) -> str:
        return self.setdefault(account, f"{secrets.randbelow(10**12):012d}")


class _Same(dict[str, str]):
    def __missing__(self, account: str) -> str:
        return account


@pytest.fixture(params=["embedded", "kubernetes"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A client over an engine of the test's own, and once more over a real control plane, where nothing else acts."""
    registry.load()
    async with _embedded() if request.param == "embedded" else _kubernetes(request) as api:
        await install(api)
        accounts = _Same() if request.param == "embedded" else _Own()
        world = World(api)
        running = asyncio.create_task(world.run())
        await asyncio.wait_for(world.synced(), 30)
        yield Client(api, world, Scope(accounts[DEFAULT_ACCOUNT]), accounts)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def _embedded() -> AsyncIterator[Api]:
    engine = Engine.open()
    yield engine
    await engine.close()


@asynccontextmanager
async def _kubernetes(request: pytest.FixtureRequest) -> AsyncIterator[Api]:
    cluster = request.getfixturevalue("kubernetes_control")
    api = await HttpApi.connect(load_kubeconfig(cluster.kubeconfig))
    yield api
    await api.close()
