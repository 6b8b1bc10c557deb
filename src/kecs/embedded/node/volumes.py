"""A pod's volumes: scratch space is the engine's, files from the API are directories of the node's own.

`plan` says what a volume will be before anything is made, so that a sandbox can hold the memory-backed ones; `Volumes`
makes them, and keeps the files up to date.
"""

import asyncio
import shutil
from collections.abc import Container as Membership
from collections.abc import Iterable, Mapping
from pathlib import Path

from kecs.embedded.node import engine as engines
from kecs.embedded.node.container_views import Container
from kecs.embedded.node.engine import Engine, Mount
from kecs.embedded.node.environment import ConfigError, Sources
from kecs.embedded.node.files import VolumeError, changes, files_of, group_of, share, write
from kecs.embedded.node.views import Pod
from kecs.embedded.node.volume_views import HostPath, Volume
from kecs.kube import quantity

_HELD = "/volumes/"  # where a sandbox mounts what it holds
_MEMORY_MODE = 0o1777
_SET_GROUP = 0o2000  # what is made in a directory has its group
_SCRATCH_MODE = 0o777  # whoever the container runs as may write


def held(mounts: Mapping[str, Mount]) -> list[Mount]:
    """Return the mounts by which a sandbox keeps the engine's volumes of its pod alive, and reaches them."""
    return [Mount("volume", mount.source, _HELD + name) for name, mount in mounts.items() if mount.kind == "volume"]


def scratch_names(pod: Pod) -> tuple[str, ...]:
    """Return the names that the engine's volumes of a pod have, if they are made."""
    return tuple(_scratch_name(pod, volume) for volume in pod.spec.volumes if volume.emptyDir is not None)


def _scratch_name(pod: Pod, volume: Volume) -> str:
    return f"k8s_{pod.metadata.uid}_{volume.name}"


