"""Which form an Accept header asks for, and protobuf bodies."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.embedded.http.negotiation import Form, Shape, accepted
from kecs.embedded.http.protobuf import parse_protobuf
from kecs.embedded.http.syntax import Unparsable
from kecs.kube.errors import NotAcceptable

_ALL: frozenset[Shape] = frozenset({"object", "table", "metadata"})
_TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", Form()),
        ("application/json", Form()),
        ("*/*", Form()),
        ("application/json, */*", Form()),
        ("application/*", Form()),
        ("application/json;stream=watch", Form()),
        ("application/vnd.kubernetes.protobuf,application/json", Form()),
        ("application/vnd.kubernetes.protobuf;stream=watch, application/json;q=0.5", Form()),
        ("application/yaml", Form(yaml=True)),
        ("application/json;q=0.1, application/yaml", Form(yaml=True)),
        (_TABLE, Form("table", "v1", "Table")),
        (f"{_TABLE},{_TABLE.replace('=v1', '=v1beta1')},application/json", Form("table", "v1", "Table")),
        (_TABLE.replace("=v1", "=v1beta1"), Form("table", "v1beta1", "Table")),
        (f"{_TABLE.replace('=v1', '=v7')},application/json", Form()),
        (
            "application/json; as=PartialObjectMetadata; v=v1; g=meta.k8s.io",
            Form("metadata", "v1", "PartialObjectMetadata"),
        ),
        ("application/json;q=odd, application/yaml;q=0.2", Form(yaml=True)),
    ],
)
def test_form(header: str, form: Form) -> None:
    assert accepted(header, _ALL) == form


@pytest.mark.parametrize(
    "header", ["text/html", "application/vnd.kubernetes.protobuf", "application/json;as=Odd;v=v1;g=x"]
)
def test_nothing_acceptable(header: str) -> None:
    with pytest.raises(NotAcceptable):
        accepted(header, _ALL)


def test_shapes_that_are_not_offered() -> None:
    with pytest.raises(NotAcceptable):
        accepted(_TABLE)


@given(st.text(alphabet="application/json*;,=qasvg. T1\x00é", max_size=60))
def test_any_header_is_a_form_or_not_acceptable(header: str) -> None:
    try:
        accepted(header, _ALL)
    except NotAcceptable:
        return


# Sent by kubectl 1.32: `create deployment web --image=busybox --replicas=0 --port=80`, `create secret generic s
# --from-literal=a=b`, `create service clusterip c --tcp=80:8080`.
_SENT = {
    "deployment": (
        "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErwBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEooBCAASDAoKCgNh"
        "cHASA3dlYhpwChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViElASMgoHYnVzeWJveBIHYnVzeWJveCoAMgoKABAAGFAiACoA"
        "QgBqAHIAgAEAiAEAkAEAogEAGgAyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBACICCgAoADgAGgwIABAAGAAgACgAOAAaACIA"
    ),
    "secret": ("azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA="),
    "service": (
        "azhzAAoNCgJ2MRIHU2VydmljZRJjChsKAWMSABoAIgAqADIAOABCAFoICgNhcHASAWMSQAobCgc4MC04MDgwEgNUQ1AYUCIHCAAQ"
        "kD8aACgAEggKA2FwcBIBYxoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA=="
    ),
}


def test_deployment() -> None:
    sent = parse_protobuf(base64.b64decode(_SENT["deployment"]))
    container = {"name": "busybox", "image": "busybox", "ports": [{"containerPort": 80}]}
    assert sent == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }


def test_secret_and_service() -> None:
    assert parse_protobuf(base64.b64decode(_SENT["secret"]))["data"] == {"a": "Yg=="}
    (port,) = parse_protobuf(base64.b64decode(_SENT["service"]))["spec"]["ports"]
    assert port == {"name": "80-8080", "protocol": "TCP", "port": 80, "targetPort": 8080}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s",
        b"k8s\x00",
        b"k8s\x00\x0a\x7f",
        b"k8s\x00\x0a\x04\x0a\x02v1",
        b"k8s\x00\x0b",
        b"k8s\x00" + b"\xff" * 20,
    ],
)
def test_what_is_no_protobuf_body(body: bytes) -> None:
    with pytest.raises(Unparsable):
        parse_protobuf(body)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_bytes_are_an_object_or_unparsable(noise: bytes, position: int) -> None:
    body = base64.b64decode(_SENT["deployment"])
    for candidate in (b"k8s\x00" + noise, body[:position] + noise + body[position + len(noise) :]):
        try:
            parse_protobuf(candidate)
        except Unparsable:
            continue
