"""Each case folder: what is written, that it builds for every environment, and that an API server takes all of it."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.export.choices import NEWEST, OLDEST
from kecs.kube import resources
from kecs.kube.api import Resource
from kecs.kube.errors import AlreadyExists
from tests.export import schemas
from tests.export.cases import CASES, run, written

Json = dict[str, Any]
KINDS: dict[str, Resource[Json]] = {one.kind: one for one in vars(resources).values() if isinstance(one, Resource)}

# Of whom there are no schemas here; and what the embedded cluster does not serve, as nobody acts on it there.
FOREIGN = (
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "external-secrets.io",
    "argoproj.io",
    "monitoring.coreos.com",
)
UNSERVED = ("HorizontalPodAutoscaler",)

case_folders = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@case_folders
def test_a_case_is_written_as_expected(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s") == 0
    expected = case / "expected.txt"
    if os.environ.get("KECS_TEST_RECORD"):
        expected.write_text(written(tmp_path / "k8s"))
    assert written(tmp_path / "k8s") == expected.read_text()


@case_folders
async def test_every_environment_of_a_case_builds_and_is_taken(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the schemas of the newest version: no unknown member, no wrong type, nothing required that is missing.

    An API server's rules go beyond schemas (names, selectors, ports): what the embedded one serves, it has to take.
    """
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s", "--kubernetes", f"1.{NEWEST}") == 0
    overlays = sorted((tmp_path / "k8s/overlays").iterdir())
    assert overlays
    engine = Engine.open()
    try:
        for overlay in overlays[-1:] if (case / "source.md").exists() else overlays:
            built = list(yaml.safe_load_all(build(overlay)))
            (space,) = (one["metadata"]["name"] for one in built if one["kind"] == "Namespace")
            assert space.endswith(overlay.name)
            assert {one["metadata"].get("namespace") for one in built} <= {space, None}
            for body in built:
                await fits(engine, body, NEWEST)
    finally:
        await engine.close()


@case_folders
def test_a_case_fits_the_oldest_version(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s", "--kubernetes", f"1.{OLDEST}") == 0
    for file in sorted((tmp_path / "k8s/base").rglob("*.yaml")):
        for body in yaml.safe_load_all(file.read_text()):
            if body["kind"] != "Kustomization":
                validate(body, OLDEST)


async def fits(engine: Engine, body: Json, minor: int) -> None:
    validate(body, minor)
    if body["kind"] in KINDS and body["kind"] not in UNSERVED:
        meta = body["metadata"]
        write = Write("create", meta.get("namespace"), meta["name"], body, "kubectl", validation="Strict")
        try:
            await engine.write(engine.kind(KINDS[body["kind"]]), write)
        except AlreadyExists:
            assert "namespace" not in meta  # storage classes are of the whole cluster


def validate(body: Json, minor: int) -> None:
    if body["apiVersion"].split("/")[0] not in FOREIGN:
        schemas.validate(body, minor)


def build(overlay: Path) -> str:
    """Return what kubectl makes of an overlay."""
    done = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
