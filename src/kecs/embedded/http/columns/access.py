"""The columns of who may do what: roles show when they were made, bindings what they bind."""

from typing import Any

from kecs.embedded.http.columns.base import AGE, NAME, Column, Printer, age, at, name, wide
from kecs.kube.api import Json


def _dated(value: Json, now: float) -> list[Any]:
    return [name(value), at(value, "metadata", "creationTimestamp")]


DATED = Printer((NAME, Column("Created At", type="date")), _dated)


def _binding(value: Json, now: float) -> list[Any]:
    role = value.get("roleRef") or {}
    subjects = value.get("subjects") or ()
    users = [one.get("name", "") for one in subjects if one.get("kind") == "User"]
    groups = [one.get("name", "") for one in subjects if one.get("kind") == "Group"]
    accounts = [
        f"{one.get('namespace', '')}/{one.get('name', '')}" for one in subjects if one.get("kind") == "ServiceAccount"
    ]
    shown = f"{role.get('kind', '')}/{role.get('name', '')}"
    return [name(value), shown, age(value, now), ", ".join(users), ", ".join(groups), ", ".join(accounts)]


BINDING = Printer((NAME, Column("Role"), AGE, *wide("Users", "Groups", "ServiceAccounts")), _binding)
