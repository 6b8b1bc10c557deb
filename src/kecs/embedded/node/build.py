"""Making a node: which engine runs its containers, and the node over it. The one place that chooses an engine.

A node is a client of the API and of nothing else, so it serves whatever cluster `api` is:

    address = find_engine("simulated", directory)
    node = build(api, NodeSettings(name="kecs", directory=directory), address)
    asyncio.create_task(node.run())  # registers the node, keeps its lease, and carries out the pods bound to it
    await node.ready.wait()

Two nodes of one cluster differ in name and directory. `Node.log` and `Node.exec` are for the API in the same process:
the node listens nowhere, so another API server cannot ask it for logs.
"""

import logging
from pathlib import Path
from typing import Literal

from kecs.embedded.node import sockets
from kecs.embedded.node.context import NodeSettings
from kecs.embedded.node.engine import Engine
from kecs.embedded.node.node import Node
from kecs.embedded.node.owned import note_engine, noted_engine
from kecs.kube.api import Api

log = logging.getLogger(__name__)

Choice = Literal["auto", "docker", "simulated"]


def find_engine(choice: Choice, directory: Path) -> str:
    """Return where the container engine listens; nothing where containers are simulated.

    `directory` is the node's own. Raises `sockets.NoEngine`: also when `auto` finds none but the directory has real
    containers, which simulated ones would take the place of.
    """
    noted = noted_engine(directory)
    if choice == "simulated":
        if noted:
            log.warning("containers are simulated; real ones of earlier runs, if any are left, stay at %s", noted)
        return ""
    try:
        address = sockets.find()
    except sockets.NoEngine as error:
        if choice == "docker":
            raise
        if noted:
            raise sockets.NoEngine(
                f"the containers of earlier runs are in the engine at {noted}, but {error}: "
                f"start that engine, set DOCKER_HOST={noted}, or go on without them by --engine simulated"
            ) from error
        return ""
    if noted and noted != address:
        log.warning("containers are run by %s from now on; those of earlier runs stay at %s", address, noted)
    return address


def container_engine(address: str) -> Engine:
    """Return, made, what runs containers: the engine at an address, or the simulated one where that is empty."""
    if address:
        from kecs.embedded.node.docker import DockerEngine

        return DockerEngine(address)
    from kecs.embedded.node.simulated import SimulatedEngine

    return SimulatedEngine()


def described(address: str) -> str:
    """Return in a few words what runs the containers."""
    return f"containers by {address}" if address else "simulated containers"


def build(api: Api, settings: NodeSettings, address: str) -> Node:
    """Return a node of the cluster behind `api`, with the engine at `address` (of `find_engine`).

    Raises `OSError` when its directory cannot be written.
    """
    if address:
        note_engine(settings.directory, address)
    return Node(api, container_engine(address), settings)
