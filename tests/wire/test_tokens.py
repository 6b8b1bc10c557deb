"""Pagination tokens open for the request that they were made for, and for no other."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.model.errors import InvalidParameterException
from kecs.model.generated import ecs
from kecs.model.scope import Scope
from kecs.wire.tokens import Tokens

TOKENS = Tokens(b"key")
SCOPE = Scope()
REQUEST = ecs.ListTasksRequest(cluster="a", family="f", maxResults=10)


@given(position=st.text(max_size=300))
def test_a_token_opens_to_its_position(position: str) -> None:
    assert TOKENS.open(TOKENS.seal(position, SCOPE, REQUEST), SCOPE, REQUEST) == position


def test_a_token_survives_a_restart_and_another_page_size() -> None:
    token = TOKENS.seal("p", SCOPE, REQUEST)
    later = msgspec.structs.replace(REQUEST, maxResults=3, nextToken=token)
    assert Tokens(b"key").open(token, SCOPE, later) == "p"


def test_a_token_says_nothing_to_read_and_fits_in_a_url() -> None:
    assert set(TOKENS.seal("ü/?", SCOPE, REQUEST)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.parametrize(
    ("tokens", "scope", "request_"),
    [
        (Tokens(b"other"), SCOPE, REQUEST),
        (TOKENS, Scope(region="eu-west-1"), REQUEST),
        (TOKENS, Scope(account="210987654321"), REQUEST),
        (TOKENS, SCOPE, msgspec.structs.replace(REQUEST, cluster="b")),
        (TOKENS, SCOPE, msgspec.structs.replace(REQUEST, family=None)),
    ],
    ids=["key", "region", "account", "cluster", "family"],
)
def test_a_foreign_token_is_refused(tokens: Tokens, scope: Scope, request_: msgspec.Struct) -> None:
    with pytest.raises(InvalidParameterException):
        tokens.open(TOKENS.seal("p", SCOPE, REQUEST), scope, request_)


def test_a_token_of_another_operation_is_refused() -> None:
    token = TOKENS.seal("p", SCOPE, ecs.ListTasksRequest(cluster="a"))
    with pytest.raises(InvalidParameterException):
        TOKENS.open(token, SCOPE, ecs.ListServicesRequest(cluster="a"))


@given(at=st.integers(0, 40), character=st.characters())
def test_a_changed_token_is_refused(at: int, character: str) -> None:
    token = TOKENS.seal("position of it", SCOPE, REQUEST)
    changed = token[:at] + character + token[at + 1 :]
    if changed != token:
        with pytest.raises(InvalidParameterException):
            TOKENS.open(changed, SCOPE, REQUEST)


@given(token=st.text(max_size=60))
def test_any_other_text_is_refused(token: str) -> None:
    with pytest.raises(InvalidParameterException):
        TOKENS.open(token, SCOPE, REQUEST)
