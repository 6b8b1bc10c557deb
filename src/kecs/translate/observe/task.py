"""A pod as an ECS task.

Statuses only move down this list, whatever becomes of the pod; times never go back; `version` grows with each change
that a caller can see.

| the pod | lastStatus |
|---|---|
| is not bound to a node | PROVISIONING |
| is bound | PENDING |
| all containers that have to run have started | RUNNING |
| is to end (a note, a deletion, an essential container's end), containers still run | STOPPING |
| all containers have ended | DEPROVISIONING |
| its end is recorded | STOPPED |
"""

from collections.abc import Sequence

import msgspec

from kecs.model import arns, marks
from kecs.model.generated import ecs
from kecs.model.objects import StopNote
from kecs.model.stop import HEALTH_REASON, NOT_STARTED
from kecs.translate import facts as task_facts
from kecs.translate.facts import TaskFacts
from kecs.translate.observe import ids, interface
from kecs.translate.observe.container import Seen, look
from kecs.translate.observe.times import epoch
from kecs.translate.views import Node, Pod

_STOPPING = ("STOPPING", "DEPROVISIONING", "STOPPED")
_NOTES = msgspec.json.Decoder(StopNote)


def task(pod: Pod, node: Node | None = None) -> ecs.Task | None:
    """Return the task that a pod is; None when it is none. `node` is the one that it is bound to, if known."""
    facts = task_facts.of(pod)
    return _project(pod, facts, node, stop_note(pod), None) if facts else None


def stopped(pod: Pod, note: StopNote, now: float, node: Node | None = None) -> ecs.Task | None:
    """Return the record of a task that has ended: STOPPED at `now` (epoch seconds) for the reason in `note`."""
    facts = task_facts.of(pod)
    return _project(pod, facts, node, note, now) if facts else None


def stop_note(pod: Pod) -> StopNote | None:
    """Return why the task is to end, if somebody has noted it."""
    text = pod.metadata.annotations.get(marks.STOP)
    if not text:
        return None
    try:
        return _NOTES.decode(text)
    except (msgspec.DecodeError, ValueError):
        return None


def last_status(pod: Pod, seen: Sequence[Seen]) -> str:
    """Return `lastStatus` of a task that is not recorded yet. `seen` are its containers (`container.look`)."""
    if is_stopping(pod, seen):
        return "DEPROVISIONING" if has_ended(pod, seen) else "STOPPING"
    if _has_started(seen):
        return "RUNNING"
    return "PENDING" if pod.spec.nodeName else "PROVISIONING"


def is_stopping(pod: Pod, seen: Sequence[Seen]) -> bool:
    """Return whether the task's end is certain, decided by somebody or come by itself."""
    return (
        marks.STOP in pod.metadata.annotations
        or pod.metadata.deletionTimestamp is not None
        or pod.status.phase in ("Succeeded", "Failed")
        or any(container.essential and container.ended for container in seen)
    )


def has_ended(pod: Pod, seen: Sequence[Seen]) -> bool:
    """Return whether nothing of the task runs any more, nor will."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return True
    if pod.metadata.deletionTimestamp is not None and (
        not pod.spec.nodeName or pod.metadata.deletionGracePeriodSeconds == 0
    ):
        return True
    deleting = pod.metadata.deletionTimestamp is not None
    return bool(seen) and all(_is_over(container, deleting) for container in seen)


def _is_over(container: Seen, deleting: bool) -> bool:
    """Return whether a container has ended and Kubernetes will not start it again."""
    terminated = container.status.state.terminated if container.status else None
    if terminated is None:
        return False
    facts = container.facts
    return deleting or not facts.restart or terminated.exitCode in facts.ignoredExitCodes


def deleted_at(pod: Pod) -> float | None:
    """Return when the pod's deletion was asked for; its `deletionTimestamp` is when its grace is over."""
    end = epoch(pod.metadata.deletionTimestamp)
    return None if end is None else end - (pod.metadata.deletionGracePeriodSeconds or 0)


class _Reading(msgspec.Struct, frozen=True, gc=False):
    """A pod being read: its containers, its note, and the time of its record (None: it has none yet)."""

    pod: Pod
    facts: TaskFacts
    node: Node | None
    note: StopNote | None
    recorded: float | None
    seen: list[Seen]
    status: str

    @property
    def uid(self) -> str:
        """The pod's UID, which makes all ids."""
        return self.pod.metadata.uid

    @property
    def task_arn(self) -> str:
        """The ARN of the task."""
        return arns.task(self.facts.scope, self.facts.cluster_name, ids.task_id(self.uid))

    @property
    def ending(self) -> bool:
        """Whether the task is to end, or has ended."""
        return self.status in _STOPPING


