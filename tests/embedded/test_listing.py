"""Pages of a list under writes, and selectors."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.embedded import listing
from kecs.embedded.engine import Engine
from kecs.embedded.entry import Entry
from kecs.embedded.listing import decode_token
from kecs.embedded.requests import Query
from kecs.embedded.selection import Selection
from kecs.embedded.store import Store
from kecs.kube.errors import BadRequest, Gone, Timeout
from kecs.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, PODS

WRITES = st.lists(st.tuples(st.sampled_from(["create", "delete", "change"]), st.sampled_from("abcdefgh")), max_size=12)


async def _write(engine: Engine, verb: str, name: str, number: int) -> None:
    present = engine.store.get("configmaps", "default", name) is not None
    if verb == "create" and not present:
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    elif verb == "delete" and present:
        await engine.delete(CONFIG_MAPS, "default", name)
    elif present:
        patch = {"data": {"k": str(number)}}
        await engine.patch(CONFIG_MAPS, "default", name, patch, type="merge", manager="m")


async def _paged(before: list[tuple[str, str]], between: list[tuple[str, str]], limit: int) -> None:
    engine = Engine.open()
    for number, (verb, name) in enumerate(before):
        await _write(engine, verb, name, number)
    whole = await engine.list(CONFIG_MAPS)
    page = await engine.list(CONFIG_MAPS, limit=limit)
    found: list[Any] = list(page.items)
    writes = iter(enumerate(between))
    while page.continue_:
        assert page.remaining == len(whole.items) - len(found)
        for number, (verb, name) in (one for one, _ in zip(writes, range(2), strict=False)):
            await _write(engine, verb, name, 100 + number)
        page = await engine.list(CONFIG_MAPS, limit=limit, continue_=page.continue_)
        assert page.resource_version == whole.resource_version
        found += page.items
    assert found == whole.items
    await engine.close()


@settings(max_examples=40, deadline=None)
@given(before=WRITES, between=WRITES, limit=st.integers(1, 4))
def test_pages_are_a_snapshot_whatever_is_written_meanwhile(before: Any, between: Any, limit: int) -> None:
    asyncio.run(_paged(before, between, limit))


@given(token=st.text(max_size=40))
def test_no_token_but_ours_is_taken(token: str) -> None:
    with pytest.raises(BadRequest):
        decode_token(token)


async def test_token_of_a_version_no_longer_held_is_gone() -> None:
    engine = Engine(Store(window=2))
    await engine.create(NAMESPACES, None, {"metadata": {"name": "default"}}, manager="m")
    for name in "abc":
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    page = await engine.list(CONFIG_MAPS, limit=1)
    for name in "defg":
        await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": name}}, manager="m")
    with pytest.raises(Gone, match="The provided continue parameter is too old"):
        await engine.list(CONFIG_MAPS, limit=1, continue_=page.continue_)


@pytest.mark.parametrize(
    ("labels", "fields", "names"),
    [
        ("app=x", "", ["a", "c"]),
        ("app!=x", "", ["b"]),
        ("app in (x,y),tier", "", ["c"]),
        ("", "metadata.name=b", ["b"]),
        ("app=x", "metadata.name!=a", ["c"]),
        ("", "spec.nodeName=n1", ["b"]),
        ("", "spec.nodeName=,status.phase=Pending", ["a", "c"]),
        ("", "status.phase=Running", []),
        ("", "spec.hostNetwork=true", ["c"]),
    ],
)
async def test_selectors(engine: Engine, labels: str, fields: str, names: list[str]) -> None:
    for name, tags, spec in (
        ("a", {"app": "x"}, {}),
        ("b", {"app": "y"}, {"nodeName": "n1"}),
        ("c", {"app": "x", "tier": "t"}, {"hostNetwork": True}),
    ):
        body = {
            "metadata": {"name": name, "labels": tags},
            "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
        }
        await engine.create(PODS, "default", body, manager="m")
    found = await engine.list(PODS, labels=labels, fields=fields)
    assert [one["metadata"]["name"] for one in found.items] == names
    limited = await engine.list(PODS, labels=labels, fields=fields, limit=1)
    assert limited.remaining is None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Query(labels="a in"), "unable to parse requirement"),
        (Query(fields="spec.nonsense=1"), "field label not supported: spec.nonsense"),
        (Query(fields="metadata.name"), "invalid selector"),
        (Query(resource_version="x"), 'parsing "x": invalid syntax'),
        (Query(resource_version="9" * 5000), "value out of range"),
        (Query(match="Exact"), "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    ],
)
async def test_bad_queries_are_bad_requests(engine: Engine, query: Query, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        engine.select(engine.kind(NODES), None, query)


async def test_list_at_a_future_version_times_out(engine: Engine) -> None:
    with pytest.raises(Timeout, match="Too large resource version: 999999"):
        await engine.list(NODES, resource_version="999999")


async def test_list_at_an_exact_version_shows_the_past(engine: Engine) -> None:
    await engine.create(CONFIG_MAPS, "default", {"metadata": {"name": "a"}}, manager="m")
    then = (await engine.list(CONFIG_MAPS)).resource_version
    await engine.delete(CONFIG_MAPS, "default", "a")
    found = engine.select(engine.kind(CONFIG_MAPS), None, Query(resource_version=then, match="Exact"))
    assert [one.name for one in found.items] == ["a"] and str(found.revision) == then


async def test_the_pages_of_a_list_cost_what_they_show(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page once sorted and copied its whole table: a list of n objects cost n times the number of pages."""
    for number in range(300):
        body = {"metadata": {"name": f"c{number:03}"}}
        await engine.create(CONFIG_MAPS, "default", body, manager="m")
    kind = engine.kind(CONFIG_MAPS)
    page = engine.select(kind, None, Query(limit=10))
    await engine.delete(CONFIG_MAPS, "default", "c150")
    looked: list[str] = []
    sorted_names: list[str] = []
    matches = Selection.matches

    def noted(selection: Selection, entry: Entry) -> bool:
        looked.append(entry.name)
        return matches(selection, entry)

    def noted_sort(names: Iterable[str]) -> list[str]:
        found = sorted(names)
        sorted_names.extend(found)
        return found

    monkeypatch.setattr(Selection, "matches", noted)
    monkeypatch.setattr(listing, "sorted", noted_sort, raising=False)
    second = engine.select(kind, None, Query(limit=10, continue_=page.continue_))
    assert [one.name for one in second.items] == [f"c{number:03}" for number in range(10, 20)]
    assert second.remaining == 280
    assert len(looked) == 11 and len(sorted_names) <= 3  # what is shown and the next; the namespaces and what has gone


async def test_nothing_is_kept_of_empty_namespaces_that_are_listed(engine: Engine) -> None:
    for number in range(3):
        assert not (await engine.list(PODS, f"nowhere-{number}")).items
        assert not (await engine.list(PODS, f"nowhere-{number}", limit=1)).items
    assert not engine.store._order._names
