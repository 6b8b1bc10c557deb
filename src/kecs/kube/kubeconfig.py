"""Access as a kubeconfig file, or a pod's own service account, describes it."""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kecs.kube.access import Access, AccessError, Certificate, Credentials, Static
from kecs.kube.proxy import proxy_for
from kecs.kube.tokens import TokenFile

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class _Kebab(msgspec.Struct, rename="kebab"):
    """A part of the file. Members that are not declared are not read."""


class _Cluster(_Kebab):
    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""


class _User(_Kebab):
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    username: str = ""
    password: str = ""


class _Context(_Kebab):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _NamedCluster(_Kebab):
    name: str
    cluster: _Cluster


class _NamedUser(_Kebab):
    name: str
    user: _User


class _NamedContext(_Kebab):
    name: str
    context: _Context


class _File(_Kebab):
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None
    current_context: str = ""


def load_kubeconfig(path: Path, context: str = "") -> Access:
    """Return what a file says of a context, its current one when none is named. Raises AccessError."""
    config = _read(path)
    name = context or config.current_context
    if not name:
        raise AccessError(f"{path}: no context was named, and there is no current-context")
    found = next((one.context for one in config.contexts or () if one.name == name), None)
    if found is None:
        raise AccessError(f"{path}: contexts: there is no {name!r}")
    cluster = next((one.cluster for one in config.clusters or () if one.name == found.cluster), None)
    if cluster is None:
        raise AccessError(f"{path}: clusters: there is no {found.cluster!r}, which context {name!r} names")
    user = next((one.user for one in config.users or () if one.name == found.user), None)
    if user is None and found.user:
        raise AccessError(f"{path}: users: there is no {found.user!r}, which context {name!r} names")
    return _access(path, cluster, user or _User(), found)


def _read(path: Path) -> _File:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise AccessError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return msgspec.convert(_parsed(text), _File)
    except (msgspec.ValidationError, ValueError) as error:
        raise AccessError(f"{path}: {error}") from None


def _parsed(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        import yaml

        try:
            return yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise ValueError(f"line {mark.line + 1} is no YAML" if mark else "it is no YAML") from None


def _access(path: Path, cluster: _Cluster, user: _User, context: _Context) -> Access:
    if not cluster.server:
        raise AccessError(f"{path}: cluster {context.cluster!r} has no server")
    return Access(
        servers=(cluster.server,),
        credentials=_credentials(path, user),
        authority=_content(
            path, "certificate-authority", cluster.certificate_authority, cluster.certificate_authority_data
        ),
        insecure=cluster.insecure_skip_tls_verify,
        server_name=cluster.tls_server_name,
        proxy=cluster.proxy_url or proxy_for(cluster.server, os.environ),
        namespace=context.namespace or "default",
        origin=str(path),
    )


def _credentials(path: Path, user: _User) -> Credentials:
    certificate = _content(path, "client-certificate", user.client_certificate, user.client_certificate_data)
    key = _content(path, "client-key", user.client_key, user.client_key_data)
    pair = Certificate(certificate, key) if certificate is not None and key is not None else None
    if user.token_file:
        return TokenFile(path.parent / user.token_file, pair)
    header = f"Bearer {user.token}" if user.token else ""
    if not header and user.username:
        header = "Basic " + base64.b64encode(f"{user.username}:{user.password}".encode()).decode()
    return Static(header, pair)


def _content(path: Path, key: str, file: str, data: str) -> bytes | None:
    """Return what is given as base64 text or, if not so, in a file beside the kubeconfig."""
    if data:
        try:
            return base64.b64decode(data, validate=True)
        except binascii.Error:
            raise AccessError(f"{path}: {key}-data is no base64") from None
    if not file:
        return None
    try:
        return (path.parent / file).read_bytes()
    except OSError as error:
        raise AccessError(f"{path}: {key}: {path.parent / file} cannot be read: {error.strerror}") from None


def in_cluster(directory: Path = SERVICE_ACCOUNT, environment: Mapping[str, str] = os.environ) -> Access:
    """Return the access of the pod that this process runs in. Raises AccessError where there is none."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise AccessError("this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
    token, authority = directory / "token", directory / "ca.crt"
    for path in (token, authority):
        if not path.is_file():
            raise AccessError(f"this pod has no service account token: there is no {path}")
    namespace = directory / "namespace"
    return Access(
        servers=(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",),
        credentials=TokenFile(token),
        authority=authority.read_bytes(),
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        origin=str(directory),
    )


def has_service_account(directory: Path = SERVICE_ACCOUNT, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether this process runs in a pod with a service account, so that `in_cluster` gives something."""
    return bool(environment.get("KUBERNETES_SERVICE_HOST")) and (directory / "token").is_file()
