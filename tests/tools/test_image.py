"""The image that is made without a registry: what is in it, and that it says the same as the Dockerfile."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(*arguments: str, **variables: str) -> Path:
    """Build the image and return the archive; skip where the machine cannot."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        reason = "an image needs the packages of Debian or Ubuntu"
        if os.environ.get("KECS_TEST_NOTHING_LEFT_OUT"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = [sys.executable, str(ROOT / "tools" / "image" / "build"), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | variables, check=False, timeout=600)
    assert run.returncode == 0, run.stderr
    return Path(run.stdout.strip())


@pytest.fixture(scope="module")
def image() -> Path:
    return build()


def read(archive: Path, name: str) -> Any:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(name)
        assert content
        return json.load(content)


def dockerfile() -> dict[str, Any]:
    """Return what the last stage of the Dockerfile says of a container, as an image's config has it."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").rpartition("\nFROM ")[2]
    lines = dict(line.split(" ", 1) for line in text.splitlines() if re.match(r"[A-Z]+ ", line))
    return {
        "User": lines["USER"],
        "Env": shlex.split(lines["ENV"]),
        "Entrypoint": json.loads(lines["ENTRYPOINT"]),
        "Cmd": json.loads(lines["CMD"]),
        "WorkingDir": lines["WORKDIR"],
        "ExposedPorts": {port: {} for port in lines["EXPOSE"].split()},
    }


def test_it_is_started_as_the_dockerfile_says(image: Path) -> None:
    (listing,) = read(image, "manifest.json")
    config = read(image, listing["Config"])["config"]
    path, *environment = config.pop("Env")
    assert path.startswith("PATH=")
    wanted = dockerfile()
    assert sorted(environment) == sorted(wanted.pop("Env"))
    assert config == wanted
    assert int(config["User"].partition(":")[0]) > 0


def test_its_layers_are_what_its_config_says(image: Path) -> None:
    (listing,) = read(image, "manifest.json")
    digests = read(image, listing["Config"])["rootfs"]["diff_ids"]
    with tarfile.open(image) as tar:
        for name, digest in zip(listing["Layers"], digests, strict=True):
            content = tar.extractfile(name)
            assert content
            assert f"sha256:{hashlib.sha256(content.read()).hexdigest()}" == digest


def test_it_holds_the_program_and_nothing_to_build_with(image: Path) -> None:
    names: set[str] = set()
    with tarfile.open(image) as whole:
        for layer in read(image, "manifest.json")[0]["Layers"]:
            content = whole.extractfile(layer)
            assert content
            with tarfile.open(fileobj=content) as tar:
                for entry in tar:
                    names.add(entry.name)
                    assert (entry.uid, entry.gid, entry.mtime) == (0, 0, 0), entry.name
                    assert not entry.mode & 0o6000, entry.name
                    assert entry.name == "tmp" or not entry.mode & 0o002 or entry.issym(), entry.name
    assert {"usr/bin/python3", "opt/kecs/kecs/__main__.py", "opt/kecs/uvicorn/__init__.py", "tmp"} <= names
    assert any(re.fullmatch(r"opt/kecs/kecs/__pycache__/compose\..*\.pyc", name) for name in names)
    tools = ("pip", "gcc", "cc", "sh", "bash", "apt-get", "dpkg", "curl")
    assert not names & {f"{place}/{tool}" for place in ("bin", "usr/bin", "usr/local/bin") for tool in tools}
    assert not any(name.startswith(("opt/kecs/pip/", "opt/kecs/botocore", "opt/kecs/boto3")) for name in names)


def test_the_same_source_gives_the_same_bytes(image: Path, tmp_path: Path) -> None:
    """The layer of the program is made anew; the two below are linked, for they take a minute."""
    cache = tmp_path / "kecs" / "image"
    cache.mkdir(parents=True)
    for path in image.parent.iterdir():
        if path.name.startswith(("python-", "dependencies-", "archive-")) and path.suffix in (".tar", ".json"):
            (cache / path.name).symlink_to(path)
    again = build(XDG_CACHE_HOME=str(tmp_path))
    assert again.parent == cache
    assert again.read_bytes() == build().read_bytes()
