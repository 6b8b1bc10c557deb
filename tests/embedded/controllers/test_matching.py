from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.controllers.matching import Selectors
from kecs.kube.api import Json
from kecs.kube.selectors import object_matcher

KEYS, VALUES = ["a", "b"], ["1", "2"]
labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
expressions = st.fixed_dictionaries(
    {
        "key": st.sampled_from(KEYS),
        "operator": st.sampled_from(["In", "NotIn"]),
        "values": st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True),
    }
)
selectors = st.fixed_dictionaries({"matchLabels": labels, "matchExpressions": st.lists(expressions, max_size=2)})


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["x", "y"]), st.none() | selectors)), labels)
def test_finds_exactly_the_selectors_that_match(changes: list[tuple[int, str, Json | None]], wanted: Json) -> None:
    index: Selectors[int] = Selectors()
    last: dict[int, tuple[str, Json | None]] = {}
    for number, namespace, selector in changes:
        index.put(number, namespace, selector)
        last[number] = (namespace, selector)
    expected = sorted(n for n, (space, one) in last.items() if space == "x" and object_matcher(one)(wanted))
    assert sorted(index.find("x", wanted)) == expected
    for number in list(last):
        index.remove(number)
    assert list(index.find("x", wanted)) == []
    assert not index._filed


def test_a_bad_selector_matches_nothing() -> None:
    index: Selectors[str] = Selectors()
    index.put("bad", "x", {"matchExpressions": [{"key": "a", "operator": "Near"}]})
    assert list(index.find("x", {"a": "1"})) == []
