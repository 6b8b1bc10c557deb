"""Every member of a task definition and a service has a verdict, and none that is not a member has one."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
import pytest

from kecs.export import verdicts
from kecs.export.verdicts import QUIET, Row
from kecs.model.generated import ecs

TABLES: dict[str, tuple[type[msgspec.Struct], tuple[Row, ...]]] = {
    "definition": (ecs.RegisterTaskDefinitionRequest, verdicts.TASK_DEFINITION),
    "service": (ecs.CreateServiceRequest, verdicts.SERVICE),
}


def leaves(shape: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(shape):
        here = f"{path}.{field.name}" if path else field.name
        kind: Any = field.type
        while get_args(kind) and get_origin(kind) is not dict:
            here = f"{here}[]" if get_origin(kind) is list else here
            kind = next(one for one in get_args(kind) if one is not type(None))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from leaves(kind, here)
        else:
            yield here


def covers(row: str, leaf: str) -> bool:
    return leaf == row or leaf.startswith((f"{row}.", f"{row}["))


@pytest.mark.parametrize("name", TABLES)
def test_every_member_has_a_verdict(name: str) -> None:
    shape, rows = TABLES[name]
    assert [leaf for leaf in leaves(shape) if not any(covers(row.path, leaf) for row in rows)] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_for_a_member(name: str) -> None:
    shape, rows = TABLES[name]
    known = list(leaves(shape))
    assert [row.path for row in rows if not any(covers(row.path, leaf) for leaf in known)] == []
    assert len({row.path for row in rows}) == len(rows)


@pytest.mark.parametrize("name", TABLES)
def test_what_is_not_exact_has_a_reason(name: str) -> None:
    _, rows = TABLES[name]
    assert [row.path for row in rows if row.verdict != "exact" and not row.reason] == []


def test_quiet_values_are_of_members_with_rows() -> None:
    paths = {row.path for _, rows in TABLES.values() for row in rows}
    assert set(QUIET) - paths == set()
