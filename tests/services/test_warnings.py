"""What is kept but not acted on is told once, also to those who run tasks by themselves."""

from collections.abc import Callable

from tests.process import KecsProcess
from tests.waiting import until


def test_run_task_warns_once(start_kecs: Callable[..., KecsProcess]) -> None:
    server = start_kecs()
    ecs = server.client()
    ecs.create_cluster(clusterName="warned", configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}})
    ecs.register_task_definition(
        family="warned",
        enableFaultInjection=True,
        containerDefinitions=[
            {"name": "main", "image": "any", "memory": 64, "environment": [{"name": "PASSWORD", "value": "hunter2"}]}
        ],
    )
    for _ in range(3):
        ecs.run_task(cluster="warned", taskDefinition="warned", enableExecuteCommand=True)
    until(lambda: "RunTask warned:1" in server.log(), 10, "the warning is in the log")
    lines = [line for line in server.log().splitlines() if "RunTask warned:1" in line]
    assert len([line for line in lines if "enableFaultInjection" in line]) == 1
    assert len([line for line in lines if "enableExecuteCommand" in line]) == 1
    assert "hunter2" not in server.log()
