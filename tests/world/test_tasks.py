"""Counts and ids of live tasks: whatever happens to pods, they are what a look at all of them would find."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kecs.kube.informer import Informer
from kecs.model import marks, objects
from kecs.model.generated import ecs
from kecs.model.service import Counts
from kecs.translate import facts, views
from kecs.world import resources
from kecs.world.stopped import StoppedTasks
from kecs.world.tasks import Tasks

FACTS = facts.encode(
    facts.TaskFacts(
        cluster="arn:aws:ecs:us-east-1:123456789012:cluster/c",
        definition="f:1",
        group="family:f",
        launchType="EC2",
        cpu="0",
        memory="64",
        containers=[facts.ContainerFacts(name="app", image="a")],
    )
)
STATES = ("new", "bound", "running", "noted", "deleted", "failed")


def pod(number: int, state: str, version: int, service: str = "", deployment: str = "") -> views.Pod:
    meta: dict[str, Any] = {
        "name": f"p{number}",
        "namespace": "n",
        "uid": f"{number:08x}-0000-4000-8000-000000000000",
        "resourceVersion": str(version),
        "labels": {marks.ROLE: marks.ROLE_TASK, **({marks.SERVICE: service} if service else {})},
        "annotations": {marks.TASK: FACTS, **({marks.DEPLOYMENT_ID: deployment} if service else {})},
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    status: dict[str, Any] = {}
    if state in ("running", "noted", "deleted"):
        running = {"running": {"startedAt": "2026-01-01T00:00:01Z"}}
        status = {"phase": "Running", "containerStatuses": [{"name": "app", "started": True, "state": running}]}
    if state == "noted":
        meta["annotations"][marks.STOP] = '{"code":"UserInitiated","reason":"r","at":1}'
    if state == "deleted":
        meta["deletionTimestamp"] = "2026-01-01T00:00:09Z"
    if state == "failed":
        status = {"phase": "Failed"}
    spec = {"nodeName": "node"} if state != "new" else {}
    return msgspec.convert({"metadata": meta, "spec": spec, "status": status}, views.Pod)


def caches() -> tuple[Informer[views.Pod], Tasks]:
    api: Any = None  # nothing is read from it: the caches are told
    pods = Informer(api, resources.PODS)
    return pods, Tasks(pods, Informer(api, resources.NODES))


def record(number: int, version: int, service: str = "") -> objects.StoppedTask:
    labels = {marks.SERVICE: service} if service else {}
    meta = objects.Meta(
        name=task_id(number), namespace="n", uid=f"r{number}.{version}", resourceVersion=str(version), labels=labels
    )
    return objects.StoppedTask(metadata=meta, spec=ecs.Task())


def task_id(number: int) -> str:
    return f"{number:08x}" + "00004000" + "8000" + "0" * 12


CHANGES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from((*STATES, "gone")), st.sampled_from(["", "web", "api"])), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_counts_are_what_a_look_at_all_pods_finds(changes: list[tuple[int, str, str]]) -> None:
    pods, tasks = caches()
    there: dict[int, tuple[str, str]] = {}
    for version, (number, state, service) in enumerate(changes, 1):
        if state == "gone":
            found = pods.get("n", f"p{number}")
            if found is not None:
                pods.forget(found)
                there.pop(number)
            continue
        service = there[number][1] if number in there else service
        pods.observe(pod(number, state, version, service, f"ecs-svc/{number % 2}"))
        found = pods.get("n", f"p{number}")
        if found is not None and found.metadata.resourceVersion == str(version):  # a pod that is gone stays gone
            there[number] = (state, service)
    running = sum(state == "running" for state, _ in there.values())
    pending = sum(state in ("new", "bound") for state, _ in there.values())
    assert tasks.counts("n") == Counts(running, pending)
    for service in ("web", "api"):
        wanted: dict[str, Counts] = {}
        for number, (state, owner) in there.items():
            if owner == service and state in ("new", "bound", "running"):
                old = wanted.get(f"ecs-svc/{number % 2}", Counts())
                wanted[f"ecs-svc/{number % 2}"] = Counts(
                    old.running + (state == "running"), old.pending + (state != "running")
                )
        assert tasks.by_deployment("n", service) == wanted
    ids = sorted(task_id(number) for number, (state, _) in there.items() if state in ("new", "bound", "running"))
    assert list(tasks.ids("n")) == ids
    assert tasks.counts("elsewhere") == Counts()
    assert tasks.by_launch_type("n")["EC2"] == Counts(running, pending)
    assert tasks.by_launch_type("n")["FARGATE"] == Counts()


def test_a_task_that_changes_sides_is_counted_where_it_is() -> None:
    """Somebody takes the service's label off a pod, as one does who wants to look at it in peace."""
    pods, tasks = caches()
    pods.observe(pod(1, "running", 1, "web", "ecs-svc/1"))
    pods.observe(pod(1, "running", 2))
    assert (tasks.by_deployment("n", "web"), list(tasks.ids("n", "web"))) == ({}, [])
    assert (tasks.counts("n"), list(tasks.ids("n"))) == (Counts(1, 0), [task_id(1)])
    pods.observe(pod(1, "running", 3, "api", "ecs-svc/2"))
    found = pods.get("n", "p1")
    assert found is not None
    assert tasks.by_deployment("n", "api") == {"ecs-svc/2": Counts(1, 0)}
    pods.forget(found)
    assert (tasks.by_deployment("n", "api"), tasks.counts("n"), list(tasks.ids("n", "api"))) == ({}, Counts(), [])


