"""A release of kecs that is yet to come, for tests of what happens while two work side by side."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kecs
from tests.process import environment

NEWER = "99.0.0"
_OLD_VERSION = '[{**version, "name": "v1alpha1", "storage": False}][resource.version == "v1alpha1" :]'
_CHANGES = (
    ("__init__.py", f'"{kecs.__version__}"', f'"{NEWER}"'),
    ("model/marks.py", 'VERSION = "v1alpha1"', 'VERSION = "v1beta1"'),
    ("model/objects.py", '"kecs.io/v1alpha1"', '"kecs.io/v1beta1"'),
    ("crds/definitions.py", '"versions": [version],', f'"versions": [version, *{_OLD_VERSION}],'),
)
_PRINT = "import json; from kecs.crds.definitions import *; print(json.dumps([definition(kind) for kind in KINDS]))"


def newer(directory: Path) -> Path:
    """Make a kecs that speaks and stores v1beta1 and still serves v1alpha1; return its place, for PYTHONPATH."""
    package = directory / "newer" / "kecs"
    shutil.copytree(Path(kecs.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, before, after in _CHANGES:
        text = (package / name).read_text()
        assert before in text
        (package / name).write_text(text.replace(before, after))
    return package.parent


def definitions(place: Path) -> list[dict[str, Any]]:
    """Return the custom resource definitions of such a kecs."""
    run = subprocess.run(
        [sys.executable, "-c", _PRINT],
        env=environment() | {"PYTHONPATH": str(place)},
        capture_output=True,
        check=True,
    )
    return list(json.loads(run.stdout))
