"""Ending a container: stop hook, signal, patience, kill, and what is left of it."""

import asyncio
import logging

from kecs.embedded.node.adopt import end
from kecs.embedded.node.container_views import Container
from kecs.embedded.node.context import Context
from kecs.embedded.node.decide import Kill
from kecs.embedded.node.engine import EngineError, EngineGone, Found, NoSuchContainer
from kecs.embedded.node.hooks import HookFailed, run_hook
from kecs.embedded.node.record import NEVER, PodRecord, Run
from kecs.embedded.node.views import Pod

log = logging.getLogger(__name__)

_DEFAULT_GRACE = 30.0
_LOOKS, _MOMENT = 40, 0.05  # how often, and how many seconds apart, an end is looked for in full
_LEAST_GRACE = 2.0  # seconds that a container has after its stop hook used up its time


def grace_of(pod: Pod) -> float:
    """Return the seconds that a pod's containers get to end."""
    if pod.metadata.deletionTimestamp and pod.metadata.deletionGracePeriodSeconds is not None:
        return float(pod.metadata.deletionGracePeriodSeconds)
    period = pod.spec.terminationGracePeriodSeconds
    return _DEFAULT_GRACE if period is None else float(period)


async def stop(context: Context, record: PodRecord, pod: Pod, container: Container, kill: Kill) -> None:
    """End a container's current run and note how it ended. Raises `EngineGone`."""
    run = record.of(container.name).run
    if run is None or run.state != "running":
        return
    context.recorder.normal(pod, "Killing", kill.message, container.name)
    now = context.now()
    if kill.grace is not None:
        until = now + kill.grace
    elif record.deadline != NEVER:
        until = record.deadline
    else:
        until = now + grace_of(pod)
    if until > now:
        await _hook(context, record, pod, container, run, until - now)
        left = max(until - context.now(), min(_LEAST_GRACE, until - now))
        if kill.grace is None and record.deadline != NEVER:
            record.deadline = max(record.deadline, context.now() + left)
    else:
        left = 0.0
    try:
        await (context.engine.stop(run.id, left) if left > 0 else context.engine.kill(run.id))
    except NoSuchContainer:
        log.debug("container %s was gone when it was to be stopped", run.id)
    await settle(context, run)


async def _hook(context: Context, record: PodRecord, pod: Pod, container: Container, run: Run, limit: float) -> None:
    handler = container.lifecycle.preStop if container.lifecycle is not None else None
    if handler is None:
        return
    try:
        ip = "127.0.0.1" if pod.spec.hostNetwork else record.ip
        await run_hook(context.engine, run.id, container, handler, ip, limit)
    except EngineGone:
        raise
    except (HookFailed, EngineError) as error:
        context.recorder.warning(pod, "FailedPreStopHook", f"PreStopHook failed: {error}", container.name)


async def settle(context: Context, run: Run) -> None:
    """Note how a run ended, if the engine says that it has. Raises `EngineGone`."""
    if run.state == "exited":
        return
    found = await look_at_end(context, run.id)
    if found is None or found.state == "exited":
        end(run, found, context.now())


async def look_at_end(context: Context, container: str) -> Found | None:
    """Return a container with all that the engine knows of its end; None when it is gone. Raises `EngineGone`.

    For a moment Podman shows a container that has ended without its exit code, and without the time of its end.
    """
    for _ in range(_LOOKS):
        try:
            found = await context.engine.inspect(container)
        except NoSuchContainer:
            return None
        if found.state != "exited" or found.finished_at:
            break
        await asyncio.sleep(_MOMENT)
    return found
