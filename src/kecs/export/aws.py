"""A live Amazon ECS, or an endpoint that speaks as it does, as a source: the reading calls that an export needs.

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
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kecs.export.problems import ExportError
from kecs.model import shapes

_TARGETS = {
    "ecs": "AmazonEC2ContainerServiceV20141113",
    "application-autoscaling": "AnyScaleFrontendService",
}
_SECONDS = 30.0
_MOST_DESCRIBED = 10  # services in one DescribeServices
_TRIES = 4


class Credentials(msgspec.Struct, frozen=True):
    """An access key; the token is empty for one that lasts."""

    key: str
    secret: str
    token: str = ""


class Refused(ExportError):
    """The endpoint answered with an error."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}" if message else f"{operation}: {code}")
        self.code = code


class Client:
    """Calls AWS's JSON 1.1 APIs. Without an `endpoint` they are those of the region."""

    def __init__(self, credentials: Credentials, region: str, endpoint: str = "") -> None:
        self._credentials = credentials
        self._region = region
        self._endpoint = endpoint

    def call(self, service: str, operation: str, body: Mapping[str, Any]) -> Any:
        """Return an answer. Raises `Refused`, and ExportError when nobody answers."""
        url = urllib.parse.urlsplit(self._endpoint or f"https://{service}.{self._region}.amazonaws.com")
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ExportError(f"{self._endpoint} is no URL of an endpoint")
        payload = json.dumps(body).encode()
        for attempt in range(_TRIES):
            try:
                status, answer = self._send(url, service, operation, payload)
            except (OSError, http.client.HTTPException) as error:
                if attempt + 1 == _TRIES:
                    raise ExportError(f"{url.geturl()} does not answer: {error}") from None
                continue
            if status < 500 or attempt + 1 == _TRIES:
                break
        return _read(operation, status, answer)

    def _send(self, url: urllib.parse.SplitResult, service: str, operation: str, payload: bytes) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(url.hostname), url.port, timeout=_SECONDS)
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": url.netloc.rpartition("@")[2],
            "x-amz-target": f"{_TARGETS[service]}.{operation}",
        }
        now = datetime.datetime.now(datetime.UTC)
        try:
            path = url.path or "/"
            made = signed(headers, payload, path, service, self._region, self._credentials, now)
            connection.request("POST", path, payload, made)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


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


def fetch(client: Client, cluster: str, names: list[str]) -> dict[str, str]:
    """Return JSON texts by file name: of the named services of a cluster, or of all, and what they refer to.

    Only what an export is made of is in them, not what changes from one look to the next. Raises ExportError.
    """
    files: dict[str, str] = {}
    arns = names or list(_listed(client, cluster))
    if not arns:
        raise ExportError(f"the cluster {cluster} has no services")
    services = list(_described(client, cluster, arns))
    found = client.call("ecs", "DescribeClusters", {"clusters": [cluster], "include": ["TAGS"]}).get("clusters", ())
    tags = [tag for one in found for tag in one.get("tags", ())]
    files["cluster.json"] = _text({"cluster": {"clusterName": cluster, "tags": tags}})
    for reference in sorted({str(one.get("taskDefinition")) for one in services}):
        answer = client.call("ecs", "DescribeTaskDefinition", {"taskDefinition": reference, "include": ["TAGS"]})
        definition = shapes.task_definition(answer).value
        revision = answer["taskDefinition"].get("revision")
        body = {**msgspec.to_builtins(definition), "revision": revision}
        files[f"task-definition-{definition.family}-{revision}.json"] = _text(body)
    for one in services:
        spec = msgspec.structs.replace(shapes.service(one).value, cluster=cluster)
        files[f"service-{spec.serviceName}.json"] = _text(msgspec.to_builtins(spec))
    files.update(_scaling(client, cluster, {str(one.get("serviceName")) for one in services}))
    return files


def _listed(client: Client, cluster: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        answer = client.call("ecs", "ListServices", {"cluster": cluster, **token})
        yield from answer.get("serviceArns", ())
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}


def _described(client: Client, cluster: str, arns: list[str]) -> Iterator[dict[str, Any]]:
    for at in range(0, len(arns), _MOST_DESCRIBED):
        body = {"cluster": cluster, "services": arns[at : at + _MOST_DESCRIBED], "include": ["TAGS"]}
        answer = client.call("ecs", "DescribeServices", body)
        for failure in answer.get("failures", ()):
            raise ExportError(f"{failure.get('arn')}: {failure.get('reason')}")
        yield from (one for one in answer.get("services", ()) if one.get("status") == "ACTIVE")


def _scaling(client: Client, cluster: str, services: set[str]) -> dict[str, str]:
    """Return the autoscaling of the services, where the endpoint has it."""
    wanted = {f"service/{cluster}/{name}" for name in services}
    found = {}
    for operation, member in (
        ("DescribeScalableTargets", "ScalableTargets"),
        ("DescribeScalingPolicies", "ScalingPolicies"),
    ):
        try:
            items = list(_pages(client.call, operation, member))
        except Refused:
            return {}
        mine = sorted((one for one in items if one.get("ResourceId") in wanted), key=lambda one: _text(one))
        if mine:
            found[f"{member}.json"] = _text({member: [_lasting(one) for one in mine]})
    return found


def _pages(call: Callable[[str, str, Mapping[str, Any]], Any], operation: str, member: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = call("application-autoscaling", operation, {"ServiceNamespace": "ecs", **token})
        yield from answer.get(member, ())
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _lasting(value: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key not in ("CreationTime", "Alarms", "PredictedCapacity")}


def _text(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def client_of(endpoint: str) -> Client:
    """Return a client with what the environment says. Raises ExportError."""
    given = endpoint or os.environ.get("AWS_ENDPOINT_URL_ECS") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return Client(find_credentials(os.environ), find_region(os.environ), given)
