"""Values and expressions of a Terraform plan: what is not made yet has no value, but an expression refers to it."""

from collections.abc import Mapping
from typing import Any

import msgspec

Json = dict[str, Any]


class Block(msgspec.Struct, frozen=True):
    """A block of a plan: its values, the expressions that they come from, and the module's resources by address.

    `address` is the resource's own, `KIND.NAME`; blocks within it have the same one.
    """

    values: Mapping[str, Any]
    expressions: Mapping[str, Any]
    known: Mapping[str, Any]
    address: str = ""

    def blocks(self, name: str) -> "list[Block]":
        """Return the blocks of that name in this one."""
        values, expressions = as_list(self.values.get(name)), as_list(self.expressions.get(name))
        found = []
        for at in range(max(len(values), len(expressions))):
            value = as_object(values[at]) if at < len(values) else {}
            expression = as_object(expressions[at]) if at < len(expressions) else {}
            found.append(Block(value, expression, self.known, self.address))
        return found

    def block(self, name: str) -> "Block":
        """Return the one block of that name; an empty one where there is none."""
        return next(iter(self.blocks(name)), Block({}, {}, self.known, self.address))

    def named(self, name: str) -> str:
        """Return what a member names: its value, else the resource that its expression refers to."""
        value = self.values.get(name)
        if isinstance(value, str) and value:
            return value
        return next(iter(self.referred(name)), "")

    def every(self, name: str) -> list[str]:
        """Return what a member that is a list or a set names."""
        value = [one for one in as_list(self.values.get(name)) if isinstance(one, str) and one]
        return value or self.referred(name)

    def referred(self, name: str) -> list[str]:
        """Return the idents of the resources that a member's expression refers to."""
        found = as_list(as_object(self.expressions.get(name)).get("references"))
        return [ident(str(one), as_object(self.known[str(one)])) for one in found if str(one) in self.known]

    def simple(self) -> Json:
        """Return the members that are neither lists nor blocks, as the API spells words."""
        return {camel(key): value for key, value in self.values.items() if not isinstance(value, list | dict)}


def ident(address: str, values: Mapping[str, Any]) -> str:
    """Return what others call a resource: its ARN or id where it is made, else its address in an ARN's place."""
    if address.startswith("aws_security_group."):
        return str(values.get("id") or address)
    if values.get("arn"):
        return str(values["arn"])
    if address.startswith(("aws_lb_target_group.", "aws_alb_target_group.")):
        return f"arn:aws:elasticloadbalancing:::targetgroup/{values.get('name') or address}/0"
    return str(values.get("id") or address)


def as_object(value: Any) -> Json:
    """Return an object; an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list; an empty one in the place of anything else."""
    return value if isinstance(value, list) else []


def first(value: Any) -> Any:
    """Return the first of a list, which the provider has where the API has one structure."""
    return (value[0] if value else None) if isinstance(value, list) else value


def camel(key: str) -> str:
    """Return a name of the provider as the API spells its words."""
    start, *rest = key.split("_")
    return start + "".join(word.capitalize() for word in rest)
