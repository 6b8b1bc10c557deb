"""A whole cluster in one process: the API, its controllers, one node, and the door for kubectl."""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from kecs.embedded.catalog import Rules
from kecs.embedded.controllers.build import build as build_controllers
from kecs.embedded.database import DatabaseError, lock_directory
from kecs.embedded.engine import Engine
from kecs.embedded.http.door import Door
from kecs.embedded.node import sockets
from kecs.embedded.node.build import Choice, build, container_engine, described, find_engine
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import EngineError
from kecs.embedded.node.node import Node
from kecs.embedded.node.owned import noted_engine, reset
from kecs.kube.controller import Runnable

NODE_NAME = "kecs"
FILES = ("kubeconfig", "token", "apiserver.crt", "apiserver.key", "lock")  # beside the database and the node's own
_NODE = "node"  # the node's own directory
_REFRESH_SECONDS = 10.0  # to read what is in the same process costs next to nothing
_LEASE_SECONDS = 60.0  # nobody here takes a node for lost whose lease is not renewed


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the cluster is run. `hosts` are names that the door answers to besides loopback's.

    `node_labels` are labels of the node besides its own: the zone that it is to be found in, for one. `rules` are those
    of custom resources that are evaluated.
    """

    directory: Path
    durable: bool = False
    engine: Choice = "auto"
    machine_capacity: bool = False
    warm_sandboxes: int = 2
    hosts: frozenset[str] = frozenset()
    node_labels: Mapping[str, str] = {}
    rules: Rules = {}


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
        address = _address(settings)
        try:
            api = Engine.open(settings.directory, durable=settings.durable, rules=settings.rules)
        except DatabaseError as error:
            raise DataDirectoryError(str(error)) from error
        node = build(
            api,
            NodeSettings(
                name=NODE_NAME,
                directory=settings.directory / _NODE,
                labels=settings.node_labels,
                machine_capacity=settings.machine_capacity,
                warm_sandboxes=settings.warm_sandboxes,
                lease_seconds=_LEASE_SECONDS,
                refresh_seconds=_REFRESH_SECONDS,
            ),
            address,
        )
        api.node = node
        return cls(api, node, Door(api, settings.directory, hosts=settings.hosts), described(address))

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
            for path in [directory / _NODE, *map(directory.joinpath, FILES), *directory.glob("kubernetes.db*")]:
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
    directory = settings.directory / _NODE
    address = noted_engine(directory) or _address(settings)
    if not address:
        return
    engine = container_engine(address)
    try:
        await engine.connect()
        await reset(engine, directory)
    except EngineError as error:
        raise DataDirectoryError(
            f"the containers cannot be removed: {error} (--engine simulated removes the data alone)"
        ) from error
    finally:
        await engine.close()


def _address(settings: ClusterSettings) -> str:
    """Return where the container engine listens; nothing where containers are simulated."""
    try:
        return find_engine(settings.engine, settings.directory / _NODE)
    except sockets.NoEngine as error:
        raise DataDirectoryError(str(error)) from error