def _project(pod: Pod, facts: TaskFacts, node: Node | None, note: StopNote | None, recorded: float | None) -> ecs.Task:
    seen = look(pod, facts)
    status = "STOPPED" if recorded is not None else last_status(pod, seen)
    reading = _Reading(pod, facts, node, note, recorded, seen, status)
    made = ecs.Task(
        attachments=interface.attachments(pod, facts, stopped=recorded is not None),
        attributes=[ecs.Attribute(name="ecs.cpu-architecture", value=_architecture(facts, node))],
        availabilityZone=interface.availability_zone(pod, facts, node),
        clusterArn=facts.cluster,
        containers=[
            _container(reading, container, reason) for container, reason in zip(seen, _reasons(reading), strict=True)
        ],
        cpu=facts.cpu,
        desiredStatus="STOPPED" if reading.ending else "RUNNING",
        enableExecuteCommand=facts.enableExecuteCommand,
        group=facts.group,
        healthStatus=_task_health(seen, note),
        lastStatus=status,
        launchType=facts.launchType,
        memory=facts.memory,
        overrides=_overrides(facts),
        tags=facts.tags,
        taskArn=reading.task_arn,
        taskDefinitionArn=facts.definition_arn,
        version=_version(reading),
        startedBy=facts.startedBy or None,
        capacityProviderName=facts.capacityProviderName or None,
        platformVersion=facts.platformVersion or None,
        platformFamily=facts.platformFamily or None,
    )
    _set_storage(made, facts)
    if facts.launchType != "FARGATE" and node is not None:
        made.containerInstanceArn = arns.container_instance(
            facts.scope, facts.cluster_name, ids.task_id(node.metadata.uid)
        )
    if note is not None and reading.ending:
        made.stopCode, made.stoppedReason = note.code, note.reason
    _set_times(made, reading)
    return made


def _set_storage(made: ecs.Task, facts: TaskFacts) -> None:
    if facts.ephemeralStorage:
        made.ephemeralStorage = ecs.EphemeralStorage(sizeInGiB=facts.ephemeralStorage)
        if facts.launchType == "FARGATE":
            made.fargateEphemeralStorage = ecs.TaskEphemeralStorage(sizeInGiB=facts.ephemeralStorage)


def _container(reading: _Reading, seen: Seen, reason: str) -> ecs.Container:
    pod, facts, described = reading.pod, reading.facts, seen.facts
    status = "STOPPED" if seen.ended or reading.recorded is not None else "RUNNING" if seen.started else "PENDING"
    container_id = ids.uuid(reading.uid, seen.name)
    made = ecs.Container(
        containerArn=arns.container(facts.scope, facts.cluster_name, ids.task_id(reading.uid), container_id),
        taskArn=reading.task_arn,
        name=seen.name,
        image=described.image,
        lastStatus=status,
        healthStatus=_health(seen, reading.note),
        networkInterfaces=interface.interfaces(pod, facts),
        cpu=str(described.cpu),
        memory=str(described.memory) if described.memory else None,
        memoryReservation=str(described.memoryReservation) if described.memoryReservation else None,
    )
    if facts.networkMode != "awsvpc":
        made.networkBindings = interface.bindings(pod, described) if seen.started else []
    if seen.status is not None:
        made.runtimeId = seen.status.containerID.rpartition("//")[2] or None
        made.imageDigest = _digest(seen.status.imageID)
    if status == "STOPPED":
        made.exitCode = seen.exit_code
    if reading.ending:
        made.reason = reason or None
    return made


def _reasons(reading: _Reading) -> list[str]:
    """Return each container's reason, for those that have ended, and in the record for those that never started.

    When the pod is over, what kept one from starting is left in the note alone.
    """
    seen, note = reading.seen, reading.note
    if reading.recorded is None:
        return [container.reason if container.ended else "" for container in seen]
    reasons = [container.reason for container in seen]
    if note is not None and note.code == NOT_STARTED and "Error: " in note.reason and not any(reasons):
        failed = next((at for at, container in enumerate(seen) if not container.started), None)
        if failed is not None:
            reasons[failed] = note.reason
    return reasons


def _digest(image_id: str) -> str | None:
    """Return `sha256:…` of an image id such as `docker-pullable://nginx@sha256:…`."""
    _, marker, digest = image_id.rpartition("sha256:")
    return f"sha256:{digest}" if marker else None


