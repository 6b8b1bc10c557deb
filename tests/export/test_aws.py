"""Requests are signed as botocore signs them, and credentials are found where it finds them."""

import datetime
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Known

from kecs.export import aws
from kecs.export.problems import ExportError

HEADERS = {"content-type": "application/x-amz-json-1.1", "host": "localhost:4566", "x-amz-target": "X.ListServices"}


@pytest.mark.parametrize("token", ["", "a/token+with=signs"])
@pytest.mark.parametrize("path", ["/", "/a path/ü"])
def test_a_request_is_signed_as_botocore_does(token: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None))
    headers = {name: value for name, value in HEADERS.items() if name != "host"}
    request = AWSRequest("POST", f"http://localhost:4566{path}", headers, b'{"a": 1}')
    SigV4Auth(Known("AKID", "secret", token or None), "ecs", "eu-west-1").add_auth(request)

    made = aws.signed(HEADERS, b'{"a": 1}', path, "ecs", "eu-west-1", aws.Credentials("AKID", "secret", token), now)

    assert made["authorization"] == request.headers["Authorization"]


def test_credentials_are_of_the_environment_or_of_a_profile(tmp_path: Path) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[work]\naws_access_key_id = A\naws_secret_access_key = B%\naws_session_token = C\n")
    profile = {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_PROFILE": "work"}
    assert aws.find_credentials(profile) == aws.Credentials("A", "B%", "C")
    own = {"AWS_ACCESS_KEY_ID": "X", "AWS_SECRET_ACCESS_KEY": "Y"}
    assert aws.find_credentials({**profile, **own}) == aws.Credentials("X", "Y")
    with pytest.raises(ExportError, match="there are no AWS credentials"):
        aws.find_credentials({"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")})


def test_the_region_is_of_the_environment_or_of_a_profile(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\n")
    assert aws.find_region({"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "work"}) == "eu-west-1"
    assert aws.find_region({"AWS_CONFIG_FILE": str(config), "AWS_REGION": "us-east-2"}) == "us-east-2"
    with pytest.raises(ExportError, match="there is no AWS region"):
        aws.find_region({"AWS_CONFIG_FILE": str(config)})
