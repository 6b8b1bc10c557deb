"""Access as a kubeconfig file, or a pod's own service account, describes it."""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from kecs.kube.access import Access, AccessError, Certificate, Credentials, Static
from kecs.kube.plugin import Exec, ExecPlugin, cluster_info
from kecs.kube.proxy import is_usable, proxy_for
from kecs.kube.tokens import CertificateFiles, TokenFile

T = TypeVar("T")

# kubectl knows one server a cluster; what it leaves alone can name others of the same one.
SERVERS_EXTENSION = "kecs.io/servers"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class _Kebab(msgspec.Struct, rename="kebab"):
    """A part of the file. Members that are not declared are not read."""


class _Extension(msgspec.Struct):
    name: str
    extension: Any = None


class _Cluster(_Kebab):
    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    extensions: list[_Extension] | None = None


class _User(_Kebab):
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    username: str = ""
    password: str = ""
    impersonate: str = msgspec.field(name="as", default="")
    impersonate_uid: str = msgspec.field(name="as-uid", default="")
    impersonate_groups: list[str] = msgspec.field(name="as-groups", default_factory=list)
    exec: Exec | None = None
    auth_provider: Any = None


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


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    """A named part, and the file that it is in: paths in it begin there."""

    part: T
    file: Path
    place: str  # for errors: `users "alice"`

    def wrong(self, what: str) -> AccessError:
        return AccessError(f"{self.file}: {self.place}: {what}")


