"""A service's deployments: which are PRIMARY, ACTIVE or gone, and how far the PRIMARY one has come.

`rolloutState` moves forward only: IN_PROGRESS, then COMPLETED or FAILED for good. What a deployment's tasks do later is
told by counts and events.
"""

from collections.abc import Mapping, Sequence

import msgspec

from kecs.model.generated import ecs

IN_PROGRESS, COMPLETED, FAILED = "IN_PROGRESS", "COMPLETED", "FAILED"
PRIMARY, ACTIVE = "PRIMARY", "ACTIVE"


class Counts(msgspec.Struct, frozen=True, gc=False):
    """The tasks of one deployment: `present` holds every task that is not recorded as stopped yet."""

    taskDefinition: str = ""
    present: int = 0
    running: int = 0
    proven: int = 0  # running, and counting as healthy


NONE = Counts()


def is_complete(primary: str, counts: Mapping[str, Counts], desired: int) -> bool:
    """Return whether the deployment has its count, all of it healthy, and no other has tasks left."""
    own = counts.get(primary, NONE)
    others = any(count.present for id_, count in counts.items() if id_ != primary)
    return not others and own.present == own.proven == desired


def begin(primary: ecs.Deployment, rollback_of: str, completed: ecs.Deployment | None) -> ecs.Deployment:
    """Return a new deployment as it is shown at first. One that rolls another back names where it returns to."""
    reason = f"ECS deployment {primary.id} in progress."
    if rollback_of:
        target = completed.id if completed else primary.id
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {target}."
    return msgspec.structs.replace(
        primary, status=PRIMARY, rolloutState=IN_PROGRESS, rolloutStateReason=reason, updatedAt=primary.createdAt
    )


def mark_completed(deployment: ecs.Deployment, now: float) -> ecs.Deployment:
    """Return the deployment as COMPLETED."""
    return msgspec.structs.replace(
        deployment,
        rolloutState=COMPLETED,
        rolloutStateReason=f"ECS deployment {deployment.id} completed.",
        updatedAt=now,
    )


def mark_failed(deployment: ecs.Deployment, now: float) -> ecs.Deployment:
    """Return the deployment as given up by the circuit breaker."""
    return msgspec.structs.replace(
        deployment,
        rolloutState=FAILED,
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
        updatedAt=now,
    )


def retire(
    previous: Sequence[ecs.Deployment], primary: str, counts: Mapping[str, Counts], now: float
) -> list[ecs.Deployment]:
    """Return the deployments beside `primary` that still have tasks, newest first, as ACTIVE.

    One that has tasks but is not among `previous` (a status that was lost) is shown all the same.
    """
    known = {deployment.id or "": deployment for deployment in previous}
    for id_, count in counts.items():
        if id_ not in known and count.present:
            known[id_] = ecs.Deployment(id=id_, taskDefinition=count.taskDefinition, createdAt=0.0, updatedAt=now)
    left = []
    for id_, deployment in known.items():
        if id_ == primary or not counts.get(id_, NONE).present:
            continue
        if deployment.status != ACTIVE:
            deployment = msgspec.structs.replace(deployment, status=ACTIVE, updatedAt=now)
        left.append(deployment)
    return sorted(left, key=lambda deployment: deployment.createdAt or 0.0, reverse=True)


def advance(current: ecs.Deployment, *, complete: bool, tripped: bool, now: float) -> ecs.Deployment:
    """Return the PRIMARY deployment one step on; one that has come to its end stays as it is."""
    if current.rolloutState != IN_PROGRESS:
        return current
    if complete:
        return mark_completed(current, now)
    return mark_failed(current, now) if tripped else current
