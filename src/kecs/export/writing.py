"""Writing a tree into a directory: all of it or nothing, and never over what its user has made.

What was written last is listed in `.kecs-export.json`, with a digest of each file. A file that is still as it was
written is written anew, one that is wanted no more goes; a file that somebody has edited stops the export, except for a
kustomization: what users add to it (patches, resources, images) and take out of it is kept. All other files are the
user's and are left alone. The new directory is made beside the old one, then they change places.
"""

import difflib
import glob
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from kecs.export.emit import emit
from kecs.export.problems import ExportError
from kecs.translate.body import Json

RECORD = ".kecs-export.json"


class Record(msgspec.Struct, omit_defaults=True):
    """What an export has written: a digest of each file, and the values of kustomizations."""

    files: dict[str, str] = {}
    kustomizations: dict[str, Json] = {}


class Plan(msgspec.Struct):
    """What a directory is to become: texts of files to write, files to remove, and what stays though it was ours."""

    directory: Path
    write: dict[str, str]
    remove: list[str]
    kept: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether the directory is so already."""
        return not self.write and not self.remove


def plan(
    directory: Path, files: Mapping[str, str], kustomizations: Mapping[str, Json], *, overwrite: bool = False
) -> Plan:
    """Compare a tree with a directory. Raises ExportError when something in the directory is in its way."""
    _recover(directory)
    _check_place(directory)
    before = _record(directory)
    wanted = {**files}
    made = Plan(directory, {}, [], [])
    edited = []
    for file, text in sorted(files.items()):
        found = _read(directory, file)
        if found is None or found == text:
            wanted[file] = text
        elif file in kustomizations and before.files.get(file) != _digest(found):
            wanted[file] = _merged(file, found, before.kustomizations.get(file, {}), kustomizations[file])
        elif before.files.get(file) != _digest(found) and not overwrite:
            edited.append(file)
    if edited:
        raise ExportError(
            f"{len(edited)} of the files to write were made or edited by somebody else; move the changes into a patch "
            "of an overlay, or let --overwrite drop them:",
            [f"  {directory / file}" for file in edited],
        )
    record = Record({file: _digest(text) for file, text in files.items()}, dict(kustomizations))
    wanted[RECORD] = json.dumps(msgspec.to_builtins(record), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    made.write = {file: text for file, text in sorted(wanted.items()) if _read(directory, file) != text}
    for file, digest in sorted(before.files.items()):
        found = _read(directory, file) if file not in files else None
        if found is not None:
            (made.remove if _digest(found) == digest or overwrite else made.kept).append(file)
    return made


def carry_out(made: Plan) -> None:
    """Write a plan. Raises ExportError, and then the directory is as it was."""
    if made.is_empty:
        return
    directory = made.directory
    staged = directory.with_name(f".{directory.name}.new-{secrets.token_hex(4)}")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        if directory.exists():
            shutil.copytree(directory, staged, symlinks=True, copy_function=_link)
        else:
            staged.mkdir()
        for file in made.remove:
            _remove(staged, file)
        for file, text in made.write.items():
            target = staged / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        _exchange(directory, staged)
    except OSError as error:
        raise ExportError(f"{error.filename or directory}: {(error.strerror or str(error)).lower()}") from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def differences(made: Plan) -> Iterator[str]:
    """Yield the lines of a diff between the directory and what it is to become."""
    for file in [*made.write, *made.remove]:
        if file == RECORD:
            continue
        old = (_read(made.directory, file) or "").splitlines()
        new = made.write.get(file, "").splitlines()
        name = str(made.directory / file)
        yield from difflib.unified_diff(old, new, name, name, lineterm="")


def _recover(directory: Path) -> None:
    """Put the old tree back if somebody was killed between taking it away and putting the new one in its place."""
    left = list(directory.parent.glob(f".{glob.escape(directory.name)}.old-*"))
    if left and not directory.exists():
        max(left, key=lambda one: one.stat().st_mtime).replace(directory)


def _check_place(directory: Path) -> None:
    if directory.is_symlink():
        raise ExportError(f"{directory} is a link: name the directory itself")
    if directory.exists() and not directory.is_dir():
        raise ExportError(f"{directory} is no directory")
    if Path.cwd().is_relative_to(directory.resolve()):
        raise ExportError(
            f"{directory} is the working directory, or above it: name a directory of its own, such as k8s"
        )


def _record(directory: Path) -> Record:
    text = _read(directory, RECORD)
    if text is None:
        return Record()
    try:
        return msgspec.json.decode(text, type=Record)
    except msgspec.DecodeError:
        raise ExportError(f"{directory / RECORD} is not what an export has written: remove it") from None


def _read(directory: Path, file: str) -> str | None:
    """Return what stands in a file below the directory; None where there is none. Never follows a link out of it."""
    steps = PurePosixPath(file).parts
    if PurePosixPath(file).is_absolute() or ".." in steps:
        raise ExportError(f"{file} leads out of {directory}")
    path = directory
    for step in steps:
        path = path / step
        if path.is_symlink():
            raise ExportError(f"{path} is a link, which is not written through: replace it with what it leads to")
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ExportError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _merged(file: str, found: str, before: Json, wanted: Json) -> str:
    """Return a kustomization with what is wanted now and what its user has changed since it was written."""
    import yaml

    try:
        users = yaml.safe_load(found)
    except yaml.YAMLError:
        raise ExportError(f"{file} is no YAML any more: mend or remove it") from None
    if not isinstance(users, dict):
        raise ExportError(f"{file} is no kustomization any more: mend or remove it")
    made: Json = {}
    for key in {**wanted, **users}:
        mine, theirs, old = wanted.get(key), users.get(key), before.get(key)
        made[key] = (
            _entries(mine, theirs, old) if isinstance(theirs or mine, list) else mine if theirs == old else theirs
        )
    made = {key: value for key, value in made.items() if value not in (None, [])}
    return found if made == users else emit(made).text


def _entries(mine: Any, theirs: Any, old: Any) -> list[Any]:
    mine, theirs, old = mine or [], theirs or [], old or []
    if not isinstance(mine, list) or not isinstance(theirs, list):
        return list(theirs or mine)
    kept = [one for one in theirs if one in mine or one not in old]
    return kept + [one for one in mine if one not in old and one not in kept]


def _link(source: str, target: str) -> object:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        return shutil.copy2(source, target, follow_symlinks=False)
    return None


def _remove(directory: Path, file: str) -> None:
    target = directory / file
    target.unlink(missing_ok=True)
    for parent in target.parents:
        if parent == directory or any(parent.iterdir()):
            return
        parent.rmdir()


def _exchange(directory: Path, staged: Path) -> None:
    if not directory.exists():
        staged.replace(directory)
        return
    old = directory.with_name(f".{directory.name}.old-{secrets.token_hex(4)}")
    directory.replace(old)
    try:
        staged.replace(directory)
    except BaseException:
        old.replace(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)
