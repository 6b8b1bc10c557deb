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
from kecs.translate import facts as task_facts
from kecs.translate.facts import TaskFacts
from kecs.translate.observe import ids, interface
from kecs.translate.observe.container import Seen, look
from kecs.translate.observe.times import epoch
from kecs.translate.views import Node, Pod

_STOPPING = ("STOPPING", "DEPROVISIONING", "STOPPED")
_UNHEALTHY_REASON = "Task failed container health checks"
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
    must_run = [container for container in seen if container.facts.kind != "init"]
    if must_run and all(container.started for container in must_run):
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
    return bool(seen) and all(container.status and container.status.state.terminated for container in seen)


def deleted_at(pod: Pod) -> float | None:
    """Return when the pod's deletion was asked for; its `deletionTimestamp` is when its grace is over."""
    end = epoch(pod.metadata.deletionTimestamp)
    return None if end is None else end - (pod.metadata.deletionGracePeriodSeconds or 0)


def _project(pod: Pod, facts: TaskFacts, node: Node | None, note: StopNote | None, now: float | None) -> ecs.Task:
    seen = look(pod, facts)
    status = "STOPPED" if now is not None else last_status(pod, seen)
    ending = status in _STOPPING
    scope = facts.scope
    cluster = facts.cluster_name
    task_arn = arns.task(scope, cluster, ids.task_id(pod.metadata.uid))
    made = ecs.Task(
        attachments=interface.attachments(pod, facts, stopped=now is not None),
        attributes=[ecs.Attribute(name="ecs.cpu-architecture", value=_architecture(facts, node))],
        availabilityZone=interface.availability_zone(pod, facts, node),
        clusterArn=facts.cluster,
        containers=[_container(pod, facts, container, task_arn, ending, note, now) for container in seen],
        cpu=facts.cpu,
        desiredStatus="STOPPED" if ending else "RUNNING",
        enableExecuteCommand=facts.enableExecuteCommand,
        group=facts.group,
        healthStatus=_task_health(seen, note),
        lastStatus=status,
        launchType=facts.launchType,
        memory=facts.memory,
        overrides=_overrides(facts),
        tags=facts.tags,
        taskArn=task_arn,
        taskDefinitionArn=facts.definition_arn,
        version=_version(pod, seen, status, note),
        startedBy=facts.startedBy or None,
        capacityProviderName=facts.capacityProviderName or None,
        platformVersion=facts.platformVersion or None,
        platformFamily=facts.platformFamily or None,
    )
    if facts.ephemeralStorage:
        made.ephemeralStorage = ecs.EphemeralStorage(sizeInGiB=facts.ephemeralStorage)
        if facts.launchType == "FARGATE":
            made.fargateEphemeralStorage = ecs.TaskEphemeralStorage(sizeInGiB=facts.ephemeralStorage)
    if facts.launchType != "FARGATE" and node is not None:
        made.containerInstanceArn = arns.container_instance(scope, cluster, ids.task_id(node.metadata.uid))
    if note is not None and ending:
        made.stopCode, made.stoppedReason = note.code, note.reason
    _set_times(made, pod, seen, note, now)
    return made


def _container(
    pod: Pod,
    facts: TaskFacts,
    seen: Seen,
    task_arn: str,
    ending: bool,
    note: StopNote | None,
    now: float | None,
) -> ecs.Container:
    described = seen.facts
    status = "STOPPED" if seen.ended or now is not None else "RUNNING" if seen.started else "PENDING"
    made = ecs.Container(
        containerArn=arns.container(
            facts.scope, facts.cluster_name, ids.task_id(pod.metadata.uid), ids.uuid(pod.metadata.uid, seen.name)
        ),
        taskArn=task_arn,
        name=seen.name,
        image=described.image,
        lastStatus=status,
        healthStatus=_health(seen, note),
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
    if ending:
        made.reason = seen.reason or None
    return made


def _digest(image_id: str) -> str | None:
    """Return `sha256:…` of an image id such as `docker-pullable://nginx@sha256:…`."""
    _, marker, digest = image_id.rpartition("sha256:")
    return f"sha256:{digest}" if marker else None


def _health(seen: Seen, note: StopNote | None) -> str:
    if seen.healthy is not None:
        return "HEALTHY" if seen.healthy else "UNHEALTHY"
    blamed = note is not None and note.reason == _UNHEALTHY_REASON and seen.facts.health and seen.essential
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


def _set_times(made: ecs.Task, pod: Pod, seen: Sequence[Seen], note: StopNote | None, now: float | None) -> None:
    """Fill in the times that are known; whole seconds must not make one fall before the one in front of it."""
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
    begun = [_first_start(pod, container) for container in seen if container.started]
    starts = [moment for moment in begun if moment is not None]
    made.pullStartedAt = after(epoch(pod.status.startTime))
    must_run = [container for container in seen if container.facts.kind != "init"]
    if starts:
        made.pullStoppedAt = after(min(starts))
    if starts and must_run and all(container.started for container in must_run):
        made.startedAt = after(max(starts))
    if made.desiredStatus == "STOPPED":
        made.stoppingAt = after(_decided(pod, seen, note) or now)
        if has_ended(pod, seen) or now is not None:
            finished = [epoch(container.ended.finishedAt) for container in seen if container.ended]
            made.executionStoppedAt = after(max((moment for moment in finished if moment), default=None))
    made.stoppedAt = after(now)


def created_at(pod: Pod) -> float:
    """Return when the task was created, in milliseconds where that is known."""
    try:
        return float(pod.metadata.annotations[marks.CREATED_AT])
    except (KeyError, ValueError):
        return epoch(pod.metadata.creationTimestamp) or 0.0


def _first_start(pod: Pod, seen: Seen) -> float | None:
    """Return when a container first ran; of one that was started again the pod's own start is the nearest known."""
    if seen.status is None:
        return None
    if seen.status.restartCount:
        return epoch(pod.status.startTime)
    state = seen.status.state
    run = state.running or state.terminated or seen.status.lastState.terminated
    return epoch(run.startedAt) if run else None


def _decided(pod: Pod, seen: Sequence[Seen], note: StopNote | None) -> float | None:
    if note is not None:
        return note.at
    ends = [epoch(container.ended.finishedAt) for container in seen if container.essential and container.ended]
    known = [moment for moment in (deleted_at(pod), *ends) if moment is not None]
    return min(known, default=None)


def _version(pod: Pod, seen: Sequence[Seen], status: str, note: StopNote | None) -> int:
    """Count what has happened to the task; every term only grows.

    Health goes to and fro, so for checked containers the seconds to its last change are a term of their own.
    """
    steps = 1 + bool(pod.spec.nodeName) + bool(pod.status.podIP) + bool(pod.status.startTime) + (note is not None)
    if status in _STOPPING:
        steps += 2 + _STOPPING.index(status)
    for container in seen:
        reported = container.status
        if reported is None:
            continue
        steps += 2 * reported.restartCount + (container.ended is not None)
        if reported.state.terminated or (reported.lastState.terminated and not reported.state.running):
            steps += 2
        elif reported.state.running:
            steps += 1
        if container.facts.health:
            condition = pod.condition("ContainersReady")
            changed = epoch(condition.lastTransitionTime) if condition else None
            began = epoch(pod.metadata.creationTimestamp)
            steps += int(max(0.0, changed - began)) if changed is not None and began is not None else 0
    return steps
