"""What stands around services and their definitions do not tell: how they scale, and what checks and balances them.

Read from templates and from what the AWS CLI prints: scalable targets, scaling policies, target groups.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from kecs.export.text import Document
from kecs.model.coerce import below


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


class Surroundings(msgspec.Struct):
    """All that was found. `targets` and `policies` are of Application Auto Scaling, `rules` of listeners.

    `groups` are target groups by the names in their ARNs.
    """

    targets: list[Fact] = []
    policies: list[Fact] = []
    groups: dict[str, Fact] = {}
    rules: list[Fact] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.targets) + len(self.policies) + len(self.groups) + len(self.rules)

    def take(self, value: Mapping[str, Any], keys: Mapping[str, str], path: str, document: Document) -> bool:
        """Keep what `aws … describe-…` printed; False when it is nothing of this."""
        done = False
        for name in ("scalabletargets", "scalingpolicies", "targetgroups", "rules"):
            found = value.get(keys.get(name, ""))
            if not isinstance(found, list):
                continue
            done = True
            for at, one in enumerate(found):
                if isinstance(one, dict):
                    self._keep(name, Fact(folded(one), document, f"{below(path, keys[name])}[{at}]"))
        return done

    def take_resource(self, name: str, resource: Mapping[str, Any], path: str, document: Document) -> None:
        """Keep a resource of a template, if it is one of these."""
        kinds = {
            "AWS::ApplicationAutoScaling::ScalableTarget": "scalabletargets",
            "AWS::ApplicationAutoScaling::ScalingPolicy": "scalingpolicies",
            "AWS::ElasticLoadBalancingV2::TargetGroup": "targetgroups",
            "AWS::ElasticLoadBalancingV2::ListenerRule": "rules",
        }
        kind, members = kinds.get(str(resource.get("Type"))), resource.get("Properties")
        if kind and isinstance(members, dict):
            given = {"targetgroupname": name, "logicalname": name, **folded(members)}
            self._keep(kind, Fact(given, document, below(path, "Properties")))

    def keep(self, kind: str, value: Mapping[str, Any], path: str, document: Document) -> None:
        """Keep one thing of the kind that the API's answer has under that name: ScalableTargets and so on."""
        self._keep(kind.casefold(), Fact(folded(value), document, path))

    def _keep(self, kind: str, fact: Fact) -> None:
        if kind == "scalabletargets":
            self.targets.append(fact)
        elif kind == "scalingpolicies":
            self.policies.append(fact)
        elif kind == "rules":
            self.rules.append(fact)
        else:
            arn = fact.text("targetGroupArn")
            self.groups[arn.split("/")[1] if "/" in arn else fact.text("logicalName")] = fact

    def group(self, arn: str) -> Fact | None:
        """Return the target group of an ARN."""
        steps = arn.split("/")
        return self.groups.get(steps[1] if len(steps) > 1 else arn)

    def rules_to(self, arn: str) -> list[Fact]:
        """Return the rules that forward to a target group, the most important one first."""
        mine = [rule for rule in self.rules if any(arn in _forwards(action) for action in rule.parts("actions"))]
        return sorted(mine, key=lambda rule: rule.number("priority") or 0)

    def scaling(self, service: str) -> tuple[Fact | None, list[Fact]]:
        """Return the scalable target of a service and its policies."""
        mine = [fact for fact in self.targets if _service(fact) == service]
        if not mine:
            return None, []
        logical = mine[0].text("logicalName")
        policies = [
            one
            for one in self.policies
            if _service(one) == service or (logical and logical in one.text("scalingTargetId"))
        ]
        return mine[0], policies


def _forwards(action: Fact) -> list[str]:
    """Return the target groups of a rule's action."""
    groups = action.part("forwardConfig").parts("targetGroups")
    return [action.text("targetGroupArn"), *(group.text("targetGroupArn") for group in groups)]


def _service(fact: Fact) -> str:
    """Return the name of the service that a fact is about: `service/CLUSTER/NAME`."""
    if "desiredcount" not in fact.text("scalableDimension").lower() and fact.text("scalableDimension"):
        return ""
    return fact.text("resourceId").rpartition("/")[2]


def folded(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its keys in lower case."""
    return {str(key).casefold(): one for key, one in value.items()}
