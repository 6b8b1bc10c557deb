"""The files of volumes whose content comes from the API: config maps, secrets, fields of the pod, tokens."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from kecs.embedded.node.environment import Sources, decoded, field_value, resource_value
from kecs.embedded.node.views import Pod
from kecs.embedded.node.volume_views import (
    ConfigMapSource,
    DownwardSource,
    KeyToPath,
    SecretSource,
    TokenSource,
    Volume,
)

_DEFAULT_MODE = 0o644
_TOKEN_MODE = 0o644
_GROUP_READS = 0o440


class VolumeError(Exception):
    """A volume cannot be made; the message is that of the FailedMount event."""


@dataclass(frozen=True, slots=True)
class File:
    """One file. `mode` are its permissions."""

    content: bytes
    mode: int


def changes(volume: Volume) -> bool:
    """Tell whether a volume's files follow what they come from: not those beside a token, which would be a new one."""
    if volume.projected is not None:
        return not any(source.serviceAccountToken is not None for source in volume.projected.sources)
    return any(source is not None for source in (volume.configMap, volume.secret, volume.downwardAPI))


def files_of(pod: Pod, volume: Volume, sources: Sources) -> dict[str, File] | None:
    """Return the files of a volume that comes from the API, by path; None when it is another kind of volume."""
    if volume.configMap is not None:
        return _config_map(pod, volume.configMap, volume.configMap.defaultMode, sources)
    if volume.secret is not None:
        return _secret(pod, volume.secret, volume.secret.defaultMode, sources)
    if volume.downwardAPI is not None:
        return _downward(pod, volume.downwardAPI, volume.downwardAPI.defaultMode, sources)
    if volume.projected is None:
        return None
    files: dict[str, File] = {}
    mode = volume.projected.defaultMode
    for source in volume.projected.sources:
        if source.configMap is not None:
            files.update(_config_map(pod, source.configMap, mode, sources))
        elif source.secret is not None:
            files.update(_secret(pod, source.secret, mode, sources))
        elif source.downwardAPI is not None:
            files.update(_downward(pod, source.downwardAPI, mode, sources))
        elif source.serviceAccountToken is not None:
            files[source.serviceAccountToken.path] = File(_token(source.serviceAccountToken, sources), _TOKEN_MODE)
        else:
            raise VolumeError("this node can project configMap, secret, downwardAPI and serviceAccountToken only")
    return files


def _token(source: TokenSource, sources: Sources) -> bytes:
    token = sources.tokens.get(source.path)
    if token is None:
        raise VolumeError("this cluster gives no tokens of service accounts")
    return token.encode()


def _config_map(pod: Pod, source: ConfigMapSource, mode: int | None, sources: Sources) -> dict[str, File]:
    found = sources.config_maps.get(source.name)
    if found is None:
        if source.optional:
            return {}
        raise VolumeError(f'configmap "{source.name}" not found')
    data = {key: value.encode() for key, value in found.data.items()}
    data.update({key: decoded(value) for key, value in found.binaryData.items()})
    return _chosen(data, source.items, mode, optional=source.optional)


def _secret(pod: Pod, source: SecretSource, mode: int | None, sources: Sources) -> dict[str, File]:
    name = source.secretName or source.name
    found = sources.secrets.get(name)
    if found is None:
        if source.optional:
            return {}
        raise VolumeError(f'secret "{name}" not found')
    data = {key: decoded(value) for key, value in found.data.items()}
    return _chosen(data, source.items, mode, optional=source.optional)


def _chosen(data: Mapping[str, bytes], items: list[KeyToPath], mode: int | None, *, optional: bool) -> dict[str, File]:
    default = _DEFAULT_MODE if mode is None else mode
    if not items:
        return {key: File(value, default) for key, value in data.items()}
    files = {}
    for item in items:
        if item.key in data:
            files[item.path] = File(data[item.key], default if item.mode is None else item.mode)
        elif not optional:
            raise VolumeError(f"references non-existent config key: {item.key}")
    return files


def _downward(pod: Pod, source: DownwardSource, mode: int | None, sources: Sources) -> dict[str, File]:
    default = _DEFAULT_MODE if mode is None else mode
    files = {}
    for item in source.items:
        if item.fieldRef is not None:
            text = field_value(pod, item.fieldRef.fieldPath, sources)
        elif item.resourceFieldRef is not None:
            text = resource_value(pod, pod.spec.containers[0], item.resourceFieldRef, sources)
        else:
            continue
        files[item.path] = File(text.encode(), default if item.mode is None else item.mode)
    return files


def group_of(pod: Pod) -> int | None:
    """Return the group that a pod's volumes are to belong to (`fsGroup`)."""
    return pod.spec.securityContext.fsGroup if pod.spec.securityContext is not None else None


def share(path: Path, group: int | None, mode: int) -> None:
    """Give a file or directory to a group, as far as this process may."""
    if group is not None:
        with suppress(PermissionError):
            os.chown(path, -1, group)
            path.chmod(mode)


def write(directory: Path, files: Mapping[str, File], group: int | None = None) -> None:
    """Bring a directory up to its files; what is there already as it should be is left alone.

    A file is written beside its place and moved there: nobody sees half of one. Raises `VolumeError`, `OSError`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for path, file in files.items():
        target = directory / path
        if ".." in Path(path).parts or directory not in target.parents:
            raise VolumeError(f"{path} leads out of the volume")
        wanted = file if group is None else replace(file, mode=file.mode | _GROUP_READS)
        if not _is_so(target, wanted):
            _put(target, wanted, group)
    for there in directory.rglob("*"):
        if there.is_file() and str(there.relative_to(directory)) not in files:
            there.unlink()


def _is_so(target: Path, file: File) -> bool:
    try:
        return target.stat().st_mode & 0o7777 == file.mode and target.read_bytes() == file.content
    except FileNotFoundError:
        return False


def _put(target: Path, file: File, group: int | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{target.name}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(file.content)
    fresh.chmod(file.mode)
    share(fresh, group, file.mode)
    fresh.replace(target)
