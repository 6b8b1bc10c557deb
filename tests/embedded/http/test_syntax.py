"""What is wrong with bodies that do not parse, and what they repeat."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.http.syntax import repeated_fields, syntax_error


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b'{"a":1,"b":2}', []),
        (b'{"a":1,"a":2}', ["a"]),
        (b'{"a":{"b":1,"b":2},"a":{}}', ["a.b", "a"]),
        (b'{"a":[{},{"b":1,"b":2}]}', ["a[1].b"]),
        (b'{"a":[[{"b":1,"b":2}]]}', ["a[0][0].b"]),
        (b"[]", []),
        (b"{", []),
    ],
)
def test_repeated_fields(body: bytes, paths: list[str]) -> None:
    assert repeated_fields(body) == paths


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"a":"x', "unexpected end of JSON input"),
        (b'{"a":"x\n"}', "invalid character '\\n' in string literal"),
        (b"{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'"\xff"', "invalid character '\\xff' looking for beginning of value"),
    ],
)
def test_syntax_error(body: bytes, text: str) -> None:
    assert syntax_error(body) == text


@given(st.binary(max_size=30) | st.text(alphabet='{}[]",:1ae \\', max_size=30).map(str.encode))
def test_every_body_that_is_no_json_has_a_text(body: bytes) -> None:
    try:
        json.loads(body)
    except ValueError:
        assert syntax_error(body)
