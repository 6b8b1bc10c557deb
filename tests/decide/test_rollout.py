from kecs.decide import rollout
from kecs.decide.rollout import Counts
from kecs.model.generated.ecs import Deployment


def deployment(id_: str = "ecs-svc/2", **fields: object) -> Deployment:
    return Deployment(**{"id": id_, "taskDefinition": "td:2", "createdAt": 10.0, "updatedAt": 10.0, **fields})  # type: ignore[arg-type]


def test_a_deployment_begins_in_progress() -> None:
    begun = rollout.begin(deployment(), "", None)
    assert (begun.status, begun.rolloutState) == ("PRIMARY", "IN_PROGRESS")
    assert begun.rolloutStateReason == "ECS deployment ecs-svc/2 in progress."


def test_a_rollback_names_where_it_returns_to() -> None:
    begun = rollout.begin(deployment("ecs-svc/3"), "ecs-svc/2", deployment("ecs-svc/1"))
    assert begun.rolloutStateReason == "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."


def test_it_moves_forward_only() -> None:
    begun = rollout.begin(deployment(), "", None)
    done = rollout.advance(begun, complete=True, tripped=True, now=20)
    assert (done.rolloutState, done.updatedAt) == ("COMPLETED", 20)
    assert done.rolloutStateReason == "ECS deployment ecs-svc/2 completed."
    assert rollout.advance(done, complete=False, tripped=True, now=30) is done
    given_up = rollout.advance(begun, complete=False, tripped=True, now=20)
    assert given_up.rolloutState == "FAILED"
    assert given_up.rolloutStateReason == "ECS deployment circuit breaker: tasks failed to start."
    assert rollout.advance(given_up, complete=True, tripped=False, now=30) is given_up


def test_complete_needs_the_whole_count_healthy_and_nobody_else() -> None:
    done = {"a": Counts("td", 2, 2, 2)}
    assert rollout.is_complete("a", done, 2)
    assert not rollout.is_complete("a", {"a": Counts("td", 2, 2, 1)}, 2)
    assert not rollout.is_complete("a", {"a": Counts("td", 3, 2, 2)}, 2)  # a third one is still ending
    assert not rollout.is_complete("a", {**done, "b": Counts("td", 1)}, 2)
    assert not rollout.is_complete("a", {}, 2)
    assert rollout.is_complete("a", {}, 0)


def test_older_ones_stay_active_while_they_have_tasks() -> None:
    old, older, oldest = (
        deployment("ecs-svc/1", createdAt=9.0, status="PRIMARY", rolloutState="COMPLETED"),
        deployment("ecs-svc/0", createdAt=8.0, status="ACTIVE"),
        deployment("ecs-svc/9", createdAt=7.0, status="ACTIVE"),
    )
    counts = {"ecs-svc/1": Counts("td", 1), "ecs-svc/0": Counts("td", 1), "ecs-svc/7": Counts("td:7", 2)}
    left = rollout.retire([old, older, oldest], "ecs-svc/2", counts, 30)
    assert [(each.id, each.status, each.updatedAt) for each in left] == [
        ("ecs-svc/1", "ACTIVE", 30),
        ("ecs-svc/0", "ACTIVE", 10),
        ("ecs-svc/7", "ACTIVE", 30),  # its status was lost, its tasks were not
    ]
    assert left[0].rolloutState == "COMPLETED"
    assert left[2].taskDefinition == "td:7"
