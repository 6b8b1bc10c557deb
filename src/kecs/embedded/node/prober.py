"""Startup, readiness and liveness probes of the containers of one pod.

A probe is a timer and a state of a few numbers. An engine that says that its answer is steady is not asked again
until it tells of a change, so ten thousand simulated pods with health checks cost nothing while they are well.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Literal

from kecs.embedded.node.container_views import Container, Probe
from kecs.embedded.node.context import Context
from kecs.embedded.node.engine import Answer, EngineError
from kecs.embedded.node.hooks import request_of
from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.views import Pod

log = logging.getLogger(__name__)

Kind = Literal["Startup", "Readiness", "Liveness"]


@dataclass(slots=True, eq=False)
class _Check:
    """One probe of one run of a container."""

    kind: Kind
    probe: Probe
    container: Container
    record: ContainerRecord
    run: Run
    streak: int = 0  # of equal results
    last: bool | None = None
    settled: bool = False  # asked once, and told that the answer is steady
    timer: asyncio.TimerHandle | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Prober:
    """Probes the containers of one pod while they run."""

    def __init__(self, context: Context, record: PodRecord) -> None:
        self._context, self._record = context, record
        self._checks: list[_Check] = []
        self._pod: Pod | None = None

    def attend(self, pod: Pod) -> None:
        """Begin what has to be probed now, and end what has not."""
        self._pod = pod
        for check in list(self._checks):
            if check.record.run is not check.run or check.run.state != "running" or self._record.deleting:
                self._drop(check)
        if self._record.deleting:
            return
        for container in (*pod.spec.initContainers, *pod.spec.containers):
            if _has_probe(container):
                self._attend(container)

    def _attend(self, container: Container) -> None:
        record = self._record.of(container.name)
        run = record.run
        if run is None or run.state != "running":
            return
        if container.startupProbe is not None and not run.opened:
            self._begin("Startup", container.startupProbe, container, record, run)
            return
        if container.readinessProbe is not None:
            self._begin("Readiness", container.readinessProbe, container, record, run)
        if container.livenessProbe is not None:
            self._begin("Liveness", container.livenessProbe, container, record, run)

    def _begin(self, kind: Kind, probe: Probe, container: Container, record: ContainerRecord, run: Run) -> None:
        if any(check.kind == kind and check.run is run for check in self._checks):
            return
        check = _Check(kind, probe, container, record, run)
        self._checks.append(check)
        self._later(check, max(0.0, run.started_at + probe.initialDelaySeconds - self._context.now()))

    def _later(self, check: _Check, delay: float) -> None:
        check.timer = asyncio.get_running_loop().call_later(delay, self._fire, check)

    def _fire(self, check: _Check) -> None:
        check.timer = None
        if check.task is None:
            check.task = asyncio.create_task(self._ask(check))

    async def _ask(self, check: _Check) -> None:
        try:
            answer = await self._answer(check)
        except EngineError as error:
            answer = None
            log.debug("probe of %s could not be made: %s", check.container.name, error)
        except Exception as error:  # a probe that is not made again would leave its container as it is for ever
            answer = None
            log.error("probe of %s: %s", check.container.name, type(error).__name__)
        finally:
            check.task = None
        if check not in self._checks or check.run.state != "running":
            return
        if answer is not None:
            check.settled = answer.steady
            self._note(check, answer)
        if check in self._checks and not (check.settled and self._decided(check)):
            self._later(check, max(check.probe.periodSeconds, 1))

    def _decided(self, check: _Check) -> bool:
        needed = check.probe.successThreshold if check.last else check.probe.failureThreshold
        return check.streak >= needed

    async def _answer(self, check: _Check) -> Answer:
        probe, engine = check.probe, self._context.engine
        limit = float(max(probe.timeoutSeconds, 1))
        if probe.grpc is not None:
            return Answer(ok=False, output="gRPC probes are not supported by this node", steady=True)
        if probe.exec is not None:
            try:
                return await engine.check(check.run.id, probe.exec.command, limit)
            except TimeoutError:
                return Answer(
                    ok=False, output=f'command timed out: "{" ".join(probe.exec.command)}" timed out after {limit:g}s'
                )
        action = probe.httpGet or probe.tcpSocket
        if action is None:
            return Answer(ok=True, steady=True)
        try:
            return await engine.reach(check.run.id, request_of(check.container, action, self._ip()), limit)
        except ValueError as error:
            return Answer(ok=False, output=str(error), steady=True)

    def _ip(self) -> str:
        host = self._pod is not None and self._pod.spec.hostNetwork
        return "127.0.0.1" if host else self._record.ip

    def _note(self, check: _Check, answer: Answer) -> None:
        check.streak = check.streak + 1 if check.last == answer.ok else 1
        check.last = answer.ok
        if not answer.ok and self._pod is not None:
            message = f"{check.kind} probe failed: {answer.output}"
            self._context.recorder.warning(self._pod, "Unhealthy", message, check.container.name)
        if not self._decided(check):
            return
        run, record = check.run, check.record
        before = (run.opened, run.ready, record.kill)
        if check.kind == "Readiness":
            run.ready = answer.ok
        elif not answer.ok:
            self._condemn(check)
        elif check.kind == "Startup":
            run.opened = True
            run.ready = check.container.readinessProbe is None
            self._drop(check)
        if before != (run.opened, run.ready, record.kill):
            self._context.look(self._record)

    def _condemn(self, check: _Check) -> None:
        name, kind = check.container.name, check.kind.lower()
        check.record.kill = f"Container {name} failed {kind} probe, will be restarted"
        check.record.kill_grace = check.probe.terminationGracePeriodSeconds
        self._drop(check)

    def wake(self, container: str) -> None:
        """Ask again what was steady: the engine says that a container's answer may have changed."""
        for check in self._checks:
            if check.run.id == container and check.settled and check.timer is None and check.task is None:
                check.settled = False
                self._fire(check)

    def _drop(self, check: _Check) -> None:
        if check in self._checks:
            self._checks.remove(check)
        if check.timer is not None:
            check.timer.cancel()
        if check.task is not None and check.task is not asyncio.current_task():
            check.task.cancel()

    def close(self) -> None:
        """Probe no more."""
        for check in list(self._checks):
            self._drop(check)

    @property
    def idle(self) -> bool:
        """Whether nothing is probed."""
        return not self._checks


def has_probes(pod: Pod) -> bool:
    """Tell whether there is anything to probe in a pod."""
    return any(map(_has_probe, pod.spec.containers)) or any(map(_has_probe, pod.spec.initContainers))


def _has_probe(container: Container) -> bool:
    return not (container.startupProbe is container.readinessProbe is container.livenessProbe is None)
