"""Where volumes appear in a container: mount points, other containers' mounts, memory-backed directories."""

from collections.abc import Mapping

from kecs.model import names
from kecs.model.generated import ecs
from kecs.translate.body import Json
from kecs.translate.container.part import Part

_SHARED_MEMORY = "/dev/shm"  # noqa: S108


def volume_name(name: str) -> str:
    """Return the name in the pod of a volume of the definition."""
    return names.label(name)


def scratch_name(container: str, what: str) -> str:
    """Return the name of a memory-backed volume. No volume of a definition has a slash, so the two never meet."""
    return names.label(f"{container}/{what}")


def mounts(part: Part, siblings: Mapping[str, ecs.ContainerDefinition]) -> Json:
    """Return `volumeMounts`. Of two mounts in one place the container's own counts."""
    made: dict[str, Json] = {}
    for mount in part.definition.mountPoints or ():
        _add(made, volume_name(mount.sourceVolume or ""), mount.containerPath or "", read_only=bool(mount.readOnly))
    for source in part.definition.volumesFrom or ():
        sibling = siblings.get(source.sourceContainer or "")
        for mount in (sibling.mountPoints if sibling else None) or ():
            read_only = bool(source.readOnly or mount.readOnly)
            _add(made, volume_name(mount.sourceVolume or ""), mount.containerPath or "", read_only=read_only)
    for path, _, name in scratch(part.definition):
        _add(made, name, path, read_only=False)
    return {"volumeMounts": list(made.values())} if made else {}


def scratch(definition: ecs.ContainerDefinition) -> list[tuple[str, int, str]]:
    """Return the memory-backed directories of a container as (path, size in MiB, volume name)."""
    linux = definition.linuxParameters
    if linux is None:
        return []
    found = []
    container = definition.name or ""
    if linux.sharedMemorySize:
        found.append((_SHARED_MEMORY, linux.sharedMemorySize, scratch_name(container, "shm")))
    for tmpfs in linux.tmpfs or ():
        path = tmpfs.containerPath or ""
        found.append((path, tmpfs.size or 0, scratch_name(container, f"tmpfs{path}")))
    return found


def _add(made: dict[str, Json], name: str, path: str, *, read_only: bool) -> None:
    if not path or path in made:
        return
    made[path] = {"name": name, "mountPath": path}
    if read_only:
        made[path]["readOnly"] = True
