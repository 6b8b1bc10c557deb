"""Label and field selectors: parsed once, compiled to a function.

Label selectors come as text (`app=web,tier in (a,b),!old`) or as LabelSelector objects; field selectors as text only
(`metadata.name=web,status.phase!=Running`). A selector that cannot be parsed raises `BadSelector` with the words of
Kubernetes (apimachinery, `labels` and `fields`).
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

Labels: TypeAlias = Mapping[str, str]
LabelMatcher: TypeAlias = Callable[[Labels | None], bool]
Operator = Literal["=", "!=", "in", "notin", "exists", "!", "gt", "lt"]

_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_NAME_PATTERN = re.compile(_NAME)
_VALUE_PATTERN = re.compile(f"({_NAME})?")
_PREFIX_PATTERN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_CHARACTERS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_BAD_NAME = (
    f"name part {_CHARACTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_BAD_VALUE = (
    "a valid label must be an empty string or "
    + _CHARACTERS.removeprefix("must ")
    + f" (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({_NAME})?')"
)
_BAD_PREFIX = (
    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


class BadSelector(ValueError):
    """A selector that Kubernetes would refuse."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label. `values` is empty for `exists` and `!`."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Say whether the labels meet the condition."""
        has = labels.get(self.key)
        match self.operator:
            case "=" | "in":
                return has in self.values if has is not None else False
            case "!=" | "notin":
                return has is None or has not in self.values
            case "exists":
                return has is not None
            case "!":
                return has is None
            case "gt" | "lt":
                if has is None or not has.lstrip("-").isdecimal():
                    return False
                bound = int(self.values[0])
                return int(has) > bound if self.operator == "gt" else int(has) < bound


def label_key_problem(key: str) -> str:
    """Return why Kubernetes refuses `key` as a label key, or an empty text."""
    prefix, slash, name = key.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if "/" in prefix:
        return (
            f"a qualified name {_CHARACTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation "
            f"is '{_NAME}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
    if prefix and len(prefix) > 253:
        return "prefix part must be no more than 253 bytes"
    if prefix and not _PREFIX_PATTERN.fullmatch(prefix):
        return _BAD_PREFIX
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return "name part must be no more than 63 bytes"
    return "" if _NAME_PATTERN.fullmatch(name) else _BAD_NAME


def label_value_problem(value: str) -> str:
    """Return why Kubernetes refuses `value` as a label value, or an empty text."""
    if len(value) > 63:
        return "must be no more than 63 bytes"
    return "" if _VALUE_PATTERN.fullmatch(value) else _BAD_VALUE


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _requirement(key: str, operator: Operator, values: Collection[str]) -> Requirement:
    if operator in ("in", "notin") and not values:
        raise BadSelector("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
    if operator in ("gt", "lt") and not next(iter(values)).lstrip("-").isdecimal():
        value = _quoted(next(iter(values)))
        raise BadSelector(f"values[0]: Invalid value: {value}: for 'Gt', 'Lt' operators, the value must be an integer")
    for index, value in enumerate(sorted(values)):
        if problem := label_value_problem(value):
            raise BadSelector(f"values[{index}][{key}]: Invalid value: {_quoted(value)}: {problem}")
    return Requirement(key, operator, tuple(sorted(values)))


# A token is (kind, text): kind is the symbol itself, "id" for names, "end", or "error".
_Token = tuple[str, str]
_SYMBOLS = ("==", "!=", "=", "!", "(", ")", ",", ">", "<")
_WORD = re.compile(r"[^\s=!(),<>]+")


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        symbol = next((one for one in _SYMBOLS if text.startswith(one, at)), None)
        if symbol:
            found.append((symbol, symbol))
            at += len(symbol)
        elif word := _WORD.match(text, at):
            found.append(("id", word[0]))
            at = word.end()
    return [*found, ("end", "")]


_OPERATORS: dict[str, Operator] = {"=": "=", "==": "=", "!=": "!=", ">": "gt", "<": "lt", "in": "in", "notin": "notin"}


class _LabelParser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def look(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def parse(self) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        while True:
            kind, text = self.look()
            if kind == "end":
                return tuple(found)
            if kind not in ("id", "!"):
                raise BadSelector(f"found '{text}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self.requirement())
            except BadSelector as error:
                raise BadSelector(f"unable to parse requirement: {error}") from None
            kind, text = self.take()
            if kind == "end":
                return tuple(found)
            if kind != ",":
                raise BadSelector(f"found '{text}', expected: ',' or 'end of string'")
            kind, text = self.look()
            if kind not in ("id", "!"):
                raise BadSelector(f"found '{text}', expected: identifier after ','")

    def requirement(self) -> Requirement:
        kind, key = self.take()
        absent = kind == "!"
        if absent:
            kind, key = self.take()
        if kind != "id":
            raise BadSelector(f"found '{key}', expected: identifier")
        if problem := label_key_problem(key):
            raise BadSelector(f"<nil>: Invalid value: {_quoted(key)}: {problem}")
        if absent:
            return Requirement(key, "!")
        if self.look()[0] in ("end", ","):
            return Requirement(key, "exists")
        kind, text = self.take()
        operator = _OPERATORS.get(text)
        if operator is None:
            raise BadSelector(f"found '{text}', expected: in, notin, =, ==, !=, gt, lt")
        values = self.values() if operator in ("in", "notin") else {self.exact()}
        return _requirement(key, operator, values)

    def exact(self) -> str:
        if self.look()[0] in ("end", ","):
            return ""
        kind, text = self.take()
        if kind != "id":
            raise BadSelector(f"found '{text}', expected: identifier")
        return text

    def values(self) -> set[str]:
        kind, text = self.take()
        if kind != "(":
            raise BadSelector(f"found '{text}' expected: '('")
        kind, text = self.look()
        if kind == ")":
            self.take()
            return {""}
        if kind not in ("id", ","):
            raise BadSelector(f"found '{text}', expected: ',', ')' or identifier")
        found = {self.item()}
        while self.look()[0] == ",":
            self.take()
            found.add(self.item())
        kind, text = self.take()
        if kind != ")":
            raise BadSelector(f"found '{text}', expected: ',' or ')'")
        return found

    def item(self) -> str:
        """Return the next value of a list; nothing between two commas is the empty value."""
        kind, text = self.look()
        if kind in (",", ")"):
            return ""
        if kind != "id":
            raise BadSelector(f"found '{text}', expected: ',', or identifier")
        return self.take()[1]


@lru_cache(maxsize=1024)
def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Return the requirements of a label selector. Raises `BadSelector`."""
    return _LabelParser(text).parse()


