"""The cluster query language of placement constraints, as conditions on nodes in disjunctive normal form.

    expression   attribute:ecs.instance-type == t3.micro and not (attribute:stack == prod or task:group == service:web)

Kubernetes's node affinity is such a form: any of several terms, each a list of requirements that all have to hold.
What has no counterpart there (regular expressions, instance ids, counts of tasks) raises `InexpressibleError`.
"""

import re
from collections.abc import Iterator
from itertools import product

import msgspec

from kecs.model import marks

# The attributes that ECS itself puts on container instances, and the labels that Kubernetes puts on nodes.
_LABELS = {
    "ecs.availability-zone": "topology.kubernetes.io/zone",
    "ecs.instance-type": "node.kubernetes.io/instance-type",
    "ecs.os-type": "kubernetes.io/os",
    "ecs.cpu-architecture": "kubernetes.io/arch",
}
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}

_OPERATORS = {
    "==": "==", "equals": "==",
    "!=": "!=", "not_equals": "!=",
    ">": ">", "greater_than": ">",
    ">=": ">=", "greater_than_equal": ">=",
    "<": "<", "less_than": "<",
    "<=": "<=", "less_than_equal": "<=",
    "exists": "exists", "!exists": "!exists", "not_exists": "!exists",
    "in": "in", "!in": "!in", "not_in": "!in",
    "=~": "=~", "matches": "=~",
    "!~": "!~", "not_matches": "!~",
}  # fmt: skip
_OPPOSITES = {"==": "!=", ">": "<=", ">=": "<", "exists": "!exists", "in": "!in", "=~": "!~"}
_OPPOSITES.update({value: key for key, value in _OPPOSITES.items()})

_TOKEN = re.compile(r'\s*(&&|\|\||==|!=|>=|<=|=~|!~|!exists\b|!in\b|[()\[\],<>!]|"[^"]*"|[^\s()\[\],<>!="&|]+)')
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_MAX_TERMS = 64
_MAX_DEPTH = 50


class BadQueryError(ValueError):
    """A text that is no expression of the query language."""


class InexpressibleError(ValueError):
    """An expression that Kubernetes has no counterpart for; the message says what of it."""


class Condition(msgspec.Struct, frozen=True):
    """One comparison. `values` is empty for `exists`."""

    subject: str
    operator: str
    values: tuple[str, ...] = ()

    def negated(self) -> "Condition":
        """Return the opposite comparison."""
        return Condition(self.subject, _OPPOSITES[self.operator], self.values)


class Requirement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A requirement on a node's labels, in Kubernetes's words."""

    key: str
    operator: str
    values: list[str] = []


Term = tuple[Condition, ...]  # all hold


def parse(expression: str) -> list[Term]:
    """Return the terms of an expression, any of which has to hold. Raises `BadQueryError` and `InexpressibleError`."""
    return _Parser(expression).parse()


def conjunction(expressions: list[list[Term]]) -> list[Term]:
    """Return the terms under which every one of the expressions holds. Raises `InexpressibleError`."""
    terms: list[Term] = [()]
    for expression in expressions:
        terms = _both(terms, expression)
    return terms


def requirement(condition: Condition) -> Requirement:
    """Return a comparison of an attribute as a requirement on a node's labels. Raises `InexpressibleError`."""
    kind, _, name = condition.subject.partition(":")
    if kind != "attribute" or not name:
        raise InexpressibleError(f"nodes have no label that says {condition.subject!r}")
    key = _LABELS.get(name) or f"{marks.ATTRIBUTE}{name}"
    if not _LABEL_NAME.fullmatch(name):
        raise InexpressibleError(f"the attribute {name!r} cannot be a label of a node")
    operator, values = condition.operator, list(condition.values)
    if name == "ecs.cpu-architecture":
        values = [_ARCHITECTURES.get(value.lower(), value) for value in values]
    if operator in ("=~", "!~"):
        raise InexpressibleError("Kubernetes compares labels of nodes with no regular expressions")
    if operator in ("exists", "!exists"):
        return Requirement(key, "Exists" if operator == "exists" else "DoesNotExist")
    if operator in ("==", "in", "!=", "!in"):
        if not all(_LABEL_VALUE.fullmatch(value) for value in values):
            raise InexpressibleError(f"{condition.values} cannot be values of a label")
        return Requirement(key, "In" if operator in ("==", "in") else "NotIn", values)
    if not values[0].isdecimal():
        raise InexpressibleError("Kubernetes orders labels of nodes as whole numbers only")
    bound = int(values[0])
    if operator in (">", ">="):
        return Requirement(key, "Gt", [str(bound if operator == ">" else bound - 1)])
    return Requirement(key, "Lt", [str(bound if operator == "<" else bound + 1)])


def _both(left: list[Term], right: list[Term]) -> list[Term]:
    if len(left) * len(right) > _MAX_TERMS:
        raise InexpressibleError(f"the expression has more than {_MAX_TERMS} alternatives")
    return [one + other for one, other in product(left, right)]


class _Parser:
    """Recursive descent; a negation is pushed down while parsing, so that the result has none."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def parse(self) -> list[Term]:
        terms = self._any(negated=False)
        if self._at != len(self._tokens):
            raise BadQueryError(f"unexpected {self._tokens[self._at]!r}")
        return terms

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise BadQueryError("the expression ends too early")
        self._at += 1
        return token

    def _any(self, *, negated: bool) -> list[Term]:
        terms = self._all(negated=negated)
        while self._peek().lower() in ("or", "||"):
            self._take()
            other = self._all(negated=negated)
            terms = _both(terms, other) if negated else terms + other
        return terms

    def _all(self, *, negated: bool) -> list[Term]:
        terms = self._one(negated=negated)
        while self._peek().lower() in ("and", "&&"):
            self._take()
            other = self._one(negated=negated)
            terms = terms + other if negated else _both(terms, other)
        return terms

    def _one(self, *, negated: bool) -> list[Term]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadQueryError("the expression is nested too deeply")
        try:
            if self._peek().lower() in ("not", "!"):
                self._take()
                return self._one(negated=not negated)
            if self._peek() != "(":
                condition = self._condition()
                return [(condition.negated() if negated else condition,)]
            self._take()
            terms = self._any(negated=negated)
            if self._take() != ")":
                raise BadQueryError("a parenthesis is not closed")
            return terms
        finally:
            self._depth -= 1

    def _condition(self) -> Condition:
        subject = self._word()
        word = self._take()
        operator = _OPERATORS.get(word.lower())
        if operator is None:
            raise BadQueryError(f"{word!r} is no operator")
        if operator in ("exists", "!exists"):
            return Condition(subject, operator)
        if operator in ("in", "!in"):
            return Condition(subject, operator, tuple(self._list()))
        return Condition(subject, operator, (self._word(),))

    def _list(self) -> Iterator[str]:
        if self._take() != "[":
            raise BadQueryError("a list begins with a bracket")
        while True:
            yield self._word()
            separator = self._take()
            if separator == "]":
                return
            if separator != ",":
                raise BadQueryError("a list is not closed")

    def _word(self) -> str:
        token = self._take()
        if token[0] == '"':
            return token[1:-1]
        if token in ("(", ")", "[", "]", ",", "!", "<", ">") or token.lower() in _OPERATORS:
            raise BadQueryError(f"unexpected {token!r}")
        return token


def _tokens(text: str) -> Iterator[str]:
    text = text.strip()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadQueryError(f"unexpected {text[at]!r}")
        yield match[1]
        at = match.end()
