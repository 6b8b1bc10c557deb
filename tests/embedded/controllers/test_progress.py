"""Replica sets and the time → a deployment's status."""

from kecs.embedded.controllers import progress
from kecs.embedded.controllers.kinds import Deployment, DeploymentStatus, ReplicaSet
from kecs.embedded.controllers.views import Condition
from kecs.kube.time import epoch, rfc3339
from tests.embedded.controllers.make import deployment, replica_set, rolling

NOW = epoch("2026-01-01T12:00:00Z")


def look(one: Deployment, new: ReplicaSet | None, *old: ReplicaSet, now: float = NOW) -> DeploymentStatus:
    result = progress.counted(one, new, old, progress.paused(one, now), now)
    result.conditions = progress.progressed(one, result, new, old, now)
    return result


def said(result: DeploymentStatus, kind: str) -> tuple[str, str, str] | None:
    return next(((one.status, one.reason, one.message) for one in result.conditions if one.type == kind), None)


def test_counts() -> None:
    result = look(deployment(3), replica_set("new", 2, 1), replica_set("old", 2, 2))
    counts = (result.replicas, result.updatedReplicas, result.availableReplicas, result.unavailableReplicas)
    assert counts == (4, 2, 3, 1)
    assert result.observedGeneration == 1
    assert result.terminatingReplicas == 0


def test_available_allows_for_what_may_be_missing() -> None:
    one = deployment(3, strategy=rolling(1, 1))
    assert said(look(one, replica_set("new", 3, 2)), "Available") == (
        "True", "MinimumReplicasAvailable", "Deployment has minimum availability.",
    )  # fmt: skip
    assert said(look(one, replica_set("new", 3, 1)), "Available") == (
        "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.",
    )  # fmt: skip


def test_progress_from_the_first_pod_to_the_last() -> None:
    one = deployment(2)
    one.status = look(one, replica_set("new", 2, 1))
    assert said(one.status, "Progressing") == ("True", "ReplicaSetUpdated", 'ReplicaSet "new" is progressing.')
    assert progress.seconds_to_deadline(one, one.status, NOW + 100) == 501
    later = NOW + 700
    stuck = look(one, replica_set("new", 2, 1), now=later)
    assert said(stuck, "Progressing") == (
        "False", "ProgressDeadlineExceeded", 'ReplicaSet "new" has timed out progressing.',
    )  # fmt: skip
    one.status = stuck
    assert progress.seconds_to_deadline(one, stuck, later) is None
    done = look(one, replica_set("new", 2), now=later + 10)
    assert said(done, "Progressing") == (
        "True", "NewReplicaSetAvailable", 'ReplicaSet "new" has successfully progressed.',
    )  # fmt: skip
    one.status = done
    assert progress.complete(one, done)
    # A pod that is lost later, and comes back, is no rollout.
    one.status = look(one, replica_set("new", 2, 0), now=later + 20)
    assert said(look(one, replica_set("new", 2, 1), now=later + 30), "Progressing") == said(done, "Progressing")
    assert said(look(one, replica_set("new", 2, 1), now=later + 9999), "Progressing") == said(done, "Progressing")


def test_progress_moves_the_deadline_and_keeps_the_transition() -> None:
    one = deployment(3)
    one.status = look(one, replica_set("new", 3, 1))
    one.status = look(one, replica_set("new", 3, 2), now=NOW + 60)
    condition = next(each for each in one.status.conditions if each.type == "Progressing")
    assert (condition.lastTransitionTime, condition.lastUpdateTime) == (rfc3339(NOW), rfc3339(NOW + 60))


def test_without_a_deadline_nothing_is_said_of_progress() -> None:
    one = deployment(2, progressDeadlineSeconds=None)
    assert said(look(one, replica_set("new", 2)), "Progressing") is None


def test_pausing_and_resuming() -> None:
    one = deployment(2, paused=True)
    one.status.conditions = progress.paused(one, NOW)
    assert said(one.status, "Progressing") == ("Unknown", "DeploymentPaused", "Deployment is paused")
    assert progress.paused(one, NOW + 1) == one.status.conditions
    one.spec.paused = False
    one.status.conditions = progress.paused(one, NOW)
    assert said(one.status, "Progressing") == ("Unknown", "DeploymentResumed", "Deployment is resumed")


def test_a_replica_sets_failure_is_the_deployments() -> None:
    one, new = deployment(2), replica_set("new", 2, 0)
    new.status.conditions = (Condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota"),)
    one.status = look(one, new)
    assert said(one.status, "ReplicaFailure") == ("True", "FailedCreate", "exceeded quota")
    new.status.conditions = ()
    assert said(look(one, new), "ReplicaFailure") is None
