"""Health checks as probes.

A health check is judged by whoever reads the task, as in ECS, where an unhealthy task of a service is replaced and
any other only says so. So it is a readiness probe, which nothing is killed for. Beside it an essential container of a
service has a liveness probe that is slower by two intervals: it heals the service while kecs is away. A container
that others wait for to be healthy has a startup probe, which is what Kubernetes waits for.
"""

from kecs.model.generated import ecs
from kecs.translate.body import Json
from kecs.translate.container.part import Part

_INTERVAL, _TIMEOUT, _RETRIES = 30, 5, 3  # ECS's defaults, in seconds and times
_GRACE_INTERVALS = 2


def budget(definition: ecs.ContainerDefinition) -> int:
    """Return the seconds after its start in which a container has to turn healthy; 0 without a health check."""
    check = definition.healthCheck
    if check is None or _action(check) is None:
        return 0
    return (check.startPeriod or 0) + (check.retries or _RETRIES) * (check.interval or _INTERVAL)


def probes(part: Part) -> Json:
    """Return `readinessProbe`, `livenessProbe` and `startupProbe`."""
    check = part.definition.healthCheck
    action = _action(check) if check else None
    if check is None or action is None or part.kind == "init":
        return {}
    interval = check.interval or _INTERVAL
    retries = check.retries or _RETRIES
    probe = {**action, "periodSeconds": interval, "timeoutSeconds": check.timeout or _TIMEOUT}
    made: Json = {"readinessProbe": {**probe, "failureThreshold": retries}}
    if part.gate:
        seconds = part.definition.startTimeout or budget(part.definition)
        made["startupProbe"] = {**probe, "failureThreshold": max(1, -(-seconds // interval))}
    if part.essential and part.service:
        liveness = {**probe, "failureThreshold": retries + _GRACE_INTERVALS}
        if check.startPeriod and not part.gate:
            liveness["initialDelaySeconds"] = check.startPeriod
        made["livenessProbe"] = liveness
    return made


def _action(check: ecs.HealthCheck) -> Json | None:
    words = check.command or []
    if not words or words[0] == "NONE":
        return None
    if words[0] == "CMD-SHELL":
        return {"exec": {"command": ["sh", "-c", " ".join(words[1:])]}}
    return {"exec": {"command": list(words[1:] if words[0] == "CMD" else words)}}
