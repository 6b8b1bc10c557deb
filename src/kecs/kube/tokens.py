"""Tokens and client certificates in files, which whoever mounts them replaces while a program runs."""

import time
from contextlib import suppress
from pathlib import Path

from kecs.kube.access import Certificate, belong_together
from kecs.kube.errors import Unauthorized

_FRESH = 10.0  # seconds for which a token that was read is taken without looking again


class TokenFile:
    """The token in a file, read anew now and then, and at once when the server refuses it."""

    def __init__(self, path: Path, pair: Certificate | None = None) -> None:
        self._path = path
        self._pair = pair
        self._token = ""
        self._read_at = float("-inf")

    async def authorization(self) -> str:
        """See `Credentials.authorization`."""
        if time.monotonic() - self._read_at > _FRESH:
            self._read()
        return f"Bearer {self._token}"

    def _read(self) -> None:
        try:
            token = self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            if self._token:  # it is being replaced: the one before serves until then
                return
            raise Unauthorized(f"the token file {self._path} cannot be read: {_why(error)}") from None
        if not token and not self._token:
            raise Unauthorized(f"the token file {self._path} is empty")
        self._token = token or self._token
        self._read_at = time.monotonic()

    async def certificate(self) -> Certificate | None:
        """See `Credentials.certificate`."""
        return self._pair

    def refused(self) -> bool:
        """See `Credentials.refused`."""
        before = self._token
        self._read()
        return self._token != before


class CertificateFiles:
    """The client certificate and its key in two files, read anew now and then, and at once when they are refused."""

    def __init__(self, certificate: Path, key: Path, pair: Certificate) -> None:
        self._files = certificate, key
        self._pair = pair
        self._read_at = time.monotonic()

    async def authorization(self) -> str:
        """See `Credentials.authorization`."""
        return ""

    async def certificate(self) -> Certificate | None:
        """See `Credentials.certificate`."""
        if time.monotonic() - self._read_at > _FRESH:
            self._read()
        return self._pair

    def _read(self) -> None:
        self._read_at = time.monotonic()
        with suppress(OSError):  # they are being replaced: those before serve until then
            found = Certificate(self._files[0].read_bytes(), self._files[1].read_bytes())
            if found != self._pair and belong_together(found):
                self._pair = found

    def refused(self) -> bool:
        """See `Credentials.refused`."""
        before = self._pair
        self._read()
        return self._pair != before


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is no text"
