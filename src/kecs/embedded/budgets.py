"""The rules for PodDisruptionBudgets."""

import re
from typing import Any

import msgspec

from kecs.embedded import selecting
from kecs.embedded.problems import Problem, Problems, invalid

Json = dict[str, Any]

_is_percent = re.compile("[0-9]+%").fullmatch
_NO_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)


def check(budget: Json) -> Problems:
    """Return what is wrong with a budget."""
    spec = budget.get("spec") or {}
    found: Problems = []
    if "minAvailable" in spec and "maxUnavailable" in spec:
        members = ("minAvailable", "selector", "maxUnavailable", "unhealthyPodEvictionPolicy")
        shown = {member[0].upper() + member[1:]: spec.get(member) for member in members}
        found.append(
            Problem(
                "spec",
                "FieldValueInvalid",
                f"Invalid value: {msgspec.json.encode(shown).decode()}: minAvailable and maxUnavailable cannot be both "
                "set",
            )
        )
    for member in ("minAvailable", "maxUnavailable"):
        if member in spec:
            found += _check_count(spec[member], f"spec.{member}")
    return found + selecting.check(spec.get("selector"), "spec.selector")


def _check_count(value: int | str, path: str) -> Problems:
    if isinstance(value, int):
        return [invalid(path, value, "must be greater than or equal to 0")] if value < 0 else []
    if not _is_percent(value):
        return [invalid(path, value, _NO_PERCENT)]
    return [invalid(path, value, "must not be greater than 100%")] if int(value[:-1]) > 100 else []


def check_update(new: Json, old: Json) -> Problems:
    """Return what is wrong with a changed budget; its status is its controller's."""
    return check(new) if new.get("spec") != old.get("spec") else []
