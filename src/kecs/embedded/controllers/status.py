"""Statuses as merge patches, and their conditions."""

from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec

from kecs.embedded.controllers.views import Condition, Json, View

S = TypeVar("S", bound=View)


def difference(old: S, new: S, required: Collection[str] = ()) -> Json:
    """Return the merge patch that makes one status the other; empty when they are equal.

    Zero is left out of a status, as Kubernetes's own encoder does, except in the members that its schema requires.
    """
    patch: Json = {}
    defaults = dict(zip(new.__struct_fields__[::-1], new.__struct_defaults__[::-1], strict=False))
    for name in new.__struct_fields__:
        value = getattr(new, name)
        if value != getattr(old, name):
            absent = name not in required and value == defaults[name]
            patch[name] = None if absent else msgspec.to_builtins(list(value) if isinstance(value, tuple) else value)
    return patch


def find(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Return the condition of a type."""
    return next((one for one in conditions if one.type == kind), None)


def without(conditions: Iterable[Condition], kind: str) -> tuple[Condition, ...]:
    """Return the conditions without those of a type."""
    return tuple(one for one in conditions if one.type != kind)


def put(conditions: tuple[Condition, ...], new: Condition, *, update: bool = False) -> tuple[Condition, ...]:
    """Return the conditions with `new` in place of the one of its type.

    Nothing changes while status, reason and generation stay the same (unless `update`), and the time of transition is
    kept while the status stays the same.
    """
    old = find(conditions, new.type)
    if old is not None and not update and _tells(old) == _tells(new):
        return conditions
    if old is not None and old.status == new.status:
        new.lastTransitionTime = old.lastTransitionTime
    return (*without(conditions, new.type), new)


def _tells(condition: Condition) -> tuple[str, str, int]:
    return condition.status, condition.reason, condition.observedGeneration
