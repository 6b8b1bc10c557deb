"""What it takes to reach a cluster: its servers, who they must be, and who we are."""

import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class AccessError(Exception):
    """A cluster cannot be reached as configured; the message names the file and the key, and no secret."""


class Certificate(NamedTuple):
    """A client certificate and its key, both PEM."""

    certificate: bytes
    key: bytes


class Credentials(Protocol):
    """Who we are. What they give may change while a program runs: ask before each request."""

    async def authorization(self) -> str:
        """Return the `Authorization` header, "" for none. Raises `Unauthorized`."""
        ...

    async def certificate(self) -> Certificate | None:
        """Return the client certificate, if there is one. Raises `Unauthorized`."""
        ...

    def refused(self) -> bool:
        """Hear that the server does not know these credentials; return whether asking again may give others."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """Credentials that stay as they are: a token, a user with a password, a certificate, or nothing."""

    header: str = field(default="", repr=False)
    pair: Certificate | None = field(default=None, repr=False)

    async def authorization(self) -> str:
        """See `Credentials.authorization`."""
        return self.header

    async def certificate(self) -> Certificate | None:
        """See `Credentials.certificate`."""
        return self.pair

    def refused(self) -> bool:
        """See `Credentials.refused`."""
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a cluster.

    `servers` are base URLs of API servers of the same cluster: when one cannot be reached, the next is asked.
    `authority` holds the certificates (PEM) that theirs must come from, None for those that the machine trusts.
    `server_name` is the name in their certificate where it is not the host's. `proxy` is a URL, "" for none.
    `headers` go with every request. `origin` says in errors where all this is from.
    """

    servers: tuple[str, ...]
    credentials: Credentials = field(default_factory=Static)
    authority: bytes | None = None
    insecure: bool = False
    server_name: str = ""
    proxy: str = ""
    namespace: str = "default"
    headers: Sequence[tuple[str, str]] = ()
    origin: str = ""

    def tls(self, pair: Certificate | None = None) -> ssl.SSLContext:
        """Return the TLS settings, with a client certificate. Raises AccessError."""
        try:
            text = self.authority.decode("ascii") if self.authority is not None else None
            context = ssl.create_default_context(cadata=text)
        except (ssl.SSLError, ValueError) as error:
            raise AccessError(f"{self.origin}: the certificate authority cannot be read: {_why(error)}") from None
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if pair is not None:
            try:
                _identify(context, pair)
            except (ssl.SSLError, OSError) as error:
                raise AccessError(
                    f"{self.origin}: the client certificate and its key cannot be used: {_why(error)}"
                ) from None
        return context


def _identify(context: ssl.SSLContext, pair: Certificate) -> None:
    """Give a context its client certificate. Raises ssl.SSLError, OSError."""
    # The ssl module reads certificates from files only. This one is ours alone, and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(pair.certificate + b"\n" + pair.key)
        file.flush()
        context.load_cert_chain(file.name)


def belong_together(pair: Certificate) -> bool:
    """Say whether a certificate can be used with its key: one of two files may have been replaced before the other."""
    try:
        _identify(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), pair)
    except (ssl.SSLError, OSError):
        return False
    return True


def _why(error: Exception) -> str:
    return getattr(error, "reason", "") or str(error) or type(error).__name__
