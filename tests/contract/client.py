"""A plain client of the Kubernetes API, which hides nothing of an answer and notes it."""

import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import yaml

from tests.contract.backends import Backend
from tests.contract.normal import Normal
from tests.waiting import until

Json = Any
T = TypeVar("T")

SECONDS = 30.0
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

# Where resources are that are not in /api/v1.
_GROUPS = {
    "daemonsets": "apis/apps/v1",
    "deployments": "apis/apps/v1",
    "replicasets": "apis/apps/v1",
    "controllerrevisions": "apis/apps/v1",
    "leases": "apis/coordination.k8s.io/v1",
    "endpointslices": "apis/discovery.k8s.io/v1",
    "ingresses": "apis/networking.k8s.io/v1",
    "networkpolicies": "apis/networking.k8s.io/v1",
    "poddisruptionbudgets": "apis/policy/v1",
    "roles": "apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "apis/rbac.authorization.k8s.io/v1",
}
_COMPARED = ("content-type", "cache-control", "warning", "retry-after", "allow")
_USUAL = {"content-type": "application/json", "cache-control": "no-cache, private"}


@dataclass(frozen=True)
class Reply:
    """One answer. `headers` have lower-case names."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Json:
        """The body. How YAML is written is no part of the contract, only what it says."""
        if self.headers.get("content-type") == "application/yaml":
            return yaml.safe_load(self.content)
        return json.loads(self.content)

    @property
    def version(self) -> str:
        """The resource version of the object, or the list, that is the body."""
        version: str = self.json["metadata"]["resourceVersion"]
        return version


class Client:
    """Speaks to one cluster, in one namespace, and notes what it asks and what comes back.

    Paths that begin with a slash are sent as they are; others name a resource in the namespace, by its plural:
    `pods/it/status?dryRun=All`.
    """

    def __init__(self, backend: Backend, namespace: str, normal: Normal) -> None:
        self.backend = backend
        self.namespace = namespace
        self.notes: list[Json] = []
        self.case = ""  # what is noted belongs to it
        self._normal = normal
        self._groups = dict(_GROUPS)
        self._connection: http.client.HTTPSConnection | None = None

    def stranger(self) -> "Client":
        """Return a client that is nobody to the cluster."""
        return Client(replace(self.backend, known=False), self.namespace, self._normal)

    def serves(self, plural: str, api_version: str) -> None:
        """Let a short path name a resource that is not built in."""
        self._groups[plural] = f"apis/{api_version}"

    def path(self, short: str) -> str:
        """Return the whole path of a short one."""
        if short.startswith("/"):
            return short
        plural = short.partition("?")[0].partition("/")[0]
        return f"/{self._groups.get(plural, 'api/v1')}/namespaces/{self.namespace}/{short}"

    def get(self, path: str, **headers: str) -> Reply:
        """Get an object, or list."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Json, **headers: str) -> Reply:
        """Create."""
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Json, **headers: str) -> Reply:
        """Replace."""
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Json, type: str = MERGE_PATCH, **headers: str) -> Reply:
        """Patch, with one of the media types above."""
        return self.ask("PATCH", path, body, **{"content-type": type, **headers})

    def apply(self, path: str, body: Json, manager: str = "applier", **options: str) -> Reply:
        """Apply on the server side."""
        query = "".join(f"&{name}={value}" for name, value in options.items())
        return self.patch(f"{path}?fieldManager={manager}{query}", body, APPLY_PATCH)

    def delete(self, path: str, body: Json = None, **headers: str) -> Reply:
        """Delete an object, or a collection; `body` are the DeleteOptions."""
        return self.ask("DELETE", path, body, **headers)

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Reply:
        """Send one request, note it and return the answer. A body that is no bytes is sent as JSON."""
        reply = self.quietly(method, path, body, **headers)
        accept = next((value for name, value in headers.items() if name.lower() == "accept"), "")
        note: Json = {"asked": self._asked(method, path, accept)}
        note["status"] = reply.status
        shown = {name: reply.headers[name] for name in _COMPARED if name in reply.headers}
        unusual = {name: self._normal.text(value) for name, value in shown.items() if _USUAL.get(name) != value}
        if unusual:
            note["headers"] = unusual
        if not reply.content or reply.headers.get("content-type", "").startswith("text/"):
            note["text"] = self._normal.text(reply.content.decode())
        else:
            note["body"] = self._normal.body(reply.json)
        self.notes.append(note)
        return reply

    def note(self, asked: str, status: int, body: Json) -> None:
        """Note a part of an answer, where the whole has something that differs from run to run."""
        self.notes.append({"asked": asked, "status": status, "body": self._normal.body(body)})

    def _asked(self, method: str, path: str, accept: str) -> str:
        """Return what is asked, without the version or token in its query, which is of this run alone."""
        shown = re.sub(r"((?:continue|resourceVersion)=)[^&]{2,}", r"\1…", path)
        return self._normal.text(" ".join(filter(None, (self.case and f"{self.case}:", method, shown, accept))))

    def quietly(self, method: str, path: str, body: Json = None, **headers: str) -> Reply:
        """Send one request and return the answer, without a note."""
        for attempt in range(2):
            if self._connection is None:
                self._connection = self._connect()
            try:
                response = self._request(self._connection, method, path, body, headers)
                return Reply(response.status, _headers(response), response.read())
            except (http.client.RemoteDisconnected, ConnectionError):  # an idle connection that the server has closed
                self.close()
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def quiet_patch(self, path: str, change: Json) -> Reply:
        """Change an object with a merge patch, without a note."""
        return self.quietly("PATCH", path, change, **{"content-type": MERGE_PATCH})

    def look(self, path: str) -> Json:
        """Return what is there, or the Status of its absence, without a note."""
        reply = self.quietly("GET", path)
        return {"kind": "", "code": reply.status} if reply.headers["content-type"].startswith("text/") else reply.json

    def until(self, path: str, wanted: Callable[[Json], T | None], what: str, seconds: float = SECONDS) -> T:
        """Look until what is there is as wanted, and return what `wanted` gives."""
        return until(lambda: wanted(self.look(path)), seconds, what)

    @contextmanager
    def watch(self, path: str, **headers: str) -> Iterator["Watch"]:
        """Watch a resource; what has been taken of the watch is noted when the block ends."""
        connection = self._connect()
        mark = "&" if "?" in path else "?"
        try:
            response = self._request(connection, "GET", f"{path}{mark}watch=1", None, headers)
            watch = Watch(response)
            yield watch
        finally:
            connection.close()
        note: Json = {"asked": self._asked("WATCH", path, headers.get("accept", ""))}
        self.notes.append(note | {"status": watch.status, "events": self._normal.body(watch.taken)})

    def _connect(self) -> http.client.HTTPSConnection:
        host, port = self.backend.address
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=self.backend.tls)

    def _request(
        self, connection: http.client.HTTPSConnection, method: str, path: str, body: Json, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"authorization": self.backend.authorization, "user-agent": "contract/1", "accept": "application/json"}
        if content is not None:
            given["content-type"] = "application/json"
        given |= {name.lower(): value for name, value in headers.items()}
        connection.request(method, self.path(path), content, {name: value for name, value in given.items() if value})
        return connection.getresponse()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Watch:
    """A watch under way. `status` is that of the answer, `taken` what has been read of it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.taken: list[Json] = []
        self._response = response

    def take(self, number: int = 1) -> list[Json]:
        """Return the next events; fewer where the watch ends before."""
        events: list[Json] = []
        while len(events) < number and (line := self._response.readline()):
            events.append(json.loads(line))
        self.taken += events
        return events

    def rest(self) -> list[Json]:
        """Return all events until the server ends the watch."""
        return self.take(1_000_000)

    def until(self, wanted: Callable[[Json], bool]) -> Json:
        """Read on, without noting what comes, to the first event that is wanted."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and (line := self._response.readline()):
            event = json.loads(line)
            if wanted(event):
                return event
        raise AssertionError("the event did not come")


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
    return found
