import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kecs.kube.access import AccessError, Static
from kecs.kube.kubeconfig import has_service_account, in_cluster, load_kubeconfig
from kecs.kube.plugin import ExecPlugin
from kecs.kube.proxy import proxy_for
from kecs.kube.tokens import TokenFile
from tests.kube.certificates import signed

PEM = signed("authority").pair.certificate
DATA = base64.b64encode(PEM).decode()


def config(*, cluster: Any = None, user: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "there", "cluster": {"server": "https://there:6443", **(cluster or {})}}],
        "users": [{"name": "me", "user": user or {}}],
        "contexts": [{"name": "main", "context": {"cluster": "there", "user": "me", "namespace": "mine"}}],
        "current-context": "main",
        **more,
    }


def written(path: Path, content: Any, *, as_yaml: bool = True) -> Path:
    path.write_text(yaml.safe_dump(content) if as_yaml else json.dumps(content))
    return path


@pytest.mark.parametrize("as_yaml", [True, False])
async def test_the_current_context(tmp_path: Path, as_yaml: bool) -> None:
    user = {"token": "secret", "client-certificate-data": DATA, "client-key-data": DATA}
    path = written(
        tmp_path / "config",
        config(cluster={"certificate-authority-data": DATA, "tls-server-name": "name"}, user=user),
        as_yaml=as_yaml,
    )
    access = load_kubeconfig(path, environment={})
    assert (access.servers, access.namespace) == (("https://there:6443",), "mine")
    assert (access.authority, access.server_name, access.insecure, access.proxy) == (PEM, "name", False, "")
    assert await access.credentials.authorization() == "Bearer secret"
    pair = await access.credentials.certificate()
    assert pair is not None
    assert pair.key == PEM


async def test_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.crt").write_bytes(PEM)
    (tmp_path / "token").write_text("first\n")
    path = written(
        tmp_path / "config",
        config(cluster={"certificate-authority": "pki/ca.crt"}, user={"tokenFile": "token", "token": "old"}),
    )
    access = load_kubeconfig(path, environment={})
    assert access.authority == PEM
    assert isinstance(access.credentials, TokenFile)
    assert await access.credentials.authorization() == "Bearer first"


