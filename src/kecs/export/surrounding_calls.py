"""What a live endpoint says of what stands around services: the calls of the other APIs of AWS.

| of services | is asked |
|---|---|
| any | Application Auto Scaling: targets, policies, scheduled actions; the alarms of step policies (CloudWatch) |
| target groups | Elastic Load Balancing: them with attributes; listeners of their load balancers, with rules |
| `serviceRegistries` | Cloud Map: them and their namespaces |
| security groups | EC2: them |
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kecs.export.application import groups_of
from kecs.export.aws import Client
from kecs.export.problems import Refused
from kecs.model.generated import ecs

Json = dict[str, Any]
Services = Sequence[ecs.CreateServiceRequest]
# What of an answer changes from one look to the next, or is of no use here.
_PASSING = (
    "CreationTime",
    "PredictedCapacity",
    "StateReason",
    "StateReasonData",
    "StateValue",
    "StateUpdatedTimestamp",
)
_MANY = 20  # names in one call


class Found(msgspec.Struct):
    """Answers by the name that the API gives the list of them, and what was not answered."""

    kinds: dict[str, list[Json]] = {}
    gaps: list[Json] = []


def ask(client: Client, cluster: str, services: Services) -> Found:
    """Ask for all that the services have around them."""
    found = Found()
    asking: tuple[tuple[str, Callable[[Client, str, Services], Mapping[str, list[Json]]]], ...] = (
        ("autoscaling", _scaling),
        ("load balancers", _balancing),
        ("Cloud Map", _registries),
        ("security groups", _security),
    )
    for what, call in asking:
        try:
            found.kinds.update(call(client, cluster, services))
        except Refused as refusal:
            found.gaps.append({"cluster": cluster, "what": what, "reason": f"the endpoint does not tell it: {refusal}"})
    return found


def _scaling(client: Client, cluster: str, services: Services) -> dict[str, list[Json]]:
    wanted = {f"service/{cluster}/{one.serviceName}" for one in services}
    made: dict[str, list[Json]] = {}
    for operation, member in (
        ("DescribeScalableTargets", "ScalableTargets"),
        ("DescribeScalingPolicies", "ScalingPolicies"),
        ("DescribeScheduledActions", "ScheduledActions"),
    ):
        found = _pages(client, "application-autoscaling", operation, member, {"ServiceNamespace": "ecs"})
        made[member] = [_lasting(one) for one in found if one.get("ResourceId") in wanted]
        if not made["ScalableTargets"]:
            return {}
    steps = [one for one in made["ScalingPolicies"] if "StepScalingPolicyConfiguration" in one]
    arns = [str(one.get("PolicyARN")) for one in steps]
    for policy in made["ScalingPolicies"]:
        policy.pop("Alarms", None)
    with contextlib.suppress(Refused):  # the report says of such a policy that its alarm is not known
        made["MetricAlarms"] = [_lasting(one) for one in _alarms(client, arns)]
    return made


def _alarms(client: Client, policies: Sequence[str]) -> Iterator[Json]:
    for policy in policies:
        yield from _list(client.query("monitoring", "DescribeAlarms", {"ActionPrefix": policy}), "MetricAlarms")


def _balancing(client: Client, cluster: str, services: Services) -> dict[str, list[Json]]:
    groups, listeners, rules = [], [], []
    balancers: dict[str, None] = {}
    for some in _portions(_arns(services)):
        for group in _balancers(client, "DescribeTargetGroups", "TargetGroups", _members("TargetGroupArns", some)):
            named = {"TargetGroupArn": group["TargetGroupArn"]}
            attributes = _balancers(client, "DescribeTargetGroupAttributes", "Attributes", named)
            groups.append({**group, "TargetGroupAttributes": attributes})
            balancers.update(dict.fromkeys(_texts(group, "LoadBalancerArns")))
    for balancer in balancers:
        for listener in _balancers(client, "DescribeListeners", "Listeners", {"LoadBalancerArn": balancer}):
            listeners.append(_open(listener))
            named = {"ListenerArn": str(listener.get("ListenerArn"))}
            found = _balancers(client, "DescribeRules", "Rules", named)
            rules += [{**named, **_open(one)} for one in found if one.get("Priority") != "default"]
    return {"TargetGroups": groups, "Listeners": listeners, "Rules": rules}


def _balancers(client: Client, operation: str, member: str, named: Mapping[str, str]) -> list[Json]:
    """Return the whole list of an answer of Elastic Load Balancing, which comes in pages."""
    found: list[Json] = []
    marker: dict[str, str] = {}
    while True:
        answer = client.query("elasticloadbalancing", operation, {**named, **marker})
        found += _list(answer, member)
        if not isinstance(answer, dict) or not answer.get("NextMarker"):
            return found
        marker = {"Marker": str(answer["NextMarker"])}


def _registries(client: Client, cluster: str, services: Services) -> dict[str, list[Json]]:
    arns = {one.registryArn for service in services for one in service.serviceRegistries or () if one.registryArn}
    found, spaces = [], {}
    for arn in sorted(arns):
        one = client.call("servicediscovery", "GetService", {"Id": arn.rpartition("/")[2]})["Service"]
        found.append(_only(one, ("Id", "Arn", "Name", "NamespaceId", "DnsConfig", "Type")))
        space = one.get("NamespaceId") or (one.get("DnsConfig") or {}).get("NamespaceId")
        if space and space not in spaces:
            answer = client.call("servicediscovery", "GetNamespace", {"Id": space})["Namespace"]
            spaces[space] = _only(answer, ("Id", "Arn", "Name", "Type"))
    return {"Services": found, "Namespaces": list(spaces.values())}


def _security(client: Client, cluster: str, services: Services) -> dict[str, list[Json]]:
    networks = [one.networkConfiguration.awsvpcConfiguration for one in services if one.networkConfiguration]
    idents = {ident for one in networks if one for ident in one.securityGroups or ()}
    made: list[Json] = []
    for some in _portions(sorted(idents)):
        named = {f"GroupId.{at}": ident for at, ident in enumerate(some, 1)}
        for one in _list(client.query("ec2", "DescribeSecurityGroups", named), "securityGroupInfo"):
            group = _only(one, ("groupId", "groupName"))
            for kind in ("ipPermissions", "ipPermissionsEgress"):
                group[kind] = [
                    {"userIdGroupPairs" if key == "groups" else key: value for key, value in rule.items() if value}
                    for rule in _list(one, kind)
                ]
            made.append(group)
    return {"SecurityGroups": made}


def _arns(services: Services) -> list[str]:
    found = {arn for one in services for balancer in one.loadBalancers or () for arn in groups_of(balancer)}
    return sorted(found)


def _pages(client: Client, service: str, operation: str, member: str, body: Mapping[str, Any]) -> Iterator[Json]:
    token: dict[str, str] = {}
    while True:
        answer = client.call(service, operation, {**body, **token})
        yield from answer.get(member, ())
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _portions(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return [names[at : at + _MANY] for at in range(0, len(names), _MANY)]


def _members(name: str, values: Sequence[str]) -> dict[str, str]:
    return {f"{name}.member.{at}": value for at, value in enumerate(values, 1)}


def _list(answer: Any, member: str) -> list[Json]:
    """Return a list of an answer; without elements XML has a text in its place."""
    found = answer.get(member) if isinstance(answer, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _open(value: Any) -> Any:
    """Return an answer without the secrets that actions of listeners have."""
    if isinstance(value, list):
        return [_open(one) for one in value]
    if isinstance(value, dict):
        return {key: _open(one) for key, one in value.items() if key != "ClientSecret"}
    return value


def _texts(answer: Json, member: str) -> list[str]:
    found = answer.get(member)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _only(value: Json, names: Sequence[str]) -> Json:
    return {name: value[name] for name in names if value.get(name)}


def _lasting(value: Json) -> Json:
    return {key: one for key, one in value.items() if key not in _PASSING}
