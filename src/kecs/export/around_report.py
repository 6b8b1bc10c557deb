"""What became of what stands around a service: autoscaling, target groups, listeners, security groups, Cloud Map."""

from collections.abc import Iterator

from kecs.export import discovery, scaling, security
from kecs.export.application import Application, Exported
from kecs.export.choices import Choices
from kecs.export.listening import Listener, backends, listener_of, matches_of, shares_of
from kecs.export.places import Entry, Places
from kecs.export.surroundings import Fact, Scaled
from kecs.export.verdicts import Verdict

_OWN_METRIC = "only average CPU and memory are metrics of every cluster: an adapter (KEDA, Prometheus) brings others"
_NO_ALARM = (
    "its alarm is not among the sources, or watches something else than average CPU or memory: give the autoscaler "
    "that metric with the alarm's threshold, and the steps as `behavior.scaleUp.policies`"
)
_SCHEDULED = "no autoscaler keeps a schedule: a cron scaler (KEDA), or a CronJob that patches `minReplicas`"
_ON_NODE = "no NetworkPolicy holds for pods in the network of their node"
_VPC = "addresses are those of the VPC: pods of the cluster have others"


def entries(exported: Exported, placed: Places, choices: Choices) -> Iterator[Entry]:
    """Yield what became of everything around one service."""
    if exported.scaling:
        yield from _scaling(exported, exported.scaling, placed)
    yield from _groups(exported, placed)
    yield from _listeners(exported, placed, choices)
    yield from _security(exported, placed)
    yield from _registries(exported, placed)


def entries_of_all(application: Application, choices: Choices) -> Iterator[Entry]:
    """Yield what became of what is no service's own: listeners that send on, and what an endpoint does not tell."""
    for one in map(listener_of, application.listeners):
        if one.redirect:
            yield _redirect(application, one, choices)
    for gap in application.gaps:
        reason = f"{gap.text('reason')}: what it would have told is to be set by hand"
        yield Entry(application.name, gap.text("what"), "approximate", reason, source_of(gap))


def source_of(fact: Fact, member: str = "") -> str:
    """Return where a fact stands."""
    return f"{fact.document.file}:{fact.line(member)}"


def _scaling(exported: Exported, scaled: Scaled, placed: Places) -> Iterator[Entry]:
    target = scaled.target
    for member, path in (("minCapacity", ("spec", "minReplicas")), ("maxCapacity", ("spec", "maxReplicas"))):
        line = placed.at("hpa.yaml", path)
        verdict: Verdict = "exact" if line else "lost"
        reason = "" if line else "no policy of the service can be an autoscaler's metric"
        if line and not target.number(member):
            verdict, reason = "approximate", "an autoscaler keeps one pod at least"
        yield Entry(
            exported.name, f"scalableTarget.{member}", verdict, reason, source_of(target, member), str(line or "")
        )
    for at, policy in enumerate(scaled.policies):
        name = policy.text("policyName") or policy.text("logicalName") or "scalingPolicy"
        verdict, reason = _policy(policy, scaled.alarms.get(at))
        line = placed.at("hpa.yaml", ("spec", "metrics")) if verdict != "lost" else None
        if verdict != "lost" and not line:
            verdict, reason = "lost", _OWN_METRIC
        yield Entry(exported.name, name, verdict, reason, source_of(policy), str(line or ""))
    for one in scaled.schedules:
        name = one.text("scheduledActionName") or "scheduledAction"
        yield Entry(exported.name, name, "lost", f"{_SCHEDULED} ({one.text('schedule')})", source_of(one))


def _policy(policy: Fact, alarm: Fact | None) -> tuple[Verdict, str]:
    if scaling.metric_of(policy):
        return "exact", ""
    if not policy.part("stepScalingPolicyConfiguration").members:
        return "lost", _OWN_METRIC
    step = scaling.step_of(policy, alarm)
    if step is None:
        return "lost", _NO_ALARM
    if step.is_up:
        return "approximate", "the autoscaler keeps to the alarm's threshold; the largest step is the most that it adds"
    return "approximate", "the autoscaler goes down by itself below its target; the largest step is the most at once"


def _groups(exported: Exported, placed: Places) -> Iterator[Entry]:
    for group in exported.groups:
        name = group.text("targetGroupName") or "targetGroup"
        line = placed.at(placed.workload_file, ("spec", "template", "spec", "containers"))
        reason = "its health check is a readiness probe where no container has one, its delay a pause before the end"
        yield Entry(exported.name, f"targetGroup {name}", "approximate", reason, source_of(group), str(line or ""))


