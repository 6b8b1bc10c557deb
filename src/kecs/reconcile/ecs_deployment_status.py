"""The status of an ECSDeployment, out of the caches of its objects."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from kecs.decide import ecs_deployment as rules
from kecs.model import marks, names
from kecs.model.ecs_deployment import EcsDeployment, EcsDeploymentStatus
from kecs.model.ecs_deployment_reading import Definitions
from kecs.model.objects import Condition
from kecs.reconcile import conditions
from kecs.reconcile.ecs_deployment_objects import DeploymentView, Objects, is_owned
from kecs.reconcile.refusals import without_pod
from kecs.translate import views
from kecs.translate.ecs_deployment import Desired

# Why a container waits, where it does not in the ordinary course of things.
_ORDINARY = ("", "ContainerCreating", "PodInitializing")


class Told(msgspec.Struct, frozen=True):
    """A status and its conditions, which have no times yet."""

    status: EcsDeploymentStatus
    verdicts: Sequence[rules.Verdict]


def ended_helpers(objects: Objects, desired: Desired) -> int:
    """Count the tasks that run, and are NotReady for Kubernetes because a container that may end has ended.

    A rollout has to be allowed as many more unavailable pods as there are such ones, else it waits for ever.
    """
    essential = {
        names.container(one.name or "") for one in desired.definition.containerDefinitions if one.essential is not False
    }
    if len(essential) == len(desired.definition.containerDefinitions):
        return 0
    return sum(_has_ended_helper(pod, essential) for pod in tasks(objects, desired))


def _has_ended_helper(pod: views.Pod, essential: set[str]) -> bool:
    if pod.metadata.deletionTimestamp or pod.status.phase != "Running":
        return False
    statuses = pod.status.containerStatuses
    ended = any(one.name not in essential and one.state.terminated for one in statuses)
    return ended and all(one.ready for one in statuses if one.name in essential)


def tasks(objects: Objects, desired: Desired) -> Collection[views.Pod]:
    """Return the pods of one, as they are when looked at."""
    return objects.pods.by("label", (desired.meta.namespace, names.label(desired.meta.name)))


def of(
    objects: Objects,
    desired: Desired,
    definitions: Definitions,
    warnings: list[str],
    *,
    blocked: bool,
    refusal: str = "",
) -> Told:
    """Return the status of one whose objects are written. `refusal` is why Kubernetes makes no pods for a daemon."""
    namespace, name = desired.meta.namespace, desired.name
    if desired.is_daemon:
        seen = _of_daemon_set(objects.daemon_set(namespace, name), refusal)
    else:
        seen = _of_deployment(objects.deployment(namespace, name), desired.count)
    pods = tasks(objects, desired)
    seen = msgspec.structs.replace(
        seen,
        blocked=blocked,
        available=min(seen.total, seen.available + ended_helpers(objects, desired)),
        trouble=seen.trouble if seen.trouble[0] else trouble(pods),
    )
    service = objects.service(namespace, name)
    status = EcsDeploymentStatus(
        desiredCount=seen.desired,
        runningCount=seen.available,
        pendingCount=max(0, seen.total - seen.available),
        updatedCount=seen.updated,
        workload="DaemonSet" if desired.is_daemon else "Deployment",
        selector=f"{marks.SERVICE}={name}",
        address=service.address if service else "",
        warnings=warnings,
        task=msgspec.to_builtins(definitions.task),
        service=msgspec.to_builtins(definitions.service),
    )
    return Told(status, rules.verdicts(seen))


def of_refused(objects: Objects, one: EcsDeployment) -> EcsDeploymentStatus:
    """Return the status of one that is not carried out as it is: what was told of it, and how what runs is now."""
    meta, name = one.metadata, names.service(one.metadata.name)
    found = objects.deployment(meta.namespace, name)
    daemon = objects.daemon_set(meta.namespace, name)
    there = found or daemon
    if there is None or not is_owned(there.metadata, meta):
        seen = rules.Seen()
    else:
        seen = _of_deployment(found, found.replicas) if found else _of_daemon_set(daemon)
    return msgspec.structs.replace(
        one.status,
        desiredCount=seen.desired,
        runningCount=seen.available,
        pendingCount=max(0, seen.total - seen.available),
        updatedCount=seen.updated,
        warnings=[],
    )


def whole(told: Told, one: EcsDeployment, now: float) -> EcsDeploymentStatus:
    """Return the status as it is written, its conditions with their times."""
    generation = one.metadata.generation
    conds: list[Condition] = list(one.status.conditions)
    for verdict in told.verdicts:
        conds = conditions.marked(
            conds,
            verdict.type,
            "True" if verdict.holds else "False",
            reason=verdict.reason,
            message=verdict.message,
            generation=generation,
            now=now,
        )
    return msgspec.structs.replace(told.status, observedGeneration=generation, conditions=conds)


def _of_deployment(found: DeploymentView | None, desired: int) -> rules.Seen:
    if found is None:
        return rules.Seen(desired=desired)
    status = found.status
    stalled = any(one.type == "Progressing" and one.status == "False" for one in status.conditions)
    failure = next((one for one in status.conditions if one.type == "ReplicaFailure" and one.status == "True"), None)
    return rules.Seen(
        fresh=status.observedGeneration >= found.metadata.generation and found.replicas == desired,
        desired=desired,
        total=status.replicas,
        updated=status.updatedReplicas,
        available=status.availableReplicas,
        stalled=stalled,
        trouble=(failure.reason, without_pod(failure.message)) if failure else ("", ""),
    )


def _of_daemon_set(found: views.DaemonSet | None, refusal: str = "") -> rules.Seen:
    if found is None:
        return rules.Seen()
    status = found.status
    return rules.Seen(
        fresh=status.observedGeneration >= found.metadata.generation > 0,
        desired=status.desiredNumberScheduled,
        total=status.currentNumberScheduled,
        updated=status.updatedNumberScheduled,
        available=status.numberAvailable,
        trouble=("FailedCreate", refusal) if refusal else ("", ""),
    )


def trouble(pods: Iterable[views.Pod]) -> tuple[str, str]:
    """Return why a task does not start or goes down again and again; empty where none is in trouble."""
    for pod in sorted(pods, key=lambda pod: pod.metadata.creationTimestamp, reverse=True):
        if pod.metadata.deletionTimestamp:
            continue
        scheduled = pod.condition("PodScheduled")
        if scheduled and scheduled.status == "False" and scheduled.reason == "Unschedulable":
            return "Unschedulable", f"pod {pod.metadata.name}: {scheduled.message}"
        for container in (*pod.status.initContainerStatuses, *pod.status.containerStatuses):
            waiting = container.state.waiting
            if waiting and waiting.reason not in _ORDINARY:
                return waiting.reason, f"container {container.name} of pod {pod.metadata.name}: {waiting.message}"
    return "", ""
