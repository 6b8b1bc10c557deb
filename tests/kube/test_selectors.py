import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.kube.selectors import (
    BadSelector,
    field_matcher,
    format_requirements,
    label_matcher,
    object_matcher,
    object_requirements,
    parse_fields,
    parse_labels,
)

WEB = {"app": "web", "tier": "front", "rank": "7", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True), ("app=web", True), ("app==web", True), ("app=api", False), ("none=web", False),
        ("app!=web", False), ("app!=api", True), ("none!=x", True), ("app=web,tier=front", True),
        ("app=web,tier=back", False), ("app in (api, web)", True), ("app in (api)", False), ("none in (a)", False),
        ("app notin (api,other)", True), ("app notin (web)", False), ("none notin (a)", True), ("app", True),
        ("none", False), ("!none", True), ("!app", False), ("! none , app", True), ("rank>6", True), ("rank<7", False),
        ("app>6", False), ("empty=", True), ("empty in ()", True), ("empty in (,)", True), ("app in (web,)", True),
        ("app=web,app=api", False), ("in=x", False), ("example.com/x!=y", True),
    ],
)  # fmt: skip
def test_label_selectors(selector: str, matches: bool | None) -> None:
    if matches is None:
        with pytest.raises(BadSelector):
            label_matcher(selector)
    else:
        assert label_matcher(selector)(WEB) is matches


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a==(", "unable to parse requirement: found '(', expected: identifier"),
        ("-a=b", 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric'),
        ("a=b/c", 'unable to parse requirement: values[0][a]: Invalid value: "b/c": a valid label must be an empty'),
        ("a=" + "x" * 64, "must be no more than 63 bytes"),
        ("A.b/C/d", "a qualified name must consist of"),
        ("/a", "prefix part must be non-empty"),
        ("B/a", "prefix part a lowercase RFC 1123 subdomain"),
        ("a>b", "for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_label_selectors_that_are_refused(selector: str, words: str) -> None:
    with pytest.raises(BadSelector) as refused:
        parse_labels(selector)
    assert words in str(refused.value)


def test_selector_objects() -> None:
    assert not object_matcher(None)(WEB)
    assert object_matcher({})(None)
    assert object_matcher({"matchLabels": {"app": "web"}})(WEB)
    assert not object_matcher({"matchLabels": {"app": "web"}})(None)
    both = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}],
    }
    assert object_matcher(both)(WEB)
    assert object_matcher({"matchExpressions": [{"key": "app", "operator": "Exists"}]})(WEB)
    assert not object_matcher({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})(WEB)
    assert format_requirements(object_requirements(both)) == "app=web,tier notin (back)"
    with pytest.raises(BadSelector, match='"Near" is not a valid label selector operator'):
        object_matcher({"matchExpressions": [{"key": "a", "operator": "Near"}]})
    with pytest.raises(BadSelector, match="values set can't be empty"):
        object_matcher({"matchExpressions": [{"key": "a", "operator": "In"}]})


def test_field_selectors() -> None:
    fields = {"metadata.name": "a", "status.phase": "Running", "spec.x": "1,2"}

    def matches(selector: str) -> bool:
        return field_matcher(selector)(lambda path: fields.get(path, ""))

    assert matches("")
    assert matches("metadata.name=a,status.phase!=Failed")
    assert not matches("metadata.name==b")
    assert matches("spec.nodeName=")
    assert matches("spec.x=1\\,2")
    with pytest.raises(BadSelector, match="invalid selector: 'a=b,c'; can't understand 'c'"):
        parse_fields("a=b,c")
    with pytest.raises(BadSelector, match="invalid escape sequence"):
        parse_fields("a=\\b")


@given(st.text(alphabet="ab=!(), <>/-.\\", max_size=20))
def test_any_text_is_a_selector_or_refused(text: str) -> None:
    for parse in (parse_labels, parse_fields):
        try:
            parse(text)
        except BadSelector as error:
            assert str(error)
    try:
        requirements = parse_labels(text)
    except BadSelector:
        return
    assert set(parse_labels(format_requirements(requirements))) == set(requirements)
