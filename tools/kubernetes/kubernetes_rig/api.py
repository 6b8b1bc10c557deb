"""The little that the rig itself asks the API server of a cluster."""

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from kubernetes_rig.layout import Layout


class Api:
    """The API server, as the administrator."""

    def __init__(self, layout: Layout) -> None:
        pki = layout.directory / "pki"
        self._server = layout.server
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._context)
        )

    def get(self, path: str) -> Any:
        """Return what is at a path: an object, or text; None when there is nothing or no answer."""
        try:
            with self._direct.open(self._server + path, timeout=10.0) as answer:
                body = answer.read()
                return json.loads(body) if answer.headers.get_content_type() == "application/json" else body.decode()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return None

    def holds(self, path: str, condition: str) -> bool:
        """Return whether an object's status says that a condition is true."""
        status = (self.get(path) or {}).get("status", {})
        return any(each["type"] == condition and each["status"] == "True" for each in status.get("conditions") or [])

    def define(self, manifests: str) -> list[str]:
        """Apply custom resource definitions, documents of YAML, and return their names."""
        names = []
        for document in re.split(r"^---\s*$", manifests, flags=re.MULTILINE):
            if name := re.search(r"^metadata:\n(?:  .*\n)*?  name: (\S+)", document, re.MULTILINE):
                names.append(name[1])
                self._apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name[1]}", document)
        return names

    def apply(self, path: str, manifest: dict[str, Any]) -> None:
        """Apply a manifest; RuntimeError with the server's words when it refuses."""
        self._apply(path, json.dumps(manifest))

    def _apply(self, path: str, document: str) -> None:
        request = urllib.request.Request(
            f"{self._server}{path}?fieldManager=rig&force=true",
            data=document.encode(),
            headers={"Content-Type": "application/apply-patch+yaml"},
            method="PATCH",
        )
        try:
            self._direct.open(request, timeout=10.0).close()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from None


def until(condition: Callable[[], object], seconds: float, what: str, check: Callable[[], object] = bool) -> None:
    """Return once the condition holds; RuntimeError when it does not in time, or what the check raises."""
    deadline = time.monotonic() + seconds
    while not condition():
        check()
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