async def test_a_password_and_somebody_else(tmp_path: Path) -> None:
    user = {"username": "me", "password": "p:w", "as": "you", "as-groups": ["a", "b"], "as-uid": "7"}
    access = load_kubeconfig(written(tmp_path / "config", config(user=user)), environment={})
    assert await access.credentials.authorization() == "Basic " + base64.b64encode(b"me:p:w").decode()
    assert list(access.headers) == [
        ("Impersonate-User", "you"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    ]


def test_several_files_are_one_and_the_first_decides(tmp_path: Path) -> None:
    first = written(tmp_path / "first", {"contexts": None, "clusters": config()["clusters"]})
    second = config(cluster={"server": "https://elsewhere"})
    second["contexts"].append({"name": "other", "context": {"cluster": "there"}})
    written(tmp_path / "second", second)
    environment = {"KUBECONFIG": f"{first}:{tmp_path / 'missing'}::{tmp_path / 'second'}"}
    access = load_kubeconfig(environment=environment)
    assert (access.servers, access.namespace) == (("https://there:6443",), "mine")
    assert load_kubeconfig(context="other", environment=environment).namespace == "default"
    with pytest.raises(AccessError, match=r"first, .*second: contexts: there is no 'third'"):
        load_kubeconfig(context="third", environment=environment)
    with pytest.raises(AccessError, match="none of the kubeconfig files is there: /nowhere, /else"):
        load_kubeconfig(environment={"KUBECONFIG": "/nowhere:/else"})


def test_further_servers_of_the_same_cluster(tmp_path: Path) -> None:
    more = [{"name": "kecs.io/servers", "extension": {"servers": ["https://b", "https://c"]}}, {"name": "x"}]
    access = load_kubeconfig(written(tmp_path / "config", config(cluster={"extensions": more})), environment={})
    assert access.servers == ("https://there:6443", "https://b", "https://c")


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "get-token", "interactiveMode": "Never"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (config(cluster={"server": 3}), r"Expected `str`, got `int` - at `\$\.clusters\[0\]\.cluster\.server`"),
        (config(clusters="none"), r"Expected `array \| null`, got `str` - at `\$\.clusters`"),
        (config(clusters=[{"cluster": {}}]), r"missing required field `name` - at `\$\.clusters\[0\]`"),
        (config(clusters=None), "clusters: there is no 'there', which context 'main' names"),
        (config(users=[]), "users: there is no 'me', which context 'main' names"),
        (config(contexts=[]), "contexts: there is no 'main'"),
        ({}, "no context was named, and there is no current-context"),
        ([], "Expected `object`, got `array`"),
        (config(cluster={"server": ""}), "clusters 'there': server must be a URL that begins with https://"),
        (config(cluster={"server": "there:6443"}), "clusters 'there': server must be a URL"),
        (config(cluster={"certificate-authority-data": "!"}), "'there': certificate-authority-data is no base64"),
        (
            config(cluster={"certificate-authority-data": "aGFsbG8="}),
            "the certificate authority cannot be read",
        ),
        (
            config(cluster={"certificate-authority": "no.crt"}),
            r"authority: .*/no\.crt cannot be read: No such",
        ),
        *(
            (
                config(cluster={"proxy-url": url}),
                "'there': proxy-url, or the proxy of the environment, must be http://HOST",
            )
            for url in ("socks5://x", "http://", "http://user:password@:3128", "http://x:port", "http://[x")
        ),
        (
            config(cluster={"extensions": [{"name": "kecs.io/servers", "extension": 3}]}),
            "servers, a list of URLs",
        ),
        (
            config(user={"client-certificate-data": DATA}),
            "client-certificate and client-key belong together",
        ),
        (
            config(user={"auth-provider": {"name": "gcp"}}),
            "users 'me': auth-provider is gone",
        ),
        (config(user={"exec": EXEC, "token": "x"}), "users 'me': exec stands alone"),
        (config(user={"exec": {**EXEC, "apiVersion": "v1alpha1"}}), "users 'me': exec.apiVersion must be one of"),
        (config(user={"exec": {**EXEC, "interactiveMode": "Always"}}), "users 'me': exec.interactiveMode: Always"),
        (config(user={"exec": {**EXEC, "command": ""}}), "users 'me': exec.command is empty"),
        (config(user={"exec": {"args": []}}), r"missing required field `command` - at `\$\.users\[0\]\.user\.exec`"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(tmp_path: Path, content: Any, message: str) -> None:
    path = written(tmp_path / "config", content)
    with pytest.raises(AccessError, match=f"^{path}: .*{message}"):
        load_kubeconfig(path, environment={})


@pytest.mark.parametrize("text", ["a: [", "a: \x00", "\tx: 1"])
def test_a_file_that_is_no_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(AccessError, match=f"^{path}: .*no YAML"):
        load_kubeconfig(path, environment={})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match=f"the kubeconfig {tmp_path}/config cannot be read: No such file"):
        load_kubeconfig(tmp_path / "config", environment={})
    with pytest.raises(AccessError, match="cannot be read: Is a directory"):
        load_kubeconfig(tmp_path, environment={})


def test_no_secret_is_in_an_error_or_a_representation(tmp_path: Path) -> None:
    user = {"token": "hidden-token", "username": "u", "password": "hidden-password"}
    access = load_kubeconfig(written(tmp_path / "config", config(user=user)), environment={})
    assert isinstance(access.credentials, Static)
    assert "hidden" not in repr(access)
    path = written(tmp_path / "broken", config(user={"token": ["hidden-token"]}))
    with pytest.raises(AccessError) as caught:
        load_kubeconfig(path, environment={})
    assert "hidden" not in str(caught.value)


def test_an_exec_plugin_is_one(tmp_path: Path) -> None:
    access = load_kubeconfig(written(tmp_path / "config", config(user={"exec": EXEC})), environment={})
    assert isinstance(access.credentials, ExecPlugin)


# In a pod


def pod(directory: Path) -> dict[str, str]:
    (directory / "token").write_text("mounted")
    (directory / "ca.crt").write_bytes(PEM)
    (directory / "namespace").write_text("home\n")
    return {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


async def test_in_a_pod(tmp_path: Path) -> None:
    environment = pod(tmp_path)
    access = in_cluster(tmp_path, environment)
    assert (access.servers, access.namespace, access.authority) == (("https://10.96.0.1:443",), "home", PEM)
    assert await access.credentials.authorization() == "Bearer mounted"
    assert has_service_account(tmp_path, environment)
    assert in_cluster(tmp_path, {**environment, "KUBERNETES_SERVICE_HOST": "fd00::1"}).servers == (
        "https://[fd00::1]:443",
    )


def test_outside_of_a_pod(tmp_path: Path) -> None:
    assert not has_service_account(tmp_path, {})
    with pytest.raises(AccessError, match="this is no pod"):
        in_cluster(tmp_path, {})
    environment = pod(tmp_path)
    (tmp_path / "token").unlink()
    assert not has_service_account(tmp_path, environment)
    with pytest.raises(AccessError, match=f"there is no {tmp_path}/token"):
        in_cluster(tmp_path, environment)


# Proxies


@pytest.mark.parametrize(
    ("server", "exempt", "wanted"),
    [
        ("https://a.example:6443", "", True),
        ("https://a.example:6443", "*", False),
        ("https://a.example:6443", "example", False),
        ("https://a.example:6443", ".example", False),
        ("https://a.example:6443", "*.example", False),
        ("https://A.Example:6443", "a.eXample", False),
        ("https://b.example:6443", "a.example,c.example", True),
        ("https://bad-example", "example", True),
        ("https://example", ".example", True),
        ("https://a.example:6443", " x , a.example ", False),
        ("https://a.example:6443", "a.example:6443", False),
        ("https://a.example:6443", "a.example:443", True),
        ("https://a.example", "a.example:443", False),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://11.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", False),
        ("https://10.1.2.3", "10.1.2.3:6443", True),
        ("https://[fd00::1]:6443", "fd00::/8", False),
        ("https://[fd00::1]:6443", "fd00::1", False),
        ("https://10.1.2.3", "no/network", True),
        ("https://127.0.0.1:6443", "", False),
        ("https://localhost:6443", "", False),
        ("https://[::1]:6443", "", False),
        ("http://a.example", "", False),
    ],
)
def test_which_proxy_the_environment_names(server: str, exempt: str, wanted: bool) -> None:
    found = proxy_for(server, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": exempt})
    assert found == ("http://proxy:3128" if wanted else "")


def test_how_proxies_are_spelled(tmp_path: Path) -> None:
    assert proxy_for("https://a", {"https_proxy": "proxy:3128"}) == "http://proxy:3128"
    assert proxy_for("http://a", {"HTTP_PROXY": "proxy:3128", "no_proxy": "b"}) == "http://proxy:3128"
    environment = {"HTTPS_PROXY": "http://other:1"}
    assert load_kubeconfig(written(tmp_path / "a", config()), environment=environment).proxy == "http://other:1"
    path = written(tmp_path / "b", config(cluster={"proxy-url": "http://own:2"}))
    assert load_kubeconfig(path, environment=environment).proxy == "http://own:2"
