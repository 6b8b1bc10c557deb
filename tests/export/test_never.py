"""Whatever stands in a source, the answer is a tree or an error that names the file: never a defect of the exporter."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kecs.export.choices import Choices
from kecs.export.problems import ExportError
from kecs.export.run import Request, export
from kecs.export.text import parse
from tests.export.cases import ROOT

FILES = (
    "web/taskdef.json",
    "volumes/taskdef.json",
    "volumes/services.json",
    "sidecars/sidecars.json",
    "terraform/plan.json",
    "canary/rules.json",
    "template/stack.yaml",
    "daemon/daemon.yaml",
    "around/stack.yaml",
    "plan/plan.json",
    "compose/compose.yaml",
)
STRANGE: tuple[Any, ...] = (
    *(None, 0, -1, 2**40, True, "", "x", "a:b", "arn:aws:x:::y", "$(x)", "9-1", [], {}, [None], [1], ["x"], [[]]),
    *({"Ref": "X"}, {"Fn::Sub": "${A}"}, {"a": 1}, {"name": None}),
)
BESIDE = {"family": "beside", "containerDefinitions": [{"name": "a", "image": "b", "memory": 5}]}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(one, (*path, key))


def put(value: Any, path: tuple[Any, ...], one: Any) -> Any:
    if not path:
        return one
    made = value.copy()
    made[path[0]] = put(made[path[0]], path[1:], one)
    return made


@pytest.mark.parametrize("file", FILES)
def test_a_strange_value_anywhere_is_told_of_or_carried(file: str, tmp_path: Path) -> None:
    whole = parse((ROOT / file).read_text(), file)[0].value
    chance = random.Random(file)
    for at in range(40):
        value = put(whole, chance.choice(list(paths(whole))), chance.choice(STRANGE))
        (tmp_path / "strange.json").write_text(json.dumps(value))
        (tmp_path / "beside.json").write_text(json.dumps(BESIDE))
        choices = Choices(
            minor=chance.choice([29, 36]),
            traffic=chance.choice(["ingress", "gateway", "istio"]),
            rollouts=chance.choice(["plain", "argo"]),
            secrets=chance.choice(["empty", "external"]),
            dashboards=True,
            parameters={"Image": "x", "TAG": "7"},
        )
        sources = [str(tmp_path / "strange.json"), str(tmp_path / "beside.json")]
        try:
            made = export(Request(paths=sources, output=tmp_path / f"k8s-{at}", choices=choices, preview=True))
        except ExportError as error:
            assert all("json" in line for line in error.lines), error.lines
        else:
            assert made.plan.write
