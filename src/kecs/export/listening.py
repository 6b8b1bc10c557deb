"""What listeners and their rules lead to a service: hosts, paths, weights, ports and certificates.

A rule that shares requests out among services belongs to the one that gets most of them, as one route has to hold all
backends.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

import msgspec

from kecs.export.application import Exported, Owner
from kecs.export.surroundings import Fact

OF_CONNECTIONS = ("TCP", "UDP", "TLS", "TCP_UDP", "QUIC", "TCP_QUIC")
SECURE = ("HTTPS", "TLS")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_PATH = re.compile(r"/(?:[A-Za-z0-9/._~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})*")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,128}")
_CONFIGS = {"host-header": "hostHeaderConfig", "path-pattern": "pathPatternConfig"}


class Share(msgspec.Struct, frozen=True):
    """A service that gets some of the requests, by weight."""

    owner: Owner
    weight: int


class Condition(msgspec.Struct, frozen=True):
    """What else has to be so of a request: a `header` or a `query` parameter of that name, or its `method`."""

    kind: str
    name: str
    value: str


class Match(msgspec.Struct, frozen=True):
    """One host and one path; `exact`: that path alone, else all below it. An empty host is any.

    `more` are conditions that an Ingress does not know. `shares` are there where several services get the requests.
    """

    host: str = ""
    path: str = "/"
    exact: bool = False
    more: tuple[Condition, ...] = ()
    shares: tuple[Share, ...] = ()


class Listener(msgspec.Struct, frozen=True):
    """A port that a load balancer listens at; `redirect` is where it sends everything on to, if it does."""

    port: int
    protocol: str
    fact: Fact
    redirect: Fact | None = None

    @property
    def name(self) -> str:
        """What the listener of a Gateway is called."""
        return "http" if (self.port, self.protocol) == (80, "HTTP") else f"{self.protocol.lower()}-{self.port}"

    @property
    def is_http(self) -> bool:
        """Whether it takes requests, not connections."""
        return self.protocol in ("HTTP", "HTTPS")

    @property
    def certificates(self) -> list[str]:
        """The ARNs of its certificates."""
        return [one.text("certificateArn") for one in self.fact.parts("certificates") if one.text("certificateArn")]


class Backend(msgspec.Struct, frozen=True):
    """One load balancer entry of a service: the port, its target group where it is known, and what leads there."""

    port: int
    group: Fact | None = None
    classic: bool = False
    matches: Sequence[Match] = (Match(),)
    listeners: Sequence[Listener] = ()

    @property
    def is_connection(self) -> bool:
        """Whether connections, not HTTP requests, are balanced."""
        return self.classic or bool(self.group and self.group.text("protocol") in OF_CONNECTIONS)

    @property
    def is_secure(self) -> bool:
        """Whether some of the requests come encrypted."""
        return any(one.protocol in SECURE for one in self.listeners)

    @property
    def hosts(self) -> dict[str, list[Match]]:
        """What leads there, by host."""
        found: dict[str, list[Match]] = {}
        for match in self.matches:
            found.setdefault(match.host, []).append(match)
        return found


def backends(exported: Exported) -> list[Backend]:
    """Return the entries of a service that name a port, each port once."""
    found: dict[int, Backend] = {}
    for balancer in exported.spec.loadBalancers or ():
        if balancer.containerPort:
            arn = balancer.targetGroupArn or ""
            made = Backend(
                port=balancer.containerPort,
                group=next((one for one in exported.groups if arn and _is_of(one, arn)), None),
                classic=not arn,
                matches=_matches(exported, arn, balancer.containerPort),
                listeners=tuple(map(listener_of, exported.listeners.get(arn, ()))),
            )
            found.setdefault(balancer.containerPort, made)
    return list(found.values())


def listener_of(fact: Fact) -> Listener:
    """Return a listener as its load balancer has it."""
    actions = fact.parts("defaultActions")
    redirects = [one.part("redirectConfig") for one in actions if one.text("type") == "redirect"]
    protocol = (fact.text("protocol") or "HTTP").upper()
    port = fact.number("port") or (443 if protocol in SECURE else 80)
    return Listener(port, protocol, fact, redirects[0] if redirects else None)


def _matches(exported: Exported, arn: str, port: int) -> tuple[Match, ...]:
    own = Owner(exported.name, port)
    rules = exported.rules.get(arn, ())
    found: list[Match] = []
    for rule in rules:
        shares = shares_of(rule, exported.owners)
        if shares and max(shares, key=lambda one: one.weight).owner != own:
            continue
        many = tuple(shares) if len(shares) > 1 else ()
        found += [msgspec.structs.replace(match, shares=many) for match in matches_of(rule)]
    seen: dict[Match, Match] = {}
    for match in found:
        seen.setdefault(msgspec.structs.replace(match, shares=()), match)
    kept = tuple(seen.values())
    # A rule that no route can say lets in whom the load balancer would not: without another there is no route.
    return kept if rules else (Match(),)


def shares_of(rule: Fact, owners: Mapping[str, Owner]) -> list[Share]:
    """Return the services that a rule shares requests out to; none with the weight 0."""
    weights: dict[Owner, int] = {}
    for arn, weight in forwards(rule).items():
        if arn in owners and weight > 0:
            weights[owners[arn]] = weights.get(owners[arn], 0) + weight
    return [Share(owner, weight) for owner, weight in weights.items()]


def forwards(rule: Fact) -> dict[str, int]:
    """Return the target groups that a rule forwards to, with their weights."""
    found: dict[str, int] = {}
    for action in rule.parts("actions"):
        own = action.text("targetGroupArn")
        groups = action.part("forwardConfig").parts("targetGroups")
        if own and not groups:
            found[own] = 1
        for group in groups:
            weight = group.number("weight")
            found[group.text("targetGroupArn")] = 1 if weight is None else weight
    return found


def matches_of(rule: Fact) -> list[Match]:
    """Return what a rule asks for; none where that is something that no route can say."""
    hosts, paths = [""], ["/*"]
    more: list[list[Condition]] = []
    for condition in rule.parts("conditions"):
        field = condition.text("field")
        if field in _CONFIGS:
            values = condition.part(_CONFIGS[field]).texts("values") or condition.texts("values")
            hosts, paths = (values, paths) if field == "host-header" else (hosts, values)
            continue
        found = _more(field, condition)
        if not found or not all(_is_said(one) for one in found):
            return []
        more.append(found)
    made = [_path(path) for path in paths]
    hosts = [host.lower() for host in hosts]
    if not all(is_host(host) for host in hosts if host) or None in made:
        return []
    every = [one for one in itertools.product(*more) if len({(two.kind, two.name) for two in one}) == len(one)]
    return [
        msgspec.structs.replace(match, host=host, more=one)
        for host in hosts
        for match in made
        if match
        for one in every
    ]


def _more(field: str, condition: Fact) -> list[Condition]:
    """Return the values of which a condition asks for one; none of one that routes do not know."""
    if field == "http-header":
        config = condition.part("httpHeaderConfig")
        return [Condition("header", config.text("httpHeaderName"), one) for one in config.texts("values")]
    if field == "http-request-method":
        found = condition.part("httpRequestMethodConfig").texts("values") or condition.texts("values")
        return [Condition("method", "", one) for one in found]
    if field == "query-string":
        pairs = condition.part("queryStringConfig").parts("values")
        found_pairs = [Condition("query", one.text("key"), one.text("value")) for one in pairs]
        return found_pairs if all(one.name for one in found_pairs) else []
    return []


def is_host(text: str) -> bool:
    """Say whether a text is a name of a host, or one with `*.` before it; a reference that only AWS knows is none."""
    return _HOST.fullmatch(text) is not None


def _is_said(one: Condition) -> bool:
    """Say whether a route can ask for it: no wildcards, nothing that only AWS knows."""
    if one.kind == "method":
        return one.value in _METHODS
    return (
        _NAME.fullmatch(one.name) is not None
        and bool(one.value)
        and not {*"*?"} & {*one.value}
        and "${" not in one.value
    )


def _path(pattern: str) -> Match | None:
    stem = pattern.removesuffix("*")
    if "*" in stem or not _PATH.fullmatch(stem):
        return None
    return Match(path=stem.rstrip("/") or "/") if pattern.endswith("*") else Match(path=stem, exact=True)


def _is_of(group: Fact, arn: str) -> bool:
    own = group.text("targetGroupArn")
    return arn == own if own else f"/{group.text('logicalName')}/" in arn or arn.endswith(group.text("logicalName"))
