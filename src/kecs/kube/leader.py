"""Leader election: of several processes that may work, one does, by a Lease object that it keeps renewing.

A lease can run out while its holder sleeps, is stopped, or waits for an answer. So whoever works asks its `Term` before
it writes (`kecs.kube.fence`), and a term ends by its holder's own clock before anybody else's lets them begin.

A lease that somebody deletes, or that a restored etcd has as it was long ago, says nothing of who works now. Whoever
finds it so waits as for one that has just been renewed, and who works has it back by then.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable

from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from kecs.kube.figures import Family
from kecs.kube.resources import LEASES
from kecs.kube.time import rfc3339_micro

log = logging.getLogger(__name__)

Clock = Callable[[], float]

_UNKNOWN, _ABSENT = -1, 0  # in place of a version
_LOOKS = 2  # times in a period that a follower looks at the lease: it counts from when it saw the last renewal
_LONGEST_PAUSE = 1.2  # periods between two questions of who follows
_ANSWER_SECONDS = 1.0  # that an answer may take before anybody is told that it is owed
_RELEASE_SECONDS = 3.0  # that giving the lease back may take; others find out by themselves when it does not work


def clock() -> float:
    """Return seconds on a clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return time.monotonic()


class Term:
    """One time in which a process leads, from taking the lease until it is lost or given back."""

    def __init__(self, until: float, clock: Clock = clock) -> None:
        self._until, self._clock = until, clock

    def left(self) -> float:
        """Return for how many seconds from now nobody else can lead; none or less when somebody may."""
        return self._until - self._clock()

    def extend(self, until: float) -> None:
        """Note a renewal."""
        self._until = until

    def end(self) -> None:
        """Note that the lease is ours no more."""
        self._until = float("-inf")


def families(leader: "Leader | None") -> Iterable[Family]:
    """Return whether this process leads; where there is no election it always does."""
    return (
        Family(
            "kecs_leader",
            "gauge",
            "1 where this process runs the reconcilers, else 0.",
            (),
            (((), float(leader is None or leader.leads)),),
        ),
    )


