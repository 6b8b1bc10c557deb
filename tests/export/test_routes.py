"""Hosts, weights and rollouts on each kind of route."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from tests.export.test_definitions import sources_of_every_kind

Json = dict[str, Any]


def exported(output: Path, *flags: str, sources: list[Json] | None = None) -> dict[tuple[str, str], Json]:
    (output / "all.json").write_text(json.dumps(sources or sources_of_every_kind()))
    assert export.main([str(output / "all.json"), "-o", str(output / "k8s"), "--rollouts", "argo", *flags]) == 0
    files = (output / "k8s/base").rglob("*.yaml")
    bodies = [body for file in files for body in yaml.safe_load_all(file.read_text()) if "metadata" in body]
    return {(body["kind"], body["metadata"]["name"]): body["spec"] for body in bodies if "spec" in body}


def routing(made: dict[tuple[str, str], Json], name: str) -> Json | None:
    canary = made["Rollout", name]["strategy"]["canary"]
    found = canary.get("trafficRouting")
    assert ("canaryService" in canary) == (found is not None)
    assert (("Service", f"{name}-canary") in made) == (found is not None)
    return found if found is None else dict(found)


def test_the_controller_of_nginx_is_named_the_stable_ingress(tmp_path: Path) -> None:
    made = exported(tmp_path, "--ingress-class", "nginx")
    assert routing(made, "beta") == {"nginx": {"stableIngress": "beta"}}
    assert made["Ingress", "beta"]["ingressClassName"] == "nginx"


def test_the_controller_of_aws_reads_an_annotation(tmp_path: Path) -> None:
    made = exported(tmp_path, "--ingress-class", "alb")
    assert routing(made, "beta") == {"alb": {"ingress": "beta", "servicePort": 8080}}
    (rule,) = made["Ingress", "beta"]["rules"]
    backends = [path["backend"]["service"] for path in rule["http"]["paths"]]
    assert backends == [{"name": "beta", "port": {"name": "use-annotation"}}] * len(backends)


@pytest.mark.parametrize("flags", [(), ("--ingress-class", "other")])
def test_other_controllers_share_by_pods(flags: tuple[str, ...], tmp_path: Path) -> None:
    assert routing(exported(tmp_path, *flags), "beta") is None


def test_a_route_that_is_shared_already_is_left_alone(tmp_path: Path) -> None:
    """Of two routes of one service, Argo Rollouts is given the one that leads to it alone."""
    made = exported(tmp_path, "--traffic", "gateway")
    found = routing(made, "web")
    assert found == {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "web-2", "namespace": "default"}}}
    backends = [one["name"] for one in made["HTTPRoute", "web"]["rules"][0]["backendRefs"]]
    assert backends == ["web", "store"]
    assert [one["weight"] for one in made["HTTPRoute", "web-2"]["rules"][0]["backendRefs"]] == [100, 0]


@pytest.mark.parametrize("traffic", ["gateway", "istio"])
def test_hosts_with_paths_of_their_own_have_routes_of_their_own(traffic: str, tmp_path: Path) -> None:
    rule = {"Field": "host-header", "Values": ["a.example.com"]}
    other = {"Field": "host-header", "Values": ["b.example.com"]}
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/beta/0123456789abcdef"
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    rules = [
        {"Priority": "1", "Conditions": [rule, {"Field": "path-pattern", "Values": ["/a/*"]}], "Actions": forward},
        {"Priority": "2", "Conditions": [other, {"Field": "path-pattern", "Values": ["/b/*"]}], "Actions": forward},
    ]
    sources = [one for one in sources_of_every_kind() if "Listeners" not in one and "Rules" not in one]
    made = exported(tmp_path, "--traffic", traffic, sources=[*sources, {"Rules": rules}])
    if traffic == "gateway":
        routes = [made["HTTPRoute", name] for name in ("beta", "beta-2")]
        found = [(one["hostnames"], one["rules"][0]["matches"][0]["path"]["value"]) for one in routes]
        named = routing(made, "beta")
        assert named
        assert named["plugins"]["argoproj-labs/gatewayAPI"]["httpRoutes"] == [{"name": "beta"}, {"name": "beta-2"}]
    else:
        routes = [made["VirtualService", name] for name in ("beta", "beta-2")]
        found = [(one["hosts"], one["http"][0]["match"][0]["uri"]["prefix"]) for one in routes]
        assert routing(made, "beta") == {"istio": {"virtualServices": [{"name": "beta"}, {"name": "beta-2"}]}}
    assert found == [(["a.example.com"], "/a"), (["b.example.com"], "/b")]


def test_a_rule_that_no_route_can_say_leads_nobody(tmp_path: Path) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/beta/0123456789abcdef"
    office = {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}
    rule = {"Priority": "1", "Conditions": [office], "Actions": [{"Type": "forward", "TargetGroupArn": arn}]}
    sources = [one for one in sources_of_every_kind() if "Listeners" not in one and "Rules" not in one]
    made = exported(tmp_path, sources=[*sources, {"Rules": [rule]}])
    assert ("Ingress", "beta") not in made
    entries = json.loads((tmp_path / "k8s/export-report.json").read_text())["entries"]
    (told,) = [one for one in entries if one["member"] == "rule 1"]
    assert told["verdict"] == "lost"


CONDITIONS: list[Json] = [
    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes", "1"]}},
    {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
    {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}},
]


@pytest.mark.parametrize("traffic", ["gateway", "istio", "ingress"])
def test_headers_methods_and_queries_are_of_those_routes_that_know_them(traffic: str, tmp_path: Path) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/beta/0123456789abcdef"
    rule = {"Priority": "1", "Conditions": CONDITIONS, "Actions": [{"Type": "forward", "TargetGroupArn": arn}]}
    sources = [one for one in sources_of_every_kind() if "Listeners" not in one and "Rules" not in one]
    made = exported(tmp_path, "--traffic", traffic, sources=[*sources, {"Rules": [rule]}])
    entries = json.loads((tmp_path / "k8s/export-report.json").read_text())["entries"]
    (told,) = [one for one in entries if one["member"] == "rule 1"]
    assert told["verdict"] == ("lost" if traffic == "ingress" else "exact")
    if traffic == "ingress":
        assert ("Ingress", "beta") not in made
    elif traffic == "gateway":
        first, second = made["HTTPRoute", "beta"]["rules"][0]["matches"]
        assert first == {
            "path": {"type": "PathPrefix", "value": "/"},
            "headers": [{"name": "X-Beta", "value": "yes"}],
            "method": "GET",
            "queryParams": [{"name": "v", "value": "2"}],
        }
        assert second["headers"] == [{"name": "X-Beta", "value": "1"}]
    else:
        first, _ = made["VirtualService", "beta"]["http"][0]["match"]
        assert first["headers"] == {"x-beta": {"exact": "yes"}}
        assert (first["method"], first["queryParams"]) == ({"exact": "GET"}, {"v": {"exact": "2"}})


def test_a_listener_of_connections_is_a_port_of_the_service(tmp_path: Path) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/beta/0123456789abcdef"
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    group = {"TargetGroupArn": arn, "TargetGroupName": "beta", "Protocol": "TCP", "HealthCheckProtocol": "TCP"}
    listeners = [
        {"ListenerArn": f"{arn}/{port}", "Port": port, "Protocol": kind, "DefaultActions": forward}
        for port, kind in ((8080, "TCP"), (443, "TLS"))
    ]
    sources = [one for one in sources_of_every_kind() if "Listeners" not in one and "Rules" not in one]
    made = exported(tmp_path, sources=[*sources, {"TargetGroups": [group]}, {"Listeners": listeners}])
    service = made["Service", "beta"]
    assert service["type"] == "LoadBalancer"
    assert [(one["port"], one["targetPort"]) for one in service["ports"]] == [(8080, 8080), (443, 8080)]
    assert ("Ingress", "beta") not in made
    entries = json.loads((tmp_path / "k8s/export-report.json").read_text())["entries"]
    told = {one["member"]: one["verdict"] for one in entries if one["of"] == "beta"}
    assert (told["listener 8080 TCP"], told["listener 443 TLS"]) == ("exact", "approximate")
