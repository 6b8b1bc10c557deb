"""The status of an ECSService: what the rules decided and what is seen, written when it shows something new."""

import uuid
from collections.abc import Sequence

import msgspec

from kecs.decide import circuit_breaker, events, rollout
from kecs.decide import service as rules
from kecs.decide.observed import Phase, Task
from kecs.model import marks
from kecs.model import service as model
from kecs.model.generated import ecs
from kecs.model.objects import Service, ServiceStatus
from kecs.reconcile import conditions
from kecs.reconcile.context import Context

_STEADY = "Steady"


def is_deleted(service: Service) -> bool:
    """Return whether somebody asked for the service's deletion."""
    meta = service.metadata
    return meta.deletionTimestamp is not None or marks.DELETED_AT in meta.annotations


async def show(
    context: Context,
    service: Service,
    wanted: rules.Wanted,
    observed: rules.Observed,
    plan: rules.Plan,
    now: float,
) -> Service:
    """Write what a plan and the tasks say of a service that is served."""
    steady = plan.deployments[0].rolloutState == rollout.COMPLETED and _is_steady(plan, observed, wanted.desired)
    conds = conditions.accepted(service.status.conditions, service.metadata.generation, now)
    conds = conditions.marked(
        conds, _STEADY, "True" if steady else "False", reason=plan.deployments[0].rolloutState or "", now=now
    )
    running, pending = _count(observed.tasks)
    status = ServiceStatus(
        status=model.ACTIVE,
        observedGeneration=service.metadata.generation,
        runningCount=running,
        pendingCount=pending,
        rolloutState=plan.deployments[0].rolloutState or "",
        selector=f"{marks.SERVICE}={service.metadata.name}",
        deployments=[_with_counts(one, wanted, observed, context, now) for one in plan.deployments],
        completed=plan.completed,
        events=_appended(service.status.events, plan.messages, now),
        conditions=conds,
    )
    return await _write(context, service, status)


async def show_draining(context: Context, service: Service, observed: rules.Observed, *, now: float) -> Service:
    """Write what is left of a service that was deleted."""
    before = service.status
    running, pending = _count(observed.tasks)
    left = {task.deployment for task in observed.tasks if task.phase is not Phase.STOPPED}
    status = ServiceStatus(
        status=model.DRAINING,
        observedGeneration=service.metadata.generation,
        runningCount=running,
        pendingCount=pending,
        rolloutState=before.rolloutState,
        selector=before.selector,
        deployments=[
            msgspec.structs.replace(one, desiredCount=0)
            for one in before.deployments
            if one.id in left or one.status == rollout.PRIMARY
        ],
        completed=before.completed,
        events=_appended(before.events, rules.task_messages(service.spec.serviceName, observed), now),
        conditions=before.conditions,
    )
    return await _write(context, service, status)


async def show_external(context: Context, service: Service, now: float) -> Service:
    """Write that a service whose tasks others deploy is there."""
    status = msgspec.structs.replace(
        service.status,
        status=model.ACTIVE,
        observedGeneration=service.metadata.generation,
        conditions=conditions.accepted(service.status.conditions, service.metadata.generation, now),
    )
    return await _write(context, service, status)


async def refuse(context: Context, service: Service, message: str, now: float) -> Service:
    """Write why a service is left alone; its user reads it as a condition and as an event."""
    told = events.unable(service.spec.serviceName, message)
    due = events.is_complaint_due(service.status.events[:1], told, 0.0)
    status = msgspec.structs.replace(
        service.status,
        status=model.ACTIVE,
        events=_appended(service.status.events, [told] if due else [], now),
        conditions=conditions.refused(service.status.conditions, service.metadata.generation, now, message),
    )
    return await _write(context, service, status)


def _is_steady(plan: rules.Plan, observed: rules.Observed, desired: int) -> bool:
    primary = plan.deployments[0].id
    alive = [task for task in observed.tasks if task.phase is not Phase.STOPPED]
    return len(alive) == desired and all(
        task.phase is Phase.RUNNING and task.deployment == primary and task.healthy is not False for task in alive
    )


def _count(tasks: Sequence[Task]) -> tuple[int, int]:
    running = sum(task.phase is Phase.RUNNING for task in tasks)
    return running, sum(task.phase is Phase.PENDING for task in tasks)


def _with_counts(
    deployment: ecs.Deployment, wanted: rules.Wanted, observed: rules.Observed, context: Context, now: float
) -> ecs.Deployment:
    """Return a deployment with what is not derived when it is read: what it wants, and how many of its tasks failed."""
    own = [task for task in observed.tasks if task.deployment == deployment.id]
    primary = deployment.status == rollout.PRIMARY
    reset = wanted.breaker is None or wanted.breaker.resetOnHealthyTask is not False
    alive = sum(task.phase in (Phase.PENDING, Phase.RUNNING) for task in own)
    return msgspec.structs.replace(
        deployment,
        desiredCount=wanted.desired if primary else alive,
        failedTasks=circuit_breaker.failures(own, context.settings.rules.steadyAfter, reset=reset, now=now),
    )


def _appended(old: list[ecs.ServiceEvent], messages: Sequence[str], now: float) -> list[ecs.ServiceEvent]:
    if not messages:
        return old
    at = round(now, 3)
    new = [ecs.ServiceEvent(id=str(uuid.uuid4()), createdAt=at, message=message) for message in messages]
    return events.append(old, new)


async def _write(context: Context, service: Service, status: ServiceStatus) -> Service:
    if status == service.status:
        return service
    world, meta = context.world, service.metadata
    # A merge patch keeps what it does not name, so what is to go is named with null.
    body = dict.fromkeys(msgspec.to_builtins(service.status)) | msgspec.to_builtins(status)
    return await world.patch(world.services, meta.namespace, meta.name, {"status": body}, subresource="status")
