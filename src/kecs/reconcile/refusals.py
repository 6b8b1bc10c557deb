"""Why Kubernetes makes no pods for a DaemonSet: a quota or an admission that refuses them.

A ReplicaSet has a condition for it. Of a DaemonSet only the events tell, so those are read while it lacks pods: not at
once, as it lacks some whenever it begins, and less and less often after that.
"""

import re
from collections.abc import Iterable

import msgspec

from kecs.kube import resources
from kecs.kube.api import Api
from kecs.kube.errors import Forbidden
from kecs.kube.time import epoch
from kecs.model.objects import Meta
from kecs.reconcile.drift import Patience
from kecs.translate import views

_REASON = "FailedCreate"
_POD = re.compile(r'^(?:Error creating: )?(?:pods|Pod) "[^"]*" is (?:forbidden|invalid): ')


class _Event(msgspec.Struct, omit_defaults=True):
    metadata: Meta
    message: str = ""
    lastTimestamp: str | None = None
    eventTime: str | None = None

    @property
    def at(self) -> float:
        return epoch(self.lastTimestamp or self.eventTime or self.metadata.creationTimestamp)


_EVENTS = resources.EVENTS.viewed(_Event)


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """What keeps Kubernetes from making tasks, in its own words; empty when nothing does.

    `again` is in how many seconds to look once more; None where the object itself changes when the trouble does.
    """

    message: str = ""
    again: float | None = None


def without_pod(message: str) -> str:
    """Return why a pod was refused, without the pod: it has another name at each attempt."""
    return _POD.sub("", message).removeprefix("Error creating: ")


class Refusals:
    """What is known of one DaemonSet that lacks pods."""

    def __init__(self) -> None:
        self._uid = ""  # of the DaemonSet that lacks some
        self._patience = Patience()
        self._message = ""

    async def read(self, api: Api, daemons: views.DaemonSet, pods: Iterable[views.Pod], now: float) -> Trouble:
        """Return why a DaemonSet has fewer pods than it wants. `pods` are those that it has. Raises ApiError."""
        meta, status = daemons.metadata, daemons.status
        if status.currentNumberScheduled >= status.desiredNumberScheduled:
            self._uid = ""
            return Trouble()
        if self._uid != meta.uid:
            self._uid, self._patience, self._message = meta.uid, Patience(), ""
            self._patience.put_back(now)
        elif not self._patience.wait(now):
            self._patience.put_back(now)
            self._message = await self._ask(api, meta, pods)
        return Trouble(self._message, self._patience.wait(now))

    async def _ask(self, api: Api, meta: Meta, pods: Iterable[views.Pod]) -> str:
        fields = f"involvedObject.uid={meta.uid},reason={_REASON}"
        try:
            page = await api.list(_EVENTS, meta.namespace, fields=fields)
        except Forbidden as error:
            return error.message  # it names what kecs may not do; that tasks are lacking is certain
        newest = max(page.items, key=lambda event: event.at, default=None)
        # What was made after it shows that it is over.
        made = max((epoch(pod.metadata.creationTimestamp) for pod in pods), default=0.0)
        if newest is None or newest.at < made:
            return ""
        return without_pod(newest.message)
