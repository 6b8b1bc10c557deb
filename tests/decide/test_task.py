import itertools
from typing import Any

import msgspec
import pytest

from kecs.decide.task import Container, Pod, Step, next_step
from kecs.model.objects import StopNote

NOW = 50.0
RUNS = Container(name="app")
ENDED = Container(name="app", ended=True)
SIDE = Container(name="side", essential=False)
SIDE_ENDED = Container(name="side", essential=False, ended=True)
NOTE = StopNote("UserInitiated", "enough", 1.0)
SCALED = ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)")
EXITED = ("EssentialContainerExited", "Essential container in task exited")
STOPPED = ("UserInitiated", "Task stopped by user")


def pod(**fields: Any) -> Pod:
    given = {"phase": "Running", "node": "n1", "deployment": "ecs-svc/1", "containers": (RUNS,), **fields}
    return Pod(**{"ended": given["phase"] in ("Succeeded", "Failed"), **given})


CASES: list[tuple[str, Pod, str, tuple[str, str] | None]] = [
    ("runs", pod(), "nothing", None),
    ("starts", pod(phase="Pending", containers=()), "nothing", None),
    ("a side container ended", pod(containers=(RUNS, SIDE_ENDED)), "nothing", None),
    ("the essential one ended, others run", pod(containers=(ENDED, SIDE)), "note", EXITED),
    ("all ended", pod(phase="Failed", containers=(ENDED,)), "record", EXITED),
    ("all ended, the phase is late", pod(ended=True, containers=(ENDED, SIDE_ENDED)), "record", EXITED),
    ("stop was asked for", pod(note=NOTE), "delete", ("UserInitiated", "enough")),
    ("it stops", pod(note=NOTE, deleting=True), "nothing", None),
    (
        "its node is silent",
        pod(deleting=True, disruption="DeletionByTaintManager"),
        "note",
        ("TerminationNotice", "Host EC2 (instance n1) terminated."),
    ),
    (
        "its node is silent, as noted",
        pod(deleting=True, disruption="DeletionByTaintManager", note=NOTE),
        "nothing",
        None,
    ),
    ("it had ended before", pod(deleting=True, disruption="DeletionByTaintManager", endedFirst=True), "nothing", None),
    (
        "it has stopped",
        pod(note=NOTE, deleting=True, phase="Failed", containers=(ENDED,)),
        "record",
        ("UserInitiated", "enough"),
    ),
    (
        "it was never bound",
        pod(note=NOTE, deleting=True, ended=True, containers=()),
        "record",
        ("UserInitiated", "enough"),
    ),
    ("scaled in", pod(service=True, deleting=True, phase="Failed", containers=(ENDED,)), "record", SCALED),
    (
        "kubectl",
        pod(service=True, replaced=True, deleting=True, phase="Failed", containers=(ENDED,)),
        "record",
        STOPPED,
    ),
    ("kubectl on a task", pod(deleting=True, phase="Succeeded", containers=(ENDED,)), "record", STOPPED),
    (
        "ended by itself, then deleted with its ReplicaSet",
        pod(service=True, deleting=True, endedFirst=True, phase="Failed", containers=(ENDED,)),
        "record",
        EXITED,
    ),
    (
        "no such image",
        pod(phase="Pending", containers=(Container(name="app", error="CannotPullContainerError: not found"),)),
        "note",
        ("TaskFailedToStart", "CannotPullContainerError: not found"),
    ),
    (
        "no such command",
        pod(
            phase="Failed",
            containers=(Container(name="app", ended=True, error="CannotStartContainerError: no such file"),),
        ),
        "record",
        ("TaskFailedToStart", "CannotStartContainerError: no such file"),
    ),
    (
        "unhealthy in a service",
        pod(service=True, containers=(Container(name="app", unhealthy=True),)),
        "note",
        ("ServiceSchedulerInitiated", "Task failed container health checks"),
    ),
    ("unhealthy on its own", pod(containers=(Container(name="app", unhealthy=True),)), "nothing", None),
    (
        "unhealthy, but not essential",
        pod(service=True, containers=(RUNS, Container(name="b", essential=False, unhealthy=True))),
        "nothing",
        None,
    ),
    (
        "node gone",
        pod(service=True, deleting=True, ended=True, phase="Failed", disruption="DeletionByPodGC"),
        "record",
        ("TerminationNotice", "Host EC2 (instance n1) terminated."),
    ),
    (
        "drained",
        pod(deleting=True, phase="Failed", disruption="EvictionByEvictionAPI", containers=(ENDED,)),
        "record",
        ("TerminationNotice", "Container instance n1 is draining."),
    ),
    (
        "spot",
        pod(deleting=True, phase="Failed", disruption="DeletionByTaintManager", spot=True, containers=(ENDED,)),
        "record",
        ("SpotInterruption", "Your Spot Task was interrupted."),
    ),
    (
        "turned away by the node",
        pod(phase="Failed", failure="OutOfcpu", message="Node didn't have enough resource: cpu", containers=()),
        "record",
        ("TaskFailedToStart", "Node didn't have enough resource: cpu"),
    ),
    ("let go already", pod(held=False, phase="Failed", containers=(ENDED,)), "delete", None),
    ("let go and going", pod(held=False, deleting=True, phase="Failed", containers=(ENDED,)), "nothing", None),
]


@pytest.mark.parametrize(("state", "action", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_next_step(state: Pod, action: str, verdict: tuple[str, str] | None) -> None:
    step = next_step(state, NOW)
    assert step.action == action
    assert (step.note and (step.note.code, step.note.reason)) == verdict


def test_a_verdict_that_was_noted_stands_whatever_happens_after() -> None:
    flags = ["deleting", "ended", "service", "replaced", "endedFirst"]
    for values in itertools.product([False, True], repeat=len(flags)):
        for phase in ("Pending", "Running", "Failed", "Succeeded"):
            state = pod(note=NOTE, phase=phase, **dict(zip(flags, values, strict=True)))
            step = next_step(state, NOW)
            assert step.action in ("nothing", "delete", "record")
            assert step.note in (None, NOTE)


def test_each_step_leads_on_to_the_record_and_then_to_nothing() -> None:
    """Carrying out a step leads to the next one; the walk ends, and nothing is recorded twice."""
    for _, state, _, _ in CASES:
        seen: list[str] = []
        for _ in range(8):
            step = next_step(state, NOW)
            state = _carried_out(state, step)
            if step.action == "nothing":
                break
            seen.append(step.action)
        assert next_step(state, NOW).action == "nothing"
        assert seen.count("record") <= 1


def _carried_out(state: Pod, step: Step) -> Pod:
    match step.action:
        case "note":
            return msgspec.structs.replace(state, note=step.note)
        case "delete":
            return msgspec.structs.replace(state, deleting=True)
        case "record":
            return msgspec.structs.replace(state, held=False, deleting=True)
        case _:
            return state
