"""A whole cluster in one process: the API, its controllers, one node, and the door for kubectl."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from kecs.embedded.controllers.build import build as build_controllers
from kecs.embedded.database import DatabaseError, lock_directory
from kecs.embedded.engine import Engine
from kecs.embedded.http.door import Door
from kecs.embedded.node import sockets
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import Engine as ContainerEngine
from kecs.embedded.node.engine import EngineError
from kecs.embedded.node.node import Node, reset
from kecs.kube.controller import Runnable

NODE_NAME = "kecs"
FILES = ("kubeconfig", "token", "apiserver.crt", "apiserver.key", "lock")  # beside the database and the node's own
ENGINE_FILE = "node/engine"  # the address of the real engine that was used last


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
        address = _address(settings.engine)
        engine = _container_engine(address)
        try:
            api = Engine.open(settings.directory, durable=settings.durable)
        except DatabaseError as error:
            raise DataDirectoryError(str(error)) from error
        if address:
            _note(settings.directory, address)
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
        return cls(
            api,
            node,
            Door(api, settings.directory, hosts=settings.hosts),
            f"containers by {address}" if address else "simulated containers",
        )

    def parts(self) -> Sequence[Runnable]:
        """Return what has to run for the cluster to live: the controllers and the node."""
        return [*build_controllers(self.api, self.api.catalog.kinds), self._node]

    @staticmethod
    async def reset(settings: ClusterSettings) -> None:
        """End and remove the containers of a data directory, then its files. Raises DataDirectoryError."""
        directory = settings.directory
        if not directory.exists():
            return
        try:
            lock = lock_directory(directory)
        except DatabaseError as error:
            raise DataDirectoryError(str(error)) from error
        try:
            await _remove_containers(settings)
            for path in [directory / "node", *map(directory.joinpath, FILES), *directory.glob("kubernetes.db*")]:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        except OSError as error:
            raise DataDirectoryError(f"{error.filename} cannot be removed: {error.strerror}") from error
        else:
            with suppress(OSError):  # something in it is not ours
                directory.rmdir()
        finally:
            os.close(lock)

    async def close(self) -> None:
        """Commit what is under way and let the data directory go."""
        await self.api.close()


async def _remove_containers(settings: ClusterSettings) -> None:
    """Remove what the data directory has started from the engine that it is in, wherever DOCKER_HOST points now."""
    if settings.engine == "simulated":
        return
    address = _noted(settings.directory) or _address(settings.engine)
    if not address:
        return
    engine = _container_engine(address)
    try:
        await engine.connect()
        await reset(engine, settings.directory / "node")
    except EngineError as error:
        raise DataDirectoryError(
            f"the containers cannot be removed: {error} (--engine simulated removes the data alone)"
        ) from error
    finally:
        await engine.close()


def _note(directory: Path, address: str) -> None:
    """Keep which engine the containers are in: without it, they would stay when the data goes."""
    if _noted(directory) != address:
        path = directory / ENGINE_FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(address + "\n")


def _noted(directory: Path) -> str:
    try:
        return (directory / ENGINE_FILE).read_text().strip()
    except FileNotFoundError:
        return ""


def _address(name: str) -> str:
    """Return where the container engine listens; nothing where containers are simulated."""
    if name == "simulated":
        return ""
    try:
        return sockets.find()
    except sockets.NoEngine as error:
        if name == "docker":
            raise DataDirectoryError(str(error)) from error
        return ""


def _container_engine(address: str) -> ContainerEngine:
    """Return, made, what runs containers: the engine at an address, or the simulated one."""
    if address:
        from kecs.embedded.node.docker import DockerEngine

        return DockerEngine(address)
    from kecs.embedded.node.simulated import SimulatedEngine

    return SimulatedEngine()
