from tests.reconcile.conftest import Stage


async def test_a_service_of_two_becomes_steady(stage: Stage) -> None:
    await stage.service()
    await stage.steady(1)
    status = stage.get().status
    assert (status.status, status.runningCount, status.pendingCount) == ("ACTIVE", 2, 0)
    ids = [pod.metadata.uid.replace("-", "") for pod in stage.pods()]
    started, completed, steady = stage.messages()
    assert started.startswith("(service web) has started 2 tasks: (task ")
    assert all(id_ in started for id_ in ids)
    assert completed == f"(service web) (deployment {status.deployments[0].id}) deployment completed."
    assert steady == "(service web) has reached a steady state."
