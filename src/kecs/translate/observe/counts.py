"""How many tasks run, counted from their pods; never from counters."""

from collections.abc import Iterable

import msgspec

from kecs.model import marks
from kecs.translate import facts as task_facts
from kecs.translate.observe.container import look
from kecs.translate.observe.task import last_status
from kecs.translate.views import Pod


class Counts(msgspec.Struct, gc=False):
    """Tasks as ECS counts them: `pending` before they run, `running`, and `stopping`, which ECS counts as neither."""

    pending: int = 0
    running: int = 0
    stopping: int = 0

    @property
    def present(self) -> int:
        """Tasks that have not ended."""
        return self.pending + self.running + self.stopping

    def add(self, status: str) -> None:
        """Count a task with this `lastStatus`."""
        if status == "RUNNING":
            self.running += 1
        elif status in ("PROVISIONING", "PENDING", "ACTIVATING"):
            self.pending += 1
        elif status != "STOPPED":
            self.stopping += 1


def status_of(pod: Pod) -> str:
    """Return `lastStatus` of a pod's task; empty for a pod that is none."""
    facts = task_facts.of(pod)
    return last_status(pod, look(pod, facts)) if facts else ""


def count(pods: Iterable[Pod]) -> Counts:
    """Count the tasks that these pods are."""
    counts = Counts()
    for pod in pods:
        status = status_of(pod)
        if status:
            counts.add(status)
    return counts


def by_deployment(pods: Iterable[Pod]) -> dict[str, Counts]:
    """Count a service's tasks by the id of their deployment."""
    found: dict[str, Counts] = {}
    for pod in pods:
        status = status_of(pod)
        if status:
            found.setdefault(pod.metadata.annotations.get(marks.DEPLOYMENT_ID, ""), Counts()).add(status)
    return found


def unready_but_running(pods: Iterable[Pod]) -> int:
    """Count the tasks that run for ECS and are NotReady for Kubernetes, because a container that may end has ended.

    A rollout has to be allowed as many more unavailable pods as there are such new ones, else it waits for ever.
    """
    found = 0
    for pod in pods:
        facts = task_facts.of(pod)
        ready = pod.condition("Ready")
        if facts is None or ready is None or ready.status != "False":
            continue
        seen = look(pod, facts)
        ended = any(one.ended and not one.essential and not one.facts.kind for one in seen)
        well = all(one.running and (one.healthy or not one.facts.health) for one in seen if one.essential)
        found += ended and well and last_status(pod, seen) == "RUNNING"
    return found
