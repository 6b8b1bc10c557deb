"""What a task's pod needs next: nothing, a note and its deletion, its record, or to be let go.

A pod runs until somebody decides its end. That decision is noted on the pod before the pod is deleted, unless the pod
itself shows why it ended, so that whoever finds it after a crash comes to the same verdict. Once its containers have
ended the end is recorded, and only then is the pod let go.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from kecs.model.objects import StopNote
from kecs.model.stop import (
    ESSENTIAL,
    HEALTH_REASON,
    NOT_STARTED,
    SCHEDULER,
    SPOT,
    TERMINATION,
    USER,
    USER_REASON,
)

Action = Literal["nothing", "delete", "note", "record"]

# Conditions of type DisruptionTarget whose node is gone for good; the others are drains and pre-emptions.
_NODE_GONE = {"DeletionByPodGC", "DeletionByTaintManager"}


class Container(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A container of the task. `error` is ECS's error when it cannot start."""

    name: str
    essential: bool = True
    ended: bool = False
    error: str = ""
    unhealthy: bool = False


class Pod(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task's pod.

    `held`: our finalizer is on it. `ended`: nothing of it runs any more, nor will. `disruption` is the reason of its
    DisruptionTarget condition, `replaced` says that its ReplicaSet made another one for it, `endedFirst` that an
    essential container had ended before the deletion was asked for. `failure` and `message` are the pod's own status
    reason and message.
    """

    held: bool = True
    phase: str = "Pending"
    ended: bool = False
    deleting: bool = False
    node: str = ""
    spot: bool = False
    service: bool = False
    deployment: str = ""
    replaced: bool = False
    endedFirst: bool = False
    disruption: str = ""
    failure: str = ""
    message: str = ""
    note: StopNote | None = None
    containers: Sequence[Container] = ()


class Step(msgspec.Struct, frozen=True, gc=False):
    """What to do now, and with which verdict."""

    action: Action
    note: StopNote | None = None


_NOTHING = Step("nothing")


def next_step(pod: Pod, now: float) -> Step:
    """Decide what a pod needs."""
    if not pod.held:
        return Step("delete") if pod.ended and not pod.deleting else _NOTHING
    if pod.ended:
        return Step("record", pod.note or _own_end(pod, now) or _deletion(pod, now))
    if pod.deleting:
        # A node that is silent may take for ever to end it; meanwhile the task says why it is stopping.
        told = pod.note or pod.endedFirst or not pod.disruption
        return _NOTHING if told else Step("note", _termination(pod, now))
    if pod.note:
        return Step("delete", pod.note)
    note = _own_end(pod, now)
    return Step("note", note) if note else _NOTHING


def _own_end(pod: Pod, now: float) -> StopNote | None:
    """Return why a task comes to its end without anybody's wish."""
    for container in pod.containers:
        if container.unhealthy and container.essential and pod.service:
            return StopNote(SCHEDULER, HEALTH_REASON, now)
    if pod.deleting and not pod.endedFirst:
        return None  # what ends after the deletion was asked for ends because of it
    return _start_failure(pod, now) or _essential_end(pod, now) or _pod_failure(pod, now)


def _start_failure(pod: Pod, now: float) -> StopNote | None:
    for container in pod.containers:
        if container.error:
            return StopNote(NOT_STARTED, container.error, now)
    return None


def _essential_end(pod: Pod, now: float) -> StopNote | None:
    ended = any(container.ended and container.essential for container in pod.containers)
    return StopNote(ESSENTIAL, "Essential container in task exited", now) if ended else None


def _pod_failure(pod: Pod, now: float) -> StopNote | None:
    """Judge a pod that ended with no essential container to blame: turned away by its node, or its init part failed."""
    if pod.disruption:
        return _termination(pod, now)
    if pod.phase == "Succeeded":
        return StopNote(ESSENTIAL, "Essential container in task exited", now)
    if pod.phase == "Failed":
        if pod.failure in ("Evicted", "NodeLost", "Shutdown", "Terminated", "NodeShutdown"):
            return _termination(pod, now)
        return StopNote(NOT_STARTED, pod.message or "Task failed to start", now)
    return None


def _deletion(pod: Pod, now: float) -> StopNote:
    """Judge a pod that was deleted without a note: by the scheduler, for its node's sake, or by somebody's kubectl."""
    if pod.disruption:
        return _termination(pod, now)
    if pod.service and not pod.replaced:
        return StopNote(SCHEDULER, f"Scaling activity initiated by (deployment {pod.deployment})", now)
    return StopNote(USER, USER_REASON, now)


def _termination(pod: Pod, now: float) -> StopNote:
    if pod.spot:
        return StopNote(SPOT, "Your Spot Task was interrupted.", now)
    if pod.disruption in _NODE_GONE or pod.failure in ("NodeLost", "Shutdown", "Terminated", "NodeShutdown"):
        return StopNote(TERMINATION, f"Host EC2 (instance {pod.node}) terminated.", now)
    return StopNote(TERMINATION, f"Container instance {pod.node} is draining.", now)
