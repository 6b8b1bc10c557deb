"""JSON and YAML files with the line of each value, so that whoever wrote them is told where something is wrong.

Numbers that are no integers stay the text that they were (`1.10` is a version, more often than not), and of YAML's many
words for truth only `true` and `false` count: what ECS takes for a text shall arrive as it was written.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import msgspec

from kecs.export.problems import SourceError

Path: TypeAlias = tuple[str | int, ...]

_MOST_BYTES = 32 * 2**20
_DEEPEST = 100  # ECS's shapes are ten deep, templates a few more
_MOST_VALUES = 200_000  # what a small YAML file can become through its aliases is larger than that by far
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DECODER = json.JSONDecoder()
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


class Document(msgspec.Struct, frozen=True):
    """What one file says (YAML has several documents in one), and the line of the value at each path.

    `text` is the whole file.
    """

    file: str
    value: Any
    lines: dict[str, int]
    text: str = ""

    def line_of(self, path: str) -> int:
        """Return the line of the value at a path (`a.b[0].c`, members in any case), or of what it is in."""
        path = path.casefold()
        while path:
            found = self.lines.get(path)
            if found:
                return found
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get("", 0)


def read(path: FilePath, shown: str) -> list[Document]:
    """Return the documents of a file, called `shown` where something is said of it. Raises SourceError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SourceError(shown, 0, "", f"it is larger than {_MOST_BYTES >> 20} MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(shown, 0, "", f"byte {error.start + 1} is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SourceError(shown, 0, "", reason[:1].lower() + reason[1:]) from None
    return parse(text, shown)


def parse(text: str, file: str) -> list[Document]:
    """Return the documents of a text: of JSON where it begins as JSON does, else of YAML. Raises SourceError."""
    start = text.lstrip()[:1]
    if not start:
        raise SourceError(file, 0, "", "it is empty")
    if start in "{[":
        try:
            return [_Json(text, file).document()]
        except SourceError as error:
            # A flow mapping of YAML may begin so as well; what neither of them takes is told as JSON's.
            try:
                found = list(_yaml(text, file))
            except SourceError:
                raise error from None
            if any(line for line in text.splitlines() if line.strip()[:1] in '"}'):
                raise error from None
            return found
    documents = list(_yaml(text, file))
    if not documents:
        raise SourceError(file, 0, "", "it is empty")
    return documents


class _Json:
    """A reader of JSON that knows where it is."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._breaks = [at for at, char in enumerate(text) if char == "\n"]
        self._lines: dict[str, int] = {}

    def document(self) -> Document:
        value = self._value(())
        self._skip()
        if self._at < len(self._text):
            raise self._wrong("something follows the end of the JSON value", ())
        return Document(self._file, value, self._lines, self._text)

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at - 1) + 1

    def _wrong(self, reason: str, path: Path) -> SourceError:
        return SourceError(self._file, self._line(), dotted(path), reason)

    def _skip(self) -> str:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _value(self, path: Path) -> Any:
        if len(path) > _DEEPEST:
            raise self._wrong("it is too deeply nested", path[:4])
        char = self._skip()
        self._lines[dotted(path).casefold()] = self._line()
        if char == "{":
            return self._mapping(path)
        if char == "[":
            return self._sequence(path)
        if char == '"':
            return self._string(path)
        number = _NUMBER.match(self._text, self._at)
        if number:
            self._at = number.end()
            return number[0] if number[1] or number[2] or not _INTEGER.fullmatch(number[0]) else int(number[0])
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        raise self._wrong("a value is missing" if char in ("", ",", "}", "]") else f"{char!r} begins no value", path)

    def _string(self, path: Path) -> str:
        value: str
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            raise self._wrong(error.msg[:1].lower() + error.msg[1:], path) from None
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._wrong("half of a surrogate pair is no character", path) from None
        return value

    def _mapping(self, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self._at += 1
        if self._skip() == "}":
            self._at += 1
            return made
        while True:
            if self._skip() != '"':
                raise self._wrong("a key in quotes is missing", path)
            key = self._string(path)
            if key in made:
                raise self._wrong("the key stands here twice", (*path, key))
            if self._skip() != ":":
                raise self._wrong("a colon is missing", (*path, key))
            self._at += 1
            made[key] = self._value((*path, key))
            char = self._skip()
            if char not in (",", "}"):
                raise self._wrong("a comma or a closing brace is missing", (*path, key))
            self._at += 1
            if char == "}":
                return made

    def _sequence(self, path: Path) -> list[Any]:
        made: list[Any] = []
        self._at += 1
        if self._skip() == "]":
            self._at += 1
            return made
        while True:
            made.append(self._value((*path, len(made))))
            char = self._skip()
            if char not in (",", "]"):
                raise self._wrong("a comma or a closing bracket is missing", (*path, len(made) - 1))
            self._at += 1
            if char == "]":
                return made


def _yaml(text: str, file: str) -> Iterator[Document]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(yaml.parse(text, Loader=loader), file)
        for node in yaml.compose_all(text, Loader=loader):
            reader = _Yaml(file)
            value = reader.value(node, ())
            if value is not None:
                yield Document(file, value, reader.lines, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(file, mark.line + 1 if mark else 0, "", error.problem or "it is no YAML") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SourceError(file, 0, "", f"it is neither JSON nor YAML: {str(error).splitlines()[0]}") from None


def _check_depth(events: Iterator[Any], file: str) -> None:
    """Refuse deep nesting before anybody recurses into it: libyaml does so in C, without a limit."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            depth += 1
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1
        if depth > _DEEPEST:
            raise SourceError(file, event.start_mark.line + 1, "", "it is too deeply nested")


class _Yaml:
    """Makes values of the nodes of a YAML document."""

    def __init__(self, file: str) -> None:
        self.lines: dict[str, int] = {}
        self._file = file
        self._open: list[int] = []
        self._made = 0

    def value(self, node: Any, path: Path) -> Any:
        self._made += 1
        line = node.start_mark.line + 1 if node is not None else 0
        if self._made > _MOST_VALUES:
            raise SourceError(self._file, line, dotted(path[:4]), "it is too large when its aliases are written out")
        if len(path) > 2 * _DEEPEST:  # aliases in aliases
            raise SourceError(self._file, line, dotted(path[:4]), "it is too deeply nested")
        if node is None:
            return None
        if id(node) in self._open:
            raise SourceError(self._file, line, dotted(path), "it contains itself")
        self.lines[dotted(path).casefold()] = line
        self._open.append(id(node))
        made = self._tagged(node, path)
        self._open.pop()
        return made

    def _tagged(self, node: Any, path: Path) -> Any:
        tag: str = node.tag
        if not tag.startswith("!") or tag == "!":
            return self._plain(node, path)
        name = tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"
        value = self._plain(node, (*path, name), text=True)
        if name == "Fn::GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name: value}

    def _plain(self, node: Any, path: Path, *, text: bool = False) -> Any:
        if node.id == "sequence":
            return [self.value(one, (*path, at)) for at, one in enumerate(node.value)]
        if node.id == "mapping":
            return self._mapping(node, path)
        if text or node.style or node.tag == "tag:yaml.org,2002:str":
            return self._text(node, path)
        if node.value.lower() in ("", "~", "null"):
            return None
        if node.value.lower() in ("true", "false"):
            return node.value.lower() == "true"
        return int(node.value) if _INTEGER.fullmatch(node.value) else self._text(node, path)

    def _text(self, node: Any, path: Path) -> str:
        value: str = node.value
        try:
            value.encode()
        except UnicodeEncodeError:
            reason = "half of a surrogate pair is no character"
            raise SourceError(self._file, node.start_mark.line + 1, dotted(path), reason) from None
        return value

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                raise SourceError(self._file, line, dotted(path), "a key has to be a text")
            key = self._text(key_node, path)
            if key_node.tag == "tag:yaml.org,2002:merge":
                own = self.lines[dotted(path).casefold()]
                found = self.value(value_node, path)
                self.lines[dotted(path).casefold()] = own
                for one in found if isinstance(found, list) else [found]:
                    merged = {**one, **merged} if isinstance(one, dict) else merged
                continue
            if key in made:
                raise SourceError(self._file, line, dotted((*path, key)), "the key stands here twice")
            made[key] = self.value(value_node, (*path, key))
            if made[key] is None or not isinstance(made[key], dict | list):
                self.lines[dotted((*path, key)).casefold()] = line
        return {**merged, **made}


def dotted(path: Path) -> str:
    """Return a path as it is shown: `containerDefinitions[0].image`."""
    made = ""
    for step in path:
        made += f"[{step}]" if isinstance(step, int) else f".{step}" if made else step
    return made
