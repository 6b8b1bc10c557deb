from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kecs.decide import percent
from kecs.decide.observed import End, Phase, Task
from kecs.decide.service import Observed, Plan, Scale, Settings, Wanted, plan
from kecs.decide.throttle import Delays
from kecs.model.generated.ecs import Deployment, DeploymentCircuitBreaker, ServiceEvent

OLD, NEW, NEXT = "ecs-svc/1", "ecs-svc/2", "ecs-svc/3"
SETTINGS = Settings(steadyAfter=9.0, delays=Delays(base=1, cap=60, brief=10, free=3))
BREAKER = DeploymentCircuitBreaker(enable=True, rollback=True)


def wanted(id_: str = NEW, desired: int = 2, **fields: Any) -> Wanted:
    return Wanted(
        name="s",
        deployment=Deployment(id=id_, taskDefinition=f"td:{id_[-1]}", createdAt=0.0),
        desired=desired,
        **fields,
    )


def task(id_: str, deployment: str = NEW, *, started: float | None = 1.0, **fields: Any) -> Task:
    phase = fields.pop("phase", Phase.PENDING if started is None else Phase.RUNNING)
    return Task(id=id_, deployment=deployment, phase=phase, createdAt=0.0, startedAt=started, **fields)


def failure(id_: str, at: float, deployment: str = NEW) -> Task:
    return task(id_, deployment, started=None, phase=Phase.STOPPED, stoppedAt=at, end=End.FAILED)


def carried_out(before: Observed, decided: Plan, now: float, tasks: Sequence[Task] | None = None) -> Observed:
    """Return what is observed once a plan was carried out; `tasks` is what has become of the tasks meanwhile."""
    new = [ServiceEvent(id="e", createdAt=now, message=message) for message in decided.messages]
    return msgspec.structs.replace(
        before,
        deployments=decided.deployments,
        completed=decided.completed,
        events=[*reversed(new), *before.events][:100],
        told=before.told | {task.id for task in before.tasks},
        toldStopped=before.toldStopped | {task.id for task in before.tasks if task.phase >= Phase.STOPPING},
        tasks=before.tasks if tasks is None else tasks,
    )


def states(decided: Plan) -> list[tuple[str | None, str | None, str | None]]:
    return [(each.id, each.status, each.rolloutState) for each in decided.deployments]


def test_a_service_from_its_creation_to_its_steady_state() -> None:
    seen = Observed()
    first = plan(wanted(), seen, SETTINGS, 0.0)
    assert first.scale == Scale(2, 2, 0)
    assert states(first) == [(NEW, "PRIMARY", "IN_PROGRESS")]
    assert first.messages == []

    seen = carried_out(seen, first, 0.0, [task("a"), task("b", started=None)])
    second = plan(wanted(), seen, SETTINGS, 2.0)
    assert second.messages == ["(service s) has started 2 tasks: (task a) (task b)."]
    assert second.again == pytest.approx(9.0)  # a counts at 11

    seen = carried_out(seen, second, 2.0, [task("a"), task("b", started=3.0)])
    assert states(plan(wanted(), seen, SETTINGS, 12.9)) == [(NEW, "PRIMARY", "IN_PROGRESS")]
    third = plan(wanted(), seen, SETTINGS, 13.0)
    assert states(third) == [(NEW, "PRIMARY", "COMPLETED")]
    assert third.completed is not None
    assert third.completed.id == NEW
    assert third.messages == [
        f"(service s) (deployment {NEW}) deployment completed.",
        "(service s) has reached a steady state.",
    ]
    seen = carried_out(seen, third, 13.0)
    assert plan(wanted(), seen, SETTINGS, 14.0).messages == []
    assert plan(wanted(), seen, SETTINGS, 13.0 + 6 * 3600).messages == ["(service s) has reached a steady state."]


def running_old(**fields: Any) -> Observed:
    completed = Deployment(id=OLD, taskDefinition="td:1", status="PRIMARY", rolloutState="COMPLETED", createdAt=-9.0)
    return Observed(
        **{
            "tasks": [task("x", OLD), task("y", OLD)],
            "deployments": [completed],
            "completed": completed,
            "told": frozenset("xy"),
            "othersWanted": 2,
            **fields,
        }
    )