class Volumes:
    """Makes and removes the volumes of pods. `directory` is the node's own."""

    def __init__(self, engine: Engine, directory: Path, owner: str) -> None:
        self._engine, self._directory, self._owner = engine, directory.absolute() / "pods", owner

    async def make(self, pod: Pod, sources: Sources) -> dict[str, Mount]:
        """Make a pod's volumes and return how each is mounted. Raises `VolumeError`; repeating it is harmless."""
        mounts = {}
        for volume in pod.spec.volumes:
            try:
                mounts[volume.name] = await self._one(pod, volume, sources)
            except (ConfigError, VolumeError, OSError) as error:
                raise VolumeError(f'MountVolume.SetUp failed for volume "{volume.name}" : {error}') from error
        return mounts

    async def refresh(self, pod: Pod, sources: Sources) -> None:
        """Bring the files of a pod's volumes up to what they come from. Raises `VolumeError`; then they stay so.

        Nothing changes for who mounted a single file by `subPath`.
        """
        for volume in pod.spec.volumes:
            if changes(volume):
                try:
                    await self._one(pod, volume, sources)
                except (ConfigError, OSError) as error:
                    raise VolumeError(str(error)) from error

    def make_parts(self, uid: str, mounts: Iterable[Mount]) -> None:
        """Make the parts of scratch volumes that a container mounts (`subPath`). Raises `VolumeError`.

        A part may lead through links that containers made: what lies outside of its volume is not mounted.
        """
        volumes = self._directory / uid / "volumes"
        for mount in mounts:
            source = Path(mount.source)
            if mount.kind != "bind" or volumes not in source.parents:
                continue
            volume = (volumes / source.relative_to(volumes).parts[0]).resolve()
            target = source.resolve()
            if target != volume and volume not in target.parents:
                raise VolumeError(f"subPath {source.relative_to(volumes)} leads out of its volume")
            while not target.exists():
                missing = next(part for part in (*reversed(target.parents), target) if not part.exists())
                _make_shared(missing)

    async def open(self, sandbox: str, pod: Pod, mounts: Mapping[str, Mount]) -> None:
        """Let everyone write to the scratch volumes that a sandbox holds."""
        memory = {volume.name for volume in pod.spec.volumes if volume.emptyDir and volume.emptyDir.medium == "Memory"}
        for mount in held(mounts):
            mode = _MEMORY_MODE if mount.target.removeprefix(_HELD) in memory else _SCRATCH_MODE
            group = group_of(pod)
            await self._engine.open_volume(
                sandbox, mount.target, mode if group is None else mode | _SET_GROUP, group or 0
            )

    async def remove(self, uid: str, names: Iterable[str]) -> None:
        """Remove a pod's volumes: its directories, and those of the engine by name."""
        directory = self._directory / uid
        if directory.exists():
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        for name in names:
            await self._engine.remove_volume(name)

    async def sweep(self, alive: Membership[str]) -> None:
        """Remove the volumes of pods that are not alive."""
        for name, uid in (await self._engine.volumes(self._owner)).items():
            if uid not in alive:
                await self._engine.remove_volume(name)
        for uid in self._kept():
            if uid not in alive:
                await asyncio.to_thread(shutil.rmtree, self._directory / uid, ignore_errors=True)

    def _kept(self) -> list[str]:
        """Return the uids of the pods that have directories here."""
        return [each.name for each in self._directory.iterdir()] if self._directory.exists() else []

    async def _one(self, pod: Pod, volume: Volume, sources: Sources) -> Mount:
        if volume.emptyDir is not None:
            return await self._scratch(pod, volume)
        if volume.hostPath is not None:
            return Mount("bind", _host_path(volume.hostPath), "")
        files = files_of(pod, volume, sources)
        if files is None:
            raise VolumeError(
                "this node can mount emptyDir, hostPath, configMap, secret, downwardAPI and projected only"
            )
        directory = self._directory / pod.metadata.uid / "volumes" / volume.name
        if not self._engine.simulated:
            await asyncio.to_thread(write, directory, files, group_of(pod))
        return Mount("bind", str(directory), "", read_only=True)

    async def _scratch(self, pod: Pod, volume: Volume) -> Mount:
        empty = volume.emptyDir
        memory = empty is not None and empty.medium == "Memory"
        if not memory and _has_sub_paths(pod, volume.name):
            # Engines mount volumes whole, so parts of one have to be directories.
            directory = self._directory / pod.metadata.uid / "volumes" / volume.name
            _make_shared(directory)
            share(directory, group_of(pod), _SCRATCH_MODE | _SET_GROUP)
            return Mount("bind", str(directory), "")
        size = quantity.value(empty.sizeLimit) if memory and empty is not None and empty.sizeLimit is not None else 0
        name = _scratch_name(pod, volume)
        labels = {engines.OWNER: self._owner, engines.POD_UID: pod.metadata.uid}
        await self._engine.create_volume(name, labels, memory=memory, size=size)
        return Mount("volume", name, "")


def _every(pod: Pod) -> list[Container]:
    return [*pod.spec.initContainers, *pod.spec.containers]


def _has_sub_paths(pod: Pod, volume: str) -> bool:
    return any(
        mount.name == volume and (mount.subPath or mount.subPathExpr)
        for container in _every(pod)
        for mount in container.volumeMounts
    )


def _make_shared(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(_SCRATCH_MODE)


def _host_path(source: HostPath) -> str:
    path = Path(source.path)
    checks = {
        "Directory": path.is_dir,
        "File": path.is_file,
        "Socket": path.is_socket,
        "CharDevice": path.is_char_device,
        "BlockDevice": path.is_block_device,
    }
    if source.type == "DirectoryOrCreate" or (source.type == "" and not path.exists()):
        path.mkdir(parents=True, exist_ok=True, mode=0o755)
    elif source.type == "FileOrCreate" and not path.exists():
        path.touch(mode=0o644)
    elif source.type in checks and not checks[source.type]():
        raise VolumeError(f"hostPath type check failed: {source.path} is not a {source.type.lower()}")
    return source.path
