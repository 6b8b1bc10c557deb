"""The cluster query language: what it means, what Kubernetes cannot say, and what is no query at all."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.translate.query import BadQueryError, Condition, InexpressibleError, conjunction, parse, requirement

A, B, C = (Condition(f"attribute:{name}", "exists") for name in "abc")
NOT_A, NOT_B = A.negated(), B.negated()

MEANINGS = [
    ("attribute:a exists", [(A,)]),
    ("attribute:a !exists", [(NOT_A,)]),
    ("attribute:a not_exists", [(NOT_A,)]),
    ("not(attribute:a exists)", [(NOT_A,)]),
    ("!(attribute:a exists)", [(NOT_A,)]),
    ("not not attribute:a exists", [(A,)]),
    ("attribute:a exists and attribute:b exists", [(A, B)]),
    ("attribute:a exists && attribute:b exists", [(A, B)]),
    ("attribute:a exists OR attribute:b exists", [(A,), (B,)]),
    ("attribute:a exists || attribute:b exists and attribute:c exists", [(A,), (B, C)]),
    ("(attribute:a exists or attribute:b exists) and attribute:c exists", [(A, C), (B, C)]),
    ("not (attribute:a exists and attribute:b exists)", [(NOT_A,), (NOT_B,)]),
    ("not (attribute:a exists or attribute:b exists)", [(NOT_A, NOT_B)]),
    ("attribute:a == x", [(Condition("attribute:a", "==", ("x",)),)]),
    ("attribute:a==x", [(Condition("attribute:a", "==", ("x",)),)]),
    ('attribute:a equals "x y"', [(Condition("attribute:a", "==", ("x y",)),)]),
    ("attribute:a in [x, y]", [(Condition("attribute:a", "in", ("x", "y")),)]),
    ("attribute:a not_in [x]", [(Condition("attribute:a", "!in", ("x",)),)]),
    ("not attribute:a in [x]", [(Condition("attribute:a", "!in", ("x",)),)]),
    ("attribute:ecs.instance-type =~ t2.*", [(Condition("attribute:ecs.instance-type", "=~", ("t2.*",)),)]),
    ("attribute:a >= 4", [(Condition("attribute:a", ">=", ("4",)),)]),
    ("not attribute:a >= 4", [(Condition("attribute:a", "<", ("4",)),)]),
    ("task:group == service:production", [(Condition("task:group", "==", ("service:production",)),)]),
]


@pytest.mark.parametrize(("text", "terms"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_meaning(text: str, terms: list[tuple[Condition, ...]]) -> None:
    assert parse(text) == terms


NONSENSE = [
    *("", "attribute:a", "attribute:a ==", "attribute:a is x", "(attribute:a exists", "attribute:a exists)"),
    *("attribute:a in x", "attribute:a in [x", "attribute:a in [x y]", "and attribute:a exists", "not", "==", '"'),
    "attribute:a exists attribute:b exists",
    "not " * 100 + "attribute:a exists",
    "(" * 100,
]


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: text[:40])
def test_nonsense(text: str) -> None:
    with pytest.raises(BadQueryError):
        parse(text)


REQUIREMENTS: list[tuple[str, Any]] = [
    ("attribute:ecs.os-type == linux", {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}),
    (
        "attribute:ecs.cpu-architecture != x86_64",
        {"key": "kubernetes.io/arch", "operator": "NotIn", "values": ["amd64"]},
    ),
    ("attribute:rack exists", {"key": "attribute.kecs.io/rack", "operator": "Exists"}),
    ("attribute:rack !exists", {"key": "attribute.kecs.io/rack", "operator": "DoesNotExist"}),
    ("attribute:n > 3", {"key": "attribute.kecs.io/n", "operator": "Gt", "values": ["3"]}),
    ("attribute:n >= 3", {"key": "attribute.kecs.io/n", "operator": "Gt", "values": ["2"]}),
    ("attribute:n < 3", {"key": "attribute.kecs.io/n", "operator": "Lt", "values": ["3"]}),
    ("attribute:n <= 3", {"key": "attribute.kecs.io/n", "operator": "Lt", "values": ["4"]}),
]


@pytest.mark.parametrize(("text", "wanted"), REQUIREMENTS, ids=[text for text, _ in REQUIREMENTS])
def test_requirement(text: str, wanted: Any) -> None:
    ((condition,),) = parse(text)

    assert msgspec.to_builtins(requirement(condition)) == wanted


UNSAID = [
    *("attribute:a =~ x", "attribute:a !~ x", "attribute:a > many", "ec2InstanceId == i-1", "runningTasksCount < 3"),
    *('attribute:a == "ü"', 'attribute:"a b" exists', "attribute:a/b exists"),
]


@pytest.mark.parametrize("text", UNSAID)
def test_what_kubernetes_cannot_say(text: str) -> None:
    with pytest.raises((InexpressibleError, BadQueryError)):
        [requirement(condition) for term in parse(text) for condition in term]


def test_too_many_alternatives_are_refused_before_they_are_made() -> None:
    text = " and ".join(f"(attribute:a{at} exists or attribute:b{at} exists)" for at in range(40))
    with pytest.raises(InexpressibleError, match="alternatives"):
        parse(text)


def test_all_expressions_hold() -> None:
    assert conjunction([[(A,), (B,)], [(C,)]]) == [(A, C), (B, C)]
    assert conjunction([]) == [()]


@given(st.text(max_size=80))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    with suppress(BadQueryError, InexpressibleError):
        assert parse(text)


EXPRESSIONS = st.recursive(
    st.sampled_from(["attribute:a exists", "attribute:b exists", "attribute:c exists"]),
    lambda inner: st.one_of(
        inner.map(lambda text: f"not ({text})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.sets(st.sampled_from("abc")))
def test_terms_say_what_the_expression_says(text: str, present: set[str]) -> None:
    def holds(condition: Condition) -> bool:
        return (condition.subject[-1] in present) == (condition.operator == "exists")

    python = text
    for name in "abc":
        python = python.replace(f"attribute:{name} exists", str(name in present))

    try:
        terms = parse(text)
    except InexpressibleError:
        return
    assert any(all(map(holds, term)) for term in terms) == eval(python)
