"""A folder for each thing that a user can write: `input.json`, and in `expected.yaml` what becomes of it.

`show` in the input names what is compared: what is made, and the path to the part of it that the case is about. After a
wanted change run with KECS_WRITE_GOLDEN=1, and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.translate.making import Case


class Plain(yaml.SafeDumper):
    """Writes what is used twice twice, as a reader wants it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


CASES = sorted(Path(__file__).parent.glob("cases/*/*/input.json"))


def part(value: Any, path: str) -> Any:
    """Return what is at a dotted path; a number is an index, and what is not there is None."""
    for step in path.split(".") if path else []:
        if value is None:
            return None
        value = value[int(step)] if step.isdigit() else value.get(step)
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.parent.name}-{case.parent.name}")
def test_golden(case: Path) -> None:
    body = json.loads(case.read_text())
    made = {}
    for line in body["show"]:
        what, _, path = line.partition(" ")
        made[line] = part(Case(body).make(what), path)
    expected = case.with_name("expected.yaml")
    if os.environ.get("KECS_WRITE_GOLDEN"):
        expected.write_text(yaml.dump(made, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110))

    assert made == yaml.safe_load(expected.read_text())


def test_there_are_cases() -> None:
    assert len(CASES) > 30
