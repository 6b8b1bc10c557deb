"""What stands around services and their definitions do not tell: how they scale, what leads to them, who may come.

Read from a live endpoint, from what the AWS CLI prints, from templates (`stack`) and plans (`terraform_around`), all in
the shapes of the API.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from kecs.export.text import Document
from kecs.model.coerce import below

_LAST = 1_000_000  # behind every priority that a rule can have


class Fact(msgspec.Struct, frozen=True):
    """One resource beside the services: its members in lower case, and where it stands."""

    members: Mapping[str, Any]
    document: Document
    path: str

    def text(self, name: str) -> str:
        """Return a member as a text; empty without it."""
        value = self.members.get(name.casefold())
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def number(self, name: str) -> int | None:
        """Return a member as a whole number; None where it is none."""
        try:
            return int(float(self.text(name)))
        except ValueError:
            return None

    def part(self, name: str) -> "Fact":
        """Return a member that is an object; an empty one where it is none."""
        value = self.members.get(name.casefold())
        return Fact(folded(value) if isinstance(value, dict) else {}, self.document, below(self.path, name))

    def parts(self, name: str) -> "list[Fact]":
        """Return the objects of a member that is a list."""
        value = self.members.get(name.casefold())
        found = value if isinstance(value, list) else []
        at = below(self.path, name)
        return [Fact(folded(one), self.document, f"{at}[{i}]") for i, one in enumerate(found) if isinstance(one, dict)]

    def texts(self, name: str) -> list[str]:
        """Return the texts of a member that is a list."""
        value = self.members.get(name.casefold())
        return [str(one) for one in value] if isinstance(value, list) else []

    def line(self, name: str = "") -> int:
        """Return the line of a member, or of the whole."""
        return self.document.line_of(below(self.path, name) if name else self.path)


# What the answers of AWS call things, and where they are kept here.
_KINDS: Mapping[str, str] = {
    "scalabletargets": "targets",
    "scalingpolicies": "policies",
    "scheduledactions": "schedules",
    "metricalarms": "alarms",
    "targetgroups": "groups",
    "listeners": "listeners",
    "rules": "rules",
    "securitygroups": "security",
    "unavailable": "gaps",
    "services": "registries",
    "service": "registries",
    "namespaces": "namespaces",
    "namespace": "namespaces",
}
_OF_CLOUD_MAP = ("service", "services", "namespace", "namespaces")


class Surroundings(msgspec.Struct):
    """All that was found, each kind in the order of the sources.

    `targets`, `policies` and `schedules` are of Application Auto Scaling, `alarms` of CloudWatch, `groups` (by the
    names in their ARNs), `listeners` and `rules` of load balancers, `security` are groups of EC2, `registries` services
    of Cloud Map in its `namespaces`. `gaps` is what a live endpoint does not tell.
    """

    targets: list[Fact] = []
    policies: list[Fact] = []
    schedules: list[Fact] = []
    alarms: list[Fact] = []
    groups: dict[str, Fact] = {}
    listeners: list[Fact] = []
    rules: list[Fact] = []
    security: list[Fact] = []
    namespaces: list[Fact] = []
    registries: list[Fact] = []
    gaps: list[Fact] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(len(getattr(self, name)) for name in self.__struct_fields__)

    def or_of(self, other: "Surroundings") -> "Surroundings":
        """Return them with the other's, of each kind that there is none of here; groups are joined."""
        made = Surroundings(**{name: getattr(self, name) or getattr(other, name) for name in self.__struct_fields__})
        made.groups = {**other.groups, **self.groups}
        return made

    def take(self, value: Mapping[str, Any], keys: Mapping[str, str], path: str, document: Document) -> bool:
        """Keep what `aws … describe-…` printed; False when it is nothing of this."""
        done = False
        for name in _KINDS:
            found = value.get(keys.get(name, ""))
            several = isinstance(found, list)
            done = done or (several and name not in _OF_CLOUD_MAP)
            for at, one in enumerate(found if isinstance(found, list) else [found]):
                if isinstance(one, dict) and (is_registry(one) if name in _OF_CLOUD_MAP else several):
                    where = below(path, keys[name])
                    self.keep(name, one, f"{where}[{at}]" if several else where, document)
                    done = True
        return done

    def keep(self, kind: str, value: Mapping[str, Any], path: str, document: Document) -> None:
        """Keep one thing of the kind that the API's answer has under that name: ScalableTargets and so on."""
        fact = Fact(folded(value), document, path)
        place = _KINDS[kind.casefold()]
        if place == "groups":
            arn = fact.text("targetGroupArn")
            self.groups[arn.split("/")[1] if "/" in arn else fact.text("logicalName")] = fact
        else:
            getattr(self, place).append(fact)

    def group(self, arn: str) -> Fact | None:
        """Return the target group of an ARN."""
        steps = arn.split("/")
        return self.groups.get(steps[1] if len(steps) > 1 else arn)

    def rules_to(self, arn: str) -> list[Fact]:
        """Return the rules that forward to a target group, the most important one first, listeners' own last."""
        ruled = [rule for rule in self.rules if rule.text("priority") != "default"]
        own = [_default_rule(listener) for listener in self.listeners]
        known = {rule.text("listenerArn") for rule in own}
        own += [rule for rule in self.rules if rule.text("priority") == "default" and listener_of(rule) not in known]
        mine = [rule for rule in [*ruled, *own] if any(arn in _forwards(action) for action in rule.parts("actions"))]
        return sorted(mine, key=lambda rule: rule.number("priority") or _LAST)

    def listener(self, rule: Fact) -> Fact | None:
        """Return the listener of a rule."""
        arn = listener_of(rule)
        return next((one for one in self.listeners if arn and arn == _own_arn(one)), None)

    def registry(self, arn: str) -> tuple[Fact, Fact | None] | None:
        """Return the service of Cloud Map that an ARN names, and its namespace."""
        ident = arn.rpartition("/")[2]
        found = next((one for one in self.registries if ident and ident in _idents(one)), None)
        if found is None:
            return None
        space = found.text("namespaceId") or found.part("dnsConfig").text("namespaceId")
        return found, next((one for one in self.namespaces if space.rpartition("/")[2] in _idents(one)), None)

    def security_groups(self, ident: str) -> list[Fact]:
        """Return what there is of a security group: itself, and rules that stand apart from it."""
        return [one for one in self.security if ident and ident == (one.text("groupId") or one.text("logicalName"))]

    def scaling(self, service: str, cluster: str = "", others: Collection[str] = ()) -> "Scaled | None":
        """Return the autoscaling of a service of a cluster, which is none of the `others`; None where it has none."""
        mine = [one for one in self.targets if _service(one) == service and _cluster(one) not in {*others} - {cluster}]
        if not mine:
            return None
        logical = mine[0].text("logicalName")

        def is_mine(one: Fact) -> bool:
            if logical and logical in one.text("scalingTargetId"):
                return True
            return _service(one) == service and _cluster(one) not in {*others} - {cluster}

        policies = [one for one in self.policies if is_mine(one)]
        schedules = [*(one for one in self.schedules if is_mine(one)), *mine[0].parts("scheduledActions")]
        alarms = {at: alarm for at, policy in enumerate(policies) for alarm in self.alarms if _triggers(alarm, policy)}
        return Scaled(mine[0], policies, schedules, alarms)


