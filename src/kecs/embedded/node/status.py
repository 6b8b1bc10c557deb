"""What a pod's status says: a pure function of the pod and what is known of its containers.

The result is compared with what the API has, and written only where it differs; conditions keep the time of their last
transition, and conditions of others are carried along.
"""

from collections.abc import Iterable

import msgspec

from kecs.embedded.node.container_views import Container, is_sidecar
from kecs.embedded.node.decide import init_done, over, runs
from kecs.embedded.node.record import ContainerRecord, PodRecord, Run
from kecs.embedded.node.restarts import BackOff, due, restarts
from kecs.embedded.node.status_views import (
    Address,
    Condition,
    ContainerState,
    ContainerStatus,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)
from kecs.embedded.node.views import Pod
from kecs.kube.time import rfc3339

_OWN = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
_LOST = Terminated(
    exitCode=137,
    reason="ContainerStatusUnknown",
    message="The container could not be located when the pod was terminated",
)


def pod_status(pod: Pod, record: PodRecord, now: float, scheme: str, host_ip: str, back_off: BackOff) -> PodStatus:
    """Return the status of a pod as it is now. `scheme` begins the container ids ("docker")."""
    phase = phase_of(pod, record)
    waiting = "PodInitializing" if pod.spec.initContainers else "ContainerCreating"
    writer = _Writer(pod, record, now, scheme, back_off, waiting, terminal=phase in ("Succeeded", "Failed"))
    inits = [writer.container(container, init=True) for container in pod.spec.initContainers]
    mains = [writer.container(container, init=False) for container in pod.spec.containers]
    ip = host_ip if pod.spec.hostNetwork and record.ip else record.ip
    return PodStatus(
        phase=phase,
        reason=record.failure,
        message="Pod was active on the node longer than the specified deadline" if record.failure else "",
        hostIP=host_ip,
        hostIPs=[Address(host_ip)],
        podIP=ip,
        podIPs=[Address(ip)] if ip else [],
        startTime=pod.status.startTime or (rfc3339(record.started_at) if record.started_at else None),
        observedGeneration=pod.metadata.generation,
        conditions=_conditions(pod, record, now, phase, inits, mains),
        initContainerStatuses=inits,
        containerStatuses=sorted(mains, key=lambda status: status.name),
    )


def phase_of(pod: Pod, record: PodRecord) -> str:
    """Return the pod's phase. A pod that ends is Succeeded or Failed only once nothing of it runs."""
    if any(map(runs, record.containers)):
        still = True
    elif record.failure or over(pod, record):
        mains = [record.of(container.name).run for container in pod.spec.containers]
        succeeded = all(run is not None and run.state == "exited" and run.exit_code == 0 for run in mains)
        return "Succeeded" if succeeded and not record.failure else "Failed"
    elif record.deleting:
        mains = [record.of(container.name).run for container in pod.spec.containers]
        return "Succeeded" if mains and all(run is not None and _good(run) for run in mains) else "Failed"
    else:
        still = False
    started = all(_has_run(record.of(container.name)) for container in pod.spec.containers)
    return "Running" if started and (still or init_done(pod, record)) else "Pending"


def _good(run: Run) -> bool:
    return run.state == "exited" and run.exit_code == 0


def _has_run(record: ContainerRecord) -> bool:
    return record.last is not None or (record.run is not None and record.run.state != "created")


