"""What a cache makes of clusters that go away, come back as they were before, or lose a resource."""

import asyncio
import time

import pytest

from kecs.kube import informer as informer_module
from kecs.kube.api import Event, Json, Page
from kecs.kube.errors import Gone, NotFound, Unavailable
from kecs.kube.informer import Informer
from kecs.kube.resources import PODS
from tests.kube.fake import FakeApi, added, deleted, made, modified
from tests.kube.test_informer import names, running, until


def bookmark(version: int) -> Event[Json]:
    return Event("BOOKMARK", None, str(version))


async def test_a_cluster_restored_from_an_older_snapshot_counts() -> None:
    """The watch from the old version would wait for ever; the cluster's version tells, and all is listed anew."""
    fake = FakeApi(Page([made("a", 30), made("b", 40)], "50"), Page([made("a", 20), made("c", 10)], "25"))
    async with running(fake) as informer:
        informer.observe(made("mine", 60))
        fake.version = 25
        fake.close()
        await until(lambda: names(informer) == {"a": "20", "c": "10"})
        informer.observe(made("d", 26))  # its version is below what was seen before
        assert "d" in names(informer)
        await until(lambda: fake.watched_since == ["50", "25"])
        fake.tell(modified(made("a", 27)), deleted(made("c", 28)))
        await until(lambda: names(informer) == {"a": "27", "d": "26"})


async def test_what_was_forgotten_comes_back_with_an_older_snapshot() -> None:
    fake = FakeApi(Page([made("a", 30)], "50"), Page([made("a", 30)], "40"))
    async with running(fake) as informer:
        informer.forget(made("a", 30))
        assert names(informer) == {}
        fake.version = 40
        fake.close()
        await until(lambda: names(informer) == {"a": "30"})


async def test_a_snapshot_whose_versions_were_raised_counts_too() -> None:
    """`etcdutl snapshot restore --bump-revision`: the list is at a higher version, its objects at lower ones."""
    fake = FakeApi(Page([made("a", 30), made("b", 40)], "50"), Page([made("a", 20)], "1000050"))
    async with running(fake) as informer:
        fake.fail(Gone("the required revision has been compacted"))
        await until(lambda: names(informer) == {"a": "20"})


async def test_an_answer_that_came_while_the_list_was_read_stays() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"), Page([made("a", 3)], "8", continue_="more"), Page([made("b", 7)], "8"))
    async with running(fake) as informer:
        pages = fake.list

        async def slow(*args: object, **options: object) -> Page[Json]:
            page = await pages(*args, **options)  # type: ignore[arg-type]
            if page.continue_:
                informer.observe(made("a", 9))
                informer.observe(made("c", 10))
            return page

        fake.list = slow  # type: ignore[method-assign]
        fake.fail(Gone("too old"))
        await until(lambda: fake.lists == 3)
        await until(lambda: names(informer) == {"a": "9", "b": "7", "c": "10"})


async def test_a_resource_that_is_gone_for_long_takes_its_objects_with_it_and_may_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(informer_module, "_ABSENT", 0.15)
    monkeypatch.setattr(informer_module, "_LONGEST_DELAY", 0.05)
    monkeypatch.setattr(informer_module, "_FIRST_DELAY", 0.01)
    fake = FakeApi(Page([made("a", 3)], "5"), Page([made("b", 9)], "9"))
    gone: list[object] = []
    async with running(fake) as informer:
        informer.subscribe(lambda old, new: gone.append(old) if new is None else None)
        fake.absent = NotFound("the server could not find the requested resource")
        fake.close()
        await until(lambda: informer.stale_since is not None)
        await asyncio.sleep(0.05)
        assert names(informer) == {"a": "3"}  # a server that has just started does not know it yet
        await until(lambda: names(informer) == {})
        assert len(gone) == 1
        fake.absent = None
        await until(lambda: names(informer) == {"b": "9"})