def test_a_rollout_is_complete_when_nothing_of_the_old_one_is_left() -> None:
    seen = running_old(
        tasks=[task("x", OLD, phase=Phase.STOPPING, end=End.SCALED), task("a"), task("b")], othersWanted=0
    )
    middle = plan(wanted(), seen, SETTINGS, 20.0)
    assert states(middle) == [(NEW, "PRIMARY", "IN_PROGRESS"), (OLD, "ACTIVE", "COMPLETED")]
    assert middle.messages == [
        "(service s) has started 2 tasks: (task a) (task b).",
        "(service s) has stopped 1 running tasks: (task x).",
    ]
    seen = carried_out(seen, middle, 20.0, [task("a"), task("b")])
    end = plan(wanted(), seen, SETTINGS, 21.0)
    assert states(end) == [(NEW, "PRIMARY", "COMPLETED")]


def test_scaling_makes_no_new_deployment_and_moves_updated_at() -> None:
    done = plan(wanted(), Observed(tasks=[task("a"), task("b")]), SETTINGS, 20.0)
    seen = carried_out(Observed(tasks=[task("a"), task("b")]), done, 20.0)
    scaled = plan(wanted(desired=3, touched=True), seen, SETTINGS, 30.0)
    assert states(scaled) == [(NEW, "PRIMARY", "COMPLETED")]
    assert scaled.deployments[0].updatedAt == 30.0
    assert scaled.scale == Scale(3, 3, 0)


def test_a_rollout_that_may_do_nothing_stalls_and_says_so_once() -> None:
    stuck = plan(wanted(minimumPercent=100, maximumPercent=100), running_old(), SETTINGS, 20.0)
    assert stuck.scale.paused
    assert "was unable to stop or start tasks during a deployment" in stuck.messages[-1]
    seen = carried_out(running_old(), stuck, 20.0)
    assert plan(wanted(minimumPercent=100, maximumPercent=100), seen, SETTINGS, 25.0).messages == []
    widened = plan(wanted(minimumPercent=0, maximumPercent=100, touched=True), seen, SETTINGS, 30.0)
    assert not widened.scale.paused


def test_the_breaker_gives_up_and_rolls_back_once() -> None:
    seen = running_old(tasks=[task("x", OLD), task("y", OLD), *(failure(str(n), n) for n in (3, 4, 5))])
    given_up = plan(wanted(breaker=BREAKER), seen, SETTINGS, 20.0)
    assert given_up.rollback
    assert states(given_up)[0] == (NEW, "PRIMARY", "FAILED")
    assert f"(service s) (deployment {NEW}) deployment failed: tasks failed to start." in given_up.messages

    seen = carried_out(seen, given_up, 20.0)
    again = plan(wanted(breaker=BREAKER), seen, SETTINGS, 20.0)
    assert again.rollback, "killed before it was written: the next look says so again"
    assert again.messages == []

    back = plan(wanted(NEXT, breaker=BREAKER, rollbackOf=NEW), seen, SETTINGS, 21.0)
    assert not back.rollback
    assert back.messages == [f"(service s) rolling back to deployment {OLD}."]
    assert back.deployments[0].rolloutStateReason == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {OLD}."
    )
    seen = msgspec.structs.replace(
        carried_out(seen, back, 21.0), tasks=[*seen.tasks, *(failure(f"n{n}", n, NEXT) for n in (22, 23, 24))]
    )
    assert not plan(wanted(NEXT, breaker=BREAKER, rollbackOf=NEW), seen, SETTINGS, 30.0).rollback


def test_a_first_deployment_has_nothing_to_return_to() -> None:
    seen = Observed(tasks=[failure(str(n), n) for n in (3, 4, 5)])
    given_up = plan(wanted(breaker=BREAKER), seen, SETTINGS, 20.0)
    assert not given_up.rollback
    assert given_up.scale.replicas == 0, "a deployment that was given up starts no tasks"


def test_failing_tasks_wait_without_touching_the_old_ones() -> None:
    seen = running_old(tasks=[task("x", OLD), task("y", OLD), *(failure(str(n), 5) for n in range(8))])
    held = plan(wanted(), seen, SETTINGS, 6.0)
    assert held.scale == Scale(2, 2, 0, paused=True, newest=0)
    assert held.messages[-1].startswith("(service s) is unable to consistently start tasks successfully.")
    assert held.again == pytest.approx(1.0)
    seen = carried_out(seen, held, 6.0)
    assert plan(wanted(), seen, SETTINGS, 6.5).messages == []
    assert plan(wanted(), seen, SETTINGS, 7.0).scale == Scale(2, 2, 0)


