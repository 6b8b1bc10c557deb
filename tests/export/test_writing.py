"""A tree is written whole or not at all, and what its user made of it stays."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kecs.cli import export
from kecs.export import writing
from tests.export.cases import ROOT

Json = dict[str, Any]
OUTPUT = Path("k8s")


@pytest.fixture(autouse=True)
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition and a service in a working directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("taskdef.json", "service.json"):
        Path(name).write_text((ROOT / "web" / name).read_text())


def run(*flags: str) -> int:
    return export.main(["taskdef.json", "service.json", "-o", str(OUTPUT), *flags])


def change(image: str) -> None:
    definition = json.loads(Path("taskdef.json").read_text())
    definition["containerDefinitions"][0]["image"] = image
    Path("taskdef.json").write_text(json.dumps(definition))


def snapshot(directory: Path = OUTPUT) -> dict[str, bytes]:
    return {str(one.relative_to(directory)): one.read_bytes() for one in directory.rglob("*") if one.is_file()}


def test_a_second_export_changes_nothing() -> None:
    assert run() == 0
    before = snapshot()
    assert run() == 0
    assert snapshot() == before
    assert run("--check") == 0


def test_a_check_shows_the_difference_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    before = snapshot()
    change("nginx:1.28")
    capsys.readouterr()
    assert run("--check") == 1
    shown = capsys.readouterr().out
    assert "--- k8s/base/web/deployment.yaml" in shown
    assert "-        image: nginx:1.27" in shown
    assert "+        image: nginx:1.28" in shown
    assert snapshot() == before
    assert run() == 0
    assert run("--check") == 0


def test_what_is_wanted_no_more_goes() -> None:
    assert run() == 0
    service = json.loads(Path("service.json").read_text())
    del service["loadBalancers"]
    Path("service.json").write_text(json.dumps(service))
    assert run() == 0
    assert not (OUTPUT / "base/web/ingress.yaml").exists()
    assert "ingress.yaml" not in (OUTPUT / "base/web/kustomization.yaml").read_text()


def test_what_users_add_stays_and_still_builds() -> None:
    assert run() == 0
    overlay = OUTPUT / "overlays/dev"
    (overlay / "mine.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n")
    kustomization = overlay / "kustomization.yaml"
    edited = kustomization.read_text().replace("resources:\n", "# my own\nresources:\n- mine.yaml\n")
    kustomization.write_text(edited + "images:\n- name: nginx\n  newTag: edge\n")
    mine = kustomization.read_text()

    change("nginx:1.28")
    assert run() == 0

    assert kustomization.read_text() == mine  # comments and all: nothing of it was due to change
    built = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=True).stdout
    assert "name: mine" in built
    assert "image: nginx:edge" in built


def test_a_kustomization_gets_what_is_new_beside_what_its_user_added() -> None:
    assert run() == 0
    kustomization = OUTPUT / "base/web/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("- pdb.yaml\n", "") + "- mine.yaml\n")
    (OUTPUT / "base/web/mine.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n")
    definition = json.loads(Path("taskdef.json").read_text())
    del definition["taskRoleArn"]
    Path("taskdef.json").write_text(json.dumps(definition))

    assert run() == 0

    text = kustomization.read_text()
    assert "- mine.yaml\n" in text
    assert "serviceaccount.yaml" not in text  # wanted no more
    assert "pdb.yaml" not in text  # its user took it out
    assert run("--check") == 0


def test_an_edited_file_stops_the_export(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    edited = OUTPUT / "base/web/deployment.yaml"
    edited.write_text(edited.read_text() + "# mine\n")
    before = snapshot()
    change("nginx:1.28")
    capsys.readouterr()
    assert run() == 1
    assert "k8s/base/web/deployment.yaml" in capsys.readouterr().err
    assert snapshot() == before
    assert run("--overwrite") == 0
    assert "# mine" not in edited.read_text()


def test_an_edited_file_that_is_wanted_no_more_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    ingress = OUTPUT / "base/web/ingress.yaml"
    ingress.write_text(ingress.read_text() + "# mine\n")
    service = json.loads(Path("service.json").read_text())
    del service["loadBalancers"]
    Path("service.json").write_text(json.dumps(service))
    assert run() == 0
    assert ingress.exists()
    assert "base/web/ingress.yaml is wanted no more, but was edited" in capsys.readouterr().out


def test_files_that_were_there_before_are_not_written_over() -> None:
    (OUTPUT / "base").mkdir(parents=True)
    (OUTPUT / "base/namespace.yaml").write_text("mine")
    assert run() == 1
    assert snapshot() == {"base/namespace.yaml": b"mine"}


@pytest.mark.parametrize("at", ["k8s", "k8s/base", "k8s/base/web", "k8s/base/web/deployment.yaml"])
def test_nothing_is_written_through_a_link(at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(at).parent.mkdir(parents=True, exist_ok=True)
    Path(at).symlink_to(outside)
    assert run() == 1
    assert "is a link" in capsys.readouterr().err
    assert list(outside.iterdir()) == []


def test_the_working_directory_is_not_exchanged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for output in (".", "..", str(tmp_path)):
        assert export.main(["taskdef.json", "service.json", "-o", output]) == 1
        assert "name a directory of its own" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["write_text", "mkdir", "unlink"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_failure_half_way_leaves_all_as_it_was(
    name: str, *, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_there:
        assert run() == 0
        change("nginx:1.28")
    before, around = snapshot(), sorted(one.name for one in tmp_path.iterdir())
    real = getattr(Path, name)

    def fails(self: Path, *arguments: Any, **named: Any) -> Any:
        if self.name in ("deployment.yaml", "web") and ".new-" in str(self):
            raise OSError(28, "No space left on device", str(self))
        return real(self, *arguments, **named)

    monkeypatch.setattr(Path, name, fails)
    assert run() == 1
    assert "no space left on device" in capsys.readouterr().err
    assert snapshot() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == around


def test_the_old_tree_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run() == 0
    change("nginx:1.28")
    before = snapshot()
    real = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if ".new-" in str(self):
            raise OSError(5, "Input/output error", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    assert run() == 1
    assert snapshot() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_old_tree_comes_back_after_a_kill_between_the_two_renames() -> None:
    assert run() == 0
    (OUTPUT / "mine.txt").write_text("mine")
    before = snapshot()
    OUTPUT.rename(".k8s.old-12345678")
    assert run("--check") == 0
    assert snapshot() == before


def test_a_broken_record_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    (OUTPUT / writing.RECORD).write_text("{")
    assert run() == 1
    assert "is not what an export has written" in capsys.readouterr().err
