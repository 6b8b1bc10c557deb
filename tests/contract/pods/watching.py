"""Making pods, waiting for what becomes of them, and noting what their status says then."""

from collections.abc import Callable
from typing import Any

from tests.contract.client import Client
from tests.engine import IMAGE
from tests.waiting import until

Json = Any

SECONDS = 60.0
_WORDY = ("ErrImagePull", "ImagePullBackOff", "StartError", "RunContainerError")
_LEFT_OUT = (
    "lastProbeTime",  # nobody ever sets it; its null in each condition costs megabytes in ten thousand pods
    "resources",  # what pods resized in place have now: the embedded node does not resize
    "allocatedResources",
    "volumeMounts",  # whether mounts that are read-only are so recursively
)
STAY = "trap 'exit 143' TERM; sleep 1000 & wait"  # runs until it is told to end, and then does

_MASKED = {
    "containerID": "CONTAINER",
    "imageID": "IMAGE-ID",
    "image": "IMAGE",
    "podIP": "IP",
    "hostIP": "IP",
    "ip": "IP",
}


def container(command: str | list[str] = STAY, name: str = "main", **members: Any) -> Json:
    """Return a container of the test image; a text is a line for its shell."""
    words = ["sh", "-c", command] if isinstance(command, str) else command
    return {"name": name, "image": IMAGE, "command": words, **members}


def state(pod: Json, number: int = 0, *, init: bool = False) -> Json:
    """Return a container's state; nothing where there is no status yet."""
    statuses = pod.get("status", {}).get("initContainerStatuses" if init else "containerStatuses")
    return statuses[number]["state"] if statuses else {}


class Pods:
    """The pods of one test, in its namespace."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def make(self, *containers: Json, name: str = "it", metadata: Json | None = None, **spec: Any) -> None:
        """Make a pod; a scheduler places it."""
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, **(metadata or {})},
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 2,
                "containers": list(containers) or [container()],
                **spec,
            },
        }
        answer = self.client.quietly("POST", "pods", body)
        assert answer.status == 201, answer.content

    def until(self, wanted: Callable[[Json], Any], what: str, name: str = "it", *, seconds: float = SECONDS) -> Json:
        """Wait until a pod is as wanted, and return it."""
        return self.client.until(f"pods/{name}", lambda pod: pod if wanted(pod) else None, what, seconds)

    def phase(self, *phases: str, name: str = "it") -> Json:
        """Wait until a pod is in a phase and its conditions have followed, and return it."""
        return self.until(lambda pod: pod.get("status", {}).get("phase") in phases, " or ".join(phases), name)

    def ready(self, name: str = "it") -> Json:
        """Wait until a pod is ready."""
        return self.until(lambda pod: condition(pod, "Ready") == "True", "ready", name)

    def over(self, name: str = "it") -> Json:
        """Wait until a pod has ended and its sandbox is gone."""
        return self.until(
            lambda pod: (
                pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
                and condition(pod, "PodReadyToStartContainers") == "False"
            ),
            "the end",
            name,
        )

    def waiting(self, reason: str, number: int = 0, *, name: str = "it", init: bool = False) -> Json:
        """Wait until a container waits for a reason."""
        return self.until(
            lambda pod: state(pod, number, init=init).get("waiting", {}).get("reason") == reason, reason, name
        )

    def restarted(self, times: int = 1, number: int = 0, *, name: str = "it") -> Json:
        """Wait until a container has been started again so often, and runs."""
        return self.until(
            lambda pod: (
                state(pod, number).get("running")
                and pod["status"]["containerStatuses"][number]["restartCount"] >= times
            ),
            f"{times} restarts",
            name,
        )

    def unhealthy(self, probe: str, name: str = "it", *, container: str = "main") -> str:
        """Wait for the event of a container's failed probe, and return its message."""

        def look() -> str | None:
            events = self.client.look("events")["items"]
            field = f"spec.containers{{{container}}}"
            mine = [each for each in events if each["involvedObject"].get("name") == name]
            found = [each["message"] for each in mine if each["involvedObject"].get("fieldPath") == field]
            return next((message for message in found if message.startswith(f"{probe} probe")), None)

        return until(look, SECONDS, f"a failed {probe} probe")

    def delete(self, name: str = "it", **options: Any) -> None:
        """Ask for a pod's deletion."""
        answer = self.client.quietly("DELETE", f"pods/{name}", options or None)
        assert answer.status in (200, 202), answer.content

    def gone(self, name: str = "it") -> None:
        """Wait until a pod is gone."""
        self.until(lambda pod: pod.get("reason") == "NotFound", "gone", name)

    def log(self, name: str = "it", **options: Any) -> str:
        """Return what a container wrote."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        answer = self.client.quietly("GET", f"pods/{name}/log?{query}")
        assert answer.status == 200, answer.content
        return answer.content.decode()

    def logged(self, text: str, name: str = "it", *, seconds: float = SECONDS, **options: Any) -> str:
        """Wait until a container has written something, and return all that it wrote."""

        def look() -> str | None:
            query = "&".join(f"{key}={value}" for key, value in options.items())
            answer = self.client.quietly("GET", f"pods/{name}/log?{query}")
            found = answer.content.decode(errors="replace")
            return found if answer.status == 200 and text in found else None

        return until(look, seconds, f"{text!r} in the log of {name}")

    def note(self, pod: Json, *, without: str = "") -> None:
        """Compare the status of a pod with what real Kubernetes says at this moment of the test.

        `without` names a member that is a matter of chance there.
        """
        status = _without(pod["status"], without) if without else pod["status"]
        self.client.note(f"the status of {pod['metadata']['name']}", 200, shown(status))


def condition(pod: Json, type_: str) -> str:
    """Return a condition's status, empty where there is none."""
    found = [each["status"] for each in pod.get("status", {}).get("conditions", []) if each["type"] == type_]
    return found[0] if found else ""


def _without(value: Json, member: str) -> Json:
    if isinstance(value, dict):
        return {name: _without(one, member) for name, one in value.items() if name != member}
    return [_without(one, member) for one in value] if isinstance(value, list) else value


def _without_words(value: dict[str, Json]) -> Json:
    """Return a container's state without what its runtime says of an error."""
    reason, message = value.get("reason"), value.get("message")
    if message and reason in _WORDY:
        head, mark, _ = message.partition("ErrImagePull: ")
        return {**value, "message": f"{head}{mark}WORDS" if mark else "WORDS"}
    return value


def shown(value: Json, key: str = "") -> Json:
    """Return a status without addresses, ids, the container runtime's own words, and what `_LEFT_OUT` lists."""
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if name not in _LEFT_OUT and one is not None}
        return _without_words({name: shown(one, name) for name, one in kept.items()})
    if isinstance(value, list):
        return [shown(one) for one in value]
    return _MASKED[key] if key in _MASKED and value else value
