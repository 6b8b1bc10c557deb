"""Tokens that rotate, programs that hand them out, certificates on both sides, proxies: through real connections."""

import asyncio
import json
import os
import stat
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kecs.kube import errors, plugin, tokens
from kecs.kube.access import AccessError, Static
from kecs.kube.http import HttpApi
from kecs.kube.kubeconfig import load_kubeconfig
from kecs.kube.resources import PODS
from tests.kube.certificates import server_context, signed
from tests.kube.scripted import QUICK, Step, client, refuses, says, serving
from tests.kube.test_kubeconfig import config, written

POD = {"metadata": {"name": "a"}}


def wants(*good: str) -> Step:
    """Answer those who bring one of these tokens."""

    async def step(request: web.Request) -> web.StreamResponse:
        known = request.headers.get("Authorization", "").removeprefix("Bearer ") in good
        return await (says(POD) if known else refuses(401, "Unauthorized"))(request)

    return step


async def test_a_token_that_was_replaced_is_read_again_when_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one")
    async with serving(wants("one")) as server, client(server.url, credentials=tokens.TokenFile(file)) as api:
        await api.get(PODS, "ns", "a")
        file.write_text("two\n")
        server.steps = [wants("two")]
        await api.create(PODS, "ns", {}, manager="me")
        assert server.tokens == ["Bearer one", "Bearer one", "Bearer two"]
        server.steps = [wants("three")]
        with pytest.raises(errors.Unauthorized):
            await api.get(PODS, "ns", "a")
        assert len(server.tokens) == 4  # the file says nothing new: there is no use in asking again


async def test_a_token_is_read_again_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("one")
    source = tokens.TokenFile(file)
    assert await source.authorization() == "Bearer one"
    file.write_text("two")
    assert await source.authorization() == "Bearer one"
    monkeypatch.setattr(tokens, "_FRESH", 0.0)
    assert await source.authorization() == "Bearer two"
    file.unlink()
    assert await source.authorization() == "Bearer two"  # it is being replaced


async def test_a_token_file_that_is_not_there(tmp_path: Path) -> None:
    source = tokens.TokenFile(tmp_path / "token")
    async with serving(says(POD)) as server, client(server.url, credentials=source) as api:
        with pytest.raises(errors.Unauthorized, match=f"the token file {tmp_path}/token cannot be read: No such file"):
            await api.get(PODS, "ns", "a")
        (tmp_path / "token").write_text("")
        with pytest.raises(errors.Unauthorized, match="is empty"):
            await api.get(PODS, "ns", "a")
        assert server.asked == []


# Programs


