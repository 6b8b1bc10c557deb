"""One pod's work: look at it, decide, act, write its status. Nothing is kept of it while nothing goes on.

Looks at one pod follow each other; what takes long (a start, a stop) goes on beside them and asks for another look
when it ends. So a deletion is seen at once, whatever else is under way.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any

from kecs.embedded.node import engine as engines
from kecs.embedded.node.adopt import correct, recorded
from kecs.embedded.node.container_views import Container
from kecs.embedded.node.context import Context
from kecs.embedded.node.decide import Kill, Plan, decide, runs
from kecs.embedded.node.engine import EngineError, EngineGone, Found, NoSuchContainer
from kecs.embedded.node.files import VolumeError, changes
from kecs.embedded.node.messages import last_words
from kecs.embedded.node.prober import Prober, has_probes
from kecs.embedded.node.recall import recalled
from kecs.embedded.node.record import NEVER, PodRecord
from kecs.embedded.node.sources import read_sources
from kecs.embedded.node.starter import Starter
from kecs.embedded.node.status import pod_status, status_patch
from kecs.embedded.node.stopper import grace_of, look_at_end, settle, stop
from kecs.embedded.node.views import POD_VIEWS, Pod
from kecs.embedded.node.volumes import scratch_names
from kecs.embedded.node.work import Work, work_of
from kecs.kube.errors import ApiError, Conflict, NotFound
from kecs.kube.resources import PODS

log = logging.getLogger(__name__)

_ENGINE_RETRY = 5.0  # seconds until what the engine left without an answer is tried again
_SLACK = 10.0  # seconds after a grace in which a stop has to end by itself
_API_RETRY = 1.0  # seconds until a look that the API refused is repeated


def _container(pod: Pod, name: str) -> Container:
    return next(each for each in (*pod.spec.initContainers, *pod.spec.containers) if each.name == name)


class Worker:
    """Carries out what is decided for pods. `forgotten` is called with a record whose pod and containers are gone."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._closed = False
        self._kills: set[asyncio.Task[None]] = set()

    async def close(self, records: Iterable[PodRecord]) -> None:
        """Let go of everything under way; what runs goes on running."""
        self._closed = True
        tasks = list(self._kills)
        for record in records:
            work: Work | None = record.at_work
            if work is not None:
                if work.timer is not None:
                    work.timer.cancel()
                if work.prober is not None:
                    work.prober.close()
                tasks += [task for task in (work.looking, work.starting, *work.stops.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def look(self, record: PodRecord) -> None:
        """Look at a pod soon."""
        if self._closed:
            return
        work = work_of(record)
        if work.looking is not None:
            record.dirty = True
        else:
            work.looking = asyncio.create_task(self._looks(record, work))

    async def _looks(self, record: PodRecord, work: Work) -> None:
        again = NEVER
        try:
            record.dirty = True
            while record.dirty:
                record.dirty = False
                again = await self._look(record, work)
        except EngineGone as error:
            # Every pod is looked at when the engine is back; this is for a single call that got no answer.
            log.debug("pod %s/%s: %s", record.namespace, record.name, error)
            again = self._context.now() + _ENGINE_RETRY
        except (Conflict, NotFound):
            again = self._context.now()  # it changed, or went, since it was read
        except (ApiError, EngineError) as error:
            log.warning("pod %s/%s: %s", record.namespace, record.name, error)
            again = self._context.now() + _API_RETRY
        except Exception as error:  # one pod's trouble is not the node's
            log.error("pod %s/%s: %s", record.namespace, record.name, type(error).__name__)
            again = self._context.now() + _ENGINE_RETRY
        finally:
            work.looking = None
            self._set_timer(record, work, min(again, work.retry_at))
            work.retry_at = NEVER
            if work.idle:
                record.at_work = None

    def _set_timer(self, record: PodRecord, work: Work, when: float) -> None:
        if work.timer is not None:
            work.timer.cancel()
            work.timer = None
        if when != NEVER:
            delay = max(0.0, when - self._context.now())
            work.timer = asyncio.get_running_loop().call_later(delay, self._alarm, record, work)

    def _alarm(self, record: PodRecord, work: Work) -> None:
        work.timer = None
        self.look(record)

    async def _look(self, record: PodRecord, work: Work) -> float:
        """Do what is to be done now; return when to look again."""
        pod = await self._read(record)
        if pod is None:
            await self._clear(record, work)
            return NEVER
        if work.shown is not None:
            await self._adopt(record, pod, work.shown)
            work.shown = None
        await self._note_endings(record, work)
        await self._hear(record, pod)
        self._note_deletion(record, work, pod)
        now = self._context.now()
        if not record.started_at:
            record.started_at = now
        if pod.spec.volumes and not record.volumes:
            record.volumes = scratch_names(pod)
        plan = decide(pod, record, now, self._context.settings.restart_back_off)
        if plan.expire:
            self._expire(record, pod, now)
            plan = decide(pod, record, now, self._context.settings.restart_back_off)
        for kill in plan.kill:
            self._stop(record, work, pod, kill)
        if plan.start and work.starting is None:
            self._start(record, work, pod, plan)
        if work.prober is not None or (not record.deleting and has_probes(pod)):
            self._probe(record, work, pod)
        wake = min(plan.wake, self._hurry(record, work), await self._refresh(record, work, pod, now))
        return min(wake, await self._conclude(record, work, pod, plan))

    async def _read(self, record: PodRecord) -> Pod | None:
        if record.gone:
            return None
        try:
            pod = await self._context.api.get(POD_VIEWS, record.namespace, record.name)
        except NotFound:
            pod = None
        if pod is None or pod.metadata.uid != record.uid:
            record.gone = True
            return None
        return pod

    async def _adopt(self, record: PodRecord, pod: Pod, shown: list[Found]) -> None:
        record.containers = recorded(pod)
        record.started_at = self._context.now()
        record.ip = pod.status.podIP
        engine = self._context.engine
        if engine.simulated and not shown:
            shown = await recalled(self._context, record, pod)
        shown = [each for each in await asyncio.gather(*map(self._in_full, shown)) if each is not None]
        sandbox = correct(record, shown, self._context.now())
        if sandbox and not record.sandbox:
            try:
                found = await engine.inspect(sandbox)
            except NoSuchContainer:
                return
            if found.state == "running":
                record.sandbox = found.id
                record.ip = found.ip or record.ip
            else:  # it ended since it was listed
                record.remains = (*record.remains, found.id)

    async def _in_full(self, found: Found) -> Found | None:
        """Return what the engine shows of a container that has ended: a list leaves out how."""
        if found.state != "exited" or found.labels.get(engines.CONTAINER) == engines.SANDBOX:
            return found
        return await look_at_end(self._context, found.id)

    async def _note_endings(self, record: PodRecord, work: Work) -> None:
        for container in list(work.endings):
            if container == record.sandbox:
                record.leave_sandbox()
            each = record.by_id(container)
            if each is not None and each.run is not None:
                await settle(self._context, each.run)
            work.endings.discard(container)

    async def _hear(self, record: PodRecord, pod: Pod) -> None:
        """Read the termination messages of runs that have ended since the last look."""
        for each in record.containers:
            run = each.run
            if run is not None and run.state == "exited" and not run.heard:
                words = await last_words(self._context, pod, _container(pod, each.name), run)
                run.message = ": ".join(part for part in (run.message, words) if part)
                run.heard = True

    def _note_deletion(self, record: PodRecord, work: Work, pod: Pod) -> None:
        if not pod.metadata.deletionTimestamp:
            return
        deadline = self._context.now() + grace_of(pod)
        if work.stops and deadline < record.deadline:
            work.hurry = True
        if not record.deleting:
            record.deleting = True
            record.deadline = deadline
        else:
            record.deadline = min(record.deadline, deadline)
        self._interrupt(work)

    def _interrupt(self, work: Work) -> None:
        if work.starting is not None and work.starter is not None and work.starter.patient:
            work.starting.cancel()

    def _expire(self, record: PodRecord, pod: Pod, now: float) -> None:
        record.failure = "DeadlineExceeded"
        record.deadline = now + grace_of(pod)
        message = "Pod was active on the node longer than the specified deadline"
        self._context.recorder.normal(pod, "DeadlineExceeded", message)

    def _start(self, record: PodRecord, work: Work, pod: Pod, plan: Plan) -> None:
        work.starter = Starter(self._context, record)
        work.began = self._context.now()
        work.starting = asyncio.create_task(self._beside(record, work, work.starter.start(pod, plan.start), ""))

    def _stop(self, record: PodRecord, work: Work, pod: Pod, kill: Kill) -> None:
        if kill.container in work.stops:
            return
        if not work.stops:
            work.began = self._context.now()
        container = _container(pod, kill.container)
        work.stops[kill.container] = asyncio.create_task(
            self._beside(record, work, stop(self._context, record, pod, container, kill), kill.container)
        )

    async def _beside(self, record: PodRecord, work: Work, doing: Coroutine[Any, Any, None], stopping: str) -> None:
        """Do something beside the looks, and look again after it."""
        look = True
        try:
            await doing
        except asyncio.CancelledError:
            look = not self._closed
        except EngineGone:
            look = self._retry(record, work, _ENGINE_RETRY)
        except (ApiError, EngineError) as error:
            log.warning("pod %s/%s: %s", record.namespace, record.name, error)
            look = self._retry(record, work, _API_RETRY)
        except Exception as error:  # one pod's trouble is not the node's
            log.error("pod %s/%s: %s", record.namespace, record.name, type(error).__name__)
            look = self._retry(record, work, _API_RETRY)
        finally:
            if stopping:
                work.stops.pop(stopping, None)
            else:
                work.starting = work.starter = None
        if look:
            self.look(record)

    def _retry(self, record: PodRecord, work: Work, seconds: float) -> bool:
        """Have a look after some time, also if one is going on that has not seen the failure; return whether at once.

        At its end that one sets the pod's timer anew.
        """
        when = self._context.now() + seconds
        if work.looking is not None:
            work.retry_at = when
        else:
            self._set_timer(record, work, when)
        return False

    def _hurry(self, record: PodRecord, work: Work) -> float:
        """Kill what a shortened grace no longer spares, or its engine has not; return when that has to be seen to."""
        if not work.stops or record.deadline == NEVER:
            return NEVER
        deadline = record.deadline if work.hurry else record.deadline + _SLACK
        if self._context.now() < deadline:
            return deadline
        for name in work.stops:
            run = record.of(name).run
            if run is not None and run.state == "running":
                work.endings.add(run.id)
                self._kills.add(task := asyncio.create_task(self._kill(record, run.id)))
                task.add_done_callback(self._kills.discard)
        return NEVER

    async def _kill(self, record: PodRecord, container: str) -> None:
        try:
            await self._context.engine.kill(container)
        except EngineError as error:
            log.debug("not killed: %s", error)
        self.look(record)

    async def _refresh(self, record: PodRecord, work: Work, pod: Pod, now: float) -> float:
        """Bring the files of a pod's volumes up to date now and then; return when to do so next."""
        context = self._context
        idle = context.engine.simulated or record.deleting or not record.sandbox or work.starting is not None
        if idle or not any(map(changes, pod.spec.volumes)):
            return NEVER
        if not record.refresh_at:
            record.refresh_at = now + context.settings.refresh_seconds
        elif now >= record.refresh_at:
            record.refresh_at = now + context.settings.refresh_seconds
            try:
                await context.volumes.refresh(pod, await read_sources(context, pod, (), record.ip))
            except VolumeError as error:
                context.recorder.warning(pod, "FailedMount", f"the files of a volume stay as they are: {error}")
        return record.refresh_at

    def _probe(self, record: PodRecord, work: Work, pod: Pod) -> None:
        if work.prober is None:
            work.prober = Prober(self._context, record)
        work.prober.attend(pod)

    async def _conclude(self, record: PodRecord, work: Work, pod: Pod, plan: Plan) -> float:
        """Write what is to be written, and finish what has ended; return when to look again."""
        context = self._context
        if plan.tear_down and record.sandbox and work.starting is None:
            await context.engine.kill(record.leave_sandbox())
        if work.stops or (work.starting is not None and not record.deleting):
            patient_until = work.began + context.settings.patience
            if context.now() < patient_until:
                return patient_until
        if plan.finish and (work.starting is not None or work.stops):
            return NEVER
        await self._write(record, pod)
        if plan.finish:
            await self._finish(record)
        return self._flip(record, pod)

    def _flip(self, record: PodRecord, pod: Pod) -> float:
        """Let a failed pull be seen as such for a moment before it is a back-off."""
        flipped = NEVER
        for each in record.containers:
            if each.waiting == "ErrImagePull":
                image = next(
                    (c.image for c in (*pod.spec.initContainers, *pod.spec.containers) if c.name == each.name), ""
                )
                each.waiting = "ImagePullBackOff"
                each.message = f'Back-off pulling image "{image}": ErrImagePull: {each.message}'
                self._context.recorder.normal(pod, "BackOff", f'Back-off pulling image "{image}"', each.name)
                self._context.recorder.warning(pod, "Failed", "Error: ImagePullBackOff", each.name)
                flipped = min(self._context.now() + 1.0, each.retry_at)
        return flipped

    async def _write(self, record: PodRecord, pod: Pod) -> None:
        context = self._context
        status = pod_status(
            pod,
            record,
            context.now(),
            context.engine.scheme,
            context.settings.address,
            context.settings.restart_back_off,
        )
        if status != pod.status:
            patch = status_patch(pod, status)
            await context.api.patch(  # seen as the next look reads it, so that it is decoded once
                POD_VIEWS, record.namespace, record.name, patch, type="merge", manager="kubelet", subresource="status"
            )

    async def _finish(self, record: PodRecord) -> None:
        record.finished = True
        try:
            await self._context.api.delete(PODS, record.namespace, record.name, grace_seconds=0, uid=record.uid)
        except (NotFound, Conflict):
            record.gone = record.dirty = True

    async def _clear(self, record: PodRecord, work: Work) -> None:
        """Remove everything of a pod that the API no longer has."""
        self._interrupt(work)
        if work.prober is not None:
            work.prober.close()
            work.prober = None
        engine = self._context.engine
        for each in record.containers:
            if runs(each) and each.run is not None:
                await engine.kill(each.run.id)
        if work.starting is not None or work.stops:
            return
        ids = [run.id for each in record.containers for run in (each.run, each.last) if run is not None and run.id]
        # Containers first: an engine keeps a sandbox whose network others have joined.
        await asyncio.gather(*(engine.remove(container) for container in ids))
        for sandbox in (*record.remains, record.sandbox):
            if sandbox:
                await engine.remove(sandbox)
        record.sandbox, record.remains = "", ()
        await self._context.volumes.remove(record.uid, record.volumes)
        work.endings.clear()
        record.containers = []
        self._context.forget(record)
