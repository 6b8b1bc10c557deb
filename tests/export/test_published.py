"""Definitions that others have published: all in one tree, which builds, fits the schemas, and loses what is listed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.cli import export
from kecs.embedded.engine import Engine
from kecs.export.choices import NEWEST, OLDEST
from tests.export.test_cases import build, fits, validate

Json = dict[str, Any]
PUBLISHED: list[Json] = yaml.safe_load((Path(__file__).parent / "published.yaml").read_text())
TAKEN = [one for one in PUBLISHED if "refused" not in one]
REFUSED = [one for one in PUBLISHED if "refused" in one]


def sources(one: Json) -> list[Json]:
    service = {"serviceName": one["name"], "taskDefinition": one["name"], "desiredCount": 1, **one.get("service", {})}
    return [{"family": one["name"], **one["definition"]}, service]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("all.json").write_text(json.dumps([part for one in TAKEN for part in sources(one)]))
    assert export.main(["all.json", "-o", "k8s", "--kubernetes", f"1.{NEWEST}"]) == 0
    return tmp_path / "k8s"


def test_there_are_forty_and_each_names_its_source() -> None:
    assert len(TAKEN) >= 40
    assert all(one["source"].count("/") >= 2 for one in PUBLISHED)
    assert len({one["name"] for one in PUBLISHED}) == len(PUBLISHED)


async def test_all_of_them_build_and_are_taken(tree: Path) -> None:
    engine = Engine.open()
    try:
        for body in yaml.safe_load_all(build(tree / "overlays/production")):
            await fits(engine, body, NEWEST)
    finally:
        await engine.close()


def test_all_of_them_fit_the_oldest_version(tree: Path) -> None:
    assert export.main(["all.json", "-o", "old", "--kubernetes", f"1.{OLDEST}"]) == 0
    for file in sorted(Path("old/base").rglob("*.yaml")):
        for body in yaml.safe_load_all(file.read_text()):
            if body["kind"] != "Kustomization":
                validate(body, OLDEST)


def test_what_is_lost_is_what_is_listed(tree: Path) -> None:
    entries = json.loads((tree / "export-report.json").read_text())["entries"]
    for one in TAKEN:
        mine = [entry for entry in entries if entry["of"] == one["name"]]
        assert mine
        assert [entry["member"] for entry in mine if entry["verdict"] == "lost"] == one.get("lost", []), one["name"]


@pytest.mark.parametrize("one", REFUSED, ids=lambda one: one["name"])
def test_what_ecs_refuses_is_refused(
    one: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(json.dumps(sources(one)))
    assert export.main(["a.json", "-o", "k8s"]) == 1
    assert one["refused"] in capsys.readouterr().err
