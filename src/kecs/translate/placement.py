"""Where tasks may run: runtime platform, placement constraints and strategies, capacity providers."""

from collections.abc import Sequence

import msgspec

from kecs.model import marks, names
from kecs.model.objects import TaskDefinitionSpec
from kecs.translate.body import Json
from kecs.translate.launch import Launch
from kecs.translate.query import (
    BadQueryError,
    Condition,
    InexpressibleError,
    Term,
    conjunction,
    parse,
    requirement,
)

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
_HOST = "kubernetes.io/hostname"
_SPREAD_KEYS = {
    "attribute:ecs.availability-zone": "topology.kubernetes.io/zone",
    "attribute:ecs.instance-type": "node.kubernetes.io/instance-type",
    "instanceId": _HOST,
    "host": _HOST,
}
_CAPACITY_PROVIDER = "kecs.io/capacity-provider"  # label of nodes that a capacity provider of this name brought
_SPOT_LABELS = {"karpenter.sh/capacity-type": "spot", "eks.amazonaws.com/capacityType": "SPOT"}


def pod_placement(definition: TaskDefinitionSpec, launch: Launch) -> Json:
    """Return `nodeSelector`, `affinity` and `topologySpreadConstraints`."""
    made: Json = {}
    selector = _platform(definition)
    if selector:
        made["nodeSelector"] = selector
    affinity = _affinity(definition, launch)
    if affinity:
        made["affinity"] = affinity
    spread = _spread(launch)
    if spread:
        made["topologySpreadConstraints"] = spread
    return made


def group_labels(launch: Launch) -> dict[str, str]:
    """Return the label by which tasks of one group find each other, where no other label does."""
    kind = launch.group.partition(":")[0]
    return {} if launch.service or kind == "family" else {marks.TASK_GROUP: names.label(launch.group)}


def group_selector(group: str) -> Json:
    """Return the label selector of the tasks of a group: `service:web`, `family:web`, or one's own."""
    kind, _, name = group.partition(":")
    if kind == "service" and name:
        return {"matchLabels": {marks.SERVICE: names.service(name)}}
    if kind == "family" and name:
        others = [{"key": key, "operator": "DoesNotExist"} for key in (marks.SERVICE, marks.TASK_GROUP)]
        return {"matchLabels": {marks.FAMILY: names.label(name)}, "matchExpressions": others}
    return {"matchLabels": {marks.TASK_GROUP: names.label(group)}}


def inexpressible(constraints: Sequence[str]) -> str:
    """Return why these expressions, all of which have to hold, cannot be told to Kubernetes; empty when they can."""
    try:
        _node_and_group(_terms(constraints))
    except (BadQueryError, InexpressibleError) as error:
        return str(error)
    return ""


def expressions(definition: TaskDefinitionSpec, launch: Launch) -> list[str]:
    """Return the `memberOf` expressions that apply."""
    return [
        constraint.expression or ""
        for constraint in (*(definition.placementConstraints or ()), *launch.placementConstraints)
        if constraint.type == "memberOf" and constraint.expression
    ]


def _platform(definition: TaskDefinitionSpec) -> dict[str, str]:
    made: dict[str, str] = {}
    platform = definition.runtimePlatform
    if platform and platform.cpuArchitecture:
        made["kubernetes.io/arch"] = _ARCHITECTURES.get(platform.cpuArchitecture, platform.cpuArchitecture.lower())
    if platform and platform.operatingSystemFamily:
        made["kubernetes.io/os"] = "windows" if platform.operatingSystemFamily.startswith("WINDOWS") else "linux"
    return made


def _affinity(definition: TaskDefinitionSpec, launch: Launch) -> Json:
    made: Json = {}
    wanted = expressions(definition, launch)
    together: list[Json] = []
    apart: list[Json] = []
    if any(constraint.type == "distinctInstance" for constraint in launch.placementConstraints):
        apart.append(_near(launch.group))
    if wanted and not inexpressible(wanted):
        node_terms, groups = _node_and_group(_terms(wanted))
        if node_terms:
            made["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": node_terms}}
        for group, wants in groups:
            (together if wants else apart).append(_near(group))
    preferred = _preferred(launch)
    if preferred:
        made.setdefault("nodeAffinity", {})["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    for kind, terms in (("podAffinity", together), ("podAntiAffinity", apart)):
        if terms:
            made[kind] = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    return made


def _terms(constraints: Sequence[str]) -> list[Term]:
    return conjunction([parse(expression) for expression in constraints])


def _node_and_group(terms: list[Term]) -> tuple[list[Json], list[tuple[str, bool]]]:
    """Return the terms of a node affinity, and the groups whose tasks the node runs (True) or must not run (False)."""
    groups: dict[tuple[str, bool], None] = {}
    node_terms: list[Json] = []
    for term in terms:
        mine = [condition for condition in term if condition.subject == "task:group"]
        if mine and len(terms) > 1:
            raise InexpressibleError("a condition on task:group cannot be one of several alternatives")
        groups.update(dict.fromkeys(_group(condition) for condition in mine))
        rest = [requirement(condition) for condition in term if condition.subject != "task:group"]
        if rest:
            node_terms.append({"matchExpressions": msgspec.to_builtins(rest)})
    return node_terms, list(groups)


def _group(condition: Condition) -> tuple[str, bool]:
    if condition.operator not in ("==", "!="):
        raise InexpressibleError("a group of tasks is compared with == and != only")
    return condition.values[0], condition.operator == "=="


def _near(group: str) -> Json:
    return {"labelSelector": group_selector(group), "topologyKey": _HOST}


def _preferred(launch: Launch) -> list[Json]:
    provider = launch.capacityProviderName
    if not provider or provider == "FARGATE":
        return []
    labels = _SPOT_LABELS if provider == "FARGATE_SPOT" else {_CAPACITY_PROVIDER: names.label(provider)}
    return [
        {"weight": 100, "preference": {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}}
        for key, value in labels.items()
    ]


def _spread(launch: Launch) -> list[Json]:
    keys: dict[str, None] = {}
    for strategy in launch.placementStrategy:
        if strategy.type == "spread" and strategy.field:
            kind, _, name = strategy.field.partition(":")
            key = _SPREAD_KEYS.get(strategy.field)
            if key or kind == "attribute":
                keys[key or f"{marks.ATTRIBUTE}{name}"] = None
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": group_selector(launch.group),
        }
        for key in keys
    ]
