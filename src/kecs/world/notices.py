"""What kecs tells its users about an object beside its status: Kubernetes Events, and a line in the log.

Events are a courtesy. They are written beside the work; when too many wait the oldest are dropped, and a failure is no
more than a line in the log.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict, deque
from typing import Any, NamedTuple

from kecs.kube.api import Api, Json, Resource
from kecs.kube.errors import AlreadyExists, ApiError
from kecs.kube.resources import EVENTS
from kecs.kube.time import now, rfc3339
from kecs.model import marks
from kecs.model.objects import Meta

log = logging.getLogger(__name__)

_REMEMBERED = 4096  # sentences; one that was forgotten is told again
_WAITING = 200  # events that wait to be written
_LONGEST = 1024  # characters of an event's message
_DEFAULT_NAMESPACE = "default"  # where the events of objects without a namespace are


class _Notice(NamedTuple):
    resource: Resource[Any]
    meta: Meta
    reason: str
    sentence: str

    def body(self) -> Json:
        """Return the Event. Its name comes of what it says, so that no other replica says it again."""
        meta, at = self.meta, rfc3339(now())
        digest = hashlib.sha256(f"{meta.uid} {self.reason} {self.sentence}".encode()).hexdigest()[:16]
        about = {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "name": meta.name,
            "uid": meta.uid,
            **({"namespace": meta.namespace} if meta.namespace else {}),
        }
        return {
            "metadata": {"name": f"{meta.name}.{digest}", "namespace": meta.namespace or _DEFAULT_NAMESPACE},
            "involvedObject": about,
            "type": "Warning",
            "reason": self.reason,
            "message": self.sentence[:_LONGEST],
            "source": {"component": marks.MANAGER},
            "reportingComponent": marks.MANAGER,
            "count": 1,
            "firstTimestamp": at,
            "lastTimestamp": at,
        }


class Notices:
    """Tells each sentence about an object once. `run()` writes the events."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waiting: deque[_Notice] = deque(maxlen=_WAITING)
        self._something = asyncio.Event()

    def is_new(self, meta: Meta) -> bool:
        """Say whether this is the first time that an object, as it is now, is asked about: it may need a look."""
        return self._remember((meta.uid, str(meta.generation)))

    def _remember(self, key: tuple[str, str]) -> bool:
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True

    def tell(self, resource: Resource[Any], meta: Meta, reason: str, sentence: str) -> None:
        """Tell a sentence about an object, unless that was done."""
        if not self._remember((meta.uid, sentence)):
            return
        log.warning("%s %s: %s", resource.kind, meta.name, sentence)
        self._waiting.append(_Notice(resource, meta, reason, sentence))
        self._something.set()

    async def run(self) -> None:
        """Write the events, for ever."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                await self._write(self._waiting.popleft())

    async def _write(self, notice: _Notice) -> None:
        body = notice.body()
        try:
            await self._api.create(EVENTS, body["metadata"]["namespace"], body, manager=marks.MANAGER)
        except AlreadyExists:
            return
        except Exception as error:
            why = error.message if isinstance(error, ApiError) else type(error).__name__
            log.info("an event about %s %s is lost: %s", notice.resource.kind, notice.meta.name, why)
