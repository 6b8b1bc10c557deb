"""Starting containers of a pod: sandbox, volumes, images, configuration, process, start hook.

Names are deterministic, so a start that was cut off anywhere is finished by the next one: a container that is there
already is taken over, made ones are started, running ones are left alone.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from kecs.embedded.node import engine as engines
from kecs.embedded.node import hosts, messages
from kecs.embedded.node.adopt import end
from kecs.embedded.node.container import Place, container_config, is_plain, sandbox_config
from kecs.embedded.node.container_views import Container
from kecs.embedded.node.context import Context
from kecs.embedded.node.engine import (
    ContainerConfig,
    Credentials,
    EngineError,
    EngineGone,
    Image,
    Mount,
    NameInUse,
    NoSuchContainer,
    SandboxConfig,
    StartFailed,
)
from kecs.embedded.node.environment import ConfigError, Sources
from kecs.embedded.node.files import VolumeError
from kecs.embedded.node.hooks import HookFailed, run_hook
from kecs.embedded.node.images import ImageError, credentials
from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.restarts import next_step
from kecs.embedded.node.sources import read_secret, read_sources
from kecs.embedded.node.views import Pod
from kecs.embedded.node.volumes import held

log = logging.getLogger(__name__)

_CANNOT_START = 128
_HOOK_LIMIT = 600.0  # seconds; the start hook of a container has no limit of its own


class Starter:
    """Starts the containers of one pod, one after the other."""

    def __init__(self, context: Context, record: PodRecord) -> None:
        self._context, self._record = context, record
        self.patient = False  # waiting for something that may as well be cancelled: a pull, a hook

    def _stopped(self) -> bool:
        return self._record.deleting or self._record.gone

    async def start(self, pod: Pod, names: Iterable[str]) -> None:
        """Start containers in this order. What goes wrong is noted in the record; raises `EngineGone`."""
        context, record = self._context, self._record
        every = {each.name: each for each in (*pod.spec.initContainers, *pod.spec.containers)}
        containers = [every[name] for name in names]
        try:
            sources = await read_sources(context, pod, containers, record.ip)
            mounts = await context.volumes.make(pod, sources) if pod.spec.volumes else {}
            images = [asyncio.create_task(self._image(pod, each)) for each in containers] if self._overlaps() else []
            try:
                await self._sandbox(pod, mounts)
            except BaseException:
                await _abandon(images)
                raise
        except EngineGone:
            raise
        except (EngineError, VolumeError) as error:
            self._fail_pod(pod, error)
            return
        record.trouble, record.failures, record.retry_at = "", 0, 0.0
        try:
            hosts_file = hosts.write(context, pod, record.ip)
        except OSError as error:
            self._fail_pod(pod, error)
            return
        place = Place(context.owner, record.sandbox, mounts, messages.directory_of(context, record.uid), hosts_file)
        sources = replace(sources, pod_ip=record.ip)
        try:
            for number, container in enumerate(containers):
                if self._stopped() or not record.sandbox:
                    return
                await self._one(pod, container, place, sources, images[number] if images else None)
        finally:
            await _abandon(images)

    def _overlaps(self) -> bool:
        """Tell whether looking for images beside the making of the sandbox gains anything."""
        return not self._context.engine.simulated and not self._record.sandbox

    def _fail_pod(self, pod: Pod, error: Exception) -> None:
        record, context = self._record, self._context
        record.failures += 1
        record.trouble = str(error)
        record.retry_at = context.now() + context.settings.retry_back_off.delay(record.failures)
        if isinstance(error, VolumeError):
            context.recorder.warning(pod, "FailedMount", str(error))
        else:
            context.recorder.warning(pod, "FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}")

    async def _sandbox(self, pod: Pod, mounts: dict[str, Mount]) -> None:
        context, record = self._context, self._record
        if record.sandbox:
            return
        names = pod.spec.hostNetwork or not context.engine.shares_files
        config = sandbox_config(pod, record.sandbox_attempt, context.owner, held(mounts), names=names)
        warm = context.pool.take() if is_plain(config) else None
        if warm is not None:
            record.sandbox, record.ip = warm
            return
        async with context.gate.through(urgent=False):
            container = await self._made(config)
            if config.mounts:
                await context.volumes.open(container, pod, mounts)
            try:
                await context.engine.start(container)
            except StartFailed:
                await context.engine.remove(container)
                raise
            shown = await context.engine.inspect(container)
        record.sandbox, record.ip = container, shown.ip or (context.settings.address if config.host_network else "")

    async def _made(self, config: SandboxConfig) -> str:
        engine = self._context.engine
        try:
            return await engine.create_sandbox(config)
        except NameInUse:
            found = await engine.inspect(config.name)
            if found.state != "exited":
                return found.id
            await engine.remove(found.id)
            return await engine.create_sandbox(config)

    async def _image(self, pod: Pod, container: Container) -> Image:
        logins: list[Credentials] = []
        for ref in pod.spec.imagePullSecrets:
            secret = await read_secret(self._context, pod.metadata.namespace, ref.name)
            if secret is not None:
                logins += credentials(secret, container.image)
        return await self._context.images.ensure(pod, container, logins)

    async def _one(
        self, pod: Pod, container: Container, place: Place, sources: Sources, image: asyncio.Task[Image] | None
    ) -> None:
        record, context = self._record.of(container.name), self._context
        try:
            self.patient = True
            try:
                had = await (image or self._image(pod, container))
            finally:
                self.patient = False
            if self._stopped():
                return
            await self._run(pod, container, record, place, sources, had)
        except ImageError as error:
            self._wait(record, error.reason, error.message, pull=True)
        except (ConfigError, VolumeError, OSError, ValueError) as error:  # the last: a quantity that is none
            context.recorder.warning(pod, "Failed", f"Error: {error}", container.name)
            self._wait(record, "CreateContainerConfigError", str(error))
        except EngineGone:
            raise
        except EngineError as error:
            if await self._sandbox_is_gone():
                return  # another look makes another one
            context.recorder.warning(pod, "Failed", f"Error: {error}", container.name)
            self._wait(record, "CreateContainerError", str(error))

    async def _sandbox_is_gone(self) -> bool:
        """Let go of a sandbox that has ended unnoticed, and tell whether it had."""
        record = self._record
        try:
            found = await self._context.engine.inspect(record.sandbox)
        except NoSuchContainer:
            found = None
        if found is not None and found.state == "running":
            return False
        record.leave_sandbox()
        return True

    def _wait(self, record: ContainerRecord, reason: str, message: str, *, pull: bool = False) -> None:
        settings = self._context.settings
        back_off = settings.pull_back_off if pull else settings.retry_back_off
        record.failures += 1
        record.waiting, record.message = reason, message
        record.retry_at = self._context.now() + back_off.delay(record.failures)

    async def _run(
        self, pod: Pod, container: Container, record: ContainerRecord, place: Place, sources: Sources, image: Image
    ) -> None:
        context = self._context
        before = record.run
        attempt = 0 if before is None else before.attempt + (before.state == "exited")
        config = container_config(pod, container, attempt, place, sources, image)
        messages.prepare(place.messages, container, attempt)
        context.volumes.make_parts(pod.metadata.uid, config.mounts)
        async with context.gate.through(urgent=True):
            run = await self._made_run(pod, config, attempt, image.digest or image.id)
            if before is not None and before.state == "created":
                record.run = run
            else:
                await self._succeed(record, before, run)
            record.waiting = record.message = ""
            record.failures, record.retry_at, record.kill = 0, 0.0, ""
            started = run.state != "exited" and await self._begin(pod, container, run)
        if started:
            await self._open(pod, container, run)

    async def _made_run(self, pod: Pod, config: ContainerConfig, attempt: int, image_id: str) -> Run:
        context, name = self._context, config.labels[engines.CONTAINER]
        try:
            run = Run(await context.engine.create(config), attempt, image_id=image_id)
            context.recorder.normal(pod, "Created", f"Container created: {name}", name)
        except NameInUse:
            # Made by an attempt that was cut off, and perhaps started: what has run is not run again.
            found = await context.engine.inspect(config.name)
            run = Run(found.id, attempt, found.state, found.started_at, image_id=image_id)
            if found.state == "exited":
                end(run, found, context.now())
        return run

    async def _succeed(self, record: ContainerRecord, before: Run | None, run: Run) -> None:
        """Let a new run take the place of the one before, whose container is kept; the one before that goes."""
        oldest = record.last
        if before is not None:
            record.step = next_step(record, self._context.settings.restart_back_off, self._context.now())
            record.last = before
            record.restarts = run.attempt
        record.run = run
        if oldest is not None and oldest.id and oldest is not before:
            await self._context.engine.remove(oldest.id)
            messages.discard(messages.directory_of(self._context, self._record.uid), record.name, oldest.attempt)

    async def _begin(self, pod: Pod, container: Container, run: Run) -> bool:
        context = self._context
        if run.state == "created":
            try:
                started = await context.engine.start(run.id)
            except StartFailed as error:
                context.recorder.warning(pod, "Failed", f"Error: {error}", container.name)
                run.state, run.exit_code, run.reason, run.message = "exited", _CANNOT_START, "StartError", str(error)
                run.finished_at = context.now()
                return False
        if run.state == "created":
            run.state, run.started_at = "running", started
        context.recorder.normal(pod, "Started", f"Container started: {container.name}", container.name)
        return True

    async def _open(self, pod: Pod, container: Container, run: Run) -> None:
        if container.lifecycle is not None and container.lifecycle.postStart is not None:
            await self._hook(pod, container, run)
        run.opened = container.startupProbe is None
        run.ready = run.opened and container.readinessProbe is None and run.state == "running"

    async def _hook(self, pod: Pod, container: Container, run: Run) -> None:
        context = self._context
        handler = container.lifecycle.postStart if container.lifecycle is not None else None
        if handler is None:
            return
        self.patient = True
        try:
            ip = "127.0.0.1" if pod.spec.hostNetwork else self._record.ip
            await run_hook(context.engine, run.id, container, handler, ip, _HOOK_LIMIT)
        except (HookFailed, EngineError) as error:
            context.recorder.warning(pod, "FailedPostStartHook", f"PostStartHook failed: {error}", container.name)
            self._record.of(container.name).kill = f"Container {container.name} failed its postStart hook"
        finally:
            self.patient = False


async def _abandon(tasks: list[asyncio.Task[Image]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
