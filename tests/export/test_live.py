"""A live endpoint as a source, with everything around its services: moto in the place of AWS."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from moto.server import ThreadedMotoServer

from kecs.cli import export
from kecs.export import aws, live, xml
from kecs.export.problems import ExportError, Refused
from tests.export.test_cases import build

Json = dict[str, Any]
IDENTITY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    _shop(address)
    try:
        yield address
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)


def _client(address: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )


def _shop(address: str) -> None:
    """Make two clusters: `shop` with a web service behind a load balancer and a worker, `jobs` with one service."""
    ecs, ec2 = _client(address, "ecs"), _client(address, "ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    web = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    worker = ec2.create_security_group(GroupName="worker", Description="worker", VpcId=vpc)["GroupId"]
    tcp = {"IpProtocol": "tcp", "FromPort": 9000, "ToPort": 9001}
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[{**tcp, "IpRanges": [{"CidrIp": "10.0.0.0/16"}], "UserIdGroupPairs": [{"GroupId": worker}]}],
    )
    groups, listener = _balancer(address, vpc, subnets)
    elb = _client(address, "elbv2")
    shares = [{"TargetGroupArn": groups["web"], "Weight": 3}, {"TargetGroupArn": groups["beta"], "Weight": 1}]
    elb.create_rule(
        ListenerArn=listener,
        Priority=5,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example.com"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}],
    )
    places = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")
    oidc = {**dict.fromkeys(places, "https://example.com"), "ClientId": "shop", "ClientSecret": "hush"}
    login = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": oidc}
    elb.create_rule(
        ListenerArn=listener,
        Priority=9,
        Conditions=[{"Field": "path-pattern", "Values": ["/account/*"]}],
        Actions=[{**login, "Order": 1}, {"Type": "forward", "TargetGroupArn": groups["web"], "Order": 2}],
    )
    space = _client(address, "servicediscovery").create_private_dns_namespace(Name="shop.local", Vpc=vpc)
    ident = _client(address, "servicediscovery").get_operation(OperationId=space["OperationId"])["Operation"]
    registry = _client(address, "servicediscovery").create_service(
        Name="Store",
        NamespaceId=ident["Targets"]["NAMESPACE"],
        DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 60}]},
    )["Service"]["Arn"]
    container = {"name": "app", "image": "example/app:1", "memory": 64, "portMappings": [{"containerPort": 8080}]}
    definition = {"family": "app", "networkMode": "awsvpc", "containerDefinitions": [container]}
    for cluster, services in (("shop", ("web", "beta", "worker")), ("jobs", ("worker",))):
        ecs.create_cluster(clusterName=cluster)
        ecs.register_task_definition(**definition)
        for name in services:
            more: Json = {"securityGroups": [web if name == "web" else worker], "subnets": subnets}
            balancer = [{"targetGroupArn": groups.get(name), "containerName": "app", "containerPort": 8080}]
            ecs.create_service(
                cluster=cluster,
                serviceName=name,
                taskDefinition="app",
                desiredCount=2,
                networkConfiguration={"awsvpcConfiguration": more},
                loadBalancers=balancer if name in groups and cluster == "shop" else [],
                serviceRegistries=[{"registryArn": registry}] if name == "web" else [],
            )
    _scale(address)


def _balancer(address: str, vpc: str, subnets: list[str]) -> tuple[dict[str, str], str]:
    elb = _client(address, "elbv2")
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {}
    for name in ("web", "beta"):
        made = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/up"
        )
        groups[name] = made["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=groups["web"], Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}]
    )
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "redirect", "RedirectConfig": config}],
    )
    certificate = _client(address, "acm").request_certificate(DomainName="shop.example.com")["CertificateArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups["web"]}],
    )
    return groups, listener["Listeners"][0]["ListenerArn"]


def _scale(address: str) -> None:
    scaling = _client(address, "application-autoscaling")
    of = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**of, MinCapacity=2, MaxCapacity=6)
    steps = {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 120,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
    }
    policy = scaling.put_scaling_policy(
        **of, PolicyName="busy", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
    )
    scaling.put_scheduled_action(
        **of, ScheduledActionName="night", Schedule="cron(0 22 * * ? *)", ScalableTargetAction={"MinCapacity": 1}
    )
    _client(address, "cloudwatch").put_metric_alarm(
        AlarmName="busy",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Threshold=65,
        ComparisonOperator="GreaterThanThreshold",
        Period=60,
        EvaluationPeriods=1,
        AlarmActions=[policy["PolicyARN"]],
    )


def exported(endpoint: str, output: Path, *flags: str) -> dict[tuple[str, str], Json]:
    arguments = ("--from-aws", "--endpoint-url", endpoint, "-o", str(output), *flags)
    assert export.main(arguments) == 0
    assert export.main([*arguments, "--check"]) == 0
    built = yaml.safe_load_all(build(output / "base"))
    return {(one["kind"], f"{one['metadata'].get('namespace')}/{one['metadata']['name']}"): one for one in built}


def reported(output: Path) -> dict[tuple[str, str], str]:
    entries = json.loads((output / "export-report.json").read_text())["entries"]
    return {(one["of"], one["member"]): one["verdict"] for one in entries}


def test_everything_around_a_service_is_read(endpoint: str, tmp_path: Path) -> None:
    made = exported(endpoint, tmp_path / "k8s", "--cluster", "shop", "--traffic", "gateway")

    gateway = made["Gateway", "shop/gateway"]["spec"]["listeners"]
    assert [(one["name"], one["port"]) for one in gateway] == [("http", 80), ("https-443", 443)]
    redirect = made["HTTPRoute", "shop/redirect-http"]["spec"]["rules"][0]["filters"][0]["requestRedirect"]
    assert redirect == {"scheme": "https", "port": 443, "statusCode": 301}
    route = made["HTTPRoute", "shop/web"]["spec"]
    assert route["parentRefs"] == [{"name": "gateway", "sectionName": "https-443"}]
    assert [(to["name"], to["weight"]) for to in route["rules"][0]["backendRefs"]] == [("web", 3), ("beta", 1)]
    assert (route["hostnames"], len(route["rules"])) == (["shop.example.com"], 1)
    rest = made["HTTPRoute", "shop/web-2"]["spec"]
    assert [to["name"] for to in rest["rules"][0]["backendRefs"]] == ["web"]
    assert "hostnames" not in rest
    assert ("HTTPRoute", "shop/beta") not in made

    (container,) = made["Deployment", "shop/web"]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/up", "port": 8080}
    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}

    policy = made["NetworkPolicy", "shop/web"]["spec"]["ingress"]
    pods = {"podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In"}]}}
    pods["podSelector"]["matchExpressions"][0]["values"] = ["beta", "worker"]  # type: ignore[assignment]
    assert policy == [
        {"ports": [{"port": 8080}]},
        {
            "ports": [{"port": 9000, "endPort": 9001}],
            "from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}, pods],
        },
    ]
    assert made["NetworkPolicy", "shop/worker"]["spec"].get("ingress") == []

    alias = made["Service", "shop/store"]["spec"]
    assert (alias["clusterIP"], alias["ports"][0]["port"]) == ("None", 8080)
    autoscaler = made["HorizontalPodAutoscaler", "shop/web"]["spec"]
    assert autoscaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 65
    assert autoscaler["behavior"] == {"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 120}]}}

    told = reported(tmp_path / "k8s")
    assert told["web", "listener 443 HTTPS"] == "approximate"
    assert told["shop", "listener 80 HTTP"] == "exact"
    assert told["web", "registry Store.shop.local"] == "approximate"
    assert (told["web", "busy"], told["web", "night"]) == ("approximate", "lost")
    assert told["web", "rule 9"] == "lost"
    written = [one.read_text() for one in (tmp_path / "k8s").rglob("*") if one.is_file()]
    assert any("authenticate-oidc" in text for text in written)
    assert not any("hush" in text for text in written)
    assert not any("unavailable" in one.name for one in (tmp_path / "k8s/sources").iterdir())


def test_the_files_that_are_kept_are_sources_of_the_same_tree(endpoint: str, tmp_path: Path) -> None:
    made = exported(endpoint, tmp_path / "k8s", "--cluster", "shop")
    assert made["Ingress", "shop/web"]["spec"]["tls"] == [{"hosts": ["shop.example.com"], "secretName": "web-tls"}]
    assert export.main([str(tmp_path / "k8s/sources"), "-o", str(tmp_path / "again")]) == 0
    for file in sorted((tmp_path / "k8s/base").rglob("*.yaml")):
        assert (tmp_path / "again" / file.relative_to(tmp_path / "k8s")).read_text() == file.read_text()


def test_all_clusters_go_into_one_tree(endpoint: str, tmp_path: Path) -> None:
    made = exported(endpoint, tmp_path / "k8s", "--all")
    assert {name for kind, name in made if kind == "Deployment"} == {
        "jobs/worker",
        "shop/worker",
        "shop/web",
        "shop/beta",
    }
    assert ("HorizontalPodAutoscaler", "jobs/worker") not in made
    built = list(yaml.safe_load_all(build(tmp_path / "k8s/overlays/dev")))
    assert {one["metadata"]["name"] for one in built if one["kind"] == "Namespace"} == {"jobs-dev", "shop-dev"}
    assert {one["metadata"]["namespace"] for one in built if one["kind"] == "Deployment"} == {"jobs-dev", "shop-dev"}


class _Deaf(aws.Client):
    """An endpoint that knows Amazon ECS alone."""

    def query(self, service: str, operation: str, parameters: Any) -> Any:
        raise Refused(operation, "UnknownOperationException", "")

    def call(self, service: str, operation: str, body: Any) -> Any:
        if service != "ecs":
            raise Refused(operation, "AccessDeniedException", "not yours")
        return super().call(service, operation, body)


def test_what_an_endpoint_does_not_serve_is_an_entry_of_the_report(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "Client", _Deaf)
    made = exported(endpoint, tmp_path / "k8s", "--cluster", "shop", "--service", "web")
    assert made["NetworkPolicy", "shop/web"]["spec"]["ingress"] == [{"ports": [{"port": 8080}]}]
    text = (tmp_path / "k8s/export-report.md").read_text()
    for what in ("autoscaling", "load balancers", "Cloud Map", "security groups"):
        assert f"| shop | `{what}` |" in text
    assert "AccessDeniedException: not yours" in text


def test_clusters_without_services_are_told(endpoint: str) -> None:
    client = aws.Client(aws.Credentials("a", "b"), "eu-west-1", endpoint)
    with pytest.raises(ExportError, match="no cluster has services"):
        live.fetch_all(client)


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (400, b"<ErrorResponse xmlns='x'><Error><Code>Throttling</Code></Error></ErrorResponse>", "Ask: Throttling"),
        (403, b"<Response><Errors><Error><Code>No</Code><Message>way</Message></Error></Errors></Response>", "No: way"),
        (200, b"{}", "Ask: HTTP 200: the answer is no XML"),
        (200, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "the answer is no XML"),
        (404, b"<html><body>nothing</body></html>", "Ask: HTTP 404"),
    ],
)
def test_a_refusal_is_read(status: int, answer: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        xml.read("Ask", status, answer)
