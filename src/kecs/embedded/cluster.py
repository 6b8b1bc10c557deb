"""A whole cluster in one process: the API, its controllers, one node, and the door for kubectl."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from kecs.embedded.controllers.build import build as build_controllers
from kecs.embedded.database import DatabaseError
from kecs.embedded.engine import Engine
from kecs.embedded.http.door import Door
from kecs.embedded.node import sockets
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import Engine as ContainerEngine
from kecs.embedded.node.node import Node

NODE_NAME = "kecs"


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the cluster is run. `hosts` are names that the door answers to besides loopback's."""

    directory: Path
    durable: bool = False
    engine: Literal["auto", "docker", "simulated"] = "auto"
    machine_capacity: bool = False
    warm_sandboxes: int = 2
    hosts: frozenset[str] = frozenset()


class DataDirectoryError(Exception):
    """The data directory cannot be used; the message says why and names it."""


class Part(Protocol):
    """Something that works until it is cancelled."""

    async def run(self) -> None:
        """Work for ever."""
        ...


class Cluster:
    """A cluster that is open: `api` answers at once, and lives once its `parts()` run.

    `containers` says in a few words what runs the containers.
    """

    def __init__(self, api: Engine, node: Node, door: Door, containers: str) -> None:
        self.api = api
        self.door = door
        self.containers = containers
        self._node = node

    @classmethod
    async def open(cls, settings: ClusterSettings) -> "Cluster":
        """Open the data directory. Raises DataDirectoryError."""
        containers, engine = _container_engine(settings.engine)
        try:
            api = Engine.open(settings.directory, durable=settings.durable)
        except DatabaseError as error:
            raise DataDirectoryError(str(error)) from error
        node = Node(
            api,
            engine,
            NodeSettings(
                name=NODE_NAME,
                directory=settings.directory / "node",
                machine_capacity=settings.machine_capacity,
                warm_sandboxes=settings.warm_sandboxes,
            ),
        )
        api.node = node
        return cls(api, node, Door(api, settings.directory, hosts=settings.hosts), containers)

    def parts(self) -> Sequence[Part]:
        """Return what has to run for the cluster to live: the controllers and the node."""
        return [*build_controllers(self.api, self.api.catalog.kinds), self._node]

    async def close(self) -> None:
        """Commit what is under way and let the data directory go."""
        await self.api.close()


def _container_engine(name: str) -> tuple[str, ContainerEngine]:
    """Return in words, and made, what runs containers."""
    if name != "simulated":
        try:
            address = sockets.find()
        except sockets.NoEngine as error:
            if name == "docker":
                raise DataDirectoryError(str(error)) from error
        else:
            from kecs.embedded.node.docker import DockerEngine

            return f"containers by {address}", DockerEngine(address)
    from kecs.embedded.node.simulated import SimulatedEngine

    return "simulated containers", SimulatedEngine()
