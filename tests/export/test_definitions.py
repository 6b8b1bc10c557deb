"""Exported custom resources before an API server that has their real definitions, without their controllers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from tests.engine import IMAGE
from tests.export.test_cases import build
from tests.rig import Cluster, own_cluster
from tests.tools.kubectl import kubectl
from tests.tools.test_companions import companion

Json = dict[str, Any]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster("definitions") as started:
        yield started


VARIANTS: dict[str, tuple[str, ...]] = {
    "ingress-nginx": ("--rollouts", "argo", "--ingress-class", "nginx"),
    "ingress-alb": ("--rollouts", "argo", "--ingress-class", "alb", "--include", "dashboards"),
    "gateway": ("--rollouts", "argo", "--traffic", "gateway"),
    "istio": ("--rollouts", "argo", "--traffic", "istio", "--secrets", "external"),
    "plain-gateway": ("--traffic", "gateway", "--gateway", "edge/public", "--secrets", "external"),
    "plain-istio": ("--traffic", "istio", "--include", "dashboards"),
}


def sources_of_every_kind() -> list[Json]:
    """Return services whose trees have each custom resource that an export can write, and what stands around them."""
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{}/0123456789abcdef"
    labels = {"ECS_PROMETHEUS_EXPORTER_PORT": "9100", "ECS_PROMETHEUS_METRICS_PATH": "/metrics"}
    container = {
        "name": "app",
        "image": IMAGE,
        "memory": 32,
        "portMappings": [{"containerPort": 8080}],
        "dockerLabels": labels,
        "secrets": [
            {"name": "TOKEN", "valueFrom": "/shop/token"},
            {"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:key-AbCdEf:user::1"},
        ],
    }
    role = {"executionRoleArn": "arn:aws:iam::123456789012:role/x"}
    found: list[Json] = [{"family": "app", "networkMode": "awsvpc", "containerDefinitions": [container], **role}]
    for name, strategy in (("web", "CANARY"), ("beta", "LINEAR"), ("store", "BLUE_GREEN")):
        balancers = [{"targetGroupArn": arn.format(name), "containerName": "app", "containerPort": 8080}]
        service = {"serviceName": name, "taskDefinition": "app", "desiredCount": 2, "loadBalancers": balancers}
        found.append({**service, "deploymentConfiguration": {"strategy": strategy}})
    listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2"
    shares = [{"TargetGroupArn": arn.format(name), "Weight": weight} for name, weight in (("web", 9), ("store", 1))]
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    secure = {
        "Port": 443,
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": "arn:aws:acm:us-east-1:1:certificate/1"}],
    }
    listeners = [
        {"ListenerArn": f"{listener}0", "Port": 80, "Protocol": "HTTP", "DefaultActions": [redirect]},
        {
            **secure,
            "ListenerArn": listener,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn.format("web")}],
        },
    ]
    hosts = {"Field": "host-header", "Values": ["shop.example.com", "*.example.org"]}
    rules: list[Json] = [
        {
            "Priority": "1",
            "Conditions": [hosts],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}],
        },
        {
            "Priority": "2",
            "Conditions": [
                {"Field": "path-pattern", "Values": ["/beta/*", "/beta"]},
                {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}},
                {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}},
                {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}},
            ],
            "Actions": [{"Type": "forward", "TargetGroupArn": arn.format("beta")}],
        },
        {
            "Priority": "3",
            "Conditions": [{"Field": "path-pattern", "Values": ["/next/*"]}],
            "Actions": [{"Type": "forward", "TargetGroupArn": arn.format("beta")}],
        },
    ]
    return [*found, {"Listeners": listeners}, {"Rules": [{**rule, "ListenerArn": listener} for rule in rules]}]


@companion("definitions")
@pytest.mark.parametrize("variant", VARIANTS)
def test_an_api_server_takes_the_custom_resources(cluster: Cluster, tmp_path: Path, variant: str) -> None:
    """By the schemas and rules of their own definitions; a member that those do not have is refused."""
    (tmp_path / "all.json").write_text(json.dumps(sources_of_every_kind()))
    flags = (*VARIANTS[variant], "--namespace", f"kinds-{variant}", "--kubernetes", "1.36")
    assert export.main([str(tmp_path / "all.json"), "-o", str(tmp_path / "k8s"), *flags]) == 0
    for stage in ("dev", "production"):
        built = build(tmp_path / "k8s/overlays" / stage)
        bodies = list(yaml.safe_load_all(built))
        space = next(one for one in bodies if one["kind"] == "Namespace")
        kubectl(cluster, "apply", "-f", "-", stdin=json.dumps(space))
        try:
            told = kubectl(cluster, "apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=built)
            assert told.count("(server dry run)") == len(bodies)
        finally:
            kubectl(cluster, "delete", "namespace", space["metadata"]["name"], "--wait=false")