def test_json_is_kept_until_the_pod_changes() -> None:
    pods, tasks = caches()
    first = pod(1, "bound", 1)
    pods.observe(first)
    shown = tasks.json(first)
    assert shown is not None and tasks.json(first) is shown
    assert msgspec.json.decode(shown)["lastStatus"] == "PENDING"
    second = pod(1, "running", 2)
    pods.observe(second)
    changed = tasks.json(second)
    assert changed is not None and msgspec.json.decode(changed)["lastStatus"] == "RUNNING"


def test_json_of_a_pod_that_is_not_the_known_one_is_not_kept() -> None:
    pods, tasks = caches()
    old, new = pod(1, "bound", 1), pod(1, "running", 2)
    pods.observe(new)
    assert tasks.json(old) is not None
    shown = tasks.json(new)
    assert shown is not None and msgspec.json.decode(shown)["lastStatus"] == "RUNNING"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from((*STATES, "gone", "recorded", "forgotten"))),
        max_size=25,
    )
)
def test_stopped_are_pods_that_shall_not_run_and_records(changes: list[tuple[int, str]]) -> None:
    pods, tasks = caches()
    api: Any = None
    records = Informer(api, resources.STOPPED_TASKS)
    stopped = StoppedTasks(pods, records, tasks)
    for version, (number, state) in enumerate(changes, 1):
        service = "web" if number % 2 else ""
        if state == "recorded":
            records.observe(record(number, version, service))
        elif state == "forgotten":
            if (kept := records.get("n", task_id(number))) is not None:
                records.forget(kept)
        elif state == "gone":
            if (there := pods.get("n", f"p{number}")) is not None:
                pods.forget(there)
        else:
            pods.observe(pod(number, state, version, service, "ecs-svc/1"))
    wanted = {one.metadata.name for one in records.values()}
    wanted |= {one.metadata.uid.replace("-", "") for one in pods.values() if not tasks.shall_run(one)}
    assert list(stopped.ids("n")) == sorted(wanted)
    assert list(stopped.ids("n", "web")) == sorted(key for key in wanted if int(key[:8], 16) % 2)


def test_a_pod_that_ended_before_it_was_deleted_is_told_from_one_that_ended_by_it() -> None:
    pods, tasks = caches()
    for number, states in enumerate((("running", "failed", "deleted"), ("running", "deleted", "deleted"))):
        for version, state in enumerate(states, 1):
            found = pod(number, state, version)
            if version == len(states):
                found.status.phase = "Failed"
            pods.observe(found)
    seen = sorted(pods.values(), key=lambda one: one.metadata.name)
    assert [tasks.ended_first(one) for one in seen] == [True, False]
    for one in seen:
        pods.forget(one)
    assert not any(tasks.ended_first(one) for one in seen)
