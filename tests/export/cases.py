"""Case folders: the sources of an export, its flags in `arguments`, and in `expected.txt` all files that it writes.

`KECS_TEST_RECORD=1 .venv/bin/pytest tests/export/test_cases.py` writes `expected.txt` anew; look at what changed.
"""

import shlex
from pathlib import Path

from kecs.cli import export

ROOT = Path(__file__).parent / "cases"
CASES = sorted(one for one in ROOT.iterdir() if one.is_dir())
_NO_SOURCES = ("arguments", "expected.txt", "source.md")


def run(case: Path, output: Path, *more: str) -> int:
    """Export a case as a user does, from its own folder, and return the exit code."""
    flags = case / "arguments"
    arguments = shlex.split(flags.read_text()) if flags.exists() else []
    named = {argument.partition("=")[2] for argument in arguments}
    sources = sorted(one.name for one in case.iterdir() if one.name not in {*_NO_SOURCES, *named})
    return export.main([*sources, "-o", str(output), *arguments, *more])


def written(output: Path) -> str:
    """Return every file of a tree, one after the other, each below its path."""
    files = sorted(one for one in output.rglob("*") if one.is_file() and not one.name.startswith("."))
    shown = [one for one in files if one.suffix not in (".json", ".html")]
    return "".join(f"=== {one.relative_to(output)}\n{one.read_text().replace(str(output), 'k8s')}" for one in shown)