async def test_a_resource_that_comes_in_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(informer_module, "_FIRST_DELAY", 0.01)
    fake = FakeApi(Page([made("a", 3)], "5"))
    fake.absent = NotFound("the server could not find the requested resource")
    asyncio.get_running_loop().call_later(0.1, setattr, fake, "absent", None)
    async with running(fake) as informer:
        assert names(informer) == {"a": "3"}


async def test_how_stale_a_cache_is() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"))
    informer: Informer[Json] = Informer(fake.api, PODS)
    assert informer.staleness >= 0.0
    assert informer.stale_since is not None  # nothing is known yet
    async with running(fake) as informer:
        assert (informer.stale_since, informer.staleness) == (None, 0.0)
        heard = informer.heard_at
        assert time.monotonic() - heard < 5.0
        fake.tell(bookmark(6))
        await until(lambda: informer.heard_at > heard)
        fake.absent = Unavailable("down")
        fake.fail(Unavailable("the connection broke"))
        await until(lambda: informer.staleness > 0.05)
        assert names(informer) == {"a": "3"}
        fake.absent = None
        fake.tell()  # the empty batch of a watch that was accepted
        await until(lambda: informer.staleness == 0.0)


async def test_catching_up_waits_for_the_watch_or_asks_for_a_list() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"), Page([made("a", 3)], "9"), Page([made("a", 12)], "12"))
    async with running(fake) as informer:
        await informer.caught_up("5")
        assert fake.lists == 1
        waiting = asyncio.create_task(informer.caught_up("6"))
        await asyncio.sleep(0)
        fake.tell(added(made("b", 6)))
        await waiting
        assert (fake.lists, set(names(informer))) == (1, {"a", "b"})
        fake.version = 9
        async with asyncio.timeout(5):
            await asyncio.gather(*(informer.catch_up() for _ in range(5)))  # nothing is told: one list for all
        assert (fake.lists, set(names(informer))) == (2, {"a"})
        fake.tell(modified(made("b", 8)), added(made("c", 10)))  # the list at 9 has told what was before
        await until(lambda: set(names(informer)) == {"a", "c"})


async def test_a_list_that_the_watch_has_overtaken_changes_nothing() -> None:
    fake = FakeApi(Page([made("a", 3)], "5"), Page([made("a", 3)], "6"))
    async with running(fake) as informer:
        pages = fake.list

        async def slow(*args: object, **options: object) -> Page[Json]:
            page = await pages(*args, **options)  # type: ignore[arg-type]
            fake.tell(deleted(made("a", 7)))
            await until(lambda: names(informer) == {})
            return page

        fake.list = slow  # type: ignore[method-assign]
        async with asyncio.timeout(5):
            await informer.caught_up("6")
        assert names(informer) == {}


async def test_catching_up_does_not_wait_for_a_version_that_will_not_come() -> None:
    fake = FakeApi(Page([made("a", 30)], "50"), Page([made("a", 20)], "25"))
    async with running(fake) as informer:
        waiting = asyncio.create_task(informer.caught_up("60"))
        await asyncio.sleep(0)
        fake.version = 25
        fake.close()
        async with asyncio.timeout(5):
            await waiting
        assert names(informer) == {"a": "20"}


async def test_a_warning_is_not_repeated_every_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(informer_module, "_FIRST_DELAY", 0.005)
    monkeypatch.setattr(informer_module, "_LONGEST_DELAY", 0.01)
    fake = FakeApi()
    async with running(fake):
        tries = 0

        async def down(*_: object, **__: object) -> Page[Json]:
            nonlocal tries
            tries += 1
            raise Unavailable("down")

        fake.list = down  # type: ignore[method-assign]
        fake.fail(Unavailable("the connection broke"))
        await until(lambda: tries > 5)
    assert [record.getMessage() for record in caplog.records] == [
        "cannot watch pods: the connection broke",
        "cannot watch pods: down",
    ]