class _Writer:
    """Writes container statuses of one pod."""

    def __init__(
        self, pod: Pod, record: PodRecord, now: float, scheme: str, back_off: BackOff, waiting: str, *, terminal: bool
    ) -> None:
        self._pod, self._record, self._now, self._scheme, self._back_off = pod, record, now, scheme, back_off
        self._waiting = waiting
        self._terminal = terminal

    def container(self, container: Container, *, init: bool) -> ContainerStatus:
        """Return the status of one container."""
        record = self._record.of(container.name)
        run = record.run
        state, last = self._states(container, record, init=init)
        if init and not is_sidecar(container):
            ready = run is not None and _good(run)
        else:
            ready = run is not None and run.state == "running" and run.ready
        return ContainerStatus(
            name=container.name,
            state=state,
            lastState=last,
            ready=ready,
            restartCount=record.restarts,
            image=container.image,
            imageID=run.image_id if run is not None else "",
            containerID=self._id(run) if run is not None else msgspec.UNSET,
            started=run is not None and run.state == "running" and run.opened,
        )

    def _id(self, run: Run) -> str:
        return f"{self._scheme}://{run.id}"

    def _states(
        self, container: Container, record: ContainerRecord, *, init: bool
    ) -> tuple[ContainerState, ContainerState]:
        run = record.run
        before = self._terminated(record.last) if record.last is not None else ContainerState()
        if run is None or run.state == "created":
            if self._terminal and self._record.deleting and not init and init_done(self._pod, self._record):
                return ContainerState(terminated=_LOST), before
            # A real kubelet leaves the reason to events; a message here spares everyone who waits from reading those.
            return self._wait(record.waiting or self._waiting, record.message or self._record.trouble), before
        if run.state == "running":
            return ContainerState(running=Running(rfc3339(run.started_at))), before
        if not self._terminal and not self._record.deleting and restarts(self._pod, container, run, init=init):
            if record.waiting:
                return self._wait(record.waiting, record.message), self._terminated(run)
            if due(record, self._back_off) > self._now:
                return self._crashing(container, record), self._terminated(run)
        return self._terminated(run), before

    def _wait(self, reason: str, message: str) -> ContainerState:
        return ContainerState(waiting=Waiting(reason, message))

    def _crashing(self, container: Container, record: ContainerRecord) -> ContainerState:
        meta = self._pod.metadata
        delay = _go_seconds(self._back_off.delay(record.step))
        message = (
            f"back-off {delay} restarting failed container={container.name} "
            f"pod={meta.name}_{meta.namespace}({meta.uid})"
        )
        return self._wait("CrashLoopBackOff", message)

    def _terminated(self, run: Run) -> ContainerState:
        never = run.reason == "StartError"  # what never began says so by the first of all times, as under a kubelet
        return ContainerState(
            terminated=Terminated(
                exitCode=run.exit_code,
                reason=run.reason or ("Completed" if run.exit_code == 0 else "Error"),
                message=run.message or msgspec.UNSET,
                startedAt=rfc3339(run.started_at) if run.started_at or never else None,
                finishedAt=rfc3339(run.finished_at) if run.finished_at else None,
                containerID=self._id(run),
            )
        )


def _go_seconds(seconds: float) -> str:
    """Return a duration as Kubernetes prints it: `10s`, `1m20s`, `5m0s`, `500ms`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    text = f"{rest:g}s"
    return f"{int(minutes)}m{text}" if minutes else text


def _conditions(
    pod: Pod,
    record: PodRecord,
    now: float,
    phase: str,
    inits: Iterable[ContainerStatus],
    mains: Iterable[ContainerStatus],
) -> list[Condition]:
    sidecars = {container.name for container in pod.spec.initContainers if is_sidecar(container)}
    waiting = [each.name for each in inits if not (each.started if each.name in sidecars else each.ready)]
    unready = [each.name for each in inits if each.name in sidecars and not each.ready]
    unready += [each.name for each in mains if not each.ready]
    if phase == "Succeeded":
        ready = ("False", "PodCompleted", "")
        initialized = ("True", "PodCompleted", "")
    else:
        initialized = _listed(waiting, "ContainersNotInitialized", "containers with incomplete status")
        failed = phase == "Failed" and not _cut_short(pod, record)
        ready = (
            ("False", "PodFailed", "")
            if failed
            else _listed(unready, "ContainersNotReady", "containers with unready status")
        )
    wanted = {
        "PodReadyToStartContainers": ("True" if record.sandbox else "False", "", ""),
        "Initialized": initialized,
        "Ready": ready,
        "ContainersReady": ready,
        "PodScheduled": ("True", "", ""),
    }
    old = {condition.type: condition for condition in pod.status.conditions}
    generation = pod.metadata.generation
    moment = rfc3339(now)
    result = []
    for type_ in _OWN:
        status, reason, message = wanted[type_]
        before = old.pop(type_, None)
        since = before.lastTransitionTime if before is not None and before.status == status else moment
        result.append(Condition(type_, status, since, reason, message, generation))
    return [*old.values(), *result]


def _cut_short(pod: Pod, record: PodRecord) -> bool:
    """Tell whether a pod was deleted before all of its main part had run: its conditions stay those of a beginning."""
    if not record.deleting or record.failure or over(pod, record):
        return False
    return not all(_has_run(record.of(container.name)) for container in pod.spec.containers)


def _listed(names: list[str], reason: str, message: str) -> tuple[str, str, str]:
    return ("False", reason, f"{message}: [{' '.join(names)}]") if names else ("True", "", "")


def status_patch(pod: Pod, status: PodStatus) -> dict[str, object]:
    """Return the merge patch that turns the pod's status into `status`, for exactly the version that was read."""
    body = msgspec.to_builtins(status)
    for member in msgspec.to_builtins(pod.status):
        body.setdefault(member, None)
    return {"metadata": {"resourceVersion": pod.metadata.resourceVersion}, "status": body}
