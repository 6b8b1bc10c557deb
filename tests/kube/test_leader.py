"""Elections among processes whose clocks, answers and luck differ."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, Conflict, NotFound, Unavailable
from kecs.kube.leader import Leader, Term, clock


class Leases:
    """One lease with versions, which can be made unreachable for one of the processes."""

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.version = 0
        self.cut_off: set[str] = set()
        self.slow: dict[str, float] = {}  # seconds between a write and its answer
        self.asked = 0

    def seen_by(self, identity: str) -> Api:
        return cast("Api", View(self, identity))

    def delete(self) -> None:
        self.lease = None

    @property
    def holder(self) -> str:
        return str(self.lease["spec"]["holderIdentity"]) if self.lease else ""


class View:
    def __init__(self, leases: Leases, identity: str) -> None:
        self.leases, self.identity = leases, identity

    async def _reach(self) -> None:
        self.leases.asked += 1
        await asyncio.sleep(0)
        if self.identity in self.leases.cut_off:
            raise Unavailable("cut off")

    async def get(self, *_: Any) -> Json:
        await self._reach()
        if self.leases.lease is None:
            raise NotFound("no lease")
        return self.leases.lease

    async def create(self, _resource: Any, _namespace: str, body: Json, **_: Any) -> Json:
        await self._reach()
        if self.leases.lease is not None:
            raise AlreadyExists("there is one")
        return await self._store(body)

    async def replace(self, _resource: Any, _namespace: str, _name: str, body: Json, **_: Any) -> Json:
        await self._reach()
        if self.leases.lease is None:
            raise NotFound("no lease")
        if body["metadata"]["resourceVersion"] != str(self.leases.version):
            raise Conflict("changed")
        return await self._store(body)

    async def _store(self, body: Json) -> Json:
        self.leases.version += 1
        meta = {**body["metadata"], "resourceVersion": str(self.leases.version)}
        self.leases.lease = stored = {**body, "metadata": meta}
        await asyncio.sleep(self.leases.slow.get(self.identity, 0))
        return stored


class Works:
    """Who is at work; how many were at most, going by what their terms say."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.terms: dict[str, Term] = {}
        self.most = 0

    def of(self, identity: str) -> Callable[[Term], Awaitable[None]]:
        async def work(term: Term) -> None:
            self.at_work.append(identity)
            self.terms[identity] = term
            self.most = max(self.most, sum(self.terms[one].left() > 0 for one in self.at_work))
            try:
                await asyncio.Event().wait()
            finally:
                self.at_work.remove(identity)

        return work


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def leader(leases: Leases, identity: str, **options: Any) -> Leader:
    return Leader(
        leases.seen_by(identity),
        "ns",
        "kecs",
        identity,
        **{"duration": 3, "deadline": 1.5, "period": 0.02, **options},
    )