def test_failing_tasks_of_a_lone_deployment_wait_and_healthy_ones_stay() -> None:
    seen = Observed(tasks=[task("a", healthy=True), task("b", started=None), *(failure(str(n), 5) for n in range(8))])
    assert plan(wanted(), seen, SETTINGS, 6.0).scale.replicas == 1


def test_a_task_that_no_node_takes_is_told_once() -> None:
    seen = Observed(tasks=[task("a", started=None, stuck="No Container Instances were found in your cluster.")])
    told = plan(wanted(), seen, SETTINGS, 6.0)
    assert "was unable to place a task" in told.messages[-1]
    assert plan(wanted(), carried_out(seen, told, 6.0), SETTINGS, 7.0).messages == []


def test_a_complaint_is_told_once_where_the_deployment_was_dated_by_a_clock_that_is_ahead() -> None:
    ahead = msgspec.structs.replace(wanted(), deployment=msgspec.structs.replace(wanted().deployment, createdAt=3600.0))
    seen = Observed(trouble="exceeded quota")
    first = plan(ahead, seen, SETTINGS, 1.0)
    assert first.messages == ["(service s) was unable to place a task. Reason: exceeded quota"]
    seen = carried_out(seen, first, 1.0)
    assert plan(ahead, seen, SETTINGS, 2.0).messages == []
    assert plan(ahead, seen, SETTINGS, 3000.0).messages == []


def test_nothing_counts_before_kubernetes_has_seen_the_change() -> None:
    unsettled = plan(wanted(desired=0), Observed(settled=False), SETTINGS, 0.0)
    assert states(unsettled) == [(NEW, "PRIMARY", "IN_PROGRESS")]


def test_warnings_are_told_with_each_new_deployment() -> None:
    first = plan(wanted(warnings=("w",)), Observed(), SETTINGS, 0.0)
    assert first.messages == ["w"]
    assert plan(wanted(warnings=("w",)), carried_out(Observed(), first, 0.0), SETTINGS, 1.0).messages == []


TASKS = st.builds(
    Task,
    id=st.uuids().map(str),
    deployment=st.sampled_from([OLD, NEW]),
    phase=st.sampled_from(Phase),
    createdAt=st.floats(0, 50),
    startedAt=st.none() | st.floats(0, 100),
    stoppedAt=st.none() | st.floats(0, 120),
    healthy=st.sampled_from([None, True, False]),
    end=st.sampled_from(End),
    stuck=st.sampled_from(["", "no memory"]),
)
WANTED = st.builds(
    wanted,
    desired=st.integers(0, 12),
    minimumPercent=st.integers(0, 100),
    maximumPercent=st.integers(100, 300),
    breaker=st.sampled_from([None, BREAKER]),
)


@given(WANTED, st.lists(TASKS, max_size=25), st.integers(0, 12))
def test_a_plan_that_was_carried_out_decides_to_nothing(want: Wanted, tasks: list[Task], others: int) -> None:
    seen = running_old(tasks=tasks, othersWanted=others)
    first = plan(want, seen, SETTINGS, 120.0)
    again = plan(want, carried_out(seen, first, 120.0), SETTINGS, 120.0)
    assert again.messages == []
    assert again.deployments == first.deployments
    assert again.completed == first.completed
    assert again.scale.replicas <= first.scale.replicas  # a deployment that was just given up asks for no more


@given(WANTED, st.lists(TASKS, max_size=25), st.integers(0, 12))
def test_no_plan_leaves_the_bounds(want: Wanted, tasks: list[Task], others: int) -> None:
    scale = plan(want, running_old(tasks=tasks, othersWanted=others), SETTINGS, 120.0).scale
    limit = percent.bounds(want.desired, want.minimumPercent, want.maximumPercent)
    assert 0 <= scale.replicas <= want.desired
    assert scale.maxSurge >= 0
    assert scale.maxUnavailable >= 0
    assert scale.maxSurge or scale.maxUnavailable
    if scale.newest is not None:
        assert scale.paused, "its Deployment would scale it again"
        assert 0 <= scale.newest <= want.desired
    elif not scale.paused and others:
        assert scale.replicas + scale.maxSurge <= max(limit.maximum, want.desired)
        assert max(0, scale.replicas - scale.maxUnavailable) >= limit.minimum
