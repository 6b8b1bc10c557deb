"""What is read is what was written, whatever it is, with the lines of it; nothing but SourceError comes of nonsense."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.export import sources
from kecs.export.emit import emit
from kecs.export.problems import ExportError, SourceError
from kecs.export.text import parse
from tests.export.cases import ROOT

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))
MANIFESTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner.filter(lambda one: not isinstance(one, list)), max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=4)
    ),
)
TEMPLATE = (ROOT / "template/stack.yaml").read_text()


@settings(max_examples=50)
@given(st.dictionaries(TEXTS, VALUES), st.sampled_from([None, 1, "\t"]))
def test_json_comes_back_with_its_lines(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    (document,) = parse(text, "a.json")
    assert document.value == value
    if indent:
        lines = text.split("\n")
        for key, one in value.items():
            if "." not in key and "[" not in key and not isinstance(one, dict | list):
                assert json.dumps(key, ensure_ascii=False) in lines[document.line_of(key) - 1] or key.casefold() != key


@given(st.dictionaries(TEXTS, MANIFESTS, min_size=1))
@settings(max_examples=80)
def test_what_is_emitted_means_the_same_to_a_yaml_parser(value: Any) -> None:
    made = emit(value)
    assert yaml.load(made.text, yaml.CSafeLoader) == value
    assert made.text.isprintable() or "\n" in made.text


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "ignore")))
@settings(max_examples=200)
def test_nonsense_is_a_source_error(text: str) -> None:
    try:
        parse(text, "a")
    except SourceError as error:
        assert error.message.startswith("a")


@given(st.integers(0, len(TEMPLATE) - 1), st.text(max_size=3), st.integers(0, 12))
@settings(max_examples=60)
def test_a_template_with_a_hole_is_read_or_told_of(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: str, less: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "stack.yaml"
    path.write_text(TEMPLATE[:at] + put + TEMPLATE[at + less :], encoding="utf-8", errors="surrogatepass")
    try:
        sources.load([str(path)], {"Image": "x"})
    except ExportError as error:
        assert all(line.startswith(str(path)) for line in error.lines)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1.10", "1.10"),
        ("a: 1e3", "1e3"),
        ("a: 0755", "0755"),
        ("a: 22:22", "22:22"),
        ("a: yes", "yes"),
        ("a: 2012-10-17", "2012-10-17"),
        ("a: 'true'", "true"),
        ("a: true", True),
        ("a: 12", 12),
        ("a: ~", None),
        ("a: !Ref B", {"Ref": "B"}),
        ("a: !GetAtt B.C.D", {"Fn::GetAtt": ["B", "C.D"]}),
        ("a: !Sub [x, {b: 1}]", {"Fn::Sub": ["x", {"b": 1}]}),
        ("a: !Ref 12", {"Ref": "12"}),
        ("b: &b {c: 1}\na: {<<: *b, d: 2}", {"c": 1, "d": 2}),
        ('{"a": 1.50}', "1.50"),
        ('{"a": 1e400}', "1e400"),
        ("{a: b}", "b"),
    ],
)
def test_a_value_is_what_its_user_meant(text: str, value: Any) -> None:
    (document,) = parse(text, "a.yaml")
    assert document.value["a"] == value


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    body = {"family": "a", "containerDefinitions": [{"name": "a", "image": "b", "memory": 5}]}
    path.write_text("\ufeff" + json.dumps(body))
    assert sources.load([str(path)]).definitions[0].spec.family == "a"