class Leader:
    """Takes part in an election. `identity` is of this process alone.

    The lease is held for `duration` seconds after each renewal, and renewed every `period` (a tenth). Whoever has not
    renewed for `deadline` seconds (two thirds), counted from when it asked for the last renewal that was granted, stops
    its work. Others judge the lease by their own clock, from when they saw it change, so clocks need not agree.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        identity: str,
        *,
        duration: float = 15.0,
        deadline: float | None = None,
        period: float | None = None,
        clock: Clock = clock,
    ) -> None:
        self._api = api
        self._namespace, self._name, self.identity = namespace, name, identity
        self._duration = duration
        self._deadline = duration * 2 / 3 if deadline is None else deadline
        self._period = duration / 10 if period is None else period
        self._clock = clock
        self._lease: Json | None = None  # as it was stored last, while it is ours
        self._seen: tuple[str, int] = ("", _UNKNOWN)  # holder and version, as last read
        self._seen_at = clock()
        self._went_back = False  # as last read it was older than before, or there was none any more
        self._first = False  # nobody has had the lease yet
        self._asked = ""  # the renewal that was asked for last, unless somebody else has had the lease since
        self._answered_at = clock()
        self._told = ""
        self._term: Term | None = None

    @property
    def leads(self) -> bool:
        """Whether this process leads now."""
        return self._term is not None and self._term.left() > 0

    @property
    def holder(self) -> str:
        """Who leads, as far as this process knows; empty when nobody does."""
        return self.identity if self.leads else self._seen[0]

    def unanswered(self) -> float:
        """Return for how many seconds the API has owed an answer: with the longest pause, and a second to give one."""
        late = self._clock() - self._answered_at - self._period * _LONGEST_PAUSE - _ANSWER_SECONDS
        return max(late, 0.0)

    async def run(self, work: Callable[[Term], Awaitable[None]], *, first: bool = False) -> None:
        """Run `work` whenever this process leads, for ever; it is cancelled when the lead is lost.

        `first` says that nobody can have led before: a lease that is not there need not be waited for. Cancelling this
        gives the lease back once `work` has ended, so that the next leader need not wait. What `work` raises ends the
        run.
        """
        self._first = first
        while True:
            term = self._term = await self._won()
            log.info("leading", extra={"fields": {"lease": self._name, "identity": self.identity}})
            working = asyncio.ensure_future(work(term))
            renewing = asyncio.ensure_future(self._renew(term))
            try:
                await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    await working
                    return
                log.warning("leading no more", extra={"fields": {"lease": self._name, "identity": self.identity}})
            finally:
                for one in (working, renewing):
                    one.cancel()
                await asyncio.gather(working, renewing, return_exceptions=True)
                term.end()
                await self._release()

    async def _won(self) -> Term:
        """Return once this process leads."""
        while True:
            asked = self._clock()
            if await self._attempt(self._deadline):
                term = Term(asked + self._deadline, self._clock)
                if term.left() > 0:
                    return term
            due = self._seen_at + self._duration - self._clock()  # then the lease as it was seen has run out
            pause = self._period / _LOOKS
            wait = min(pause, due) if due > 0 else pause
            await asyncio.sleep(wait * random.uniform(1.0, _LONGEST_PAUSE))  # noqa: S311 # so that not all ask at once

    async def _renew(self, term: Term) -> None:
        """Return when the lead is lost."""
        while term.left() > 0:
            await asyncio.sleep(min(self._period, term.left()))
            left = term.left()
            if left <= 0:
                return
            asked = self._clock()
            granted = await self._attempt(left)
            if granted:
                term.extend(asked + self._deadline)
            elif granted is False:
                return

    async def _attempt(self, seconds: float) -> bool | None:
        """Take or renew the lease; return whether it is ours, None when that is not known."""
        try:
            async with asyncio.timeout(seconds):
                held = await self._take()
        except TimeoutError:
            self._tell(f"no answer within {seconds:.1f} s")
        except ApiError as error:
            if error.http_code < 500:
                self._answered_at = self._clock()
            if not isinstance(error, AlreadyExists | Conflict):
                self._tell(error.message)
        else:
            self._answered_at = self._clock()
            self._told = ""
            return held
        self._lease = None  # what was asked for may have happened
        return None

    def _tell(self, message: str) -> None:
        """Log why the lease is not had: once, not at each attempt."""
        if message != self._told:
            self._told = message
            log.warning("lease %s/%s: %s", self._namespace, self._name, message)

    async def _take(self) -> bool:
        """Take or renew the lease; return whether it is ours. Raises ApiError."""
        if self._lease is not None:
            try:
                await self._replace(self._lease)
                return True
            except (Conflict, NotFound):
                self._lease = None
        try:
            lease = await self._api.get(LEASES, self._namespace, self._name)
        except NotFound:
            if not self._may_make():
                return False  # whoever had it does not know that it is gone, and works
            body = {"metadata": {"name": self._name, "namespace": self._namespace}, "spec": self._spec({})}
            self._lease = await self._api.create(LEASES, self._namespace, body, manager=self.identity)
            return True
        if not self._may_take(lease):
            return False
        await self._replace(lease)
        return True

    async def _replace(self, lease: Json) -> None:
        """Store a lease as ours. Its version makes sure that nobody else took it meanwhile."""
        body = {**lease, "spec": self._spec(lease.get("spec") or {})}
        self._lease = await self._api.replace(LEASES, self._namespace, self._name, body, manager=self.identity)

    def _may_make(self) -> bool:
        """Say whether to make the lease, which is not there."""
        self._look("", _ABSENT)
        return self.leads or self._first or self._has_run_out(0.0)

    def _may_take(self, lease: Json) -> bool:
        """Say whether to take the lease as it is."""
        spec = lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        self._first = False
        self._look(holder, int(lease["metadata"]["resourceVersion"]))
        if holder == "" and (self.leads or not self._went_back):
            return True
        if holder == self.identity and (self.leads or spec.get("renewTime") == self._asked):
            return True  # else an older state of the cluster has come back, and somebody else may have led since
        return self._has_run_out(float(spec.get("leaseDurationSeconds") or 0))

    def _look(self, holder: str, version: int) -> None:
        """Note how the lease is, and when it was first seen like this."""
        if (holder, version) != self._seen:
            self._went_back = version < self._seen[1]
            self._seen, self._seen_at = (holder, version), self._clock()
        if holder not in ("", self.identity):
            self._asked = ""

    def _has_run_out(self, lasts: float) -> bool:
        """Say whether nobody has renewed the lease for as long as it lasts."""
        return not self.leads and self._clock() - self._seen_at > max(lasts, self._duration)

    def _spec(self, before: Json) -> Json:
        now = self._asked = rfc3339_micro(time.time())
        mine = before.get("holderIdentity") == self.identity
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": max(1, -int(-self._duration // 1)),
            "acquireTime": before["acquireTime"] if mine and before.get("acquireTime") else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if mine or not before else 1),
        }

    async def _release(self) -> None:
        self._lease = None
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                lease = await self._api.get(LEASES, self._namespace, self._name)
                if lease["spec"].get("holderIdentity") == self.identity:
                    spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
                    await self._api.replace(
                        LEASES, self._namespace, self._name, {**lease, "spec": spec}, manager=self.identity
                    )
        except (ApiError, TimeoutError) as error:
            log.debug("lease %s not given back: %s", self._name, error)
