"""The caller's scope, out of what botocore signs with."""

from contextlib import suppress

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from kecs.model.errors import IncompleteSignature
from kecs.model.scope import Scope
from kecs.wire.sigv4 import Callers

DEFAULT = Scope("123456789012", "us-east-1")


@pytest.mark.parametrize(
    ("key", "region", "scope"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "eu-west-1", Scope("123456789012", "eu-west-1")),
        ("210987654321", "us-east-1", Scope("210987654321", "us-east-1")),
        ("210987654321", "moon-base-7", Scope("210987654321", "moon-base-7")),
        ("21098765432", "us-east-1", Scope("123456789012", "us-east-1")),
        ("x", "local", Scope("123456789012", "local")),
    ],
)
def test_scope_of_a_request_that_botocore_signed(key: str, region: str, scope: Scope) -> None:
    request = AWSRequest("POST", "http://127.0.0.1:4566/", data=b"{}", headers={"X-Amz-Target": "t"})
    SigV4Auth(Credentials(key, "secret", "token"), "ecs", region).add_auth(request)
    assert Callers(DEFAULT).scope(request.headers["Authorization"].encode()) == scope


def test_scope_of_a_presigned_request() -> None:
    request = AWSRequest("GET", "http://127.0.0.1:4566/?Action=x")
    SigV4QueryAuth(Credentials("210987654321", "secret"), "ecs", "eu-north-1").add_auth(request)
    query = request.prepare().url.partition("?")[2].encode()
    assert Callers(DEFAULT).scope(b"", query) == Scope("210987654321", "eu-north-1")


@pytest.mark.parametrize("header", [b"", b"Bearer abc", b"Basic dXNlcjpwYXNz", b"\xff\xfe"])
def test_a_request_without_a_signature_has_the_default_scope(header: bytes) -> None:
    assert Callers(DEFAULT).scope(header, b"a=b") == DEFAULT


@pytest.mark.parametrize(
    "credential",
    ["", "a", "a/b/c/d", "a/20260101/us east/ecs/aws4_request", "a/20260101//ecs/aws4_request", "a/b/c/d/e/f"],
)
def test_a_broken_credential_is_refused(credential: str) -> None:
    with pytest.raises(IncompleteSignature, match="Credential must have exactly 5 slash-delimited elements"):
        Callers(DEFAULT).scope(f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0".encode())


def test_what_is_remembered_is_bounded() -> None:
    callers = Callers(DEFAULT)
    for day in range(5000):
        credential = f"AWS4-HMAC-SHA256 Credential=a/{day}/r/ecs/aws4_request, SignedHeaders=host"
        assert callers.scope(credential.encode()).region == "r"
    assert len(callers._scopes) <= 1024


@given(header=st.binary(max_size=100), query=st.binary(max_size=100))
def test_any_header_is_a_scope_or_a_refusal(header: bytes, query: bytes) -> None:
    for authorization in (header, b"AWS4-HMAC-SHA256 Credential=" + header):
        with suppress(IncompleteSignature):
            assert isinstance(Callers(DEFAULT).scope(authorization, b"X-Amz-Credential=" + query), Scope)