def _health(seen: Seen, note: StopNote | None) -> str:
    if seen.healthy is not None:
        return "HEALTHY" if seen.healthy else "UNHEALTHY"
    blamed = note is not None and note.reason == HEALTH_REASON and seen.facts.health and seen.essential
    return "UNHEALTHY" if blamed else "UNKNOWN"


def _task_health(seen: Sequence[Seen], note: StopNote | None) -> str:
    """Return the health of the essential containers that have a check: all healthy, any unhealthy, else unknown."""
    known = {_health(container, note) for container in seen if container.essential and container.facts.health}
    if "UNHEALTHY" in known:
        return "UNHEALTHY"
    return "HEALTHY" if known == {"HEALTHY"} else "UNKNOWN"


def _architecture(facts: TaskFacts, node: Node | None) -> str:
    if node is not None and node.status.nodeInfo.architecture == "arm64":
        return "arm64"
    return facts.architecture


def _overrides(facts: TaskFacts) -> ecs.TaskOverride:
    """Return the overrides as ECS shows them: an entry for every container, whether or not something was overridden."""
    given = facts.overrides
    by_name = {override.name: override for override in (given.containerOverrides if given else None) or ()}
    containers = [
        by_name.get(container.name) or ecs.ContainerOverride(name=container.name) for container in facts.containers
    ]
    if given is None:
        return ecs.TaskOverride(containerOverrides=containers, inferenceAcceleratorOverrides=[])
    return msgspec.structs.replace(
        given,
        containerOverrides=containers,
        inferenceAcceleratorOverrides=given.inferenceAcceleratorOverrides or [],
    )


def _set_times(made: ecs.Task, reading: _Reading) -> None:
    """Fill in the times that are known; whole seconds must not make one fall before the one in front of it."""
    pod, seen = reading.pod, reading.seen
    latest = created = created_at(pod)

    def after(moment: float | None) -> float | None:
        nonlocal latest
        if moment is None:
            return None
        latest = max(latest, moment)
        return latest

    made.createdAt = created
    if pod.spec.nodeName:
        scheduled = pod.condition("PodScheduled")
        made.connectivity = "CONNECTED"
        made.connectivityAt = after(epoch(scheduled.lastTransitionTime) if scheduled else created)
    made.pullStartedAt = after(epoch(pod.status.startTime))
    begun = [_first_start(pod, container) for container in seen if container.started]
    starts = [moment for moment in begun if moment is not None]
    if starts:
        made.pullStoppedAt = after(min(starts))
        if _has_started(seen):
            made.startedAt = after(max(starts))
    if reading.ending:
        made.stoppingAt = after(_decided(reading) or reading.recorded)
        if has_ended(pod, seen) or reading.recorded is not None:
            finished = [epoch(container.ended.finishedAt) for container in seen if container.ended]
            made.executionStoppedAt = after(max((moment for moment in finished if moment), default=None))
    made.stoppedAt = after(reading.recorded)


def _has_started(seen: Sequence[Seen]) -> bool:
    """Return whether all containers that have to run have started; the init part does not have to."""
    must_run = [container for container in seen if container.facts.kind != "init"]
    return bool(must_run) and all(container.started for container in must_run)


def created_at(pod: Pod) -> float:
    """Return when the task was created, in milliseconds where that is known."""
    try:
        return float(pod.metadata.annotations[marks.CREATED_AT])
    except (KeyError, ValueError):
        return epoch(pod.metadata.creationTimestamp) or 0.0


def _first_start(pod: Pod, seen: Seen) -> float | None:
    """Return when a container first ran; after two restarts the pod's own start is the nearest that is known."""
    if seen.status is None:
        return None
    state, before = seen.status.state, seen.status.lastState.terminated
    if seen.status.restartCount > 1:
        return epoch(pod.status.startTime)
    run = before or state.running or state.terminated
    return epoch(run.startedAt) if run else None


def _decided(reading: _Reading) -> float | None:
    """Return when the task's end was decided, or came."""
    if reading.note is not None:
        return reading.note.at
    ends = [epoch(container.ended.finishedAt) for container in reading.seen if container.essential and container.ended]
    return min((moment for moment in (deleted_at(reading.pod), *ends) if moment is not None), default=None)


def _version(reading: _Reading) -> int:
    """Return a number that grows with each change: 1 while nothing has happened to the task, then its pod's."""
    if reading.status == "PROVISIONING":
        return 1
    text = reading.pod.metadata.resourceVersion
    version = int(text) if text.isdecimal() else 0
    return max(2, version + (reading.recorded is not None))