class Program:
    """A program that answers with what is in a file, and counts how often it was run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "get-token"
        self.path.write_text(
            f"#!{sys.executable}\n"
            "import os, sys, pathlib\n"
            "here = pathlib.Path(__file__).parent\n"
            "with (here / 'runs').open('a') as runs: runs.write(os.environ['KUBERNETES_EXEC_INFO'] + '\\n')\n"
            "(here / 'seen').write_text(' '.join(sys.argv[1:]) + ' ' + os.environ.get('EXTRA', ''))\n"
            "sys.stdout.buffer.write((here / 'answer').read_bytes())\n"
            "sys.exit(int((here / 'code').read_text()))\n"
        )
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)
        self.answers(token="one")

    def answers(self, code: int = 0, seconds: float | None = None, version: str = "v1", **status: str) -> None:
        if seconds is not None:
            status["expirationTimestamp"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        body = {"apiVersion": f"{plugin.GROUP}/{version}", "kind": "ExecCredential", "status": status}
        self.says(json.dumps(body), code)

    def says(self, text: str, code: int = 0) -> None:
        (self.directory / "answer").write_text(text)
        (self.directory / "code").write_text(str(code))

    @property
    def runs(self) -> list[Any]:
        file = self.directory / "runs"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def credentials(self, server: str = "https://there", **more: Any) -> plugin.ExecPlugin:
        spec = {"apiVersion": plugin.VERSIONS[0], "command": "./get-token", "interactiveMode": "Never", **more}
        content = config(cluster={"server": server}, user={"exec": spec})
        access = load_kubeconfig(written(self.directory / "config", content), environment={})
        assert isinstance(access.credentials, plugin.ExecPlugin)
        return access.credentials


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


async def test_a_program_is_asked_once_while_its_token_holds(program: Program) -> None:
    source = program.credentials(
        args=["--for", "me"], env=[{"name": "EXTRA", "value": "more"}], provideClusterInfo=True
    )
    async with serving(wants("one")) as server, client(server.url, credentials=source) as api:
        await asyncio.gather(*(api.get(PODS, "ns", "a") for _ in range(5)))
    assert len(program.runs) == 1
    assert program.runs[0] == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {"server": "https://there"}},
    }
    assert (program.directory / "seen").read_text() == "--for me more"


async def test_a_program_is_asked_again_before_its_token_expires(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.answers(token="one", seconds=600)
    source = program.credentials()
    assert await source.authorization() == "Bearer one"
    program.answers(token="two", seconds=6000)
    assert await source.authorization() == "Bearer one"
    late = time.time() + 600 - plugin._EARLY
    monkeypatch.setattr("kecs.kube.plugin.time.time", lambda: late)
    assert await source.authorization() == "Bearer two"
    assert len(program.runs) == 2


async def test_a_program_is_asked_again_when_its_token_is_refused(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = program.credentials(apiVersion=plugin.VERSIONS[1])
    program.answers(token="one", version="v1beta1")
    async with serving(wants("one")) as server, client(server.url, credentials=source) as api:
        await api.get(PODS, "ns", "a")
        server.steps = [wants("two")]
        program.answers(token="two", version="v1beta1")
        with pytest.raises(errors.Unauthorized):  # it has only just been asked: a token that no server takes must not
            await api.get(PODS, "ns", "a")  # start it with every request
        assert len(program.runs) == 1
        monkeypatch.setattr(plugin, "_RESTING", 0.0)
        await api.get(PODS, "ns", "a")
        assert len(program.runs) == 2


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("hidden", 0, "did not answer with an ExecCredential in JSON"),
        ("", 3, "ended with 3"),
        (
            '{"apiVersion":"v1","kind":"ExecCredential","status":{"token":"hidden"}}',
            0,
            "answered in another version than",
        ),
        ("\udcff", 0, "did not answer with an ExecCredential"),
        ({}, 0, "answered with neither a token nor a certificate with its key"),
        ({"clientCertificateData": "hidden"}, 0, "answered with neither a token nor"),
        ({"token": "hidden", "expirationTimestamp": "soon"}, 0, "an expirationTimestamp that is no time"),
    ],
)
async def test_a_program_that_fails(program: Program, text: Any, code: int, message: str) -> None:
    if isinstance(text, str):
        (program.directory / "answer").write_bytes(text.encode(errors="surrogateescape"))
        (program.directory / "code").write_text(str(code))
    else:
        program.answers(**text)
    source = program.credentials()
    for _ in range(2):
        with pytest.raises(errors.Unauthorized, match=f"{program.directory}/config: users 'me': .*{message}") as caught:
            await source.authorization()
        assert "hidden" not in str(caught.value)
    assert len(program.runs) == 1  # not started again with every request


async def test_a_program_that_is_not_there_is_told_with_its_hint(program: Program) -> None:
    source = program.credentials(command="no-such-program", installHint="Get it\nfrom the shelf.")
    with pytest.raises(errors.Unauthorized, match=r"cannot be started: No such file .*\(Get it from the shelf\.\)"):
        await source.authorization()


async def test_a_program_that_does_not_end_is_ended(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "_SECONDS", 0.2)
    program.path.write_text(f"#!/bin/sh\necho $$ > {program.directory}/pid\nexec sleep 60\n")
    source = program.credentials()
    began = time.monotonic()
    with pytest.raises(errors.Unauthorized, match="did not end within"):
        await source.authorization()
    assert time.monotonic() - began < 5.0
    with pytest.raises(ProcessLookupError):
        os.kill(int((program.directory / "pid").read_text()), 0)


# Certificates


async def test_both_sides_prove_who_they_are(tmp_path: Path) -> None:
    ours, theirs = signed("our authority"), signed("their authority")
    server = signed("server", theirs, host="127.0.0.1")
    context = server_context(tmp_path, server, ours)
    credentials = Static(pair=signed("me", ours).pair)
    async with serving(says(POD), tls=context) as one:
        async with client(one.url, credentials=credentials, authority=theirs.pair.certificate) as api:
            await api.get(PODS, "ns", "a")
        async with client(one.url, credentials=credentials, authority=ours.pair.certificate) as api:
            with pytest.raises(errors.Unavailable, match="cannot be trusted"):
                await api.get(PODS, "ns", "a")
        async with client(one.url, credentials=credentials, insecure=True) as api:
            await api.get(PODS, "ns", "a")
        async with client(one.url, authority=theirs.pair.certificate, timings=replace(QUICK, patience=0.1)) as api:
            with pytest.raises(errors.ApiError):
                await api.get(PODS, "ns", "a")


async def test_certificates_in_files_are_read_again_when_they_were_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = signed("authority")
    context = server_context(tmp_path, signed("server", authority, host="127.0.0.1"), authority)
    files = tmp_path / "me.crt", tmp_path / "me.key"

    def write(name: str) -> None:
        for file, content in zip(files, signed(name, authority).pair, strict=True):
            file.write_bytes(content)

    async def who(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        subject = request.transport.get_extra_info("peercert")["subject"]
        return web.json_response({"metadata": {"name": subject[0][0][1]}})

    write("first")
    async with serving(who, tls=context) as server:
        user = {"client-certificate": "me.crt", "client-key": "me.key"}
        path = written(tmp_path / "config", config(cluster={"server": server.url}, user=user))
        access = load_kubeconfig(path, environment={})
        assert isinstance(access.credentials, tokens.CertificateFiles)
        authorized = {"credentials": access.credentials, "authority": authority.pair.certificate}
        async with client(server.url, **authorized) as api:  # type: ignore[arg-type]
            assert (await api.get(PODS, "ns", "a"))["metadata"]["name"] == "first"
            write("second")
            assert (await api.get(PODS, "ns", "a"))["metadata"]["name"] == "first"
            monkeypatch.setattr(tokens, "_FRESH", 0.0)
            assert (await api.get(PODS, "ns", "a"))["metadata"]["name"] == "second"
            files[1].write_bytes(signed("third", authority).pair.key)  # the certificate comes a moment later
            assert (await api.get(PODS, "ns", "a"))["metadata"]["name"] == "second"
            files[0].unlink()
            assert (await api.get(PODS, "ns", "a"))["metadata"]["name"] == "second"


async def test_a_server_may_have_another_name(tmp_path: Path) -> None:
    authority = signed("authority")
    context = server_context(tmp_path, signed("server", authority, host="kubernetes.test"), authority)
    access: dict[str, Any] = {
        "credentials": Static(pair=signed("me", authority).pair),
        "authority": authority.pair.certificate,
    }
    async with serving(says(POD), tls=context) as one:
        async with client(one.url, **access, server_name="kubernetes.test") as api:
            await api.get(PODS, "ns", "a")
        async with client(one.url, **access) as api:
            with pytest.raises(errors.Unavailable, match="cannot be trusted"):
                await api.get(PODS, "ns", "a")


async def test_a_program_may_hand_out_certificates(tmp_path: Path, program: Program) -> None:
    authority = signed("authority")
    context = server_context(tmp_path, signed("server", authority, host="127.0.0.1"), authority)
    pair = signed("me", authority).pair
    program.answers(clientCertificateData=pair.certificate.decode(), clientKeyData=pair.key.decode())
    async with serving(says(POD), tls=context) as one:
        async with client(one.url, credentials=program.credentials(), authority=authority.pair.certificate) as api:
            await api.get(PODS, "ns", "a")
        program.answers(clientCertificateData="nonsense", clientKeyData="nonsense")
        async with client(one.url, credentials=program.credentials(), origin="here") as api:
            with pytest.raises(errors.Unauthorized, match="here: the client certificate and its key cannot be used"):
                await api.get(PODS, "ns", "a")


async def test_an_authority_of_no_use_is_told_at_once() -> None:
    from kecs.kube.access import Access

    with pytest.raises(AccessError, match="here: the certificate authority cannot be read"):
        await HttpApi.connect(Access(("https://there",), authority=b"nonsense", origin="here"))
    with pytest.raises(AccessError, match="there is no server"):
        await HttpApi.connect(Access(()))


async def test_a_proxy_is_asked_for_the_server() -> None:
    async with serving(says(POD)) as proxy, client("http://there.test:6443", proxy=proxy.url) as api:
        await api.get(PODS, "ns", "a")
        assert proxy.asked[0].headers["Host"] == "there.test:6443"
        assert str(proxy.asked[0].url) == "http://there.test:6443/api/v1/namespaces/ns/pods/a"


async def test_a_proxy_that_refuses_is_told_without_its_password() -> None:
    async with serving(refuses(407, "who are you")) as proxy:
        url = proxy.url.replace("http://", "http://me:pass-word@")
        async with client("https://there.test:6443", proxy=url, timings=replace(QUICK, patience=0.1)) as api:
            with pytest.raises(errors.Unavailable, match=r"there\.test:6443 broke: 4") as refused:
                await api.get(PODS, "ns", "a")
    assert "pass-word" not in f"{refused.value} {refused.value.message}"
