"""Credentials from a program that the kubeconfig names (`client.authentication.k8s.io`), as clouds hand them out."""

import asyncio
import base64
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from kecs.kube import time as times
from kecs.kube.access import AccessError, Certificate
from kecs.kube.api import Json
from kecs.kube.errors import Unauthorized

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
_SECONDS = 60.0  # that a program may take
_EARLY = 10.0  # seconds before they expire that credentials are replaced, so that none expires on its way
_RESTING = 5.0  # seconds after a failure, or a refusal, in which the program is not started again


class Variable(msgspec.Struct):
    """An environment variable for the program."""

    name: str
    value: str


class Exec(msgspec.Struct):
    """The `exec` member of a user."""

    command: str
    apiVersion: str = ""
    args: Sequence[str] | None = None
    env: Sequence[Variable] | None = None
    installHint: str = ""
    provideClusterInfo: bool = False
    interactiveMode: Literal["Never", "IfAvailable", "Always", ""] = ""


class _Status(msgspec.Struct):
    token: str = ""
    clientCertificateData: str = ""
    clientKeyData: str = ""
    expirationTimestamp: str | None = None


class _Answer(msgspec.Struct):
    apiVersion: str
    kind: Literal["ExecCredential"]
    status: _Status


@dataclass(frozen=True, slots=True)
class _Held:
    header: str
    pair: Certificate | None
    until: float  # epoch seconds


class ExecPlugin:
    """Runs the program when credentials are wanted and none that hold are there. It writes its errors to ours."""

    def __init__(self, spec: Exec, cluster: Json, origin: str, directory: Path) -> None:
        if spec.apiVersion not in VERSIONS:
            raise AccessError(f"{origin}: exec.apiVersion must be one of {', '.join(VERSIONS)}")
        if spec.interactiveMode == "Always":
            raise AccessError(f"{origin}: exec.interactiveMode: Always wants a terminal, and there is none")
        if not spec.command:
            raise AccessError(f"{origin}: exec.command is empty")
        self._spec = spec
        self._origin = origin
        # A command with a slash lies where the kubeconfig is, one without on the PATH.
        self._command = str(directory / spec.command) if os.sep in spec.command else spec.command
        info: Json = {"interactive": False, **({"cluster": cluster} if spec.provideClusterInfo else {})}
        self._info = {"apiVersion": spec.apiVersion, "kind": "ExecCredential", "spec": info}
        self._held: _Held | None = None
        self._lock = asyncio.Lock()
        self._failure: Unauthorized | None = None
        self._ran_at = float("-inf")

    async def authorization(self) -> str:
        """See `Credentials.authorization`."""
        return (await self._current()).header

    async def certificate(self) -> Certificate | None:
        """See `Credentials.certificate`."""
        return (await self._current()).pair

    def refused(self) -> bool:
        """See `Credentials.refused`."""
        if time.monotonic() - self._ran_at < _RESTING:
            return False
        self._held = None
        return True

    async def _current(self) -> _Held:
        if self._held is not None and self._held.until > time.time():
            return self._held
        async with self._lock:  # one program for all requests that wait
            if self._held is not None and self._held.until > time.time():
                return self._held
            if self._failure is not None and time.monotonic() - self._ran_at < _RESTING:
                raise self._failure
            self._failure = None
            try:
                self._held = self._read(await self._run())
            except Unauthorized as failure:
                self._failure = failure
                raise
            finally:
                self._ran_at = time.monotonic()
            return self._held

    async def _run(self) -> bytes:
        spec = self._spec
        try:
            process = await asyncio.create_subprocess_exec(
                self._command,
                *(spec.args or ()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment(os.environ),
            )
        except OSError as error:
            hint = f" ({' '.join(spec.installHint.split())})" if spec.installHint else ""
            raise self._failed(f"cannot be started: {error.strerror}{hint}") from None
        try:
            async with asyncio.timeout(_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            raise self._failed(f"did not end within {_SECONDS:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise self._failed(f"ended with {process.returncode}")
        return output

    def _environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        own = {one.name: one.value for one in self._spec.env or ()}
        return {**inherited, **own, "KUBERNETES_EXEC_INFO": msgspec.json.encode(self._info).decode()}

    def _read(self, output: bytes) -> _Held:
        try:
            answer = msgspec.json.decode(output, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError):  # its message stays out: it could quote a token
            raise self._failed("did not answer with an ExecCredential in JSON") from None
        if answer.apiVersion != self._spec.apiVersion:
            raise self._failed(f"answered in another version than {self._spec.apiVersion}")
        status = answer.status
        pair = None
        if status.clientCertificateData and status.clientKeyData:
            pair = Certificate(status.clientCertificateData.encode(), status.clientKeyData.encode())
        elif not status.token or status.clientCertificateData or status.clientKeyData:
            raise self._failed("answered with neither a token nor a certificate with its key")
        try:
            until = times.epoch(status.expirationTimestamp) - _EARLY if status.expirationTimestamp else float("inf")
        except ValueError:
            raise self._failed("answered with an expirationTimestamp that is no time") from None
        if until <= time.time():
            until += _EARLY
        return _Held(f"Bearer {status.token}" if status.token else "", pair, until)

    def _failed(self, what: str) -> Unauthorized:
        return Unauthorized(f"{self._origin}: the program {self._spec.command!r} {what}")


def cluster_info(server: str, authority: bytes | None, *, insecure: bool, server_name: str, proxy: str) -> Any:
    """Return what a program may be told of the cluster."""
    info = {
        "server": server,
        "tls-server-name": server_name,
        "insecure-skip-tls-verify": insecure,
        "certificate-authority-data": base64.b64encode(authority).decode() if authority else "",
        "proxy-url": proxy,
    }
    return {name: value for name, value in info.items() if value}
