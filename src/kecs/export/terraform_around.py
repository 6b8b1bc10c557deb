"""What stands around services in a Terraform plan, in the shapes of the API."""

from collections.abc import Callable, Mapping
from typing import Any

from kecs.export.plan_values import Block, Json, as_list, as_object, ident

# What the provider spells otherwise than a word for a word, of target groups.
_OF_GROUPS = {"healthCheckInterval": "healthCheckIntervalSeconds", "healthCheckTimeout": "healthCheckTimeoutSeconds"}
_CONDITIONS = {"host_header": "host-header", "path_pattern": "path-pattern"}


def shaped(kind: str, block: Block) -> tuple[str, Json] | None:
    """Return the API's name of a list of such things, and this one in its shape; None where it is none of them."""
    maker = _KINDS.get(kind.replace("aws_alb", "aws_lb"))
    return (maker[0], maker[1](block)) if maker else None


def _target(block: Block) -> Json:
    made = block.simple()
    made["resourceId"] = made.get("resourceId") or _resource_id(block)
    return made


def _policy(block: Block) -> Json:
    made = {**_target(block), "policyName": block.values.get("name"), "logicalName": block.address}
    tracking = block.block("target_tracking_scaling_policy_configuration")
    if tracking.values:
        metric = tracking.block("predefined_metric_specification")
        made["targetTrackingScalingPolicyConfiguration"] = {
            **tracking.simple(),
            "predefinedMetricSpecification": metric.simple(),
        }
    steps = block.block("step_scaling_policy_configuration")
    if steps.values:
        made["stepScalingPolicyConfiguration"] = {
            **steps.simple(),
            "stepAdjustments": [one.simple() for one in steps.blocks("step_adjustment")],
        }
    return made


def _schedule(block: Block) -> Json:
    return {**_target(block), "scheduledActionName": block.values.get("name")}


def _alarm(block: Block) -> Json:
    return {**block.simple(), "alarmActions": [*block.every("alarm_actions"), *block.referred("alarm_actions")]}


def _resource_id(block: Block) -> str:
    """Return `service/CLUSTER/NAME` of the service that the expression refers to, by itself or by its target."""
    for one in as_list(as_object(block.expressions.get("resource_id")).get("references")):
        reference = str(one)
        found = as_object(block.known.get(reference))
        if reference.startswith("aws_ecs_service.") and found.get("name"):
            return f"service/x/{found['name']}"
        if reference.startswith("aws_appautoscaling_target.") and found.get("resource_id"):
            return str(found["resource_id"])
    return ""


def _group(block: Block) -> Json:
    made = block.simple()
    check = block.block("health_check")
    made.update({f"healthCheck{key[:1].upper()}{key[1:]}": one for key, one in check.simple().items()})
    made = {_OF_GROUPS.get(key, key): value for key, value in made.items()}
    delay = block.values.get("deregistration_delay")
    return {
        **made,
        "targetGroupName": block.values.get("name"),
        "healthyThresholdCount": check.values.get("healthy_threshold"),
        "unhealthyThresholdCount": check.values.get("unhealthy_threshold"),
        "targetGroupArn": ident(block.address, block.values),
        "targetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay or "")}],
    }


def _listener(block: Block) -> Json:
    certificate = block.named("certificate_arn")
    return {
        **block.simple(),
        "listenerArn": ident(block.address, block.values),
        "certificates": [{"certificateArn": certificate}] if certificate else [],
        "defaultActions": [_action(one) for one in block.blocks("default_action")],
    }


def _rule(block: Block) -> Json:
    conditions = []
    for condition in block.blocks("condition"):
        for name, field in _CONDITIONS.items():
            found = [one.values.get("values") for one in condition.blocks(name)]
            conditions += [{"field": field, "values": values} for values in found if values]
        conditions += _more(condition)
    return {
        "priority": block.values.get("priority"),
        "listenerArn": block.named("listener_arn"),
        "conditions": conditions,
        "actions": [_action(one) for one in block.blocks("action")],
    }


def _more(condition: Block) -> list[Json]:
    found: list[Json] = []
    for one in condition.blocks("http_header"):
        config = {"httpHeaderName": one.values.get("http_header_name"), "values": as_list(one.values.get("values"))}
        found.append({"field": "http-header", "httpHeaderConfig": config})
    for one in condition.blocks("http_request_method"):
        config = {"values": as_list(one.values.get("values"))}
        found.append({"field": "http-request-method", "httpRequestMethodConfig": config})
    pairs = [one.simple() for one in condition.blocks("query_string")]
    if pairs:
        found.append({"field": "query-string", "queryStringConfig": {"values": pairs}})
    return found + [{"field": "source-ip"} for _ in condition.blocks("source_ip")]


