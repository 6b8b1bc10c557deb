"""What a data directory has in a container engine: by which id it is known there, in which engine, and its end."""

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kecs.embedded.node import engine as engines
from kecs.embedded.node.engine import Engine, EngineError, EngineGone, Found

log = logging.getLogger(__name__)

_ENGINE_FILE = "engine"  # the address of the real engine that was used last


def owner_of(directory: Path) -> str:
    """Return the id by which a data directory's containers are known, made when the directory has none."""
    path = directory / "id"
    with suppress(FileNotFoundError):
        if owner := path.read_text().strip():
            return owner
    directory.mkdir(parents=True, exist_ok=True)
    owner = secrets.token_hex(8)
    made = path.with_suffix(".new")  # whole or not at all: directories without an id would share their containers
    made.write_text(owner + "\n")
    made.replace(path)
    return owner


def note_engine(directory: Path, address: str) -> None:
    """Keep which engine the containers of a node's directory are in: they would stay there when the directory goes."""
    if noted_engine(directory) != address:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _ENGINE_FILE).write_text(address + "\n")


def noted_engine(directory: Path) -> str:
    """Return the address of the engine that a node's directory used last; empty when it never used a real one."""
    try:
        return (directory / _ENGINE_FILE).read_text().strip()
    except FileNotFoundError:
        return ""


async def remove_containers(engine: Engine, found: Iterable[Found]) -> int:
    """Remove containers, those that joined a sandbox before it, and return how many went. Raises `EngineGone`.

    What the engine refuses to remove is tried once more after the others, and then left, with a word in the log.
    """
    left = sorted(found, key=lambda each: each.labels.get(engines.CONTAINER) == engines.SANDBOX)
    every = len(left)
    for attempt in (1, 2):
        refused = []
        for each in left:
            try:
                await engine.remove(each.id)
            except EngineGone:
                raise
            except EngineError as error:
                refused.append(each)
                if attempt == 2:
                    log.warning("container %s is not removed: %s", each.id, error)
        left = refused
    return every - len(left)


async def reset(engine: Engine, directory: Path) -> int:
    """End and remove every container and volume of a data directory, and return how many containers there were.

    `directory` is the node's own (`NodeSettings.directory`). Raises `EngineGone`.
    """
    owner = owner_of(directory)
    removed = await remove_containers(engine, await engine.list(owner))
    for name in await engine.volumes(owner):
        await engine.remove_volume(name)
    return removed
