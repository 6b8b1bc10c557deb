"""Calls of AWS, or of an endpoint that speaks as it does.

Requests are signed with Signature Version 4 (AWS General Reference, "Signing AWS API requests") with the credentials of
the environment or of the shared credentials file.
"""

import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kecs.export import xml
from kecs.export.problems import ExportError, Refused

_TARGETS = {
    "ecs": "AmazonEC2ContainerServiceV20141113",
    "application-autoscaling": "AnyScaleFrontendService",
    "servicediscovery": "Route53AutoNaming_v20170314",
}
_VERSIONS = {"elasticloadbalancing": "2015-12-01", "ec2": "2016-11-15", "monitoring": "2010-08-01"}
_SECONDS = 30.0
_TRIES = 5
_PAUSE = 0.4  # seconds before the second try, and twice as many before each further one
_THROTTLED = (b"Throttling", b"TooManyRequests", b"RequestLimitExceeded", b"Rate exceeded")


class Credentials(msgspec.Struct, frozen=True):
    """An access key; the token is empty for one that lasts."""

    key: str
    secret: str
    token: str = ""


class Client:
    """Calls AWS's JSON and query APIs. Without an `endpoint` they are those of the region."""

    def __init__(self, credentials: Credentials, region: str, endpoint: str = "") -> None:
        self._credentials = credentials
        self._region = region
        self._endpoint = endpoint

    def call(self, service: str, operation: str, body: Mapping[str, Any]) -> Any:
        """Return the answer of an API of JSON. Raises `Refused`, and ExportError when nobody answers."""
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{_TARGETS[service]}.{operation}"}
        return _read(operation, *self._try(service, headers, json.dumps(body).encode()))

    def query(self, service: str, operation: str, parameters: Mapping[str, str]) -> Any:
        """Return the answer of an API that takes a form and gives XML, as JSON values; raises as `call` does."""
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        form = {"Action": operation, "Version": _VERSIONS[service], **parameters}
        status, answer = self._try(service, headers, urllib.parse.urlencode(form).encode())
        return xml.read(operation, status, answer)

    def _try(self, service: str, headers: Mapping[str, str], payload: bytes) -> tuple[int, bytes]:
        url = urllib.parse.urlsplit(self._endpoint or f"https://{service}.{self._region}.amazonaws.com")
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ExportError(f"{self._endpoint} is no URL of an endpoint")
        for attempt in range(_TRIES):
            try:
                status, answer = self._send(url, service, headers, payload)
            except (OSError, http.client.HTTPException) as error:
                if attempt + 1 == _TRIES:
                    raise ExportError(f"{url.geturl()} does not answer: {error}") from None
                continue
            if attempt + 1 == _TRIES or (status < 500 and not _is_throttled(status, answer)):
                break
            time.sleep(_PAUSE * 2**attempt)
        return status, answer

    def _send(
        self, url: urllib.parse.SplitResult, service: str, headers: Mapping[str, str], payload: bytes
    ) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(url.hostname), url.port, timeout=_SECONDS)
        now = datetime.datetime.now(datetime.UTC)
        try:
            path = url.path or "/"
            named = {"host": url.netloc.rpartition("@")[2], **headers}
            made = signed(named, payload, path, service, self._region, self._credentials, now)
            connection.request("POST", path, payload, made)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _is_throttled(status: int, answer: bytes) -> bool:
    return status in (400, 429, 503) and any(word in answer for word in _THROTTLED)


def signed(
    headers: Mapping[str, str],
    payload: bytes,
    path: str,
    service: str,
    region: str,
    credentials: Credentials,
    now: datetime.datetime,
) -> dict[str, str]:
    """Return the headers of a POST with those that sign it."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    made = {**headers, "x-amz-date": stamp}
    if credentials.token:
        made["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(made))
    lines = "".join(f"{name}:{made[name].strip()}\n" for name in sorted(made))
    canonical = f"POST\n{urllib.parse.quote(path)}\n\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    made["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return made


def _read(operation: str, status: int, answer: bytes) -> Any:
    try:
        body = json.loads(answer or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(operation, f"HTTP {status}", "the answer is no JSON object")
    if status >= 400:
        code = str(body.get("__type") or body.get("code") or f"HTTP {status}").rpartition("#")[2]
        raise Refused(operation, code, str(body.get("message") or body.get("Message") or ""))
    return body


def find_credentials(environment: Mapping[str, str]) -> Credentials:
    """Return the credentials of the environment, else of the profile in the shared file. Raises ExportError."""
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return Credentials(key, secret, environment.get("AWS_SESSION_TOKEN", ""))
    profile = environment.get("AWS_PROFILE") or "default"
    found = _profile(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials", profile)
    if found.get("aws_access_key_id") and found.get("aws_secret_access_key"):
        return Credentials(
            found["aws_access_key_id"], found["aws_secret_access_key"], found.get("aws_session_token", "")
        )
    raise ExportError("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")


def find_region(environment: Mapping[str, str]) -> str:
    """Return the region of the environment, else of the profile. Raises ExportError."""
    given = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    profile = environment.get("AWS_PROFILE") or "default"
    section = profile if profile == "default" else f"profile {profile}"
    region = given or _profile(environment, "AWS_CONFIG_FILE", "config", section).get("region")
    if not region:
        raise ExportError("there is no AWS region: set AWS_REGION")
    return region


def _profile(environment: Mapping[str, str], variable: str, name: str, section: str) -> Mapping[str, str]:
    path = environment.get(variable) or Path.home() / ".aws" / name
    parser = configparser.RawConfigParser()
    try:
        parser.read(path)
    except (configparser.Error, UnicodeDecodeError):
        raise ExportError(f"{path} is no file of AWS profiles") from None
    return parser[section] if parser.has_section(section) else {}


def client_of(endpoint: str) -> Client:
    """Return a client with what the environment says. Raises ExportError."""
    given = endpoint or os.environ.get("AWS_ENDPOINT_URL_ECS") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return Client(find_credentials(os.environ), find_region(os.environ), given)
