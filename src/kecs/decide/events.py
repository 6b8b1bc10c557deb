"""Service events in ECS's words, and which of them are due.

The list is newest first and holds a hundred. What has been said already is read from the list itself, so nothing else
has to be stored: a steady state is announced once per reaching (and every six hours), a complaint once per spell.
"""

from collections.abc import Iterable, Sequence

from kecs.model.generated import ecs

LIMIT = 100
BATCH = 10  # tasks named in one event
STEADY_EVERY = 6 * 3600.0

_GUIDE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def _tasks(ids: Sequence[str]) -> str:
    return " ".join(f"(task {id_})" for id_ in ids)


def _batches(ids: Iterable[str]) -> Iterable[list[str]]:
    all_ids = list(ids)
    return (all_ids[at : at + BATCH] for at in range(0, len(all_ids), BATCH))


def started(service: str, ids: Iterable[str]) -> list[str]:
    """Tell which tasks were started."""
    return [f"(service {service}) has started {len(some)} tasks: {_tasks(some)}." for some in _batches(ids)]


def stopped_running(service: str, ids: Iterable[str]) -> list[str]:
    """Tell which running tasks the scheduler stopped."""
    return [f"(service {service}) has stopped {len(some)} running tasks: {_tasks(some)}." for some in _batches(ids)]


def stopped_pending(service: str, count: int) -> list[str]:
    """Tell how many tasks were stopped before they ran."""
    return [f"(service {service}) stopped {count} pending tasks."] if count else []


def unhealthy(service: str, id_: str) -> str:
    """Tell which task failed its health checks."""
    return f"(service {service}) (task {id_}) failed container health checks."


def steady(service: str) -> str:
    """Tell that the service has what it wants."""
    return f"(service {service}) has reached a steady state."


def completed(service: str, deployment: str) -> str:
    """Tell that a deployment is complete."""
    return f"(service {service}) (deployment {deployment}) deployment completed."


def failed(service: str, deployment: str) -> str:
    """Tell that the circuit breaker gave a deployment up."""
    return f"(service {service}) (deployment {deployment}) deployment failed: tasks failed to start."


def rolling_back(service: str, deployment: str) -> str:
    """Tell to which deployment the service returns."""
    return f"(service {service}) rolling back to deployment {deployment}."


def inconsistent(service: str) -> str:
    """Tell that tasks fail again and again."""
    return f"(service {service}) is unable to consistently start tasks successfully. {_GUIDE}"


def blocked(service: str) -> str:
    """Tell that minimum and maximum percent leave a rollout nothing to do."""
    return (
        f"(service {service}) was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )


def unable(service: str, reason: str) -> str:
    """Tell that tasks cannot be made at all."""
    return f"(service {service}) was unable to place a task. Reason: {reason}"


def unplaceable(service: str, reason: str) -> str:
    """Tell that no container instance takes a task."""
    return (
        f"(service {service}) was unable to place a task because no container instance met all of its requirements. "
        f"Reason: {reason} {_GUIDE}"
    )


def put_back(service: str, kind: str, name: str, what: str) -> str:
    """Tell that an object of the service was changed or deleted by somebody else."""
    return f"(service {service}) the {kind} {name} was {what} by somebody else and has been put back."


def unwritten(service: str, kind: str, name: str, reason: str) -> str:
    """Tell that an object of the service cannot be written."""
    return f"(service {service}) was unable to write the {kind} {name}. Reason: {reason}"


def warning(service: str, sentence: str) -> str:
    """Tell what the service has that is kept but not acted on."""
    return f"(service {service}) {sentence}"


def is_steady_due(events: Sequence[ecs.ServiceEvent], now: float) -> bool:
    """Return whether a service that is steady now has to say so: something happened since, or six hours have passed."""
    newest = next(iter(events), None)
    if newest is None or not (newest.message or "").endswith(" has reached a steady state."):
        return True
    return now - (newest.createdAt or 0.0) >= STEADY_EVERY


def is_complaint_due(events: Sequence[ecs.ServiceEvent], message: str, since: float) -> bool:
    """Return whether `message` has not been said since `since`."""
    return not any(event.message == message and (event.createdAt or 0.0) >= since for event in events)


def append(events: Sequence[ecs.ServiceEvent], new: Sequence[ecs.ServiceEvent]) -> list[ecs.ServiceEvent]:
    """Return the list with `new` (oldest first) in front, cut to a hundred."""
    return [*reversed(new), *events][:LIMIT]
