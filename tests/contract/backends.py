"""The clusters that the contract is held against, each known by its kubeconfig file."""

import base64
import json
import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

import yaml


@dataclass
class Backend:
    """One cluster. `known` says that requests tell who asks."""

    name: str
    kubeconfig: Path
    known: bool = True

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the API server. Read anew each time: a restarted server may be at another port."""
        server = urlsplit(self._named("cluster")["server"])
        return str(server.hostname), server.port or 443

    @property
    def authorization(self) -> str:
        """The value of the `Authorization` header; empty when the user is known by a certificate."""
        token = self._named("user").get("token")
        return f"Bearer {token}" if token and self.known else ""

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to trust, and the client's certificate if the user has one."""
        cluster, user = self._named("cluster"), self._named("user")
        authority = _content(cluster, "certificate-authority")
        context = ssl.create_default_context(cadata=authority) if authority else ssl.create_default_context()
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.known and (certificate := _content(user, "client-certificate")):
            with NamedTemporaryFile("w") as file:  # it can be read from a file alone
                file.write(certificate + _content(user, "client-key"))
                file.flush()
                context.load_cert_chain(file.name)
        return context

    def _named(self, what: str) -> dict[str, Any]:
        text = self.kubeconfig.read_text()
        content = json.loads(text) if text.startswith("{") else yaml.safe_load(text)
        context = _by_name(content, "context", content["current-context"])
        return _by_name(content, what, context[what])


def _by_name(content: dict[str, Any], what: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one[what] for one in content[f"{what}s"] if one["name"] == name)
    return found


def _content(of: dict[str, Any], name: str) -> str:
    if f"{name}-data" in of:
        return base64.b64decode(of[f"{name}-data"]).decode()
    return Path(of[name]).read_text() if name in of else ""
