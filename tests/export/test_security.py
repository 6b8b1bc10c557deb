"""Rules of security groups as those of a NetworkPolicy, and what of them has no word there."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export

Json = dict[str, Any]
ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
BLOCK = {"ipBlock": {"cidr": "10.0.0.0/16"}}
OWN = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}
OTHER = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "store"}}}


def tcp(first: Any, last: Any, *groups: str, cidr: str = "") -> Json:
    pairs = [{"GroupId": one} for one in groups]
    ranges = [{"CidrIp": cidr}] if cidr else []
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "UserIdGroupPairs": pairs, "IpRanges": ranges}


WEB = tcp(80, 80, "sg-web")
# name: (the permission, the rule that it becomes, what the report says)
RULES: dict[str, tuple[Json, Json | None, tuple[str, str]]] = {
    "range": (tcp(80, 80, cidr="10.0.0.0/16"), {"ports": [{"port": 80}], "from": [BLOCK]}, ("approximate", "the VPC")),
    "host-bits": (tcp(80, 80, cidr="10.0.9.9/16"), {"ports": [{"port": 80}], "from": [BLOCK]}, ("approximate", "")),
    "ports": (tcp(80, 90, "sg-web"), {"ports": [{"port": 80, "endPort": 90}], "from": [OWN]}, ("exact", "")),
    "all-ports": (tcp(0, 65535, "sg-store"), {"ports": [{}], "from": [OTHER]}, ("exact", "")),
    "everything": (ALL, {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, ("approximate", "the VPC")),
    "number": (
        {**tcp(5, 5, "sg-web"), "IpProtocol": "17"},
        {"ports": [{"port": 5, "protocol": "UDP"}], "from": [OWN]},
        ("exact", ""),
    ),
    "nobody": (tcp(80, 80, "sg-gone"), None, ("lost", "who is in sg-gone is not in the tree")),
    "somebody": (
        tcp(80, 80, "sg-gone", "sg-web"),
        {"ports": [{"port": 80}], "from": [OWN]},
        ("approximate", "sg-gone"),
    ),
    "list": ({**tcp(80, 80), "PrefixListIds": [{"PrefixListId": "pl-1"}]}, None, ("lost", "who is in pl-1")),
    "ping": ({**tcp(-1, -1, "sg-web"), "IpProtocol": "icmp"}, None, ("lost", "no rules for icmp")),
    "unknown-range": (tcp(80, 80, cidr="${Vpc.CidrBlock}"), None, ("lost", "who is in ${Vpc.CidrBlock}")),
    "unknown-ports": (tcp("${Port}", "${Port}", "sg-web"), None, ("lost", "its ports are not known")),
    "no-ports": (tcp(90, 80, "sg-web"), None, ("lost", "its ports are not known")),
    "balanced": (tcp(8080, 8080, "sg-gone"), None, ("approximate", "the port is open to everybody")),
}


@pytest.mark.parametrize("case", RULES)
def test_a_rule(case: str, tmp_path: Path) -> None:
    permission, rule, (verdict, said) = RULES[case]
    made, entries = exported(tmp_path, {"GroupId": "sg-web", "IpPermissions": [permission]})
    expected = [{"ports": [{"port": 8080}]}, *([rule] if rule else [])]
    assert made["ingress"] == expected
    (told,) = [one for one in entries if one["member"] == "securityGroup sg-web rule 1"]
    assert (told["verdict"], said in told["reason"]) == (verdict, True)


def test_without_the_group_every_port_that_is_mapped_is_open(tmp_path: Path) -> None:
    made, entries = exported(tmp_path, {"GroupId": "sg-unrelated", "IpPermissions": []})
    assert made["ingress"] == [{"ports": [{"port": 8080, "endPort": 8081}]}]
    (told,) = [one for one in entries if one["member"].endswith(".securityGroups") and one["of"] == "web"]
    assert "every port that is mapped is open" in told["reason"]


def test_what_may_not_leave_is_told(tmp_path: Path) -> None:
    group = {"GroupId": "sg-web", "IpPermissions": [], "IpPermissionsEgress": [tcp(443, 443, cidr="0.0.0.0/0")]}
    _, entries = exported(tmp_path, group)
    assert [one["verdict"] for one in entries if one["member"] == "securityGroup egress"] == ["lost"]
    _, entries = exported(tmp_path, {**group, "IpPermissionsEgress": [ALL]})
    assert not [one for one in entries if one["member"] == "securityGroup egress"]


def exported(place: Path, group: Json) -> tuple[Json, list[Json]]:
    """Return the NetworkPolicy of a service that is in `sg-web`, and the report's entries."""
    ports = [{"containerPort": 8080}, {"containerPort": 8081}]
    container = {"name": "app", "image": "example/app:1", "memory": 64, "portMappings": ports}
    definition = {"family": "app", "networkMode": "awsvpc", "containerDefinitions": [container]}
    arn = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1"
    services = [
        {
            "serviceName": name,
            "taskDefinition": "app",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": [f"sg-{name}"]}},
            "loadBalancers": [{"targetGroupArn": arn, "containerName": "app", "containerPort": 8080}],
        }
        for name in ("web", "store")
    ]
    (place / "all.json").write_text(json.dumps([definition, *services, {"SecurityGroups": [group]}]))
    assert export.main([str(place / "all.json"), "-o", str(place / "k8s"), "--overwrite"]) == 0
    policy = yaml.safe_load((place / "k8s/base/web/networkpolicy.yaml").read_text())
    entries = json.loads((place / "k8s/export-report.json").read_text())["entries"]
    return policy["spec"], entries
