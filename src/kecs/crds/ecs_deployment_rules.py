"""How members of an ECSDeployment go together, as rules of its definition: in CEL, and the same in Python.

A real API server evaluates the CEL. The embedded one, which has none, is given `PREDICATES`: it looks a rule up by its
text. CEL sees only what has a type, so nothing of a task definition, which may be an object or a list. What is said of
a service is what `kecs.model.service_checks` would say in a condition. Numbers are compared as texts, which they may
be: a text that is none is for the schema to refuse.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]


class Rule(NamedTuple):
    """One rule about an object, `self` in CEL; `holds` is given the object."""

    cel: str
    message: str
    holds: Callable[[Json], bool]


def cases(member: str) -> tuple[str, str]:
    """Return both spellings of a member: CloudFormation's and the API's."""
    return member[0].upper() + member[1:], member


def _get(value: Json, member: str) -> Any:
    return next((value[name] for name in cases(member) if name in value), None)


def _has(member: str) -> str:
    return "({})".format(" || ".join(f"has(self.{name})" for name in cases(member)))


def _or(member: str, default: str, read: str = "{}") -> str:
    """Return the CEL of a member in either case, or a default."""
    large, small = (f"self.{name}" for name in cases(member))
    return f"(has({large}) ? {read.format(large)} : has({small}) ? {read.format(small)} : {default})"


def _listed(member: str) -> str:
    return " || ".join(f"(has(self.{name}) && size(self.{name}) > 0)" for name in cases(member))


_NONE, _TEXT = "''", "string({})"
_IS_DAEMON = _or("schedulingStrategy", _NONE) + " == 'DAEMON'"
_ON_FARGATE = _or("launchType", _NONE) + " == 'FARGATE'"
_GRACE = _or("healthCheckGracePeriodSeconds", _NONE, _TEXT)
_NO_SECONDS = "^[+-]?0*$"


def _is_full(value: Json, member: str) -> bool:
    return str(_get(value, member)) == "100"


SPEC = (
    Rule(
        "!(has(self.TaskFrom) && has(self.taskFrom))",
        "TaskFrom and taskFrom are one member: give it once",
        lambda spec: not ("TaskFrom" in spec and "taskFrom" in spec),
    ),
    Rule(
        "[has(self.Service), has(self.service), has(self.ServiceFrom), has(self.serviceFrom)].filter(x, x).size() <= 1",
        "the service is given more than once: give one of Service and ServiceFrom, in one case",
        lambda spec: len(spec.keys() & {"Service", "service", "ServiceFrom", "serviceFrom"}) <= 1,
    ),
)

SERVICE = (
    Rule(
        f"!({_has('launchType')} && ({_listed('capacityProviderStrategy')}))",
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        lambda service: _get(service, "launchType") is None or not _get(service, "capacityProviderStrategy"),
    ),
    Rule(
        f"!({_IS_DAEMON} && ({_listed('placementStrategy')}))",
        "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try "
        "again",
        lambda service: _get(service, "schedulingStrategy") != "DAEMON" or not _get(service, "placementStrategy"),
    ),
    Rule(
        f"!({_IS_DAEMON} && {_ON_FARGATE})",
        "The daemon scheduling strategy is not supported with FARGATE launch type.",
        lambda service: _get(service, "schedulingStrategy") != "DAEMON" or _get(service, "launchType") != "FARGATE",
    ),
    Rule(
        f"{_GRACE}.matches('{_NO_SECONDS}') || {_listed('loadBalancers')}",
        "Health check grace period is only valid for services configured to use load balancers",
        lambda service: bool(
            re.search(_NO_SECONDS, str(_get(service, "healthCheckGracePeriodSeconds") or ""))
            or _get(service, "loadBalancers")
        ),
    ),
)

DEPLOYMENT_CONFIGURATION = (
    Rule(
        f"!({_or('minimumHealthyPercent', _NONE, _TEXT)} == '100' && {_or('maximumPercent', _NONE, _TEXT)} == '100')",
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        lambda given: not (_is_full(given, "minimumHealthyPercent") and _is_full(given, "maximumPercent")),
    ),
)

PREDICATES: Mapping[str, Callable[[Json], bool]] = {
    rule.cel: rule.holds for rule in (*SPEC, *SERVICE, *DEPLOYMENT_CONFIGURATION)
}


def validations(rules: tuple[Rule, ...]) -> Json:
    """Return the member of a schema that holds rules."""
    return {"x-kubernetes-validations": [{"rule": rule.cel, "message": rule.message} for rule in rules]}