def _everything(_labels: Labels | None) -> bool:
    return True


def _nothing(_labels: Labels | None) -> bool:
    return False


def matcher(requirements: tuple[Requirement, ...]) -> LabelMatcher:
    """Compile requirements to a function of an object's labels (None is no labels)."""
    if not requirements:
        return _everything
    if all(one.operator == "=" for one in requirements):
        return equality({one.key: one.values[0] for one in requirements}, requirements)

    def match(labels: Labels | None) -> bool:
        has = labels or {}
        return all(one.matches(has) for one in requirements)

    return match


def equality(wanted: Labels, requirements: tuple[Requirement, ...] = ()) -> LabelMatcher:
    """Compile `key: value` pairs, all of which must be there. `requirements` only tells contradictions (`a=1,a=2`)."""
    if len(requirements) > len(wanted) and len(set(requirements)) > len(wanted):
        return _nothing
    items = wanted.items()
    if len(wanted) == 1:
        ((key, value),) = items
        return lambda labels: labels is not None and labels.get(key) == value

    def match(labels: Labels | None) -> bool:
        return labels is not None and items <= labels.items()

    return match


@lru_cache(maxsize=1024)
def label_matcher(text: str) -> LabelMatcher:
    """Compile a label selector. An empty one matches everything. Raises `BadSelector`."""
    return matcher(parse_labels(text))


_OBJECT_OPERATORS: dict[str, Operator] = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def object_requirements(selector: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """Return the requirements of a LabelSelector object (`matchLabels`, `matchExpressions`). Raises `BadSelector`."""
    found = [Requirement(key, "=", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        operator = _OBJECT_OPERATORS.get(one.get("operator", ""))
        if operator is None:
            raise BadSelector(f"{_quoted(one.get('operator', ''))} is not a valid label selector operator")
        found.append(_requirement(one["key"], operator, one.get("values") or ()))
    return tuple(found)


def object_matcher(selector: Mapping[str, Any] | None) -> LabelMatcher:
    """Compile a LabelSelector object. None matches nothing, an empty object everything. Raises `BadSelector`."""
    return _nothing if selector is None else matcher(object_requirements(selector))


def format_requirements(requirements: tuple[Requirement, ...]) -> str:
    """Return the text of a selector, as in `status.selector` of a scale."""
    return ",".join(_format(one) for one in sorted(requirements, key=lambda one: one.key))


def _format(one: Requirement) -> str:
    match one.operator:
        case "exists":
            return one.key
        case "!":
            return f"!{one.key}"
        case "in" | "notin":
            return f"{one.key} {one.operator} ({','.join(one.values)})"
        case "gt" | "lt":
            return f"{one.key}{'>' if one.operator == 'gt' else '<'}{one.values[0]}"
        case _:
            return f"{one.key}{one.operator}{one.values[0]}"


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One condition on one field: its path (`spec.nodeName`), the value, and whether it must differ."""

    path: str
    value: str
    negated: bool = False


_TERM = re.compile(r"(?P<path>[^=!]*?)(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)
_TERMS = re.compile(r"(?:\\.|[^,])+", re.DOTALL)
_ESCAPE = re.compile(r"\\(.?)|([,=])", re.DOTALL)


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[2]:
            raise BadSelector(f"invalid field selector: unescaped character in value: {match[2]}")
        if match[1] not in ("\\", ",", "="):
            raise BadSelector(f"invalid field selector: invalid escape sequence: \\{match[1]}")
        return match[1]

    return _ESCAPE.sub(one, text)


@lru_cache(maxsize=1024)
def parse_fields(text: str) -> tuple[FieldTerm, ...]:
    """Return the terms of a field selector. Raises `BadSelector`."""
    found: list[FieldTerm] = []
    for term in _TERMS.findall(text):
        match = _TERM.fullmatch(term)
        if match is None:
            raise BadSelector(f"invalid selector: '{text}'; can't understand '{term}'")
        path, value = match["path"].strip(), _unescaped(match["value"])
        if path or value:
            found.append(FieldTerm(path, value, match["operator"] == "!="))
    return tuple(found)


def field_matcher(text: str) -> Callable[[Callable[[str], str]], bool]:
    """Compile a field selector to a function of a getter, which gives a field's text by its path."""
    terms = parse_fields(text)
    return lambda get: all((get(term.path) == term.value) != term.negated for term in terms)
