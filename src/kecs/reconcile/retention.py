"""How long stopped tasks are described: their records go when their time is over, or when there are too many.

One heap holds when each goes, and one timer waits for its head. Whether a record is still there is read from the cache,
so one that went already costs nothing.
"""

import contextlib
import heapq
from collections import defaultdict, deque

from kecs.kube.controller import Controller
from kecs.kube.errors import NotFound
from kecs.kube.time import epoch
from kecs.model.objects import StoppedTask
from kecs.reconcile.context import Context

_SWEEP = "sweep"
_BATCH = 200  # records per look, so that nothing waits long for a large sweep

Key = tuple[str, str]


def build(context: Context) -> Controller[str]:
    """Return the controller that removes old records."""
    records = Records(context)
    controller = Controller("stopped tasks", records.sweep, works=context.works)

    def on_record(old: StoppedTask | None, new: StoppedTask | None) -> None:
        if old is None and new is not None and records.add(new):
            controller.add(_SWEEP)

    context.world.stopped_tasks.subscribe(on_record)
    return controller


class Records:
    """The records that there are, by when they go and by what they count with. `len` says how many groups are known."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_age: list[tuple[float, Key, str]] = []  # a heap: when each goes, and its group
        self._of_group: defaultdict[str, deque[Key]] = defaultdict(deque)
        self._too_many: set[str] = set()

    def __len__(self) -> int:
        return len(self._of_group)

    def add(self, record: StoppedTask) -> bool:
        """Take a record into account; return whether it is time for a look because of it."""
        meta, task = record.metadata, record.spec
        key = (meta.namespace, meta.name)
        ends = (task.stoppedAt or epoch(meta.creationTimestamp)) + self._context.settings.stopped_task_retention
        group = f"{meta.namespace}/{task.group}"
        heapq.heappush(self._by_age, (ends, key, group))
        members = self._of_group[group]
        members.append(key)
        if len(members) > self._context.settings.stopped_tasks_kept:
            self._too_many.add(group)
            return True
        return self._by_age[0][1] == key

    async def sweep(self, _key: str) -> float | None:
        """Remove what is old or too much; return when the next one goes."""
        now, room = self._context.now(), _BATCH
        while self._by_age and self._by_age[0][0] <= now and room:
            _, key, group = oldest = heapq.heappop(self._by_age)  # before waiting: another may come to the head
            try:
                await self._remove(key)
            except BaseException:
                heapq.heappush(self._by_age, oldest)
                raise
            self._forget_gone(group)
            room -= 1
        for group in list(self._too_many):
            room = await self._thin(group, room)
        if not room:
            return 0.0
        return max(0.0, self._by_age[0][0] - now) if self._by_age else None

    async def _thin(self, group: str, room: int) -> int:
        """Remove the oldest records of a group that has too many; return how many more may go in this look."""
        self._forget_gone(group)
        members = self._of_group[group]
        while len(members) > self._context.settings.stopped_tasks_kept and room:
            await self._remove(members[0])
            members.popleft()
            room -= 1
        if len(members) <= self._context.settings.stopped_tasks_kept:
            self._too_many.discard(group)
        if not members:
            del self._of_group[group]
        return room

    def _forget_gone(self, group: str) -> None:
        """Forget the oldest members of a group whose records are gone, and a group that has none left."""
        members = self._of_group.get(group)
        while members and self._context.world.stopped_tasks.get(*members[0]) is None:
            members.popleft()
        if not members:
            self._of_group.pop(group, None)

    async def _remove(self, key: Key) -> None:
        records = self._context.world.stopped_tasks
        found = records.get(*key)
        if found is None:
            return
        with contextlib.suppress(NotFound):
            await self._context.api.delete(records.resource, *key, uid=found.metadata.uid)
        records.forget(found)
