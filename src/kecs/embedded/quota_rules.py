"""What a quota may limit, and by how much."""

from typing import Any

from kecs.embedded.problems import Problems, invalid
from kecs.kube.quantity import parse

Json = dict[str, Any]

_COUNTED = frozenset(
    {"configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services"}
    | {"services.loadbalancers", "services.nodeports"}
)
_AMOUNTS = frozenset({"cpu", "ephemeral-storage", "memory"})
_STANDARD = (
    _COUNTED
    | _AMOUNTS
    | {f"{kind}.{name}" for kind in ("requests", "limits") for name in _AMOUNTS}
    | {"requests.storage"}
)


def check(quota: Json) -> Problems:
    """Return what is wrong with a quota."""
    found: Problems = []
    for name, amount in quota.get("spec", {}).get("hard", {}).items():
        where = f"spec.hard[{name}]"
        if name not in _STANDARD and "/" not in name:
            found.append(invalid(where, name, "must be a standard resource type or fully qualified"))
            found.append(invalid(where, name, "must be a standard resource for quota"))
        if parse(amount) < 0:
            found.append(invalid(where, amount, "must be greater than or equal to 0"))
        if (name in _COUNTED or name.startswith("count/")) and parse(amount) % parse("1"):
            found.append(invalid(where, amount, "must be an integer"))
    return found


def check_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed quota."""
    return check(new) if new.get("spec") != old.get("spec") else []