def kubeconfig_files(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the files that kubectl would read: those in KUBECONFIG, else ~/.kube/config."""
    named = [Path(one) for one in environment.get("KUBECONFIG", "").split(os.pathsep) if one]
    return named or [Path.home() / ".kube" / "config"]


def load_kubeconfig(
    path: Path | None = None, context: str = "", *, environment: Mapping[str, str] = os.environ
) -> Access:
    """Return what a file (without one: those that kubectl reads) says of a context, or of the current one.

    Of several files the first that has a name decides what it means. Raises AccessError.
    """
    files = [path] if path is not None else kubeconfig_files(environment)
    there = [one for one in files if len(files) == 1 or one.exists()]
    if not there:
        raise AccessError(f"none of the kubeconfig files is there: {', '.join(map(str, files))}")
    configs = [(one, _read(one)) for one in there]
    where = ", ".join(map(str, there))
    name = context or next((one.current_context for _, one in configs if one.current_context), "")
    if not name:
        raise AccessError(f"{where}: no context was named, and there is no current-context")
    chosen = _find("contexts", name, ((file, c.name, c.context) for file, one in configs for c in one.contexts or ()))
    if chosen is None:
        raise AccessError(f"{where}: contexts: there is no {name!r}")
    cluster = _find(
        "clusters",
        chosen.part.cluster,
        ((file, c.name, c.cluster) for file, one in configs for c in one.clusters or ()),
    )
    if cluster is None:
        raise AccessError(f"{where}: clusters: there is no {chosen.part.cluster!r}, which context {name!r} names")
    user = _find("users", chosen.part.user, ((file, u.name, u.user) for file, one in configs for u in one.users or ()))
    if user is None:
        if chosen.part.user:
            raise AccessError(f"{where}: users: there is no {chosen.part.user!r}, which context {name!r} names")
        user = _Found(_User(), chosen.file, "users")
    return _access(cluster, user, chosen.part.namespace, environment)


def _find(kind: str, name: str, parts: Iterable[tuple[Path, str, T]]) -> _Found[T] | None:
    return next((_Found(part, file, f"{kind} {name!r}") for file, found, part in parts if found == name), None)


def _read(path: Path) -> _File:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise AccessError(f"the kubeconfig {path} cannot be read: {error.strerror}") from None
    try:
        return msgspec.convert(_parsed(text), _File)
    except (msgspec.ValidationError, ValueError) as error:
        raise AccessError(f"{path}: {error}") from None


def _parsed(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        import yaml

        try:
            return yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise ValueError(f"line {mark.line + 1} is no YAML" if mark else "it is no YAML") from None


def _access(cluster: _Found[_Cluster], user: _Found[_User], namespace: str, environment: Mapping[str, str]) -> Access:
    part = cluster.part
    servers = _servers(cluster)
    authority = _content(cluster, "certificate-authority", part.certificate_authority, part.certificate_authority_data)
    proxy = part.proxy_url or proxy_for(part.server, environment)
    if proxy and not is_usable(proxy):  # it is not quoted: it may hold a password
        raise cluster.wrong("proxy-url, or the proxy of the environment, must be http://HOST[:PORT] or https://…")
    info = cluster_info(
        part.server,
        authority,
        insecure=part.insecure_skip_tls_verify,
        server_name=part.tls_server_name,
        proxy=part.proxy_url,
    )
    access = Access(
        servers=servers,
        credentials=_credentials(user, info),
        authority=authority,
        insecure=part.insecure_skip_tls_verify,
        server_name=part.tls_server_name,
        proxy=proxy,
        namespace=namespace or "default",
        headers=_impersonation(user.part),
        origin=f"{cluster.file}: {cluster.place}",
    )
    access.tls()  # an authority that is none is found now, not by the first request
    return access


def _servers(cluster: _Found[_Cluster]) -> tuple[str, ...]:
    """Return the server and, from the extension that names further ones of the same cluster, those."""
    more = next((one.extension for one in cluster.part.extensions or () if one.name == SERVERS_EXTENSION), None)
    further = more.get("servers") if isinstance(more, dict) else None
    if more is not None and not (isinstance(further, list) and all(isinstance(one, str) for one in further)):
        raise cluster.wrong(f"the extension {SERVERS_EXTENSION} holds servers, a list of URLs")
    servers = tuple(dict.fromkeys([cluster.part.server, *(further or ())]))
    for server in servers:
        url = urlsplit(server)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise cluster.wrong("server must be a URL that begins with https://")
    return servers


def _credentials(user: _Found[_User], cluster: Any) -> Credentials:
    part = user.part
    certificate = _content(user, "client-certificate", part.client_certificate, part.client_certificate_data)
    key = _content(user, "client-key", part.client_key, part.client_key_data)
    if (certificate is None) != (key is None):
        raise user.wrong("client-certificate and client-key belong together")
    pair = Certificate(certificate, key) if certificate is not None and key is not None else None
    if part.auth_provider is not None:
        raise user.wrong("auth-provider is gone from Kubernetes: use exec")
    if part.exec is not None:
        if pair is not None or part.token or part.token_file:
            raise user.wrong("exec stands alone: no token and no certificate beside it")
        return ExecPlugin(part.exec, cluster, f"{user.file}: {user.place}", user.file.parent)
    if part.token_file:
        return TokenFile(user.file.parent / part.token_file, pair)
    header = f"Bearer {part.token}" if part.token else ""
    in_files = (
        part.client_certificate and part.client_key and not (part.client_certificate_data or part.client_key_data)
    )
    if pair is not None and in_files and not header and not part.username:
        place = user.file.parent
        return CertificateFiles(place / part.client_certificate, place / part.client_key, pair)
    if not header and part.username:
        header = "Basic " + base64.b64encode(f"{part.username}:{part.password}".encode()).decode()
    return Static(header, pair)


def _impersonation(user: _User) -> list[tuple[str, str]]:
    if not user.impersonate:
        return []
    headers = [("Impersonate-User", user.impersonate)]
    headers += [("Impersonate-Uid", user.impersonate_uid)] if user.impersonate_uid else []
    return headers + [("Impersonate-Group", group) for group in user.impersonate_groups]


def _content(found: _Found[Any], key: str, file: str, data: str) -> bytes | None:
    """Return what is given as base64 text or, if not so, in a file; paths begin where the kubeconfig is."""
    if data:
        try:
            return base64.b64decode(data, validate=True)
        except binascii.Error:
            raise found.wrong(f"{key}-data is no base64") from None
    if not file:
        return None
    try:
        return (found.file.parent / file).read_bytes()
    except OSError as error:
        raise found.wrong(f"{key}: {found.file.parent / file} cannot be read: {error.strerror}") from None


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