def _listeners(exported: Exported, placed: Places, choices: Choices) -> Iterator[Entry]:
    seen: set[tuple[str, str]] = set()
    for backend in backends(exported):
        for one in backend.listeners:
            verdict, reason = _listener(one, backend.is_connection, choices)
            output = str(placed.route if one.is_http else placed.at("service.yaml", ("spec", "ports")) or "")
            place = (one.fact.document.file, one.fact.path)
            if place not in seen:
                seen.add(place)
                yield Entry(
                    exported.name, f"listener {one.port} {one.protocol}", verdict, reason, source_of(one.fact), output
                )
    for rules in exported.rules.values():
        for rule in rules:
            verdict, reason = _rule(exported, rule, choices)
            name = f"rule {rule.text('priority') or 'of a listener'}"
            yield Entry(exported.name, name, verdict, reason, source_of(rule), str(placed.route or ""))


def _listener(one: Listener, is_connection: bool, choices: Choices) -> tuple[Verdict, str]:
    if is_connection:
        if one.protocol == "TLS":
            return "approximate", "the Service passes connections on as they are: end TLS in the container"
        return "exact", ""
    if choices.traffic == "ingress" and one.port not in (80, 443):
        return "lost", "an Ingress is served at 80 and 443: --traffic gateway has other ports"
    if choices.gateway and choices.traffic != "ingress":
        return "approximate", f"ports and certificates are those of the Gateway {choices.gateway}"
    if one.protocol == "HTTPS":
        of = ", ".join(one.certificates) or "its certificate"
        return "approximate", f"a certificate is not exported: put one in the place of {of} into the Secret for TLS"
    return "exact", ""


def _rule(exported: Exported, rule: Fact, choices: Choices) -> tuple[Verdict, str]:
    others = [one.text("type") for one in rule.parts("actions") if one.text("type") not in ("forward", "")]
    if others:
        return "lost", f"{', '.join(others)} is to be done by the proxy or the program"
    matches = matches_of(rule)
    if not matches:
        return "lost", "it asks for what a route cannot say: set it on the proxy"
    if choices.traffic == "ingress" and any(one.more for one in matches):
        return "lost", "an Ingress knows hosts and paths alone: --traffic gateway knows headers, methods and queries"
    shares = shares_of(rule, exported.owners)
    if len(shares) > 1:
        names = ", ".join(f"{one.owner.service} {one.weight}" for one in shares)
        if choices.traffic == "ingress":
            return "lost", f"an Ingress knows no weights ({names}): --traffic gateway does"
        return "exact", f"weights: {names}"
    if choices.gateway and choices.traffic != "ingress":
        return "approximate", "the route belongs to every listener of the Gateway that takes it"
    return "exact", ""


def _redirect(application: Application, one: Listener, choices: Choices) -> Entry:
    source = source_of(one.fact)
    member = f"listener {one.port} {one.protocol}"
    if choices.traffic == "ingress" or choices.gateway:
        reason = "it sends requests on to another listener: have the proxy do so"
        return Entry(application.name, member, "lost", reason, source)
    return Entry(application.name, member, "exact", "a redirect of the Gateway", source, "base/gateway.yaml")


def _security(exported: Exported, placed: Places) -> Iterator[Entry]:
    line = placed.at("networkpolicy.yaml", ("spec", "ingress"))
    for at, one in enumerate(security.permissions(exported)):
        verdict, reason = _permission(exported, one) if line else ("lost", _ON_NODE)
        source = f"{one.fact.document.file}:{one.line}"
        yield Entry(exported.name, f"securityGroup {one.group} rule {at + 1}", verdict, reason, source, str(line or ""))
    for fact in security.restricted(exported):
        reason = "a NetworkPolicy for what leaves needs an exception for DNS: add `egress` to it"
        yield Entry(exported.name, "securityGroup egress", "lost", reason, source_of(fact))


def _permission(exported: Exported, one: security.Permission) -> tuple[Verdict, str]:
    if one.is_within(security.balanced(exported)):
        return "approximate", "the port is open to everybody, as a load balancer leads to it"
    if one.rule is None:
        return "lost", one.reason
    has_range = any("ipBlock" in peer for peer in one.peers)
    reason = "; ".join(filter(None, (one.reason, _VPC if has_range else "")))
    return ("approximate" if reason else "exact"), reason


def _registries(exported: Exported, placed: Places) -> Iterator[Entry]:
    for one in discovery.registries(exported):
        line = placed.named("service.yaml", one.label)
        old = f"{one.name}.{one.space}" if one.space else one.name
        reason = f"clients that ask for {old} ask for {one.label}, or have the cluster's DNS rewrite it"
        verdict: Verdict = "approximate"
        if "${" in one.name:
            verdict, reason = "lost", f"only AWS knows its name: add a Service of it for clients of {old}"
        elif not line:
            verdict, reason = "lost", f"another service of the tree is called {one.label}: clients of {old} need a name"
        yield Entry(exported.name, f"registry {old}", verdict, reason, source_of(one.fact), str(line or ""))
