"""Who gets in: the token, the host, and the files that the door leaves."""

import base64
import contextlib
import json
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from kecs.embedded.engine import Engine
from kecs.embedded.http.auth import ensure_token, write_private
from kecs.embedded.http.door import Door
from kecs.embedded.http.tls import ensure_tls
from tests.embedded.http.conftest import Client


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic {}", "{}", "Bearer {}x", "Bearer \xff"])
async def test_without_the_token_nothing_is_told(client: Client, given: str) -> None:
    reply = await client.get("/api/v1/pods", authorization=given.format(client.token))
    assert reply.error == (401, "Unauthorized", "Unauthorized")


async def test_the_scheme_is_written_in_any_case(client: Client) -> None:
    assert (await client.get("/api", authorization=f"bearer {client.token}")).status == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8443", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8443"])
async def test_this_machine_is_served(client: Client, host: str) -> None:
    assert (await client.get("/api", host=host)).status == 200


@pytest.mark.parametrize(
    "host", ["", "example.com", "example.com:443", "127.0.0.1.example.com", "localhost.example.com:1", "::1"]
)
@pytest.mark.parametrize("path", ["/api", "/healthz"])
async def test_foreign_hosts_are_refused(client: Client, host: str, path: str) -> None:
    assert (await client.get(path, host=host)).error[:2] == (403, "Forbidden")


async def test_further_hosts_may_be_named(engine: Engine, tmp_path: Path) -> None:
    door = Door(engine, tmp_path, hosts=frozenset({"kecs.example.com"}))
    client = Client(door, ensure_token(tmp_path))
    assert (await client.get("/api", host="kecs.example.com:6443")).status == 200


def test_token_is_made_once_and_is_private(tmp_path: Path) -> None:
    token = ensure_token(tmp_path / "data")
    assert len(token) >= 43
    assert ensure_token(tmp_path / "data") == token
    assert _mode(tmp_path / "data" / "token") == 0o600
    assert ensure_token(tmp_path / "other") != token


def test_private_files_are_whole_and_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), _mode(path), list(tmp_path.iterdir())) == (b"new", 0o600, [path])


def test_certificate(tmp_path: Path) -> None:
    files = ensure_tls(tmp_path)
    assert _mode(files.key) == 0o600
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)


def test_certificate_holds_up_to_strict_clients(tmp_path: Path) -> None:
    files = ensure_tls(tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.certificate, files.key)
    client = ssl.create_default_context(cafile=str(files.certificate))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    for host in ("127.0.0.1", "::1", "localhost"):
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        ours = server.wrap_bio(there, back, server_side=True)
        theirs = client.wrap_bio(back, there, server_hostname=host)
        for end in (theirs, ours, theirs, ours):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
        assert theirs.version()


def test_certificate_is_kept_until_it_no_longer_fits(tmp_path: Path) -> None:
    first = ensure_tls(tmp_path).certificate.read_bytes()
    assert ensure_tls(tmp_path).certificate.read_bytes() == first
    other = ensure_tls(tmp_path, frozenset({"kecs.example.com", "10.0.0.1"})).certificate.read_bytes()
    assert other != first
    names = x509.load_pem_x509_certificate(other).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "kecs.example.com" in names.get_values_for_type(x509.DNSName)
    (tmp_path / "apiserver.crt").write_bytes(b"hosts: 127.0.0.1 ::1 localhost\nuntil: 2020-01-01T00:00:00+00:00\n")
    assert x509.load_pem_x509_certificate(ensure_tls(tmp_path).certificate.read_bytes())


async def test_kubeconfig(engine: Engine, tmp_path: Path) -> None:
    door = Door(engine, tmp_path)
    path = door.write_kubeconfig(6443)
    assert (path, _mode(path)) == (tmp_path / "kubeconfig", 0o600)
    content = json.loads(path.read_text())
    cluster = content["clusters"][0]["cluster"]
    assert cluster["server"] == "https://127.0.0.1:6443"
    assert base64.b64decode(cluster["certificate-authority-data"]) == door.tls_files().certificate.read_bytes()
    assert content["users"][0]["user"]["token"] == ensure_token(tmp_path)
    assert content["current-context"] == content["contexts"][0]["name"]