def _action(block: Block) -> Json:
    made: Json = {"type": block.values.get("type")}
    arn = block.named("target_group_arn")
    if arn:
        made["targetGroupArn"] = arn
    groups = [
        {"targetGroupArn": one.named("arn"), "weight": one.values.get("weight")}
        for forward in block.blocks("forward")
        for one in forward.blocks("target_group")
    ]
    if groups:
        made["forwardConfig"] = {"targetGroups": groups}
    redirect = block.block("redirect")
    if redirect.values:
        made["redirectConfig"] = redirect.simple()
    return made


def _security(block: Block) -> Json:
    made: Json = {"groupId": ident(block.address, block.values)}
    for key, name in (("ingress", "ipPermissions"), ("egress", "ipPermissionsEgress")):
        made[name] = [_permission(one, made["groupId"]) for one in block.blocks(key)]
    return made


def _security_rule(block: Block) -> Json:
    own = block.named("security_group_id")
    name = "ipPermissionsEgress" if block.values.get("type") == "egress" else "ipPermissions"
    return {"groupId": own, name: [_permission(block, own)]}


def _single_rule(name: str) -> Callable[[Block], Json]:
    def shape(block: Block) -> Json:
        own = block.named("security_group_id")
        return {"groupId": own, name: [_permission(block, own)]}

    return shape


def _permission(block: Block, own: str) -> Json:
    """Return a rule, whichever of the provider's three spellings it has."""
    values = block.values
    ranges = [*as_list(values.get("cidr_blocks")), *filter(None, [values.get("cidr_ipv4")])]
    six = [*as_list(values.get("ipv6_cidr_blocks")), *filter(None, [values.get("cidr_ipv6")])]
    peers = block.every("security_groups") + [
        block.named(name) for name in ("source_security_group_id", "referenced_security_group_id") if block.named(name)
    ]
    lists = [*as_list(values.get("prefix_list_ids")), *filter(None, [values.get("prefix_list_id")])]
    return {
        "ipProtocol": str(values.get("ip_protocol") or values.get("protocol") or "-1"),
        "fromPort": values.get("from_port"),
        "toPort": values.get("to_port"),
        "ipRanges": [{"cidrIp": one} for one in ranges],
        "ipv6Ranges": [{"cidrIpv6": one} for one in six],
        "userIdGroupPairs": [{"groupId": one} for one in [*peers, *([own] if values.get("self") else [])]],
        "prefixListIds": [{"prefixListId": one} for one in lists],
    }


def _registry(block: Block) -> Json:
    config = block.block("dns_config")
    space = block.named("namespace_id") or config.named("namespace_id")
    return {"id": ident(block.address, block.values), "name": block.values.get("name"), "namespaceId": space}


def _namespace(block: Block) -> Json:
    arn = ident(block.address, block.values)
    return {"id": block.values.get("id") or arn, "arn": arn, "name": block.values.get("name")}


_KINDS: Mapping[str, tuple[str, Callable[[Block], Any]]] = {
    "aws_appautoscaling_target": ("ScalableTargets", _target),
    "aws_appautoscaling_policy": ("ScalingPolicies", _policy),
    "aws_appautoscaling_scheduled_action": ("ScheduledActions", _schedule),
    "aws_cloudwatch_metric_alarm": ("MetricAlarms", _alarm),
    "aws_lb_target_group": ("TargetGroups", _group),
    "aws_lb_listener": ("Listeners", _listener),
    "aws_lb_listener_rule": ("Rules", _rule),
    "aws_security_group": ("SecurityGroups", _security),
    "aws_security_group_rule": ("SecurityGroups", _security_rule),
    "aws_vpc_security_group_ingress_rule": ("SecurityGroups", _single_rule("ipPermissions")),
    "aws_vpc_security_group_egress_rule": ("SecurityGroups", _single_rule("ipPermissionsEgress")),
    "aws_service_discovery_service": ("Services", _registry),
    "aws_service_discovery_private_dns_namespace": ("Namespaces", _namespace),
    "aws_service_discovery_public_dns_namespace": ("Namespaces", _namespace),
    "aws_service_discovery_http_namespace": ("Namespaces", _namespace),
}
