"""`make demo`: kecs with a service of two containers, shown answering; serves until Ctrl-C.

Everything that it does to kecs goes through boto3, as any user's script would. Run again, it finds what it made before.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from kecs.embedded.node import sockets

ROOT = Path(__file__).resolve().parent.parent
HELLO = ROOT / "examples" / "hello"
PORT = 8080
STABLE_SECONDS = 180
PAGE_SECONDS = 20


def main() -> int:
    """Run the demo; return the exit code."""
    try:
        print(f"Container engine: {sockets.find()}")
        real = True
    except sockets.NoEngine as reason:
        print(f"Containers are simulated: {reason}.")
        real = False
    server = subprocess.Popen(
        [Path(sys.executable).with_name("kecs"), "serve", "--log-level", "warning"], stdout=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        endpoint = _ready(server)
        if endpoint is None:
            return server.wait() or 1
        _show(_client(endpoint), endpoint, real=real)
        return server.wait()
    except KeyboardInterrupt:
        print(
            "\nEnding. The containers keep running: `make demo` finds them again, `.venv/bin/kecs reset` removes all."
        )
        return 0
    finally:
        server.terminate()
        server.wait(30)


def _ready(server: "subprocess.Popen[str]") -> str | None:
    """Return the endpoint once kecs says that it is ready; None when it ended instead (it has said why)."""
    assert server.stdout is not None
    for line in server.stdout:
        print(line, end="", flush=True)
        if line.startswith("kecs ready on "):
            return line.split()[3].rstrip(",")
    return None


def _client(endpoint: str) -> Any:
    return boto3.client(
        "ecs",
        endpoint_url=endpoint,
        region_name=os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
    )


def _show(ecs: Any, endpoint: str, *, real: bool) -> None:
    service = json.loads((HELLO / "service.json").read_text())
    names = {"cluster": service["cluster"], "services": [service["serviceName"]]}
    print("Registering the task definition, creating the cluster and the service ...", flush=True)
    definition = _register(ecs, json.loads((HELLO / "taskdef.json").read_text()))
    ecs.create_cluster(clusterName=service["cluster"])
    _deploy(ecs, {**service, "taskDefinition": definition})
    ecs.get_waiter("services_stable").wait(**names, WaiterConfig={"Delay": 1, "MaxAttempts": STABLE_SECONDS})

    cluster = ecs.describe_clusters(clusters=[service["cluster"]])["clusters"][0]
    described = _completed(ecs, names)
    arns = ecs.list_tasks(cluster=service["cluster"], serviceName=service["serviceName"])["taskArns"]
    tasks = ecs.describe_tasks(cluster=service["cluster"], tasks=arns)["tasks"]
    print(f"\nCluster  {cluster['clusterName']}: {cluster['status']}, {cluster['runningTasksCount']} tasks running")
    print(
        f"Service  {described['serviceName']}: {described['status']}, {described['runningCount']} of "
        f"{described['desiredCount']} running, {described['deployments'][0]['rolloutState']}, "
        f"{described['taskDefinition'].rpartition('/')[2]}"
    )
    for task in tasks:
        address = _address(task)
        print(f"Task     {task['taskArn'].rpartition('/')[2]}: {task['lastStatus']} at {address}")
        if real:
            print(f"         http://{address}:{PORT}/ says: {_page(address)}")
    _teach(endpoint)


def _completed(ecs: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Return the service once its deployment is over: every task has lived for a moment, or passed its health check."""
    deadline = time.monotonic() + STABLE_SECONDS
    while True:
        service: dict[str, Any] = ecs.describe_services(**names)["services"][0]
        if service["deployments"][0]["rolloutState"] != "IN_PROGRESS" or time.monotonic() > deadline:
            return service
        time.sleep(0.2)


def _register(ecs: Any, definition: dict[str, Any]) -> str:
    """Return the ARN of the family's revision that says just this, registered only if there is none."""
    try:
        latest = ecs.describe_task_definition(taskDefinition=definition["family"])["taskDefinition"]
    except ecs.exceptions.ClientException:
        latest = {}
    if latest and latest["containerDefinitions"][0]["command"] == definition["containerDefinitions"][0]["command"]:
        return str(latest["taskDefinitionArn"])
    return str(ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"])


def _deploy(ecs: Any, service: dict[str, Any]) -> None:
    """Create the service, or bring the one that is there to the same state."""
    found = ecs.describe_services(cluster=service["cluster"], services=[service["serviceName"]])["services"]
    if not any(each["status"] == "ACTIVE" for each in found):
        ecs.create_service(**service)
        return
    ecs.update_service(
        cluster=service["cluster"],
        service=service["serviceName"],
        taskDefinition=service["taskDefinition"],
        desiredCount=service["desiredCount"],
    )


def _address(task: dict[str, Any]) -> str:
    return str(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"])


def _page(address: str) -> str:
    """Return what the task's web server answers, tried until it does."""
    deadline = time.monotonic() + PAGE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}:{PORT}/", timeout=2) as answer:
                return str(answer.read().decode().strip())
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if time.monotonic() > deadline:
                return f"nothing ({error}): a rootless engine does not route to its containers from the host"
            time.sleep(0.2)


def _teach(endpoint: str) -> None:
    print(
        f"""
Go on from another shell:
  export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_DEFAULT_REGION=us-east-1
  .venv/bin/aws ecs list-tasks --cluster demo
  .venv/bin/aws ecs update-service --cluster demo --service hello --desired-count 3
  kubectl --kubeconfig .kecs/kubeconfig get ecsservices,pods -A

Ctrl-C ends kecs; the containers keep running until `.venv/bin/kecs reset`.""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
