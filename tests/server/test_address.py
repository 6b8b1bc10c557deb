"""Addresses as people write them."""

import pytest

from kecs.server import address


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("127.0.0.1:4566", ("127.0.0.1", 4566)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:4566", ("::1", 4566)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
    ],
)
def test_addresses(text: str, pair: tuple[str, int]) -> None:
    assert address.split(text) == pair
    assert address.join(*pair) == text


@pytest.mark.parametrize(
    "text", ["", "4566", ":4566", "a:", "a:b", "a:65536", "a:-1", "::1:4566", "[::1]", "[::1:4566", "a:²"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        address.split(text)
