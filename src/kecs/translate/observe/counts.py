"""Which tasks ECS and Kubernetes count differently; how many there are of each status is kept by `kecs.world`."""

from collections.abc import Iterable

from kecs.translate import facts as task_facts
from kecs.translate.observe.container import look
from kecs.translate.observe.task import last_status
from kecs.translate.views import Pod


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
