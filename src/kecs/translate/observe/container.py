"""What a pod says of one container, read with ECS's eyes."""

import msgspec

from kecs.translate.facts import ContainerFacts, TaskFacts
from kecs.translate.observe.times import epoch
from kecs.translate.views import ContainerStatus, Pod, Terminated

# The kubelet's reasons for a container that will not start, and ECS's error for each.
_START_ERRORS = {
    "ErrImagePull": "CannotPullContainerError",
    "ImagePullBackOff": "CannotPullContainerError",
    "InvalidImageName": "CannotPullContainerError",
    "ErrImageNeverPull": "CannotPullContainerError",
    "RegistryUnavailable": "CannotPullContainerError",
    "ImageInspectError": "CannotPullContainerError",
    "SignatureValidationFailed": "CannotPullContainerError",
    "CreateContainerConfigError": "ResourceInitializationError",
    "CreateContainerError": "CannotCreateContainerError",
    "PreCreateHookError": "CannotCreateContainerError",
    "RunContainerError": "CannotStartContainerError",
    "StartError": "CannotStartContainerError",
    "ContainerCannotRun": "CannotStartContainerError",
    "PostStartHookError": "CannotStartContainerError",
}
_UNKNOWN = "ContainerStatusUnknown"  # the node's word for a container of which nothing is left, or never was
_OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A container as it is now.

    `started`: it has run at some time. `ended` is its last run when it will not be started again, as ECS sees it.
    `error` is ECS's error when it cannot start. `healthy` is None while nothing is known. `unhealthyAt` (epoch
    seconds): from then on it counts as unhealthy if nothing changes.
    """

    facts: ContainerFacts
    status: ContainerStatus | None = None
    started: bool = False
    running: bool = False
    ended: Terminated | None = None
    error: str = ""
    healthy: bool | None = None
    unhealthyAt: float | None = None

    @property
    def name(self) -> str:
        """The ECS name."""
        return self.facts.name

    @property
    def essential(self) -> bool:
        """Whether its end is the task's."""
        return self.facts.essential

    @property
    def exit_code(self) -> int | None:
        """The exit code of its end. One that may fail leaves the real code as its termination message."""
        if self.ended is None or self.error or self.ended.reason == _UNKNOWN:
            return None
        message = self.ended.message
        if self.facts.kind == "init" and self.ended.exitCode == 0 and message.isdecimal() and len(message) <= 3:
            return int(message)
        return self.ended.exitCode

    @property
    def reason(self) -> str:
        """ECS's reason for its end; empty when the exit code says it all."""
        if self.error:
            return self.error
        return _OUT_OF_MEMORY if self.ended is not None and self.ended.reason == "OOMKilled" else ""

    def is_unhealthy(self, now: float) -> bool:
        """Return whether its health check has failed, or has not succeeded in time."""
        return self.healthy is False or (self.unhealthyAt is not None and now >= self.unhealthyAt)


def look(pod: Pod, facts: TaskFacts) -> list[Seen]:
    """Return the task's containers, in the definition's order."""
    statuses = {status.name: status for status in pod.status.containerStatuses}
    statuses.update({status.name: status for status in pod.status.initContainerStatuses})
    return [_look(pod, container, statuses.get(container.pod_name)) for container in facts.containers]


def start_error(reason: str, message: str) -> str:
    """Return ECS's error for a container that will not start; empty when `reason` is no such thing."""
    kind = _START_ERRORS.get(reason)
    if not kind:
        return ""
    # Once it backs off, the kubelet quotes the error that it met before.
    detail = message.partition("ErrImagePull: ")[2] or message or reason
    if kind == "ResourceInitializationError":
        detail = f"unable to pull secrets or registry auth: {detail}"
    return f"{kind}: {detail}"


def _look(pod: Pod, facts: ContainerFacts, status: ContainerStatus | None) -> Seen:
    if status is None:
        return Seen(facts)
    state = status.state
    error = ""
    if state.waiting:
        error = start_error(state.waiting.reason, state.waiting.message)
    elif state.terminated:
        error = start_error(state.terminated.reason, state.terminated.message)
    ended = _end(facts, status)
    running = state.running is not None
    before = status.lastState.terminated
    ran_before = status.restartCount > 0 or (before is not None and not start_error(before.reason, ""))
    has_run = state.terminated is not None and not error and state.terminated.reason != _UNKNOWN
    started = running or has_run or ran_before
    healthy, unhealthy_at = _health(pod, facts, status) if facts.health and running and not ended else (None, None)
    return Seen(facts, status, started, running, ended, error, healthy, unhealthy_at)


def _end(facts: ContainerFacts, status: ContainerStatus) -> Terminated | None:
    """Return the last run of a container that ECS would not start again, though Kubernetes may."""
    now, before = status.state.terminated, status.lastState.terminated
    if not facts.restart:
        # Kubernetes starts sidecars again, and before 1.35 any container of a Deployment; to ECS the first end is the
        # end.
        return before or now
    last = before if before and (now is None or now.reason == _UNKNOWN) else now
    if last is None:
        return None
    if now and now.exitCode in facts.ignoredExitCodes:
        return now
    began, finished = epoch(last.startedAt), epoch(last.finishedAt)
    early = began is not None and finished is not None and finished - began < facts.restart
    return last if early else None


def _health(pod: Pod, facts: ContainerFacts, status: ContainerStatus) -> tuple[bool | None, float | None]:
    """Return whether a running container is healthy, and when it counts as unhealthy if it is not known to be.

    A probe that has not succeeded yet and one that no longer does both read "not ready". What tells them apart is
    that the pod's containers have been ready once since it started.
    """
    if status.ready:
        return True, None
    began = epoch(status.state.running.startedAt) if status.state.running else None
    if began is None or status.started is False:
        return None, None
    condition = pod.condition("ContainersReady")
    changed = epoch(condition.lastTransitionTime) if condition and condition.status == "False" else None
    if changed is not None and changed > began:
        return False, None
    return None, began + facts.health
