"""Sorted keys and their pages."""

from hypothesis import given
from hypothesis import strategies as st

from kecs.world.listing import SortedKeys, page

NAMES = st.text("abc", min_size=1, max_size=3)


@given(st.lists(st.tuples(st.booleans(), NAMES)))
def test_what_is_in_is_what_was_put_in_and_not_taken_out(changes: list[tuple[bool, str]]) -> None:
    keys = SortedKeys()
    wanted: set[str] = set()
    for put, name in changes:
        (keys.add if put else keys.discard)("bucket", name)
        (wanted.add if put else wanted.discard)(name)
    assert list(keys.all("bucket")) == sorted(wanted)
    assert list(keys.all("other")) == []


@given(st.sets(NAMES), st.integers(1, 4))
def test_pages_joined_are_the_whole(names: set[str], limit: int) -> None:
    keys, position = sorted(names), ""
    found: list[str] = []
    while True:
        part, position = page(keys, position, limit)
        assert len(part) <= limit
        found += part
        if not position:
            break
    assert found == keys


def test_a_page_goes_on_behind_a_name_that_is_gone() -> None:
    assert page(["a", "c", "d"], "b", 2) == (["c", "d"], "")
