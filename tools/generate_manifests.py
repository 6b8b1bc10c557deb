"""Write what of the installation comes from code, and the overlays as `kecs manifests` needs them.

python tools/generate_manifests.py           writes k8s/*/crds.yaml and src/kecs/manifests/overlays/*.yaml
python tools/generate_manifests.py --check   says whether they are current, and exits with 1 when they are not

Needs kubectl, which carries Kustomize.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from kecs.crds import definitions

ROOT = Path(__file__).resolve().parent.parent
K8S = ROOT / "k8s"
OVERLAYS = ROOT / "src" / "kecs" / "manifests" / "overlays"
_CRDS = "# Made by tools/generate_manifests.py from the Structs of kecs.model.\n"
_BUILT = "# k8s/overlays/{name} as Kustomize builds it, without the definitions. Made by tools/generate_manifests.py.\n"


def crds(*names: str) -> str:
    """Return the definitions, or those with these singular names."""
    kinds = [kind for kind in definitions.KINDS if not names or kind.singular in names]
    return _CRDS + _yaml(definitions.definition(kind) for kind in kinds)


def built(overlay: str) -> str:
    """Return an overlay as Kustomize builds it, without the definitions."""
    run = subprocess.run(["kubectl", "kustomize", K8S / "overlays" / overlay], capture_output=True, check=True)
    found = yaml.load_all(run.stdout, Loader=yaml.CSafeLoader)
    kept = (each for each in found if each["kind"] != "CustomResourceDefinition")
    return _BUILT.format(name=overlay) + _yaml(kept)


def files() -> Iterator[tuple[Path, str]]:
    """Yield every file with its text. The overlays are built of the definitions, so those come first."""
    yield K8S / "base" / "crds.yaml", crds()
    yield K8S / "controller" / "crds.yaml", crds("ecsdeployment")
    for overlay in sorted((K8S / "overlays").iterdir()):
        yield OVERLAYS / f"{overlay.name}.yaml", built(overlay.name)


def _yaml(objects: Iterable[dict[str, Any]]) -> str:
    return str(yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False))


def main() -> int:
    """Write the files, or with --check compare them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    stale = []
    for path, text in files():
        if not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    if check and stale:
        print(f"not current, run tools/generate_manifests.py: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
