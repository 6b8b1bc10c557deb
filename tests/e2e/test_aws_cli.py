"""The aws CLI as users and their scripts run it: waiters end, output can be queried, refusals have a name."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.process import KecsProcess, environment
from tests.waiting import until

PROGRAM = Path(sys.executable).with_name("aws")
CONTAINERS = [{"name": "app", "image": "busybox", "memory": 16, "command": ["sleep", "600"]}]


class Aws:
    """`aws ecs` against one kecs, in a region of its own."""

    def __init__(self, server: KecsProcess, home: Path) -> None:
        self._environment = environment() | {
            "HOME": str(home),
            "AWS_ENDPOINT_URL": server.local_endpoint,
            "AWS_DEFAULT_REGION": "test-aws-cli",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(PROGRAM), "ecs", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done
        return json.loads(done.stdout) if done.stdout else None


def test_a_task_from_its_definition_to_its_end(kecs_on_both: KecsProcess, tmp_path: Path) -> None:
    aws = Aws(kecs_on_both, tmp_path)
    aws("create-cluster", "--cluster-name", "c")
    aws("register-task-definition", "--family", "f", "--container-definitions", json.dumps(CONTAINERS))
    (arn,) = aws("run-task", "--cluster", "c", "--task-definition", "f", "--query", "tasks[].taskArn")
    seen = kecs_on_both.client(region="test-aws-cli")

    def reached(status: str) -> bool:
        (task,) = seen.describe_tasks(cluster="c", tasks=[arn])["tasks"]
        return bool(task["lastStatus"] == status)

    until(lambda: reached("RUNNING"), 60, "it runs")  # the CLI's own waiter looks every six seconds
    aws("wait", "tasks-running", "--cluster", "c", "--tasks", arn)
    told = ("--cluster", "c", "--task", arn, "--reason", "enough", "--query", "task.desiredStatus")
    assert aws("stop-task", *told) == "STOPPED"
    until(lambda: reached("STOPPED"), 60, "it has stopped")
    aws("wait", "tasks-stopped", "--cluster", "c", "--tasks", arn)
    refused = aws.run("list-tasks", "--cluster", "nowhere")
    assert (refused.returncode != 0, "(ClusterNotFoundException)" in refused.stderr) == (True, True)
    seen.delete_cluster(cluster="c")
