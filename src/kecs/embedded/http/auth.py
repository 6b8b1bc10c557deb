"""Who may speak to the door: whoever holds the data directory's token, under a host name that is this machine's."""

import hmac
import os
import secrets
from pathlib import Path

from kecs.embedded.http.request import Request
from kecs.kube.errors import Forbidden, Unauthorized

TOKEN_FILE = "token"  # noqa: S105 - the name of the file, not what is in it
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def ensure_token(directory: Path) -> str:
    """Return the token in `directory`, made at the first call; only the user can read the file."""
    path = directory / TOKEN_FILE
    try:
        token = path.read_text().strip()
        if token:
            return token
    except FileNotFoundError:
        pass
    token = secrets.token_urlsafe(32)
    write_private(path, token.encode())
    return token


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only the user can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


class Gate:
    """Refuses requests without the token, and those that a foreign page in a browser would send."""

    def __init__(self, token: str, hosts: frozenset[str] = frozenset()) -> None:
        self._token = token.encode()
        self._hosts = _LOCAL_HOSTS | hosts

    def check_host(self, request: Request) -> None:
        """Raise `Forbidden` when the request is addressed to another name than this machine's."""
        host = request.headers.get("host", "").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name not in self._hosts:
            raise Forbidden(f"the host {name!r} is not served here")

    def check_token(self, request: Request) -> None:
        """Raise `Unauthorized` unless the request carries the token."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
            raise Unauthorized("Unauthorized")
