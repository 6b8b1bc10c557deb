"""Layers: directories as tars whose bytes say nothing of when and by whom they were made."""

import fcntl
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kecs" / "image"
_HOUR = 3600


def remembered(name: str, inputs: Iterable[str | bytes], find: Callable[[], Any]) -> Any:
    """Return what `find` gives, as JSON has it, or what it gave last for the same inputs."""
    path = CACHE / f"{name}-{_state(inputs)}.json"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(find()))
        unfinished.rename(path)
    return json.loads(path.read_text())


def _state(inputs: Iterable[str | bytes]) -> str:
    state = hashlib.sha256()
    for each in (Path(__file__).read_bytes(), *inputs):
        data = each if isinstance(each, bytes) else each.encode()
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()[:16]


def cached(name: str, inputs: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
    """Return the layer of a name and of what goes into it: `make` fills a directory when there is none yet."""
    layer = CACHE / f"{name}-{_state(inputs)}.tar"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if layer.exists():
            os.utime(layer)
        else:
            directory = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=CACHE))
            try:
                make(directory)
                unfinished = layer.with_suffix(".unfinished")
                _pack(directory, unfinished)
                unfinished.rename(layer)
            finally:
                shutil.rmtree(directory)
    return layer


def forget_old(*patterns: str) -> None:
    """Remove what an hour ago was the latest, so that a day's changes do not fill the disk."""
    for pattern in patterns:
        for path in CACHE.glob(pattern):
            with suppress(FileNotFoundError):  # others may be at it, too
                if time.time() - path.stat().st_mtime > _HOUR:
                    path.unlink()


def _pack(directory: Path, target: Path) -> None:
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(directory.rglob("*")):
            tar.add(path, str(path.relative_to(directory)), recursive=False, filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    if entry.isdir():
        entry.mode = 0o1777 if entry.name == "tmp" else 0o755
    elif entry.isreg():
        entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
