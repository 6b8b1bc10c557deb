"""Whether a container that has ended is started again."""

from kecs.translate.body import Json
from kecs.translate.container.part import Part

_ATTEMPT_PERIOD = 300  # seconds; ECS's default


def restart(part: Part) -> Json:
    """Return `restartPolicy` and `restartPolicyRules`.

    ECS starts no container again unless asked to, whatever the kind of workload. A sidecar is one by its policy Always.
    """
    if part.kind == "sidecar":
        return {"restartPolicy": "Always"}
    policy = part.definition.restartPolicy
    if part.kind == "init" or policy is None or not policy.enabled:
        return {"restartPolicy": "Never"}
    ignored = ignored_exit_codes(part)
    if not ignored:
        return {"restartPolicy": "Always"}
    rule = {"action": "Restart", "exitCodes": {"operator": "NotIn", "values": ignored}}
    return {"restartPolicy": "Never", "restartPolicyRules": [rule]}


def attempt_period(part: Part) -> int:
    """Return the seconds that a container has to run for to be started again; 0 when it never is."""
    policy = part.definition.restartPolicy
    if policy is None or not policy.enabled:
        return 0
    return policy.restartAttemptPeriod or _ATTEMPT_PERIOD


def ignored_exit_codes(part: Part) -> list[int]:
    """Return the exit codes after which a container with a restart policy stays stopped."""
    policy = part.definition.restartPolicy
    return sorted(set(policy.ignoredExitCodes or ())) if policy and policy.enabled else []
