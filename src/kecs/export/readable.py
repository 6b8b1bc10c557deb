"""What `kecs.translate` makes, as people who have plain Kubernetes want to find it in a tree.

Labels are Kubernetes's recommended ones, what only kecs reads is gone, defaults are not repeated, and what needs
kecs's controllers has its nearest plain form. `difference` lists all of it.
"""

import re
from collections.abc import Mapping
from typing import Any

from kecs.model import marks
from kecs.translate.body import Json

NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
FAMILY = "ecs-family"  # of pods that others want to be near to or far from
GROUP = "ecs-group"

_LABELS = {marks.SERVICE: NAME, marks.FAMILY: FAMILY, marks.TASK_GROUP: GROUP}
_PREFIX = "kecs.io/"
_DOLLARS = re.compile(r"\$\$")

# What Kubernetes fills in by itself, by the end of a path.
DEFAULTS: Mapping[str, object] = {
    "terminationGracePeriodSeconds": 30,
    "minReadySeconds": 0,
    "paused": False,
    "type": "ClusterIP",
    "protocol": "TCP",
    "timeoutSeconds": 1,
    "failureThreshold": 3,
    "periodSeconds": 10,
    "initialDelaySeconds": 0,
    "progressDeadlineSeconds": 2**31 - 1,  # kecs's word for none
}
# What belongs to kecs's own controllers.
_KECS_ONLY = {
    "Rollout": ("revisionHistoryLimit", "progressDeadlineSeconds", "paused", "minReadySeconds"),
    "Deployment": ("revisionHistoryLimit", "progressDeadlineSeconds", "paused", "minReadySeconds"),
    "DaemonSet": ("revisionHistoryLimit", "minReadySeconds"),
    "Service": ("publishNotReadyAddresses",),
}
_MAPS_OF_USERS = ("annotations", "data", "matchLabels", "labels", "nodeSelector", "parameters", "hard")


def tidy(body: Json, *, part_of: str) -> Json:
    """Return an object for a tree: kecs's marks renamed or gone, defaults and what is only kecs's left out."""
    made: Json = _without_defaults(_renamed(body))
    meta = made["metadata"]
    made["metadata"] = {
        "name": meta["name"],
        "labels": {PART_OF: part_of},
        **({"annotations": meta["annotations"]} if meta.get("annotations") else {}),
    }
    for member in _KECS_ONLY.get(made["kind"], ()):
        made["spec"].pop(member, None)
    return made


def tidy_pod(template: Json) -> None:
    """Make a pod template plain, in place: no finalizer, no restart policies that need kecs."""
    template["metadata"].pop("finalizers", None)
    if not template["metadata"].get("annotations"):
        template["metadata"].pop("annotations", None)
    spec = template["spec"]
    for container in spec["containers"]:
        container.pop("restartPolicy", None)
        container.pop("restartPolicyRules", None)
    for container in spec.get("initContainers", ()):
        if container.get("restartPolicy") != "Always":
            container.pop("restartPolicy", None)


def unescaped(value: str) -> str:
    """Return the text that Kubernetes makes of an escaped one."""
    return _DOLLARS.sub("$", value)


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, one in value.items():
        if key == "key" and isinstance(one, str) and one in _LABELS:
            made[key] = _LABELS[one]
        elif key in _LABELS:
            made[_LABELS[key]] = one
        elif not key.startswith(_PREFIX):
            made[key] = _renamed(one)
    return made


def _without_defaults(value: Any, *, users: bool = False) -> Any:
    """Return a value without nulls, empty maps and defaults; what users name is left as it is."""
    if isinstance(value, list):
        return [_without_defaults(one) for one in value]
    if not isinstance(value, dict) or users:
        return value
    made = {}
    for key, one in value.items():
        if one is None or (key in DEFAULTS and one == DEFAULTS[key]):
            continue
        inner = _without_defaults(one, users=key in _MAPS_OF_USERS)
        if inner == {} and key not in ("emptyDir", "podSelector"):
            continue
        made[key] = inner
    return made
