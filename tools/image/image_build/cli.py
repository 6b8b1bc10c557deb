"""What is typed: `tools/image/build [--name NAME] [--output FILE] [--source DIR]`, which prints the archive's path."""

import argparse
import hashlib
import re
import sys
from pathlib import Path

from image_build import application, archive, debian, layers


def main() -> int:
    """Build the image, and print the path of the archive; say in one line what is missing."""
    parser = argparse.ArgumentParser(prog="build", description="Make an image of kecs without a registry.")
    parser.add_argument("--name", action="append", help="a name with a tag; default kecs:VERSION")
    parser.add_argument("--output", type=Path, help="where to; default a file in the cache")
    parser.add_argument("--source", type=Path, default=application.SOURCE, help="the package; default src/kecs")
    given = parser.parse_args()
    try:
        print(build(given.name or [f"kecs:{version(given.source)}"], given.output, given.source))
    except RuntimeError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    return 0


def version(source: Path = application.SOURCE) -> str:
    """Return the version of the package."""
    found = re.search(r'__version__ = "(.+)"', (source / "__init__.py").read_text())
    return found[1] if found else "dev"


def build(names: list[str], output: Path | None = None, source: Path = application.SOURCE) -> Path:
    """Make the image unless it is there already, and return where. RuntimeError says what is missing."""
    python = debian.layer()
    parts = [python, application.dependencies(python), application.kecs(python, source)]
    state = hashlib.sha256(repr((names, [part.name for part in parts], archive.CONFIG)).encode()).hexdigest()[:16]
    target = output or layers.CACHE / f"image-{state}.tar"
    if output is not None or not target.exists():
        layers.forget_old("image-*.tar", "kecs-*.tar")
        archive.write(target, names, parts)
    target.touch()
    return target
