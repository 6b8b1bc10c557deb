"""The certificate of the door: self-signed, made once, because clients send a token over TLS only."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from kecs.embedded.http.auth import write_private

_CERTIFICATE, _KEY = "apiserver.crt", "apiserver.key"
_HOSTS = ("127.0.0.1", "::1", "localhost")
_LIFETIME = timedelta(days=3650)
_RENEW_BEFORE = timedelta(days=30)


class TlsFiles(NamedTuple):
    """Where the certificate and its key are, as PEM."""

    certificate: Path
    key: Path


def ensure_tls(directory: Path, hosts: frozenset[str] = frozenset()) -> TlsFiles:
    """Return the certificate files in `directory`; made anew when missing, near their end, or not naming all hosts."""
    names = [*_HOSTS, *sorted(hosts - set(_HOSTS))]
    files = TlsFiles(directory / _CERTIFICATE, directory / _KEY)
    if not _usable(files, names):
        _make(files, names)
    return files


def _usable(files: TlsFiles, names: list[str]) -> bool:
    if not (files.certificate.exists() and files.key.exists()):
        return False
    marks = files.certificate.read_text().splitlines()[:2]  # reading them spares importing cryptography at each start
    if len(marks) < 2 or marks[0] != f"hosts: {' '.join(names)}" or not marks[1].startswith("until: "):
        return False
    try:
        until = datetime.fromisoformat(marks[1].removeprefix("until: "))
    except ValueError:
        return False
    return until - datetime.now(UTC) > _RENEW_BEFORE


def _make(files: TlsFiles, names: list[str]) -> None:
    until = datetime.now(UTC) + _LIFETIME
    # Out of this process, which would keep the libraries for it (11 MB); apart from the user's directory and Ctrl-C.
    made = subprocess.run(  # noqa: S603 # of our own interpreter, and no shell
        [sys.executable, "-P", "-m", "kecs.embedded.http.certificate", until.isoformat(), *names],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=True,
    ).stdout
    private, begin, certificate = made.partition(b"-----BEGIN CERTIFICATE-----")
    marks = f"hosts: {' '.join(names)}\nuntil: {until.isoformat()}\n".encode()
    write_private(files.key, private)
    write_private(files.certificate, marks + begin + certificate)
