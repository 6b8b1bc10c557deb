"""The node: watches the pods that are bound to it, listens to its engine, and has the worker see to each.

It begins by finding out what runs already: what belongs to its pods is adopted, what no pod claims is removed. While
its engine cannot be reached it says so in its object and waits; when the engine is back, every pod is looked at
again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from kecs.embedded.node import engine as engines
from kecs.embedded.node.context import Context, NodeSettings
from kecs.embedded.node.door import Door
from kecs.embedded.node.engine import Engine, EngineError, EngineEvent, EngineGone, Found, Machine
from kecs.embedded.node.gate import Gate
from kecs.embedded.node.images import Images
from kecs.embedded.node.owned import owner_of, remove_containers
from kecs.embedded.node.pool import WARM, SandboxPool
from kecs.embedded.node.record import PodRecord
from kecs.embedded.node.recorder import Recorder
from kecs.embedded.node.registration import Registration, primary_address
from kecs.embedded.node.views import GLANCES, GlanceMeta, PodGlance
from kecs.embedded.node.volumes import Volumes
from kecs.embedded.node.work import work_of
from kecs.embedded.node.worker import Worker
from kecs.kube.api import Api, Event, ExecResult, LogOptions
from kecs.kube.errors import ApiError, Gone

log = logging.getLogger(__name__)

_UNKNOWN = Machine("unknown://0", "amd64", "linux", "", 1, 1 << 30)
_FIRST_DELAY, _LONGEST_DELAY = 0.2, 2.0  # seconds between attempts to reach the engine, or the API
_BREATH = 0.1  # seconds between two streams of events
_PARALLEL = 4  # pods that a real engine starts at once
_PAGE = 500  # pods per list request
_FAREWELL = 5.0  # seconds for what is put in order at the end, and done at the next start where it was not
_AT_ONCE = 50  # pods looked at before others get a turn, when there is much to do at once


class Node:
    """A kubelet in small. `run` does everything; `ready` is set while the engine answers."""

    def __init__(self, api: Api, engine: Engine, settings: NodeSettings) -> None:
        if not settings.address:
            settings = replace(settings, address=primary_address())
        self._api, self._engine, self._settings = api, engine, settings
        self._owner = owner_of(settings.directory)
        self._records: dict[str, PodRecord] = {}
        self._names: dict[tuple[str, str], PodRecord] = {}
        self._registration = Registration(api, settings)
        self._recorder = Recorder(api, settings.name, quiet=engine.simulated)
        self._pool = SandboxPool(engine, self._owner, 0 if engine.simulated else settings.warm_sandboxes)
        self._door = Door(api, engine, lambda namespace, name: self._names.get((namespace, name)))
        self._worker: Worker | None = None
        self._machine = _UNKNOWN
        self._problem = ""  # why the engine does not answer
        self._listed = asyncio.Event()
        self.ready = asyncio.Event()

    @property
    def warm(self) -> int:
        """How many sandboxes are ready ahead of need."""
        return self._pool.ready

    def log(self, namespace: str, pod: str, options: LogOptions) -> AsyncGenerator[bytes, None]:
        """Yield what a container wrote, as it arrives."""
        return self._door.log(namespace, pod, options)

    async def exec(self, namespace: str, pod: str, command: list[str], *, container: str = "") -> ExecResult:
        """Run a command in a container and return when it has ended."""
        return await self._door.exec(namespace, pod, command, container=container)

    async def run(self) -> None:
        """Be a node until cancelled. What runs then goes on running, and is adopted by the next one."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._connect()
            loops = (self._watch, self._listen, self._recorder.run, self._renew)
            tasks = [asyncio.create_task(_lasting(loop)) for loop in loops]
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._worker is not None:
                await self._worker.close(self._records.values())
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):  # an API or an engine that hangs must not keep the process
                    await self._recorder.flush()
                    await self._pool.close()
            await self._engine.close()

    async def _connect(self) -> None:
        """Reach the engine for the first time, and register."""
        delay, told = _FIRST_DELAY, False
        while True:
            try:
                self._machine = await self._engine.connect()
                break
            except EngineError as error:
                if not told:
                    log.warning("container engine: %s", error)
                    await self._register(str(error))
                told = True
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)
        await self._register("")
        context = Context(
            api=self._api,
            engine=self._engine,
            settings=self._settings,
            owner=self._owner,
            machine=self._machine,
            recorder=self._recorder,
            images=Images(self._engine, self._recorder),
            volumes=Volumes(self._engine, self._settings.directory, self._owner),
            pool=self._pool,
            gate=Gate(0 if self._engine.simulated else _PARALLEL),
            look=self._look,
            forget=self._forget,
        )
        self._context = context
        self._worker = Worker(context)

    async def _register(self, problem: str) -> None:
        """Register, however long it takes until the API answers. `problem` says why the engine does not."""
        delay, told = _FIRST_DELAY, False
        while True:
            self._problem = problem
            try:
                await self._registration.register(self._machine, problem)
                return
            except ApiError as error:
                if not told:
                    log.warning("node registration: %s", error)
                told = True
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    def _look(self, record: PodRecord) -> None:
        if self._worker is not None:
            self._worker.look(record)

    def _forget(self, record: PodRecord) -> None:
        self._records.pop(record.uid, None)
        if self._names.get((record.namespace, record.name)) is record:
            del self._names[record.namespace, record.name]

    # The API's side.

    async def _watch(self) -> None:
        """Follow the pods that are bound to this node, for ever.

        Every watch begins with a list. While none was open the cluster may have been restored to an older state and
        have caught up with its versions, and then a watch that goes on from the last one would tell nothing of it.
        """
        fields = f"spec.nodeName={self._settings.name}"
        delay = _FIRST_DELAY
        while True:
            try:
                since = await self._list(fields)
                async with aclosing(self._api.watch(GLANCES, fields=fields, since=since)) as stream:
                    async for events in stream:
                        delay = _FIRST_DELAY
                        for event in events:
                            self._heard_of(event)
                await asyncio.sleep(_BREATH)
            except Gone:
                await asyncio.sleep(_BREATH)
            except ApiError as error:
                log.warning("watching pods: %s", error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    async def _list(self, fields: str) -> str:
        alive: set[str] = set()
        page = await self._api.list(GLANCES, fields=fields, limit=_PAGE)
        while True:
            for glance in page.items:
                alive.add(glance.metadata.uid)
                self._take(glance.metadata)
            if not page.continue_:
                break
            await asyncio.sleep(0)
            page = await self._api.list(GLANCES, fields=fields, limit=_PAGE, continue_=page.continue_)
        for record in list(self._records.values()):
            if record.uid not in alive:
                self._lose(record)
        self._listed.set()
        return page.resource_version

    def _heard_of(self, event: Event[PodGlance]) -> None:
        if event.object is None:
            return
        meta = event.object.metadata
        if event.type == "DELETED":
            record = self._records.get(meta.uid)
            if record is not None:
                self._lose(record)
        else:
            self._take(meta)

    def _take(self, meta: GlanceMeta) -> None:
        """Take a pod on, or note that what is wanted of it has changed; its status is nobody's wish."""
        deletion = hash((meta.generation, meta.deletionTimestamp, meta.deletionGracePeriodSeconds))
        record = self._records.get(meta.uid)
        if record is None:
            record = PodRecord(meta.uid, meta.namespace, meta.name, adopted=self.ready.is_set())
            self._records[meta.uid] = record
            self._names[meta.namespace, meta.name] = record
        elif record.generation == deletion:
            return
        record.generation = deletion
        if self.ready.is_set():
            self._look(record)

    def _lose(self, record: PodRecord) -> None:
        record.gone = True
        if self.ready.is_set():
            self._look(record)

    # The engine's side.

    async def _listen(self) -> None:
        """Follow what happens to the containers, for ever."""
        delay = _FIRST_DELAY
        await self._listed.wait()
        while True:
            heard = False
            try:
                async with aclosing(self._engine.events(self._owner)) as stream:
                    async for event in stream:
                        if event is None:
                            await self._take_stock()
                            heard, delay = True, _FIRST_DELAY
                        else:
                            self._heard(event)
                problem = "the engine closed its stream of events"
            except EngineError as error:
                problem = str(error)
            if heard:
                await asyncio.sleep(_BREATH)
                continue  # Podman ends a stream when it rotates its log of events: that is no absence
            if self.ready.is_set():
                self.ready.clear()
                log.warning("container engine: %s", problem)
                await self._report(problem)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
            with suppress(EngineError):
                self._machine = await self._engine.connect()

    def _heard(self, event: EngineEvent) -> None:
        if event.action == "start":
            return
        if event.labels.get(engines.CONTAINER) == engines.SANDBOX and WARM in event.labels:
            self._pool.lost(event.id)
            # A warm sandbox does not say whose it has become.
            record = next((each for each in self._records.values() if each.sandbox == event.id), None)
        else:
            record = self._records.get(event.labels.get(engines.POD_UID, ""))
        if record is None:
            return
        if event.action == "health":
            work = record.at_work
            if work is not None and work.prober is not None:
                work.prober.wake(event.id)
            return
        run = record.by_id(event.id)
        adopting = record.at_work is not None and record.at_work.shown is not None
        if (
            adopting
            or event.id == record.sandbox
            or (run is not None and run.run is not None and run.run.state != "exited")
        ):
            work_of(record).endings.add(event.id)
            self._look(record)

    async def _take_stock(self) -> None:
        """Compare what the engine has with what is known, adopt and remove, and look at every pod."""
        shown = await self._engine.list(self._owner)
        by_uid: dict[str, list[Found]] = {}
        for found in shown:
            by_uid.setdefault(found.labels.get(engines.POD_UID, ""), []).append(found)
        await self._claim(by_uid)
        first = not self.ready.is_set()
        self.ready.set()
        for number, record in enumerate(list(self._records.values())):
            self._compare(record, by_uid.get(record.uid, []))
            self._look(record)
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
        if first:
            await self._report("")
        self._pool.fill()

    def _compare(self, record: PodRecord, shown: list[Found]) -> None:
        work = work_of(record)
        if not record.adopted:
            record.adopted = True
            work.shown = shown
            return
        states = {found.id: found.state for found in shown}
        runs = [each.run for each in record.containers if each.run is not None]
        work.endings.update(run.id for run in runs if run.state == "running" and states.get(run.id) != "running")
        warm = record.sandbox and record.sandbox not in states
        if record.sandbox and not warm and states[record.sandbox] != "running":
            work.endings.add(record.sandbox)
        known = {run.id for run in runs} | {each.last.id for each in record.containers if each.last} | {record.sandbox}
        record.remains = tuple({*record.remains, *(each for each in states if each not in known)})

    async def _claim(self, by_uid: dict[str, list[Found]]) -> None:
        """Remove what no pod claims; keep warm sandboxes that are still of use."""
        joined = {found.labels.get(engines.SANDBOX_ID, "") for group in by_uid.values() for found in group}
        for found in by_uid.pop("", []):
            # Pods go on being started meanwhile, so each is judged by what is so when its turn comes.
            used = any(record.sandbox == found.id for record in self._records.values())
            if found.id in joined or used or self._pool.has(found):
                continue
            if not await self._pool.adopt(found):
                await remove_containers(self._engine, [found])
        for uid in [uid for uid in by_uid if uid not in self._records]:
            await remove_containers(self._engine, by_uid.pop(uid))
        try:
            await self._context.volumes.sweep(self._records)
        except EngineGone:
            raise
        except EngineError as error:
            log.warning("volumes that no pod claims are not removed: %s", error)

    async def _report(self, problem: str) -> None:
        self._problem = problem
        try:
            await self._registration.report(self._machine, problem)
        except ApiError as error:
            log.warning("node status: %s", error)

    async def _renew(self) -> None:
        while True:
            try:
                await self._registration.renew(self._machine, self._problem)
            except ApiError as error:
                log.warning("node lease: %s", error)
            await asyncio.sleep(self._settings.lease_seconds)


async def _lasting(loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run one of the node's loops, and begin it anew if it fails: a stray fault must not end the node."""
    while True:
        try:
            await loop()
        except Exception as error:
            log.error("the node's %s: %s", loop.__name__, type(error).__name__)
        await asyncio.sleep(_LONGEST_DELAY)
