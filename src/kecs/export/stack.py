"""What stands around services in a CloudFormation template, in the shapes of the API.

Most properties are the API's own members. Security groups are not: their rules have one range or one peer each.
"""

from collections.abc import Callable, Mapping
from typing import Any

from kecs.export.surroundings import Surroundings, folded
from kecs.export.text import Document
from kecs.model.coerce import below

_KINDS: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "ScalableTargets",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "ScalingPolicies",
    "AWS::CloudWatch::Alarm": "MetricAlarms",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "TargetGroups",
    "AWS::ElasticLoadBalancingV2::Listener": "Listeners",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "Rules",
    "AWS::EC2::SecurityGroup": "SecurityGroups",
    "AWS::EC2::SecurityGroupIngress": "SecurityGroups",
    "AWS::EC2::SecurityGroupEgress": "SecurityGroups",
    "AWS::ServiceDiscovery::Service": "Services",
    "AWS::ServiceDiscovery::PrivateDnsNamespace": "Namespaces",
    "AWS::ServiceDiscovery::PublicDnsNamespace": "Namespaces",
    "AWS::ServiceDiscovery::HttpNamespace": "Namespaces",
}


def take(around: Surroundings, name: str, resource: Mapping[str, Any], path: str, document: Document) -> None:
    """Keep a resource of a template, if it is one of these."""
    kind, members = str(resource.get("Type")), resource.get("Properties")
    if kind not in _KINDS or not isinstance(members, dict):
        return
    shape = _SHAPES.get(kind)
    value = shape(folded(members)) if shape else folded(members)
    given = {"targetgroupname": name, "logicalname": name, **value}
    if kind.startswith("AWS::ServiceDiscovery::"):
        given["id"] = name
    around.keep(_KINDS[kind], given, below(path, "Properties"), document)


def _group(members: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, name in (("securitygroupingress", "ippermissions"), ("securitygroupegress", "ippermissionsegress")):
        found = members.get(key)
        if found is not None:
            made[name] = [permission(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return made


def permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return one rule of a security group, as a template has it, in the API's shape."""
    members = folded(rule)
    peer = next((members[key] for key in _PEERS if members.get(key)), None)
    return {
        "ipProtocol": members.get("ipprotocol", "-1"),
        "fromPort": members.get("fromport"),
        "toPort": members.get("toport"),
        "ipRanges": [{"cidrIp": members["cidrip"]}] if members.get("cidrip") else [],
        "ipv6Ranges": [{"cidrIpv6": members["cidripv6"]}] if members.get("cidripv6") else [],
        "userIdGroupPairs": [{"groupId": str(peer)}] if peer else [],
    }


_PEERS = (
    "sourcesecuritygroupid",
    "destinationsecuritygroupid",
    "sourcesecuritygroupname",
    "sourceprefixlistid",
    "destinationprefixlistid",
)


def _apart(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def shape(members: Mapping[str, Any]) -> dict[str, Any]:
        return {"groupId": str(members.get("groupid") or members.get("groupname")), name: [permission(members)]}

    return shape


_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "AWS::EC2::SecurityGroup": _group,
    "AWS::EC2::SecurityGroupIngress": _apart("ippermissions"),
    "AWS::EC2::SecurityGroupEgress": _apart("ippermissionsegress"),
}
