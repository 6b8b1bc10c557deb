"""An Api for whoever works while it leads: it writes nothing once another process may lead."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from kecs.kube.api import Api
from kecs.kube.errors import Unavailable
from kecs.kube.leader import Term

P = ParamSpec("P")
R = TypeVar("R")


class LeadLost(Unavailable):
    """The process leads no more, or had to give up on a write while it did."""


class Fenced:
    """The same API, where each write first asks the term whether it still lasts, and takes no longer than it does.

    A write that has begun is finished though its caller is cancelled: after the lease is given back nothing of ours
    arrives any more. Between the question and the bytes on their way lie microseconds; a process that is stopped just
    there still sends one write when it wakes, which names and versions have to make harmless.
    """

    def __init__(self, api: Api, term: Term) -> None:
        self._term = term
        self.get, self.list, self.watch = api.get, api.list, api.watch
        self.log, self.exec = api.log, api.exec
        self.create = self._fenced(api.create)
        self.replace = self._fenced(api.replace)
        self.patch = self._fenced(api.patch)
        self.apply = self._fenced(api.apply)
        self.delete = self._fenced(api.delete)
        self.delete_collection = self._fenced(api.delete_collection)

    def _fenced(self, write: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        async def fenced(*args: P.args, **kwargs: P.kwargs) -> R:
            left = self._term.left()
            if left <= 0:
                raise LeadLost("another replica may lead by now")
            writing = asyncio.ensure_future(write(*args, **kwargs))
            try:
                await asyncio.wait({writing}, timeout=left)
                if not writing.done():
                    raise LeadLost("no answer while this replica surely led")
                return writing.result()
            except asyncio.CancelledError:
                await asyncio.wait({writing}, timeout=max(self._term.left(), 0.0))
                raise
            finally:
                if not writing.done():
                    writing.cancel()
                elif not writing.cancelled():
                    writing.exception()  # looked at, so that nobody complains that it was not

        return fenced
