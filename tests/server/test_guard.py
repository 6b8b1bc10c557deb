"""Which Host and Origin headers kecs answers to."""

import pytest

from kecs.model.errors import AccessDeniedException
from kecs.server.guard import Guard

GUARD = Guard(("kecs.example", "[fd00::5]", "Upper.Example"))


def allowed(host: bytes, local: str = "127.0.0.1", origin: bytes = b"", site: bytes = b"") -> bool:
    try:
        GUARD.check(host, origin, site, local)
    except AccessDeniedException as error:
        assert error.http_code == 403
        return False
    return True


OURS = [
    *(b"localhost", b"localhost:4566", b"LOCALHOST:1", b"localhost.", b"ecs.localhost:4566", b"127.0.0.1"),
    *(b"127.1.2.3:80", b"[::1]", b"[::1]:4566", b"kecs.example", b"kecs.example:80", b"[fd00::5]:4566"),
    *(b"upper.example", b"0.0.0.0:4566", b"[::]:4566"),
]
FOREIGN = [
    *(b"", b":4566", b"evil.example", b"localhost.evil.example", b"127.0.0.1.evil.example", b"notlocalhost", b"["),
    *(b"10.0.0.1", b"[fd00::6]", b"evil.example:127.0.0.1", b"kecs.example.evil", b"\xff", b"2130706433"),
]


@pytest.mark.parametrize("host", OURS)
def test_own_names(host: bytes) -> None:
    assert allowed(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_foreign_names(host: bytes) -> None:
    assert not allowed(host)


def test_the_address_that_was_reached_is_a_name() -> None:
    assert allowed(b"192.168.1.5:4566", local="192.168.1.5")
    assert not allowed(b"192.168.1.5:4566", local="192.168.1.6")


@pytest.mark.parametrize(
    ("origin", "site", "expected"),
    [
        (b"http://localhost:4566", b"", True),
        (b"http://localhost:4566", b"same-origin", True),
        (b"", b"none", True),
        (b"http://localhost", b"", False),
        (b"http://localhost:3000", b"", False),
        (b"https://evil.example", b"", False),
        (b"null", b"", False),
        (b"", b"cross-site", False),
        (b"", b"same-site", False),
    ],
)
def test_pages(origin: bytes, site: bytes, expected: bool) -> None:
    assert allowed(b"localhost:4566", origin=origin, site=site) is expected


def test_what_is_remembered_is_bounded() -> None:
    for number in range(10_000):
        allowed(b"host%d.example" % number)
    assert len(GUARD._verdicts) <= 4096