class Scaled(msgspec.Struct, frozen=True):
    """A service's scalable target, its policies and scheduled actions; `alarms` by the number of their policy."""

    target: Fact
    policies: Sequence[Fact] = ()
    schedules: Sequence[Fact] = ()
    alarms: Mapping[int, Fact] = {}


def is_registry(value: Mapping[str, Any]) -> bool:
    """Say whether a thing called service or namespace is one of Cloud Map, as that prints it."""
    return ":servicediscovery:" in str(folded(value).get("arn"))


def listener_of(rule: Fact) -> str:
    """Return the ARN of a rule's listener: it says so itself, or its own ARN has it inside."""
    own = rule.text("ruleArn")
    inside = own.rpartition("/")[0].replace(":listener-rule/", ":listener/")
    return rule.text("listenerArn") or inside


def _default_rule(listener: Fact) -> Fact:
    """Return what a listener does without rules as a rule, which is like those that DescribeRules tells."""
    actions = listener.members.get("defaultactions") or []
    members = {"priority": "default", "listenerarn": _own_arn(listener), "actions": actions}
    return Fact(members, listener.document, listener.path)


def _idents(fact: Fact) -> set[str]:
    return {one.rpartition("/")[2] for one in (fact.text("id"), fact.text("arn")) if one}


def _own_arn(fact: Fact) -> str:
    return fact.text("listenerArn") or fact.text("arn") or fact.text("logicalName")


def _triggers(alarm: Fact, policy: Fact) -> bool:
    """Say whether an alarm starts a policy: one of the two names the other."""
    names = [alarm.text("alarmName"), alarm.text("logicalName")]
    named = [one.text("alarmName") for one in policy.parts("alarms")]
    actions = alarm.texts("alarmActions")
    mine = [one for one in (policy.text("policyArn"), policy.text("logicalName")) if one]
    return any(name and name in named for name in names) or any(one in actions for one in mine)


def _forwards(action: Fact) -> list[str]:
    """Return the target groups of a rule's action."""
    groups = action.part("forwardConfig").parts("targetGroups")
    return [action.text("targetGroupArn"), *(group.text("targetGroupArn") for group in groups)]


def _cluster(fact: Fact) -> str:
    steps = fact.text("resourceId").split("/")
    return steps[1] if len(steps) == 3 else ""


def _service(fact: Fact) -> str:
    """Return the name of the service that a fact is about: `service/CLUSTER/NAME`."""
    if "desiredcount" not in fact.text("scalableDimension").lower() and fact.text("scalableDimension"):
        return ""
    return fact.text("resourceId").rpartition("/")[2]


def folded(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its keys in lower case."""
    return {str(key).casefold(): one for key, one in value.items()}
