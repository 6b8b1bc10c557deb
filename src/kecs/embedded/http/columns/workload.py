"""The columns of what makes pods: deployments, replica sets, daemon sets, their revisions, autoscalers and budgets."""

from typing import Any

from kecs.embedded.http.columns.base import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    Printer,
    age,
    at,
    containers,
    name,
    pairs,
    plain,
    selector,
    wide,
)
from kecs.kube.api import Json

_POD_COLUMNS = wide("Containers", "Images", "Selector")


def _count(value: Json, *path: str) -> int:
    return at(value, *path) or 0


def _pod_cells(value: Json) -> list[str]:
    return [*containers(at(value, "spec", "template")), selector(at(value, "spec", "selector"))]


def _deployment(value: Json, now: float) -> list[Any]:
    ready = f"{_count(value, 'status', 'readyReplicas')}/{_count(value, 'spec', 'replicas')}"
    updated, available = _count(value, "status", "updatedReplicas"), _count(value, "status", "availableReplicas")
    return [name(value), ready, updated, available, age(value, now), *_pod_cells(value)]


DEPLOYMENT = Printer((NAME, *plain("Ready", "Up-to-date", "Available"), AGE, *_POD_COLUMNS), _deployment)


def _replica_set(value: Json, now: float) -> list[Any]:
    counts = [
        _count(value, "spec", "replicas"),
        _count(value, "status", "replicas"),
        _count(value, "status", "readyReplicas"),
    ]
    return [name(value), *counts, age(value, now), *_pod_cells(value)]


REPLICA_SET = Printer(
    (NAME, *(Column(title, type="integer") for title in ("Desired", "Current", "Ready")), AGE, *_POD_COLUMNS),
    _replica_set,
)


def _scale(value: Json, now: float) -> list[Any]:
    return [name(value), _count(value, "spec", "replicas"), _count(value, "status", "replicas"), age(value, now)]


SCALE = Printer((Column("Name"), *(Column(title, type="integer") for title in ("Desired", "Available")), AGE), _scale)

_DAEMON_COUNTS = {
    "Desired": "desiredNumberScheduled",
    "Current": "currentNumberScheduled",
    "Ready": "numberReady",
    "Up-to-date": "updatedNumberScheduled",
    "Available": "numberAvailable",
}


def _daemon_set(value: Json, now: float) -> list[Any]:
    counts = [_count(value, "status", member) for member in _DAEMON_COUNTS.values()]
    nodes = pairs(at(value, "spec", "template", "spec", "nodeSelector"))
    return [name(value), *counts, nodes, age(value, now), *_pod_cells(value)]


DAEMON_SET = Printer(
    (
        NAME,
        *(Column(title, type="integer") for title in _DAEMON_COUNTS),
        Column("Node Selector"),
        AGE,
        *_POD_COLUMNS,
    ),
    _daemon_set,
)


def _controller_revision(value: Json, now: float) -> list[Any]:
    owners = at(value, "metadata", "ownerReferences") or ()
    owner = next((one for one in owners if one.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner.get("apiVersion", "").rpartition("/")[0]
        kind = owner.get("kind", "").lower()
        shown = f"{kind}.{group}/{owner.get('name')}" if group else f"{kind}/{owner.get('name')}"
    return [name(value), shown, value.get("revision") or 0, age(value, now)]


CONTROLLER_REVISION = Printer((NAME, *plain("Controller", "Revision"), AGE), _controller_revision)


def _budget(value: Json, now: float) -> list[Any]:
    least, most = at(value, "spec", "minAvailable"), at(value, "spec", "maxUnavailable")
    limits = ["N/A" if limit is None else str(limit) for limit in (least, most)]
    return [name(value), *limits, _count(value, "status", "disruptionsAllowed"), age(value, now)]


DISRUPTION_BUDGET = Printer(
    (NAME, *plain("Min Available", "Max Unavailable"), Column("Allowed Disruptions", type="integer"), AGE), _budget
)


def _autoscaler(value: Json, now: float) -> list[Any]:
    target = at(value, "spec", "scaleTargetRef") or {}
    least = at(value, "spec", "minReplicas")
    return [
        name(value),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _targets(value),
        UNSET if least is None else str(least),
        _count(value, "spec", "maxReplicas"),
        _count(value, "status", "currentReplicas"),
        age(value, now),
    ]


_SHOWN_METRICS = 2


def _targets(value: Json) -> str:
    wanted, seen = at(value, "spec", "metrics") or (), at(value, "status", "currentMetrics") or ()
    texts = [_metric(metric, seen[i] if i < len(seen) else {}) for i, metric in enumerate(wanted)]
    if not texts:
        return NONE
    more = f" + {len(texts) - _SHOWN_METRICS} more..." if len(texts) > _SHOWN_METRICS else ""
    return ", ".join(texts[:_SHOWN_METRICS]) + more


def _metric(wanted: Json, seen: Json) -> str:
    """Return one metric as `current/target`, with the resource's name before it when it has one."""
    kind = wanted.get("type", "")
    member = kind[:1].lower() + kind[1:]
    target, current = at(wanted, member, "target") or {}, at(seen, member, "current") or {}
    label = at(wanted, member, "name") if kind in ("Resource", "ContainerResource") else ""
    if target.get("averageUtilization") is not None:
        have = current.get("averageUtilization")
        text = f"{UNKNOWN if have is None else f'{have}%'}/{target['averageUtilization']}%"
    elif target.get("averageValue") is not None:
        suffix = " (avg)" if kind in ("External", "Object") else ""
        text = f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']}{suffix}"
    else:
        text = f"{current.get('value', UNKNOWN)}/{target.get('value', '')}"
    return f"{label}: {text}" if label else text


AUTOSCALER = Printer((NAME, *plain("Reference", "Targets", "MinPods", "MaxPods", "Replicas"), AGE), _autoscaler)
