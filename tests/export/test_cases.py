"""Each case folder: what is written, that it builds for every environment, and that an API server takes all of it."""

import os
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from kecs.embedded.engine import Engine
from kecs.embedded.requests import Write
from kecs.export.choices import NEWEST, OLDEST
from kecs.kube import resources
from kecs.kube.api import Resource
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
def test_every_environment_of_a_case_builds(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s") == 0
    overlays = sorted((tmp_path / "k8s/overlays").iterdir())
    assert overlays
    for overlay in overlays:
        built = list(yaml.safe_load_all(build(overlay)))
        spaces = {one["metadata"].get("namespace") for one in built} - {None}
        (space,) = (one["metadata"]["name"] for one in built if one["kind"] == "Namespace")
        assert spaces <= {space}
        assert space.endswith(overlay.name)


def build(overlay: Path) -> str:
    """Return what kubectl makes of an overlay."""
    done = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@case_folders
@pytest.mark.parametrize("minor", [OLDEST, NEWEST])
def test_all_of_a_case_fits_the_schemas(
    case: Path, minor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the oldest and of the newest version: no unknown member, no wrong type, nothing required that is missing."""
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s", "--kubernetes", f"1.{minor}") == 0
    for body in yaml.safe_load_all(build(tmp_path / "k8s/overlays/production")):
        if body["apiVersion"].split("/")[0] not in FOREIGN:
            kubernetes_validate.validate(body, f"1.{minor}", strict=True)


@case_folders
async def test_an_api_server_takes_all_of_a_case(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rules go beyond schemas: names, selectors, ports. What the embedded cluster does not serve is left out."""
    monkeypatch.chdir(case)
    assert run(case, tmp_path / "k8s", "--kubernetes", f"1.{NEWEST}") == 0
    engine = Engine.open()
    try:
        for body in yaml.safe_load_all(build(tmp_path / "k8s/overlays/dev")):
            if body["kind"] in KINDS and body["kind"] not in UNSERVED:
                meta = body["metadata"]
                write = Write("create", meta.get("namespace"), meta["name"], body, "kubectl", validation="Strict")
                await engine.write(engine.kind(KINDS[body["kind"]]), write)
    finally:
        await engine.close()
