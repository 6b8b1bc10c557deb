"""The door as its user holds it: the application, the files that let a client in, and an orderly end."""

from pathlib import Path

from kecs.embedded.engine import Engine
from kecs.embedded.http.app import App
from kecs.embedded.http.auth import Gate, ensure_token
from kecs.embedded.http.kubeconfig import write_kubeconfig
from kecs.embedded.http.tls import TlsFiles, ensure_tls


class Door:
    """HTTP access to an engine.

    `app` is the ASGI application to run under TLS with `tls_files()`; once it listens, `write_kubeconfig` lets kubectl
    in. `hosts` are names besides loopback's that requests may be addressed to. Needs a running event loop.
    """

    def __init__(self, engine: Engine, directory: Path, *, hosts: frozenset[str] = frozenset()) -> None:
        self._directory = directory
        self._hosts = hosts
        self._token = ensure_token(directory)
        self.app = App(engine, Gate(self._token, hosts))

    def tls_files(self) -> TlsFiles:
        """Return the paths of the certificate and its key, made at the first call."""
        return ensure_tls(self._directory, self._hosts)

    def write_kubeconfig(self, port: int, host: str = "127.0.0.1") -> Path:
        """Write the kubeconfig file for a door that listens on `port`, and return its path."""
        certificate = self.tls_files().certificate.read_bytes()
        return write_kubeconfig(
            self._directory, server=f"https://{host}:{port}", token=self._token, certificate=certificate
        )

    def close(self) -> None:
        """End the watches and logs that are being followed; call it when the server begins to stop."""
        self.app.close()
