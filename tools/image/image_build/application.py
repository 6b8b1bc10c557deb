"""The layers above Python: the pinned dependencies, and kecs itself."""

import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from image_build import debian, layers

ROOT = Path(__file__).resolve().parents[3]
HOME = "opt/kecs"  # on PYTHONPATH
_REQUIREMENTS = ROOT / "requirements" / "runtime.txt"
SOURCE = ROOT / "src" / "kecs"


def dependencies(python: Path) -> Path:
    """Return the layer with what requirements/runtime.txt pins, by its hashes. `python` is the layer below."""

    def fill(root: Path) -> None:
        target = root / HOME
        target.mkdir(parents=True)
        _install(target)
        _compile(root, python)

    return layers.cached("dependencies", (_own(), _REQUIREMENTS.read_bytes(), python.name), fill)


def kecs(python: Path, source: Path = SOURCE) -> Path:
    """Return the layer with the program, whose package is at `source`."""
    files = sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    contents = {str(path.relative_to(source.parent)): path.read_bytes() for path in files}

    def fill(root: Path) -> None:
        for name, content in contents.items():
            path = root / HOME / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _compile(root, python)

    inputs = (_own(), python.name, *(part for item in contents.items() for part in item))
    return layers.cached("kecs", inputs, fill)


def _own() -> bytes:
    return Path(__file__).read_bytes()


def _install(target: Path) -> None:
    """Install wheels for the image's Python, whatever Python runs this."""
    tags = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (36, 34, 31, 28, 24, 17)]
    tags += [f"manylinux2014_{platform.machine()}"]
    version = debian.python().removeprefix("python")
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    argv += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--implementation", "cp"]
    argv += ["--python-version", version, *(f"--platform={tag}" for tag in tags)]
    argv += ["--target", str(target), "--requirement", str(_REQUIREMENTS)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"pip: {done.stderr.strip()}")


def _compile(root: Path, python: Path) -> None:
    with tempfile.TemporaryDirectory(dir=layers.CACHE) as below:
        with tarfile.open(python) as tar:
            tar.extractall(below, filter="tar")
        debian.compile_in(root, HOME, python_at=Path(below))
