"""Requests are signed as botocore signs them, and credentials are found where it finds them."""

import datetime
import http.server
import threading
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


class _Busy(http.server.BaseHTTPRequestHandler):
    """Refuses two calls for their rate, then answers."""

    calls = 0

    def do_POST(self) -> None:
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"__type": "ThrottlingException"}' if self.calls < 3 else b'{"clusterArns": ["a"]}'
        self.send_response(400 if self.calls < 3 else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_who_is_told_to_wait_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_PAUSE", 0.001)
    with http.server.HTTPServer(("127.0.0.1", 0), _Busy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = aws.Client(aws.Credentials("a", "b"), "us-east-1", f"http://127.0.0.1:{server.server_port}")
        try:
            assert client.call("ecs", "ListClusters", {}) == {"clusterArns": ["a"]}
        finally:
            server.shutdown()
            thread.join()
    assert _Busy.calls == 3


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
