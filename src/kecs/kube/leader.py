"""Leader election: of several processes that may work, one does, by a Lease object that it keeps renewing."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from kecs.kube.api import Api, Json
from kecs.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from kecs.kube.resources import LEASES
from kecs.kube.time import rfc3339_micro

log = logging.getLogger(__name__)


class Leader:
    """Takes part in an election.

    The lease is held for `duration` seconds after each renewal, and renewed every `period`. Whoever cannot renew for
    `deadline` seconds stops its work, before anybody else may begin: `period` < `deadline` < `duration`. Others judge
    the lease by their own clock, from when they saw it change, so clocks need not agree.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        identity: str,
        *,
        duration: float = 15.0,
        deadline: float = 10.0,
        period: float = 2.0,
    ) -> None:
        self._api = api
        self._namespace, self._name, self._identity = namespace, name, identity
        self._duration, self._deadline, self._period = duration, deadline, period
        self._seen: tuple[str, str] = ("", "")  # holder and renewal, as last read
        self._seen_at = 0.0

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` whenever this process leads, for ever; it is cancelled when the lead is lost.

        Cancelling this gives the lease back, so that the next leader need not wait. What `work` raises ends the run.
        """
        while True:
            while not await self._try():  # noqa: ASYNC110  # the other process cannot set an event here
                await asyncio.sleep(self._period)
            log.info("%s leads as %s", self._identity, self._name)
            task = asyncio.ensure_future(work())
            renewing = asyncio.ensure_future(self._renew())
            try:
                await asyncio.wait({task, renewing}, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    await task
                    return
                log.warning("%s no longer leads as %s", self._identity, self._name)
            finally:
                for one in (task, renewing):
                    one.cancel()
                await asyncio.gather(task, renewing, return_exceptions=True)
                await self._release()

    async def _renew(self) -> None:
        """Return when the lead is lost."""
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._deadline:
            await asyncio.sleep(self._period)
            left = self._deadline - (time.monotonic() - renewed)
            try:
                async with asyncio.timeout(max(left, 0.0)):
                    if await self._try():
                        renewed = time.monotonic()
            except TimeoutError:
                return

    async def _try(self) -> bool:
        """Take or renew the lease; return whether this process holds it now."""
        try:
            try:
                lease = await self._api.get(LEASES, self._namespace, self._name)
            except NotFound:
                body = {"metadata": {"name": self._name, "namespace": self._namespace}, "spec": self._spec({})}
                await self._api.create(LEASES, self._namespace, body, manager=self._identity)
                return True
            spec = lease.get("spec") or {}
            if not self._may_take(spec):
                return False
            # The version in the body makes sure that nobody else took it meanwhile.
            await self._api.replace(
                LEASES, self._namespace, self._name, {**lease, "spec": self._spec(spec)}, manager=self._identity
            )
        except (AlreadyExists, Conflict):
            return False
        except ApiError as error:
            log.warning("lease %s: %s", self._name, error.message)
            return False
        return True

    def _may_take(self, spec: Json) -> bool:
        holder, renewal = spec.get("holderIdentity") or "", spec.get("renewTime") or ""
        if (holder, renewal) != self._seen:
            self._seen, self._seen_at = (holder, renewal), time.monotonic()
        if holder in ("", self._identity):
            return True
        return time.monotonic() - self._seen_at > float(spec.get("leaseDurationSeconds") or self._duration)

    def _spec(self, before: Json) -> Json:
        now = rfc3339_micro(time.time())
        mine = before.get("holderIdentity") == self._identity
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._duration)),
            "acquireTime": before["acquireTime"] if mine and before.get("acquireTime") else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if mine or not before else 1),
        }

    async def _release(self) -> None:
        try:
            lease = await self._api.get(LEASES, self._namespace, self._name)
            if lease["spec"].get("holderIdentity") == self._identity:
                spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
                await self._api.replace(
                    LEASES, self._namespace, self._name, {**lease, "spec": spec}, manager=self._identity
                )
        except ApiError as error:
            log.debug("lease %s not given back: %s", self._name, error.message)
