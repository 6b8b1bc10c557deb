import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.kube.api import Event, Json, Page
from kecs.kube.errors import Gone, Unavailable
from kecs.kube.informer import Informer
from kecs.kube.resources import PODS
from tests.kube.fake import FakeApi, added, deleted, made, modified


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


def names(informer: Informer[Json]) -> dict[str, str]:
    return {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in informer.values()}


@asynccontextmanager
async def running(fake: FakeApi, **options: object) -> AsyncIterator[Informer[Json]]:
    informer: Informer[Json] = Informer(fake.api, PODS, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(informer.run())
    try:
        async with asyncio.timeout(5):
            await informer.synced()
        yield informer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_lists_then_follows_the_watch() -> None:
    fake = FakeApi(Page([made("a", 3), made("b", 4)], "5"))
    async with running(fake) as informer:
        assert names(informer) == {"a": "3", "b": "4"}
        fake.tell(added(made("c", 6)), modified(made("a", 7)), deleted(made("b", 8)))
        await until(lambda: names(informer) == {"a": "7", "c": "6"})
        assert fake.watched_since == ["5"]
        assert (one := informer.get("ns", "a")) and one["metadata"]["uid"] == "uid-a"
        assert informer.get("ns", "b") is None
        assert len(informer.values()) == 2


async def test_reads_a_list_of_several_pages() -> None:
    fake = FakeApi(Page([made("a", 3)], "5", continue_="more"), Page([made("b", 4)], "5"))
    async with running(fake) as informer:
        assert set(names(informer)) == {"a", "b"}


async def test_a_closed_watch_goes_on_from_the_last_version() -> None:
    fake = FakeApi()
    async with running(fake) as informer:
        fake.tell(added(made("a", 3)), Event("BOOKMARK", None, "9"))
        fake.close()
        fake.tell(added(made("b", 12)))
        await until(lambda: len(informer.values()) == 2)
        assert fake.watched_since == ["1", "9"]
        assert fake.lists == 1


async def test_an_error_of_the_server_goes_on_and_gone_lists_anew_and_tells_the_difference() -> None:
    fake = FakeApi(Page([made("a", 3), made("b", 4)], "5"), Page([made("b", 7), made("c", 8)], "9"))
    changes: list[tuple[object, object]] = []

    def note(old: Json | None, new: Json | None) -> None:
        changes.append((old and old["metadata"]["name"], new and new["metadata"]["name"]))

    async with running(fake) as informer:
        informer.subscribe(note)
        assert changes == [(None, "a"), (None, "b")]  # what is there already
        changes.clear()
        fake.fail(Unavailable("the server is ending"))
        fake.fail(Gone("too old resource version: 5 (8)"))
        await until(lambda: fake.lists == 2)
        assert names(informer) == {"b": "7", "c": "8"}
        assert changes == [("b", "b"), (None, "c"), ("a", None)]
        await until(lambda: fake.watched_since == ["5", "5", "9"])


async def test_a_broken_event_does_not_end_the_informer(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeApi()
    async with running(fake) as informer:
        fake.tell(Event("ADDED", {"metadata": {"resourceVersion": "secret"}}, "3"))
        await until(lambda: fake.lists == 2)
        assert "watch of pods broke: KeyError" in caplog.text
        assert "secret" not in caplog.text
        fake.tell(added(made("a", 4)))
        await until(lambda: len(informer.values()) == 1)


async def test_a_handler_that_fails_does_not_stop_the_others() -> None:
    fake = FakeApi()
    seen: list[object] = []

    def broken(_old: object, _new: object) -> None:
        raise RuntimeError("mine alone")

    async with running(fake) as informer:
        informer.subscribe(broken)
        informer.subscribe(lambda _old, new: seen.append(new))
        fake.tell(added(made("a", 3)))
        await until(lambda: len(seen) == 1)


async def test_a_namesake_is_another_object() -> None:
    fake = FakeApi(Page([made("a", 3, uid="first")], "5"))
    seen: list[tuple[object, object]] = []
    async with running(fake) as informer:
        informer.subscribe(
            lambda old, new: seen.append((old and old["metadata"]["uid"], new and new["metadata"]["uid"]))
        )
        informer.observe(made("a", 8, uid="second"))
        assert seen == [(None, "first"), ("first", None), (None, "second")]
        fake.tell(deleted(made("a", 7, uid="first")), added(made("b", 9)))
        await until(lambda: set(names(informer)) == {"a", "b"})


async def test_indexes_follow_every_change() -> None:
    fake = FakeApi(Page([made("a", 3, app="x"), made("b", 4, app="x")], "5"))
    indexes = {"app": lambda one: [one["metadata"]["labels"]["app"]]}
    async with running(fake, indexes=indexes) as informer:

        def by(app: str) -> set[str]:
            return {one["metadata"]["name"] + one["metadata"]["resourceVersion"] for one in informer.by("app", app)}

        assert by("x") == {"a3", "b4"}
        informer.observe(made("a", 6, app="y"))
        assert (by("x"), by("y")) == ({"b4"}, {"a6"})
        informer.observe(made("b", 7, app="y"))
        informer.observe(made("a", 8, app="y"))
        assert (by("x"), by("y")) == (set(), {"a8", "b7"})
        informer.forget(made("a", 8, app="y"))
        informer.forget(made("b", 7, app="y"))
        assert by("y") == set()


async def test_write_through_never_rolls_back_and_never_resurrects() -> None:
    fake = FakeApi(Page([made("a", 3), made("b", 4)], "10"))
    async with running(fake) as informer:
        informer.observe(made("a", 15))
        informer.observe(made("c", 9))  # the list at 10 did not have it: it is gone since
        assert names(informer) == {"a": "15", "b": "4"}
        informer.forget(made("b", 4))
        fake.tell(modified(made("a", 12)), modified(made("b", 13)))  # late
        fake.tell(added(made("d", 16)))
        await until(lambda: "d" in names(informer))
        assert names(informer) == {"a": "15", "d": "16"}
        fake.tell(deleted(made("b", 17)), added(made("b", 18, uid="another")))
        await until(lambda: names(informer).get("b") == "18")
        informer.observe(made("a", 15))
        assert names(informer) == {"a": "15", "b": "18", "d": "16"}


async def test_an_observed_object_that_is_not_selected_leaves() -> None:
    fake = FakeApi(Page([made("a", 3, app="x")], "5"))
    async with running(fake, labels="app=x", fields="metadata.namespace=ns") as informer:
        informer.observe(made("b", 6, app="y"))
        informer.observe(made("c", 7, namespace="other", app="x"))
        informer.observe(made("a", 8, app="y"))
        assert names(informer) == {}
        fake.tell(modified(made("a", 7, app="x")))  # late
        fake.tell(deleted(made("a", 8, app="x")), modified(made("a", 9, app="x")))
        await until(lambda: names(informer) == {"a": "9"})


class Meta(msgspec.Struct, gc=False):
    name: str
    resourceVersion: str
    uid: str = ""
    namespace: str = ""


class View(msgspec.Struct, gc=False):
    metadata: Meta


async def test_structs_are_kept_like_dicts() -> None:
    fake = FakeApi()
    informer: Informer[View] = Informer(fake.api, PODS.viewed(View))
    informer.observe(View(Meta("a", "3", "u", "ns")))
    informer.observe(View(Meta("node", "4", "v")))
    assert informer.get("ns", "a") is not None
    assert informer.get(None, "node") is not None


@given(st.lists(st.sampled_from(["create", "update", "remove"]), max_size=12), st.randoms(use_true_random=False))
def test_any_interleaving_of_answers_and_events_ends_in_the_last_state(steps: list[str], chance: random.Random) -> None:
    """One writer writes, the answers come to the cache at any time between its own and later events."""
    informer: Informer[Json] = Informer(FakeApi().api, PODS)
    version, living, uid = 1, None, 0
    events: list[Event[Json]] = []
    answers: list[Callable[[], None]] = []
    for step in steps:
        version += 1
        if step == "create" and living is None:
            uid += 1
            living = made("a", version, uid=str(uid))
            events.append(added(living))
            answers.append(lambda item=living: informer.observe(item))  # type: ignore[misc]
        elif step == "update" and living is not None:
            living = made("a", version, uid=str(uid))
            events.append(modified(living))
            answers.append(lambda item=living: informer.observe(item))  # type: ignore[misc]
        elif step == "remove" and living is not None:
            events.append(deleted(made("a", version, uid=str(uid))))
            answers.append(lambda item=living: informer.forget(item))  # type: ignore[misc]
            living = None
    # Answers come in order, events come in order; how the two mix is chance.
    while events or answers:
        if events and (not answers or chance.random() < 0.5):
            informer._on_event(events.pop(0))
        else:
            answers.pop(0)()
        last = names(informer).get("a")
        if not events and not answers:
            assert last == (living and living["metadata"]["resourceVersion"])
    assert not informer._gone


def test_an_event_costs_little(benchmark_seconds: Callable[[Callable[[], Awaitable[None] | None]], float]) -> None:
    informer: Informer[Json] = Informer(FakeApi().api, PODS, indexes={"all": lambda _one: ["all"]})
    batch = [added(made(f"pod-{number}", number + 2)) for number in range(2000)]

    def work() -> None:
        informer._objects.clear()
        for event in batch:
            informer._on_event(event)

    assert benchmark_seconds(work) / len(batch) < 50e-6  # 3 µs on an idle machine


async def test_catching_up_takes_what_the_watch_has_not_told() -> None:
    fake = FakeApi(Page([made("a", 3), made("b", 4)], "5"))
    async with running(fake) as informer:
        fake.pages = [Page([made("a", 7), made("c", 8)], "9")]
        await informer.catch_up()
        assert names(informer) == {"a": "7", "c": "8"}
        # What the list has told of already comes late: an object that is gone does not come back for a moment.
        fake.tell(modified(made("b", 6)), added(made("d", 6)))
        fake.tell(modified(made("a", 10)))
        await until(lambda: names(informer) == {"a": "10", "c": "8"})


async def test_catching_up_forgets_what_the_list_no_longer_has() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"))
    async with running(fake) as informer:
        informer.observe(made("b", 12))
        fake.pages = [Page([made("a", 3)], "13")]
        await informer.catch_up()
        assert names(informer) == {"a": "3"}


async def test_it_tells_for_how_long_no_watch_has_been_open() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"))
    async with running(fake) as informer:
        fake.tell()  # the server has accepted the watch
        await until(lambda: informer.staleness == 0.0)
        fake.fail(Unavailable("gone"))
        await until(lambda: informer.staleness > 0.02)
        fake.tell()
        await until(lambda: informer.staleness == 0.0)


async def test_who_subscribes_for_a_while_is_forgotten_at_its_end() -> None:
    fake, for_ever, for_a_while = FakeApi(Page([made("a", 3)], "5")), Seen(), Seen()
    async with running(fake) as informer:
        informer.subscribe(for_ever)
        with informer.subscriptions():
            informer.subscribe(for_a_while)
        fake.tell(added(made("b", 6)))
        await until(lambda: for_ever.names == ["a", "b"])
        assert for_a_while.names == ["a"]


class Seen:
    """A handler that keeps the names of what is new."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, old: Json | None, new: Json | None) -> None:
        if old is None and new is not None:
            self.names.append(new["metadata"]["name"])
