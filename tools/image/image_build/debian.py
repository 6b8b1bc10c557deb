"""The layer with Python: the packages that it consists of, out of the archive that the machine installs from."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from image_build import layers

_PASSWD = "root:x:0:0:root:/:/sbin/nologin\nkecs:x:65532:65532:kecs:/tmp:/sbin/nologin\n"
_GROUP = "root:x:0:\nkecs:x:65532:\n"
# What parts of the standard library need that a server has no use for: terminals, Berkeley DB, NIS, Kerberos.
_LEFT_OUT = re.compile(r"mime-support|media-types|libdb|libnsl|libtirpc|libreadline|libncurses|libtinfo|debconf")
_TRIMMED = ("usr/share/man", "usr/share/lintian", "usr/share/locale", "usr/share/binfmts", "usr/share/applications")


def python() -> str:
    """Return the name of Debian's Python, as python3.11. RuntimeError where the machine has no package archive."""
    found = re.search(r"Depends: (python3\.\d+)-minimal", _run("apt-cache", "depends", "python3-minimal"))
    if found is None:
        raise RuntimeError("apt-cache knows no python3-minimal: this needs Debian or Ubuntu, and apt-get update")
    return found[1]


def layer() -> Path:
    """Return the layer: the interpreter with its standard library, the C library, a user, nothing to build with."""
    own = Path(__file__).read_bytes()
    name, packages, files = layers.remembered("archive", (own, *_archive_state()), _look_up)
    return layers.cached("python", (own, *files), lambda root: _fill(root, name, packages))


def _archive_state() -> list[str]:
    """Return what changes when the package archive does."""
    return [f"{path.name} {path.stat().st_mtime_ns}" for path in sorted(Path("/var/lib/apt/lists").glob("*_Packages*"))]


def _look_up() -> tuple[str, list[str], list[str]]:
    """Return the name of Python, the packages, and the files that they are in: asking for all that takes seconds."""
    name = python()
    packages = _closure((f"{name}-minimal", f"lib{name}-stdlib"))
    files = re.findall(r"^'\S+' (\S+)", _run("apt-get", "download", "--print-uris", *packages), re.MULTILINE)
    return name, packages, sorted(files)


def _closure(roots: tuple[str, ...]) -> list[str]:
    """Return packages and what they depend on."""
    found: set[str] = set()
    new = set(roots)
    while new:
        found |= new
        text = _run("apt-cache", "depends", *sorted(new))
        needed = set(re.findall(r"^  (?:Pre)?Depends: ([a-z0-9][\w.+-]+)", text, re.MULTILINE))
        new = {name for name in needed - found if not _LEFT_OUT.match(name)}
    return sorted(found)


def _fill(root: Path, name: str, packages: list[str]) -> None:
    debs = root / "debs"
    debs.mkdir()
    _run("apt-get", "download", "-q", *packages, cwd=debs)
    for deb in sorted(debs.iterdir()):
        _run("dpkg-deb", "--extract", str(deb), str(root))
    shutil.rmtree(debs)
    for trimmed in _TRIMMED:
        shutil.rmtree(root / trimmed, ignore_errors=True)
    for path in list((root / "usr/share/doc").rglob("*")):
        if path.is_file() and path.name != "copyright":
            path.unlink()
    (root / "usr/bin/python3").symlink_to(name)
    (root / "tmp").mkdir()
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(_PASSWD)
    (root / "etc/group").write_text(_GROUP)
    # As the installation of the packages would: else each start compiles the standard library anew.
    compile_in(root, f"usr/lib/{name}")


def compile_in(root: Path, *paths: str, python_at: Path | None = None) -> None:
    """Compile the modules below some paths, so that the bytes say nothing of when."""
    home = python_at or root
    interpreter = home / "usr/bin/python3"
    environment = {**os.environ, "PYTHONHOME": str(home / "usr"), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(interpreter), "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    for path in paths:
        argv = [*command, "-s", str(root), "-p", "/", str(root / path)]
        subprocess.run(argv, check=False, capture_output=True, env=environment)


def _run(*argv: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd=cwd)
    except FileNotFoundError:
        raise RuntimeError(f"{argv[0]} is missing: this needs Debian or Ubuntu") from None
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[:2])}: {done.stderr.strip()}")
    return done.stdout
