"""What the rules see of tasks whose nodes have other clocks than kecs."""

import msgspec
import pytest

from kecs.kube.time import rfc3339
from kecs.model import marks, objects
from kecs.model.generated import ecs
from kecs.reconcile.observed import Memory, of_record, unplaceable
from kecs.translate import facts, views

NOW = 1_800_000_000.0
HOUR = 3600
FACTS = facts.encode(
    facts.TaskFacts(
        cluster="arn:aws:ecs:us-east-1:123456789012:cluster/c",
        definition="f:1",
        group="service:web",
        launchType="EC2",
        cpu="0",
        memory="64",
        containers=[facts.ContainerFacts(name="app", image="a")],
    )
)


def pod(version: int, started: float) -> views.Pod:
    running = {"running": {"startedAt": rfc3339(started)}}
    body = {
        "metadata": {
            "name": "p",
            "namespace": "n",
            "uid": "00000000-0000-4000-8000-000000000000",
            "resourceVersion": str(version),
            "annotations": {marks.TASK: FACTS, marks.DEPLOYMENT_ID: "ecs-svc/1"},
            "finalizers": [marks.TASK_FINALIZER],
            "creationTimestamp": rfc3339(NOW - 10),
        },
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "started": True, "state": running}]},
    }
    return msgspec.convert(body, views.Pod)


def test_a_task_whose_node_is_ahead_counts_from_when_it_was_seen() -> None:
    memory = Memory(lambda pod: False)
    (seen,) = memory.tasks([pod(1, NOW + 3600)], [], NOW)
    assert seen.startedAt == NOW
    (again,) = memory.tasks([pod(2, NOW + 3600)], [], NOW + 5)
    assert again.startedAt == NOW, "else it would never come to count"
    (behind,) = Memory(lambda pod: False).tasks([pod(1, NOW - 3600)], [], NOW)
    assert behind.startedAt == NOW - 3600


def test_a_record_of_times_to_come_counts_from_when_it_was_stored() -> None:
    task = ecs.Task(startedBy="ecs-svc/1", startedAt=NOW + 3500, executionStoppedAt=NOW + 3600, stoppedAt=NOW + 3600)
    meta = objects.Meta(name="0" * 32, creationTimestamp=rfc3339(NOW))
    seen = of_record(objects.StoppedTask(metadata=meta, spec=task), NOW + 10, live=False)
    assert (seen.startedAt, seen.stoppedAt) == (NOW + 1, NOW + 1)


@pytest.mark.parametrize(
    ("apart", "live", "wanted"),
    [
        (0, True, -1),
        (HOUR, True, 0),  # the cluster is ahead of kecs
        (HOUR, False, 0),
        (-HOUR, True, 0),
        (-HOUR, False, -HOUR - 1),  # it may well be as old
    ],
)
def test_a_task_that_ends_before_our_eyes_has_ended_now_by_whatever_clock(apart: int, live: bool, wanted: int) -> None:
    ended = NOW - 1 + apart
    task = ecs.Task(startedBy="ecs-svc/1", startedAt=ended - 3, executionStoppedAt=ended, stoppedAt=ended)
    record = objects.StoppedTask(metadata=objects.Meta(name="0" * 32, creationTimestamp=rfc3339(ended)), spec=task)
    memory = Memory(lambda pod: False)
    if live:
        memory.begin([], [])
    (seen,) = memory.tasks([], [record], NOW)
    assert seen.stoppedAt == NOW + wanted
    assert seen.startedAt == NOW + wanted - 3, "it ran for three seconds"
    assert memory.tasks([], [record], NOW + 100) == [seen]


@pytest.mark.parametrize("apart", [-HOUR, HOUR])
def test_a_task_that_starts_before_our_eyes_has_started_now_by_whatever_clock(apart: int) -> None:
    memory = Memory(lambda pod: False)
    waiting = pod(1, NOW)
    waiting.status.containerStatuses = ()
    memory.tasks([waiting], [], NOW - 1)
    for version in (2, 3):
        (seen,) = memory.tasks([pod(version, NOW + apart)], [], NOW + version - 2)
        assert seen.startedAt == NOW


def test_why_no_node_takes_a_task_is_told_in_short() -> None:
    message = (
        "0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/1 nodes are "
        "available: 1 Preemption is not helpful for scheduling."
    )
    assert unplaceable(message) == "0/1 nodes are available: 1 node(s) were unschedulable."
    assert unplaceable("0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 ...") == (
        "No container instance has sufficient CPU units available."
    )
