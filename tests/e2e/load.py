"""Clients that write at random until the server dies under them, and the ledger of what they were told."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.process import KecsProcess
from tests.waiting import until

CLUSTER = "kill"
WORKERS = 3


class Ledger:
    """What was acknowledged, and what was asked for last without an answer."""

    def __init__(self) -> None:
        self.definitions: dict[str, str] = {}  # ARN to image
        self.tasks: list[str] = []
        self.unanswered: dict[str, int] = {}  # client tokens of runs that nobody answered, to the count asked for
        self.asked: dict[str, str] = {}  # tasks that somebody asked to stop, to the reason given
        self.stopped: set[str] = set()  # those of them for which that was acknowledged
        self.counts: dict[str, set[int]] = {}  # service to the counts that it may have
        self.tags: dict[str, set[str]] = {}  # ARN to the values that its tag may have

    def running(self) -> list[str]:
        """Return the tasks that nobody was asked to stop."""
        return [arn for arn in self.tasks if arn not in self.asked]


class Worker:
    """One client, in a thread of its own: writes until the server is killed."""

    def __init__(
        self,
        number: int,
        server: KecsProcess,
        ledger: Ledger,
        killed: threading.Event,
        *,
        image: str,
        tasks: int,
        seed: int,
    ) -> None:
        self._ecs = server.client(key=f"AKIDWORKER{number}")
        self._name, self._ledger, self._image, self._tasks = f"worker{number}", ledger, image, tasks
        self._random, self._killed = random.Random(seed), killed
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        """Write until the server is killed; what goes wrong before that is kept as `failure`."""
        actions: Sequence[Callable[[], None]] = (
            self._register,
            self._run,
            self._run,
            self._stop,
            self._scale,
            self._tag,
        )
        try:
            while True:
                self._random.choice(actions)()
        except Exception as failure:
            if not self._killed.is_set():  # what a dying server says, or half says, counts for nothing
                self.failure = failure

    def _register(self) -> None:
        image = f"{self._image}-{self._random.randrange(10**9)}"
        answer = self._ecs.register_task_definition(
            family=f"family-{self._random.randrange(3)}",
            containerDefinitions=[{"name": "main", "image": image, "memory": 64}],
        )
        self._ledger.definitions[answer["taskDefinition"]["taskDefinitionArn"]] = image

    def _mine(self) -> list[str]:
        return [arn for arn in self._ledger.running() if hash(arn) % WORKERS == int(self._name[-1])]

    def _run(self) -> None:
        if len(self._ledger.running()) >= self._tasks:
            self._stop()
            return
        run_tasks(self._ecs, self._ledger, f"{self._random.getrandbits(100):x}", self._random.randint(1, 2))

    def _stop(self) -> None:
        mine = self._mine()
        if not mine:
            return
        arn = self._random.choice(mine)
        self._ledger.asked[arn] = f"{self._name} said so"
        self._ecs.stop_task(cluster=CLUSTER, task=arn, reason=f"{self._name} said so")
        self._ledger.stopped.add(arn)

    def _scale(self) -> None:
        count = self._random.randint(0, 2)
        self._ledger.counts[self._name].add(count)
        self._ecs.update_service(cluster=CLUSTER, service=self._name, desiredCount=count)
        self._ledger.counts[self._name] = {count}

    def _tag(self) -> None:
        arn = self._ecs.describe_services(cluster=CLUSTER, services=[self._name])["services"][0]["serviceArn"]
        value = str(self._random.randrange(10**9))
        self._ledger.tags.setdefault(arn, {""}).add(value)
        self._ecs.tag_resource(resourceArn=arn, tags=[{"key": "last", "value": value}])
        self._ledger.tags[arn] = {value}


def run_tasks(ecs: Any, ledger: Ledger, token: str, count: int) -> None:
    """Run tasks, and remember the token until they are answered: asking again with it must make no further ones."""
    ledger.unanswered[token] = count
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition="steady", count=count, clientToken=token)
    assert len(answer["tasks"]) == count
    ledger.tasks += [task["taskArn"] for task in answer["tasks"]]
    del ledger.unanswered[token]


def prepare(ecs: Any, ledger: Ledger, image: str) -> None:
    """Make the cluster, the definition of all tasks, and a service for each worker."""
    ecs.create_cluster(clusterName=CLUSTER)
    ecs.register_task_definition(
        family="steady",
        containerDefinitions=[
            {"name": "main", "image": image, "memory": 32, "command": ["sleep", "86400"], "stopTimeout": 2}
        ],
    )
    for number in range(WORKERS):
        ecs.create_service(cluster=CLUSTER, serviceName=f"worker{number}", taskDefinition="steady", desiredCount=1)
        ledger.counts[f"worker{number}"] = {1}


def disturb(server: KecsProcess, ledger: Ledger, *, image: str, tasks: int, seconds: float, seed: int) -> None:
    """Let the workers write for so long, then kill the server at once."""
    killed = threading.Event()
    workers = [
        Worker(number, server, ledger, killed, image=image, tasks=tasks, seed=seed * WORKERS + number)
        for number in range(WORKERS)
    ]
    time.sleep(seconds)  # the moment of the kill is the input of this test, not something to wait for
    killed.set()
    server.kill()
    for worker in workers:
        worker.thread.join(30)
        if worker.failure is not None:
            raise worker.failure


def verify(ecs: Any, ledger: Ledger) -> None:
    """Check that everything which was acknowledged is there, and ask again for what was not answered."""
    for token, count in list(ledger.unanswered.items()):
        run_tasks(ecs, ledger, token, count)
    for arn, image in ledger.definitions.items():
        found = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        assert found["containerDefinitions"][0]["image"] == image
    for task in _described(ecs, ledger.tasks):
        arn = task["taskArn"]
        if task["desiredStatus"] == "STOPPED":
            assert task["stoppedReason"] == ledger.asked[arn]
            ledger.stopped.add(arn)
        else:
            assert arn not in ledger.stopped
            ledger.asked.pop(arn, None)
    services = ecs.describe_services(cluster=CLUSTER, services=list(ledger.counts), include=["TAGS"])["services"]
    assert len(services) == len(ledger.counts)
    for service in services:
        assert service["desiredCount"] in ledger.counts[service["serviceName"]]
        ledger.counts[service["serviceName"]] = {service["desiredCount"]}
        tag = next((tag["value"] for tag in service.get("tags", ()) if tag["key"] == "last"), "")
        assert tag in ledger.tags.get(service["serviceArn"], {""})
        ledger.tags[service["serviceArn"]] = {tag}


def _described(ecs: Any, arns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(arns), 100):
        answer = ecs.describe_tasks(cluster=CLUSTER, tasks=list(arns[start : start + 100]))
        assert answer["failures"] == []
        yield from answer["tasks"]


def settle(ecs: Any, ledger: Ledger, *, seconds: float) -> list[dict[str, Any]]:
    """Wait until all that should run runs, and no more; return the tasks."""

    def settled() -> list[dict[str, Any]] | None:
        services = ecs.describe_services(cluster=CLUSTER, services=list(ledger.counts))["services"]
        if any(service["runningCount"] != service["desiredCount"] or service["pendingCount"] for service in services):
            return None
        pages = ecs.get_paginator("list_tasks").paginate(cluster=CLUSTER)
        tasks = list(_described(ecs, [arn for page in pages for arn in page["taskArns"]]))
        wanted = len(ledger.running()) + sum(service["desiredCount"] for service in services)
        return tasks if len(tasks) == wanted and all(task["lastStatus"] == "RUNNING" for task in tasks) else None

    return until(settled, seconds, "everything that should run runs, and no more")