async def ended(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_leads_and_the_next_follows() -> None:
    leases, works = Leases(), Works()
    tasks = {
        name: asyncio.create_task(leader(leases, name).run(works.of(name), first=True)) for name in ("a", "b", "c")
    }
    await until(lambda: bool(works.at_work))
    (first,) = works.at_work
    tasks.pop(first).cancel()
    await until(lambda: bool(works.at_work) and works.at_work != [first])  # at once, as the lease was given back
    (second,) = works.at_work
    leases.cut_off.add(second)
    await until(lambda: second not in works.at_work)
    await until(lambda: bool(works.at_work))
    assert works.most == 1
    assert leases.lease is not None
    assert leases.lease["spec"]["leaseTransitions"] == 2
    await ended(*tasks.values())
    assert not works.at_work


async def test_what_the_work_raises_ends_the_run() -> None:
    async def broken(term: Term) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await leader(Leases(), "a").run(broken, first=True)


async def test_a_dead_leader_is_followed_within_little_more_than_the_duration() -> None:
    leases, works = Leases(), Works()
    dead = asyncio.create_task(leader(leases, "a").run(works.of("a"), first=True))
    await until(lambda: works.at_work == ["a"])
    other = asyncio.create_task(leader(leases, "b").run(works.of("b"), first=True))
    await asyncio.sleep(0.1)  # time in which it sees the lease being renewed
    leases.cut_off.add("a")  # as after a kill: nothing of it arrives any more, the lease is not given back
    killed = clock()
    await until(lambda: "b" in works.at_work)
    assert 2.5 < clock() - killed < 6  # 3.05 on an idle machine
    assert works.most == 1
    await ended(dead, other)


async def test_a_term_counts_from_when_it_was_asked_for() -> None:
    """The server may have granted the lease at once and answered late: others count from when it was granted."""
    leases, works = Leases(), Works()
    leases.slow["a"] = 1.0
    one = asyncio.create_task(leader(leases, "a").run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    assert works.terms["a"].left() < 0.6
    await ended(one)


async def test_an_answer_that_comes_too_late_makes_no_leader() -> None:
    leases, works = Leases(), Works()
    leases.slow["a"] = 0.3  # more than the deadline
    one = asyncio.create_task(leader(leases, "a", deadline=0.2).run(works.of("a"), first=True))
    await until(lambda: leases.version > 2)
    assert not works.terms
    await ended(one)


async def test_a_process_that_was_stopped_does_not_go_on() -> None:
    """Its clock jumps from one line to the next: what it may still write is asked of the term, not of a task."""
    leases, works, skipped = Leases(), Works(), [0.0]
    one = leader(leases, "a", clock=lambda: clock() + skipped[0])
    run = asyncio.create_task(one.run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    term = works.terms["a"]
    assert (one.leads, term.left() > 0) == (True, True)
    skipped[0] = 60.0
    assert (one.leads, term.left() > 0) == (False, False)
    await until(lambda: works.terms["a"] is not term)  # it wins again, and begins anew
    assert term.left() < 0
    await ended(run)


async def test_a_lease_that_somebody_deletes_is_not_taken_from_who_works() -> None:
    leases, works = Leases(), Works()
    first = asyncio.create_task(leader(leases, "a", period=0.15).run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    second = asyncio.create_task(leader(leases, "b", period=0.01).run(works.of("b"), first=True))
    await asyncio.sleep(0.1)
    leases.delete()
    await until(lambda: leases.holder != "")
    assert leases.holder == "a"
    assert works.most == 1
    await ended(first, second)


class Scripted:
    """Processes whose time passes when the test says so, a term of 200 of 300 seconds; they ask all the time."""

    def __init__(self) -> None:
        self.leases, self.works, self.now = Leases(), Works(), 0.0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, identity: str, *, first: bool = False, period: float = 0.001) -> None:
        """Let one more take part; with a long `period` it does not ask again after it has won."""
        one = leader(self.leases, identity, duration=300, deadline=200, period=period, clock=lambda: self.now)
        self._tasks.append(asyncio.create_task(one.run(self.works.of(identity), first=first)))

    async def leads(self, identity: str) -> None:
        await until(lambda: identity in self.works.at_work and self.works.terms[identity].left() > 0)

    async def after(self, seconds: float) -> str:
        """Let time pass, and return who holds the lease when those who take part have asked often enough."""
        self.now += seconds
        asked = self.leases.asked
        await until(lambda: self.leases.asked > asked + 20)
        return self.leases.holder

    async def end(self) -> None:
        assert self.works.most == 1
        await ended(*self._tasks)


async def test_who_begins_while_the_lease_is_gone_waits_for_who_may_be_at_work() -> None:
    scene = Scripted()
    scene.start("a", first=True, period=1000)
    await scene.leads("a")
    scene.leases.delete()
    scene.start("b")
    assert await scene.after(0) == ""
    assert await scene.after(299) == ""
    assert await scene.after(2) == "b"
    await scene.leads("b")
    await scene.end()


async def test_who_has_not_looked_for_long_does_not_take_a_lease_that_is_gone() -> None:
    scene = Scripted()
    scene.start("a", first=True)
    await scene.leads("a")
    scene.start("b")
    await scene.after(0)
    scene.leases.cut_off.add("b")
    await scene.after(301)  # a has renewed the lease meanwhile
    scene.leases.cut_off = {"a"}
    scene.leases.delete()
    assert await scene.after(0) == ""
    assert await scene.after(299) == ""
    assert await scene.after(2) == "b"
    await scene.leads("b")
    await scene.end()


@pytest.mark.parametrize("holder", ["b", ""])
async def test_nobody_goes_by_a_lease_of_a_restored_cluster(holder: str) -> None:
    """b has led long ago, and the snapshot says that it does, or that nobody does."""
    scene = Scripted()
    scene.start("b", first=True)
    await scene.leads("b")
    snapshot = scene.leases.lease
    assert snapshot is not None
    scene.leases.cut_off.add("b")
    await scene.after(201)
    scene.start("a")
    await scene.after(0)
    assert await scene.after(301) == "a"
    await scene.leads("a")
    scene.leases.cut_off = set()
    await scene.after(0)
    scene.leases.cut_off = {"a"}
    scene.leases.lease = {**snapshot, "spec": {**snapshot["spec"], "holderIdentity": holder}}
    scene.leases.version = int(snapshot["metadata"]["resourceVersion"])
    assert await scene.after(0) == holder
    assert scene.works.at_work == ["a"]
    assert await scene.after(299) == holder
    assert await scene.after(2) == "b"
    await scene.leads("b")
    await scene.end()


async def test_a_lease_that_somebody_gives_to_another_ends_the_term() -> None:
    leases, works = Leases(), Works()
    first = asyncio.create_task(leader(leases, "a").run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    assert leases.lease is not None
    leases.version += 1
    meta = {**leases.lease["metadata"], "resourceVersion": str(leases.version)}
    leases.lease = {"metadata": meta, "spec": {**leases.lease["spec"], "holderIdentity": "b"}}
    await until(lambda: not works.at_work)
    assert leases.holder == "b"
    await ended(first)


async def test_nobody_leads_by_a_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica whose clock is a day ahead neither takes a lease that is renewed nor loses its own."""
    leases, works = Leases(), Works()
    first = asyncio.create_task(leader(leases, "a").run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    monkeypatch.setattr("kecs.kube.leader.time.time", lambda: 4e9)
    second = asyncio.create_task(leader(leases, "b").run(works.of("b"), first=True))
    asked = leases.asked
    await until(lambda: leases.asked > asked + 60)
    monkeypatch.setattr("kecs.kube.leader.time.time", lambda: 1.0)
    await until(lambda: leases.asked > asked + 120)
    assert works.at_work == ["a"]
    await ended(first, second)


async def test_it_tells_for_how_long_nobody_has_answered() -> None:
    leases, works, ahead = Leases(), Works(), 0.0
    one = leader(leases, "a", duration=1000, deadline=500, clock=lambda: clock() + ahead)
    run = asyncio.create_task(one.run(works.of("a"), first=True))
    await until(lambda: "a" in works.at_work)
    assert one.unanswered() == 0.0
    leases.cut_off.add("a")
    ahead = 1.5
    await until(lambda: one.unanswered() > 0.4)
    leases.cut_off.clear()
    await until(lambda: one.unanswered() == 0.0)
    await ended(run)


def test_the_longest_pause_of_a_follower_is_not_yet_owed() -> None:
    now = 0.0
    one = leader(Leases(), "a", period=60.0, clock=lambda: now)
    now = 60.0 * 1.2 + 0.9
    assert one.unanswered() == 0.0
    now += 10.1
    assert one.unanswered() == pytest.approx(10.0)
