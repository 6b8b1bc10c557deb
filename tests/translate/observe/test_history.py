"""Whatever happens to a pod, in whatever order: what a caller sees of its task never goes back."""

from collections.abc import Callable
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.model.generated import ecs
from kecs.model.objects import StopNote
from kecs.translate.observe.task import stopped, task
from tests.translate.observe.pods import START, LivePod
from tests.translate.observe.test_task import CHECKED, INIT, RESTARTED, SIDECAR, TWO

ORDER = (
    *("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"),
)
TIMES = (
    *("createdAt", "connectivityAt", "pullStartedAt", "pullStoppedAt", "startedAt"),
    *("stoppingAt", "executionStoppedAt", "stoppedAt"),
)
BODIES = (TWO, SIDECAR, INIT, RESTARTED, {"containerDefinitions": [CHECKED]}, {"networkMode": "awsvpc"})

Step = Callable[[LivePod, str], object]


def _again(pod: LivePod, name: str) -> bool:
    return pod.policy(name) != "Never" and "deletionTimestamp" not in pod.body["metadata"]


def _start(pod: LivePod, name: str) -> object:
    """A container starts if Kubernetes may start it: not again without a policy, not when the pod is over."""
    one = pod.container(name)
    mains = [pod.container(main) for main in pod.names if main not in pod.init]
    over = all("terminated" in main["state"] and pod.policy(main["name"]) == "Never" for main in mains)
    again = bool(one["state"].get("terminated") or one.get("lastState"))
    if "running" not in one["state"] and not over and not (again and not _again(pod, name)):
        pod.start(name, ready=len(name) % 2 == 0)
    return pod


def _end(pod: LivePod, name: str) -> object:
    return "running" in pod.container(name)["state"] and pod.end(name, 1)


def _back_off(pod: LivePod, name: str) -> object:
    return "terminated" in pod.container(name)["state"] and _again(pod, name) and pod.back_off(name)


def _ready(pod: LivePod, name: str) -> object:
    one = pod.container(name)
    return "running" in one["state"] and pod.ready(name, not one["ready"])


def _wait(pod: LivePod, name: str) -> object:
    return not pod.container(name)["state"].keys() & {"running", "terminated"} and pod.wait(name, "ErrImagePull")


def _note(pod: LivePod, _: str) -> object:
    return "kecs.io/stop" in pod.body["metadata"]["annotations"] or pod.note()


def _delete(pod: LivePod, _: str) -> object:
    return "deletionTimestamp" in pod.body["metadata"] or pod.delete()


def _finish(pod: LivePod, _: str) -> object:
    """All containers have ended, and so has the pod."""
    for name in pod.names:
        if "terminated" not in pod.container(name)["state"]:
            pod.end(name) if "running" in pod.container(name)["state"] else pod.lose(name)
    return pod.finish()


STEPS: list[Step] = [_start, _start, _end, _back_off, _ready, _wait, _note, _delete]


def history(body: dict[str, object], choices: list[tuple[Step, int]], finish: bool) -> list[ecs.Task]:
    """Return what a caller sees after each step, and the record at the end."""
    pod = LivePod(body)
    found = [task(pod.view)]
    for step in (LivePod.bind, LivePod.prepare):
        step(pod)
        found.append(task(pod.view))
    for change, at in choices:
        change(pod, pod.names[at % len(pod.names)])
        found.append(task(pod.view))
    if finish:
        _finish(pod, "")
        found.append(task(pod.view))
        found.append(stopped(pod.view, StopNote("UserInitiated", "x", START + pod.now), START + pod.now + 5.0))
    return [one for one in found if one is not None]


CHOICES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=14)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BODIES), CHOICES, st.booleans())
def test_nothing_goes_back(body: dict[str, object], choices: list[tuple[Step, int]], finish: bool) -> None:
    seen = history(body, choices, finish)

    for before, after in pairwise(seen):
        assert ORDER.index(before.lastStatus or "") <= ORDER.index(after.lastStatus or "")
        assert not (before.desiredStatus == "STOPPED" and after.desiredStatus == "RUNNING")
        assert (before.version or 0) <= (after.version or 0)
        if msgspec.structs.replace(before, version=0) != msgspec.structs.replace(after, version=0):
            assert (before.version or 0) < (after.version or 0)
    for one in seen:
        times = [moment for name in TIMES if (moment := getattr(one, name)) is not None]
        assert times == sorted(times)
        assert {container.lastStatus for container in one.containers or []} <= {"PENDING", "RUNNING", "STOPPED"}
        assert msgspec.json.decode(msgspec.json.encode(one), type=ecs.Task) == one
