"""Kubernetes objects as YAML that reads well and means the same to every parser, with the line of each value.

Keys stand in the order in which kubectl prints them (by name; apiVersion, kind and metadata lead in a manifest), lists
are not indented below their key. A text that YAML could take for anything else is quoted.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kecs.translate.body import Json

Path: TypeAlias = tuple[str | int, ...]

# Texts that no version of YAML takes for anything but a text: they begin with a letter or a path's first characters,
# and hold nothing that means something. Numbers in any notation begin otherwise or are in `_WORDS`.
_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.$(){}@%+=~^-]*(?::[A-Za-z0-9_/.@-]+)*")
_QUANTITY = re.compile(r"[0-9]{1,9}(?:m|%|Ki|Mi|Gi|Ti)")  # no number to any parser, and everywhere in manifests
_WORDS = re.compile(r"y|n|yes|no|on|off|true|false|null|~|\.nan|[-+]?\.inf|\.[0-9].*", re.IGNORECASE)
_LINE_BREAKS = "\r\x85\u2028\u2029"
_LEADING = ("apiVersion", "kind", "metadata")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class Emitted:
    """Lines of YAML, and on which of them (from 1) the value of each path stands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.at: dict[Path, int] = {}

    @property
    def text(self) -> str:
        """The file."""
        return "".join(f"{line}\n" for line in self.lines)


def emit(value: Json, comments: Mapping[Path, Sequence[str]] | None = None) -> Emitted:
    """Return an object as YAML. `comments` stand above the value of their path, a line each."""
    made = Emitted()
    _Writer(made, comments or {}).mapping(value, (), "", _in_order(value, _LEADING))
    return made


def scalar(value: object) -> str:
    """Return a scalar on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if _QUANTITY.fullmatch(text):
        return text
    if _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text) and text != "." and len(text) < 1000:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """Return a double-quoted text. Real UTF-8 is written as it is: escapes of pairs do not build."""
    return '"' + "".join(_SHORT.get(char) or (char if _shows(char) else _escaped(char)) for char in text) + '"'


def _shows(char: str) -> bool:
    return char == " " or (char.isprintable() and char != "\ufeff")


def _escaped(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _in_order(value: Json, leading: Sequence[str] = ()) -> list[str]:
    first = [key for key in leading if key in value]
    return first + sorted(key for key in value if key not in first)


class _Writer:
    def __init__(self, made: Emitted, comments: Mapping[Path, Sequence[str]]) -> None:
        self._made = made
        self._comments = comments

    def mapping(self, value: Json, path: Path, indent: str, keys: Sequence[str], first: str = "") -> None:
        """Write a mapping's members; the first line begins with `first` where it is an element of a list."""
        for key in keys:
            self._comment((*path, key), indent)
            head = f"{first or indent}{scalar(key)}:"
            first = ""
            self._value(value[key], (*path, key), indent, head)

    def _value(self, value: Any, path: Path, indent: str, head: str) -> None:
        if isinstance(value, dict) and value:
            self._line(head, path)
            self.mapping(value, path, indent + "  ", _in_order(value))
        elif isinstance(value, list) and value:
            self._line(head, path)
            self._list(value, path, indent)
        elif isinstance(value, str) and _is_block(value):
            self._block(value, path, indent, head)
        else:
            empty = "{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else ""
            self._line(f"{head} {empty or scalar(value)}", path)

    def _list(self, values: Sequence[Any], path: Path, indent: str) -> None:
        for at, value in enumerate(values):
            here = (*path, at)
            self._comment(here, indent)
            if isinstance(value, dict) and value:
                self._made.at[here] = len(self._made.lines) + 1
                self.mapping(value, here, indent + "  ", _in_order(value), first=f"{indent}- ")
            elif isinstance(value, list):
                # Nothing that kecs writes has a list in a list; JSON is YAML, too.
                self._line(f"{indent}- [{', '.join(scalar(one) for one in value)}]", here)
            elif isinstance(value, str) and _is_block(value):
                self._block(value, here, indent, f"{indent}-")
            else:
                self._line(f"{indent}- {'{}' if isinstance(value, dict) else scalar(value)}", here)

    def _block(self, text: str, path: Path, indent: str, head: str) -> None:
        keep = "" if text.endswith("\n") and not text.endswith("\n\n") else "+" if text.endswith("\n") else "-"
        self._line(f"{head} |{keep}", path)
        lines = text.removesuffix("\n").split("\n")
        self._made.lines += [f"{indent}  {line}" if line else "" for line in lines]

    def _comment(self, path: Path, indent: str) -> None:
        self._made.lines += [f"{indent}# {line}".rstrip() for line in self._comments.get(path, ())]

    def _line(self, text: str, path: Path) -> None:
        self._made.lines.append(text)
        self._made.at[path] = len(self._made.lines)


def _is_block(text: str) -> bool:
    """Return whether a text of several lines reads well, and comes back the same, as a block."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and bool(lines[0].strip())
        and not lines[0].startswith((" ", "\t"))
        and not any(line.endswith((" ", "\t")) for line in lines)
        and all(_shows(char) or char in "\n\t" for char in text)
        and not any(char in text for char in _LINE_BREAKS)
    )
