"""The JSONPath of printer columns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.http.jsonpath import compile_path

_VALUE = {
    "a": {"b": [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}, {"n": 3}], "c.d": "dotted", "e": {"f": None}},
    "l": ["p", "q", "r"],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b[0].n", [1]),
        ("a.b[0].n", [1]),
        ("$.a.b[0].n", [1]),
        ("{.a.b[-1].n}", [3]),
        (".a.b[*].n", [1, 2, 3]),
        (".a.b[0:2].n", [1, 2]),
        (".l[1:]", ["q", "r"]),
        (".a.b[7].n", []),
        (r".a.c\.d", ["dotted"]),
        (".a['c.d']", ["dotted"]),
        ('.a["c.d"]', ["dotted"]),
        (".a.b[?(@.n>1)].t", ["y"]),
        (".a.b[?(@.n>=2)].n", [2, 3]),
        (".a.b[?(@.t=='x')].n", [1]),
        (".a.b[?(@.t!='x')].n", [2]),
        (".a.b[?(@.t)].n", [1, 2]),
        (".a.b[?(@.t>1)].n", []),
        ("..n", [1, 2, 3]),
        (".a.e.f", [None]),
        (".a.x.y", []),
        (".l.x", []),
        (".", [_VALUE]),
    ],
)
def test_path(path: str, found: list[Any]) -> None:
    assert compile_path(path)(_VALUE) == found


@pytest.mark.parametrize("path", [".a[", ".a[?(@.x==]", "{", ".a]"])
def test_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="JSONPath"):
        compile_path(path)


@given(st.text(alphabet="abc.[]*?@()='\"\\0:-", max_size=20))
def test_any_text_is_a_path_or_a_value_error(text: str) -> None:
    try:
        compile_path(text)(_VALUE)
    except ValueError:
        return
