from kecs.decide import events
from kecs.model.generated.ecs import ServiceEvent

STEADY = "(service s) has reached a steady state."


def event(message: str, at: float = 0.0) -> ServiceEvent:
    return ServiceEvent(id="e", createdAt=at, message=message)


def test_words() -> None:
    assert events.started("s", ["a"]) == ["(service s) has started 1 tasks: (task a)."]
    assert events.started("s", ["a", "b"]) == ["(service s) has started 2 tasks: (task a) (task b)."]
    assert events.stopped_running("s", ["a"]) == ["(service s) has stopped 1 running tasks: (task a)."]
    assert events.stopped_pending("s", 2) == ["(service s) stopped 2 pending tasks."]
    assert events.stopped_pending("s", 0) == events.started("s", []) == []
    assert events.steady("s") == STEADY
    assert events.completed("s", "ecs-svc/1") == "(service s) (deployment ecs-svc/1) deployment completed."
    assert (
        events.failed("s", "ecs-svc/1")
        == "(service s) (deployment ecs-svc/1) deployment failed: tasks failed to start."
    )
    assert events.rolling_back("s", "ecs-svc/1") == "(service s) rolling back to deployment ecs-svc/1."
    assert events.unplaceable("s", "No Container Instances were found in your cluster.") == (
        "(service s) was unable to place a task because no container instance met all of its requirements. Reason: No "
        "Container Instances were found in your cluster. For more information, see the Troubleshooting section of the "
        "Amazon ECS Developer Guide."
    )


def test_many_tasks_are_told_in_batches() -> None:
    told = events.started("s", [str(number) for number in range(25)])
    assert [message.split(" tasks:")[0][-2:] for message in told] == ["10", "10", " 5"]


def test_a_steady_state_is_told_once_and_every_six_hours() -> None:
    assert events.is_steady_due([], 0)
    assert not events.is_steady_due([event(STEADY, 10)], 10 + 6 * 3600 - 1)
    assert events.is_steady_due([event(STEADY, 10)], 10 + 6 * 3600)
    assert events.is_steady_due([event("(service s) has started 1 tasks: (task a).", 20), event(STEADY, 10)], 21)


def test_a_complaint_is_told_once_per_spell() -> None:
    said = [event("x", 30), event("complaint", 20)]
    assert not events.is_complaint_due(said, "complaint", 10)
    assert events.is_complaint_due(said, "complaint", 25)
    assert events.is_complaint_due(said, "other", 10)


def test_the_newest_hundred_are_kept_newest_first() -> None:
    kept = events.append([event(str(number)) for number in range(99, -1, -1)], [event("a"), event("b")])
    assert len(kept) == 100
    assert [each.message for each in kept[:3]] == ["b", "a", "99"]
