"""What target groups do for containers: judge their health, and let them finish before they go."""

from kecs.export.application import Exported
from kecs.export.choices import Choices
from kecs.export.listening import backends
from kecs.export.surroundings import Fact
from kecs.model import names
from kecs.translate.body import Json

_LONGEST_DELAY = 3600  # seconds, of a target group


def balance(exported: Exported, template: Json, choices: Choices) -> None:
    """Let target groups judge containers that nothing else judges, and tell them of their end in time."""
    spec = template["spec"]
    grace = exported.spec.healthCheckGracePeriodSeconds or 0
    by_port = {balancer.containerPort: balancer.containerName for balancer in exported.spec.loadBalancers or ()}
    longest = 0
    for backend in backends(exported):
        container = next(
            (one for one in spec["containers"] if one["name"] == names.container(by_port[backend.port] or "")), None
        )
        if container is None:
            continue
        if grace and "livenessProbe" in container:
            probe = container["livenessProbe"]
            probe["initialDelaySeconds"] = max(grace, probe.get("initialDelaySeconds", 0))
        if backend.group is None:
            continue
        if "readinessProbe" not in container:
            probe = _probe(backend.group, backend.port)
            if probe:
                container["readinessProbe"] = probe
        delay = min(_delay(backend.group), _LONGEST_DELAY)
        if delay and choices.has_sleep:
            container["lifecycle"] = {"preStop": {"sleep": {"seconds": delay}}}
            longest = max(longest, delay)
    if longest:
        spec["terminationGracePeriodSeconds"] += longest


def _probe(group: Fact, port: int) -> Json | None:
    """Return a readiness probe as a target group checks health."""
    if group.text("healthCheckEnabled").lower() == "false":
        return None
    protocol = (group.text("healthCheckProtocol") or group.text("protocol") or "HTTP").upper()
    given = group.text("healthCheckPort")
    number = int(given) if given.isdecimal() else port
    action: Json
    if protocol in ("HTTP", "HTTPS"):
        path = group.text("healthCheckPath") or "/"
        action = {"httpGet": {"path": path, "port": number, **({"scheme": "HTTPS"} if protocol == "HTTPS" else {})}}
    else:
        action = {"tcpSocket": {"port": number}}
    return {
        **action,
        "periodSeconds": group.number("healthCheckIntervalSeconds") or 30,
        "timeoutSeconds": group.number("healthCheckTimeoutSeconds") or 5,
        "successThreshold": group.number("healthyThresholdCount") or 5,
        "failureThreshold": group.number("unhealthyThresholdCount") or 2,
    }


def _delay(group: Fact) -> int:
    """Return the seconds for which a target group still sends requests to a target that goes, where it says so."""
    for one in group.members.get("targetgroupattributes") or ():
        if isinstance(one, dict):
            members = {str(key).casefold(): value for key, value in one.items()}
            if members.get("key") == "deregistration_delay.timeout_seconds" and str(members.get("value")).isdecimal():
                return int(members["value"])
    return 0
