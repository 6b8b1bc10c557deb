"""What a deployment says of itself: counts and conditions, in Kubernetes's words. Pure."""

from collections.abc import Iterable, Sequence

from kecs.embedded.controllers import rollout, status
from kecs.embedded.controllers.kinds import Deployment, DeploymentStatus, ReplicaSet
from kecs.embedded.controllers.views import Condition
from kecs.kube.time import epoch, rfc3339

_NEVER = 2**31 - 1  # a progress deadline that stands for none
_AVAILABLE = "NewReplicaSetAvailable"
_EXCEEDED = "ProgressDeadlineExceeded"


def has_deadline(one: Deployment) -> bool:
    """Say whether the deployment's progress is watched."""
    return one.spec.progressDeadlineSeconds is not None and one.spec.progressDeadlineSeconds != _NEVER


def _condition(kind: str, value: str, reason: str, message: str, now: float) -> Condition:
    moment = rfc3339(now)
    return Condition(kind, value, reason, message, lastTransitionTime=moment, lastUpdateTime=moment)


def noted(
    one: Deployment, conditions: tuple[Condition, ...], reason: str, message: str, now: float
) -> tuple[Condition, ...]:
    """Return the conditions with Progressing True for a replica set that was made or found."""
    if not has_deadline(one):
        return conditions
    if reason == "FoundNewReplicaSet" and status.find(conditions, "Progressing") is not None:
        return conditions
    return status.put(conditions, _condition("Progressing", "True", reason, message, now))


def paused(one: Deployment, now: float) -> tuple[Condition, ...]:
    """Return the conditions with what pausing and resuming mean for Progressing."""
    conditions = one.status.conditions
    current = status.find(conditions, "Progressing")
    if not has_deadline(one) or (current is not None and current.reason == _EXCEEDED):
        return conditions
    was_paused = current is not None and current.reason == "DeploymentPaused"
    if one.spec.paused and not was_paused:
        word = "Paused"
    elif not one.spec.paused and was_paused:
        word = "Resumed"
    else:
        return conditions
    new = _condition("Progressing", "Unknown", f"Deployment{word}", f"Deployment is {word.lower()}", now)
    return status.put(conditions, new)


def counted(
    one: Deployment, new: ReplicaSet | None, old: Iterable[ReplicaSet], conditions: tuple[Condition, ...], now: float
) -> DeploymentStatus:
    """Return the status that follows from the replica sets, with the Available condition."""
    owned = [*old, *([new] if new is not None else [])]
    available = sum(each.status.availableReplicas for each in owned)
    result = DeploymentStatus(
        replicas=sum(each.status.replicas for each in owned),
        updatedReplicas=new.status.replicas if new is not None else 0,
        readyReplicas=sum(each.status.readyReplicas for each in owned),
        availableReplicas=available,
        unavailableReplicas=max(0, sum(each.spec.replicas for each in owned) - available),
        terminatingReplicas=sum(each.status.terminatingReplicas or 0 for each in owned),
        observedGeneration=one.metadata.generation,
        collisionCount=one.status.collisionCount,
    )
    if available >= one.spec.replicas - rollout.max_unavailable(one):
        answer = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        answer = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    result.conditions = status.put(conditions, _condition("Available", *answer, now))
    return result


def complete(one: Deployment, result: DeploymentStatus) -> bool:
    """Say whether the rollout is done: all pods new, all available, none old left."""
    wanted = one.spec.replicas
    return (
        result.updatedReplicas == result.replicas == result.availableReplicas == wanted
        and result.observedGeneration >= one.metadata.generation
    )


def progressed(
    one: Deployment, result: DeploymentStatus, new: ReplicaSet | None, owned: Sequence[ReplicaSet], now: float
) -> tuple[Condition, ...]:
    """Return the status's conditions with how the rollout goes, and failures of its replica sets."""
    conditions = result.conditions
    current = status.find(conditions, "Progressing")
    settled = result.replicas == result.updatedReplicas and current is not None and current.reason == _AVAILABLE
    if has_deadline(one) and not settled:
        about = f'ReplicaSet "{new.metadata.name}"' if new is not None else f'Deployment "{one.metadata.name}"'
        if complete(one, result):
            done = _condition("Progressing", "True", _AVAILABLE, f"{about} has successfully progressed.", now)
            conditions = status.put(conditions, done)
        elif _moving(one.status, result):
            moving = _condition("Progressing", "True", "ReplicaSetUpdated", f"{about} is progressing.", now)
            conditions = status.put(conditions, moving, update=True)
        elif _late(one, current, now):
            late = _condition("Progressing", "False", _EXCEEDED, f"{about} has timed out progressing.", now)
            conditions = status.put(conditions, late)
    return _with_failures(conditions, new, owned, now)


def _moving(before: DeploymentStatus, after: DeploymentStatus) -> bool:
    return (
        after.updatedReplicas > before.updatedReplicas
        or after.replicas - after.updatedReplicas < before.replicas - before.updatedReplicas
        or after.readyReplicas > before.readyReplicas
        or after.availableReplicas > before.availableReplicas
    )


def _late(one: Deployment, current: Condition | None, now: float) -> bool:
    if current is None or current.reason == _AVAILABLE:
        return False
    return current.reason == _EXCEEDED or _deadline(one, current) < now


def _deadline(one: Deployment, current: Condition) -> float:
    return epoch(current.lastUpdateTime or current.lastTransitionTime) + (one.spec.progressDeadlineSeconds or 0)


def seconds_to_deadline(one: Deployment, result: DeploymentStatus, now: float) -> float | None:
    """Return when to look again for a rollout that does not move."""
    current = status.find(result.conditions, "Progressing")
    if not has_deadline(one) or current is None or current.reason in (_AVAILABLE, _EXCEEDED, "DeploymentPaused"):
        return None
    if complete(one, result):
        return None
    return max(0.0, _deadline(one, current) - now) + 1.0  # times are whole seconds


def _with_failures(
    conditions: tuple[Condition, ...], new: ReplicaSet | None, owned: Sequence[ReplicaSet], now: float
) -> tuple[Condition, ...]:
    for each in [*([new] if new is not None else []), *owned]:
        failure = status.find(each.status.conditions, "ReplicaFailure")
        if failure is not None:
            copied = _condition("ReplicaFailure", failure.status, failure.reason, failure.message, now)
            return status.put(conditions, copied)
    return status.without(conditions, "ReplicaFailure")
